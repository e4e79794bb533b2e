"""What the count of a period looks like on a terminal.

The one rule: one line for one day, none left out, and the last line is the day the period ends.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any, Final

import click

from hub.cli.imagined import ENTITY
from hub.cli.language import say
from hub.cli.output import emit

_UNITS: Final = {
    "H": ("小时", "hours"),
    "C": ("日(自然日)", "calendar days"),
    "W": ("个工作日", "working days"),
    "M": ("个月", "months"),
    "X": ("指定日期", "a given day"),
}
_LAW: Final = {
    "H": ("自起算时刻计,不因节假日顺延(民法典201)", "from the instant on, never extended (民法典201)"),
    "C": (
        "次日起算,末日为休息日的顺延至下一工作日(民法典201、203)",
        "from the next day on; a last day off rolls to the next working day (民法典201, 203)",
    ),
    "W": (
        "次日起算,只计工作日,含调休上班日(处罚法85、强制法69、复议法88)",
        "from the next day on, working days only, make-up workdays included (处罚法85, 强制法69, 复议法88)",
    ),
    "M": (
        "至对应日,无对应日的为月末;末日为休息日的顺延(民法典202、203)",
        "to the day of the same number or the month's end; a last day off rolls (民法典202, 203)",
    ),
    "X": ("末日由文书指定,不顺延", "the document gives the day; it does not roll"),
}
_KINDS: Final = {
    "WORKDAY": ("工作日", "workday"),
    "WEEKEND": ("周末", "weekend"),
    "HOLIDAY": ("节假日", "holiday"),
    "MAKE_UP": ("调休上班", "make-up workday"),
}
_PARTS: Final = {
    "START": ("起算日,不计", "day of the event, not counted"),
    "COUNTED": ("", ""),
    "SKIPPED": ("不计", "not counted"),
    "SUSPENDED": ("中止,不计", "suspended, not counted"),
    "ROLLED": ("期满遇休息日,顺延", "full on an off day: rolls over"),
}
_SAID: Final = {
    "started": ("起算", "started"),
    "recalculated": ("重新计算", "recalculated"),
    "suspended": ("中止", "suspended"),
    "resumed": ("恢复计算", "resumed"),
    "warned": ("已提醒", "warned"),
    "met": ("按期完成", "met"),
    "missed": ("逾期", "missed"),
    "miss.withdrawn": ("撤回逾期", "miss withdrawn"),
    "voided": ("失效", "voided"),
}
_DAYS: Final = {
    "date": say("日期", "date"),
    "weekday": say("星期", "weekday"),
    "day": say("日子", "day"),
    "counts": say("计", "counts"),
    "number": say("第几", "number"),
    "note": say("说明", "note"),
}
#: One line for each day, for spreadsheets.
FLAT: Final = {
    name: name for name in ("clockId", "reading", "governing", "date", "day", "announced", "part", "number", "dueAt")
}


def weekday(day: date) -> str:
    """The day's name."""
    return say("周" + "一二三四五六日"[day.weekday()], f"{day:%a}")


def show(items: Sequence[Mapping[str, Any]], output: str) -> None:
    """Every reading of one clock."""
    first = items[0]
    name = first["clock"] if first["entity"] == ENTITY else first["clockId"]
    click.secho(f"{name} · {first['title']} · {first['basis']}", bold=True)
    click.echo(f"  {say('起算', 'starts')} {first['startedAt']}" + _parties(first))
    if first["follows"]:
        click.echo(f"  {say('自该期限届满日起', 'from the last day of')} {first['follows']}")
    if len(items) > 1:
        click.echo(
            "  "
            + say(
                "两种算法并列,提醒从严(先届满者)", "two readings side by side; the stricter one, due first, warns first"
            )
        )
    for item in items:
        click.echo()
        _show_reading(item, output)
    if len(first["history"]) > 1:
        click.echo()
        _show_history(first["history"])


def _parties(item: Mapping[str, Any]) -> str:
    return f" · {item['obligor']} → {item['obligee']}" if item["entity"] != ENTITY else ""


def _show_reading(item: Mapping[str, Any], output: str) -> None:
    governs = say("为准", "governs") if item["governing"] else say("仅供对照", "for comparison")
    unit = say(*_UNITS[item["unit"]])
    length = unit if item["unit"] == "X" else f"{item['span']} {unit}"
    click.secho(f"{say('算法', 'reading')} {item['reading']} · {length} · {governs} · {item['state']}", bold=True)
    click.echo(f"  {say(*_LAW[item['unit']])}")
    emit("Days", list(_days(item)), output, columns=_DAYS)
    for line in _sum(item):
        click.echo(f"  {line}")


def _days(item: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    full = 0
    for number, one in enumerate(item["days"]):
        last = number == len(item["days"]) - 1 and bool(item["dueAt"])
        notes = [say(*_PARTS[one["part"]])] if not (last and one["part"] == "ROLLED") else []
        notes += [say("放假安排未公布", "holidays not announced")] if not one["announced"] else []
        notes += [_end(item, one)] if last else []
        day = date.fromisoformat(one["date"])
        counts = one["part"] == "COUNTED"
        yield {
            "date": one["date"],
            "weekday": weekday(day),
            "day": say(*_KINDS[one["day"]]),
            "counts": "✓" if counts else "–",
            "number": one["number"] if counts and one["number"] > full else "",  # a month is full on one day only
            "note": " · ".join(filter(None, notes)),
        }
        full = one["number"]


def _end(item: Mapping[str, Any], last: Mapping[str, Any]) -> str:
    if item["unit"] == "H":
        return say(f"{item['dueAt'][11:19]} 届满", f"ends at {item['dueAt'][11:19]}")
    rolled = say("顺延至此,", "rolled to here, ") if last["part"] == "ROLLED" else ""
    return rolled + say("最后一日,24:00 届满", "last day, ends at 24:00")


def _sum(item: Mapping[str, Any]) -> Iterator[str]:
    if not item["dueAt"]:
        yield say(
            f"中止中:已计 {item['counted']},恢复后还有 {item['left']}",
            f"suspended: {item['counted']} used, {item['left']} left after it",
        )
    for rest in item["suspensions"]:
        yield f"{say('中止', 'rest')} {rest['from'][:16]} … {rest['to'][:16]}"
    if item["opensAt"]:
        yield f"{say('最早', 'opens')} {item['opensAt']}"
    if item["latestDemandAt"]:
        yield say(f"最迟催告日 {item['latestDemandAt']}", f"last useful day of the demand {item['latestDemandAt']}")
    moments = [say(f"{moment[:16]} 已提醒", f"{moment[:16]} given") for moment in item["warned"]]
    moments += [moment[:16] for moment in item["warnings"]]
    if moments:
        yield f"{say('提醒', 'warnings')} {' · '.join(moments)}"
    if item["endedAt"]:
        yield f"{say('结束于', 'ended')} {item['endedAt']}"
    if item["provisional"]:
        years = ", ".join(map(str, item["unannounced"]))
        yield say(
            f"暂定:{years} 年放假安排未公布,只按周末计算;公布后重新计算,已有结论的不变",
            f"provisional: the holidays of {years} are not announced, only weekends are known; counted again once they "
            "are, a verdict stays",
        )
    if not item["agrees"]:
        yield say(
            f"注意:枢纽所存日期 {item['dueAt']} 是按当时的日历算出的",
            f"mind: the hub keeps {item['dueAt']}, computed under the calendar of that time",
        )


def _show_history(history: Sequence[Mapping[str, Any]]) -> None:
    columns = {
        "at": say("时间", "at"),
        "what": say("经过", "what was said"),
        "dueAt": say("最后一日", "last day"),
        "provisional": say("暂定", "provisional"),
    }
    emit("History", [dict(each) | {"what": say(*_SAID[each["what"]])} for each in history], "table", columns=columns)


def flat(items: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Every day of every reading on a line of its own."""
    return [dict(item) | dict(one) for item in items for one in item["days"]]
