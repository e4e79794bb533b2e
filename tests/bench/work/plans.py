"""The input: inspection plans as the brigade's system sends them, the same for everybody.

The one rule: everything follows from the seed; the same seed and count give the same bytes on every machine.
"""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Any, Final

import orjson

from hub.canonical.identifiers import uscc_check_char

#: Of a hundred records, so many are a former record once more, byte for byte.
REPEATS_PERCENT: Final = 5
#: Of a thousand records, so many break one rule each.
BROKEN_PER_THOUSAND: Final = 1

#: The brigade's units, and the bureau that each inspects for.
UNITS: Final = {
    "GY-ZD-DD2": "GY-YJJ",
    "GY-ZD-DD3": "GY-NYNCJ",
    "GY-ZD-DD4": "GY-RSJ",
    "GY-ZD-DD5": "GY-ZRGHJ",
    "GY-ZD-DD6": "GY-SWJ",
}
_DIVISIONS: Final = ("520102", "520103", "520111", "520112", "520113", "520115", "520121", "520122", "520123", "520181")
_FIRST: Final = "贵黔筑云岩明晨光宏远恒泰金阳乌当花溪清镇息烽修文开阳白观山湖"
_TRADES: Final = ("化工", "食品", "建材", "物流", "机械", "餐饮", "医药", "农业科技", "人力资源", "商贸")
_CATALOGUES: Final = (("AQSC", "AQ"), ("NYNC", "NY"), ("LDBZ", "LD"), ("ZRGH", "ZR"), ("SWGL", "SW"))
_TYPES: Final = ("日常检查", "专项检查", "例行检查")
_START: Final = date(2026, 3, 2)
_DAYS: Final = 190
#: So far back a repeat may reach.
_REACH: Final = 4_000


@dataclass(frozen=True, slots=True)
class Sent:
    """One record of the input topic."""

    key: bytes  #: the enterprise's unified social credit code
    value: bytes  #: UTF-8 JSON
    repeats: bool = False
    breaks: str = ""  #: the rule it breaks


def plans(count: int, *, enterprises: int = 20_000, seed: int = 51) -> Iterator[Sent]:
    """*count* records over *enterprises*."""
    chance = Random(seed)
    firms = [_firm(chance) for _ in range(enterprises)]
    recent: list[Sent] = []
    broken = 0
    for number in range(1, count + 1):
        if recent and chance.randrange(100) < REPEATS_PERCENT:
            former = chance.choice(recent)
            yield Sent(former.key, former.value, repeats=True)
            continue
        uscc, name, division = firms[chance.randrange(enterprises)]
        plan = _plan(number, uscc, name, division, chance)
        if number % (1000 // BROKEN_PER_THOUSAND) == 500:
            rule = tuple(BREAKS)[broken % len(BREAKS)]
            broken += 1
            yield Sent(uscc.encode(), BREAKS[rule](plan), breaks=rule)
            continue
        sent = Sent(uscc.encode(), orjson.dumps(plan))
        if len(recent) < _REACH:
            recent.append(sent)
        else:
            recent[number % _REACH] = sent
        yield sent


def _firm(chance: Random) -> tuple[str, str, str]:
    division = chance.choice(_DIVISIONS)
    first17 = f"91{division}MA" + "".join(chance.choice("0123456789ABCDEFGH") for _ in range(7))
    name = f"贵阳{''.join(chance.choice(_FIRST) for _ in range(2))}{chance.choice(_TRADES)}有限公司"
    return first17 + uscc_check_char(first17), name, division


def _plan(number: int, uscc: str, name: str, division: str, chance: Random) -> dict[str, Any]:
    unit = chance.choice(tuple(UNITS))
    catalogue, letters = chance.choice(_CATALOGUES)
    start = _START + timedelta(days=chance.randrange(_DAYS))
    end = start + timedelta(days=6 + chance.randrange(5))
    submitted = f"2026-02-{1 + number % 28:02} {8 + number % 10:02}:{number % 60:02}:{number % 59:02}"
    return {
        "报文类型": "检查计划报送",
        "报文编号": f"ZD-2026-{number:07}",
        "执法单位": unit,
        "内容": {
            "计划编号": f"JH-2026-{number:07}",
            "报送时间": submitted,
            "版本号": 1,
            "检查机关": UNITS[unit],
            "检查类型": chance.choice(_TYPES),
            "检查对象": {"主体类型": "企业", "名称": name, "统一社会信用代码": uscc, "行政区划代码": division},
            "场所编号": f"S{1 + chance.randrange(3)}",
            "事项清单": [
                {"事项目录": catalogue, "代码": f"{letters}-{100 + chance.randrange(80)}", "事项层级": "市级"}
            ],
            "检查期限": {"起始日期": _written(start), "截止日期": _written(end)},
            "方式": "现场",
            "状态": "已报送",
            "是否不打招呼": chance.choice(("是", "否")),
        },
    }


def _written(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"


def _with(*path: str, value: Any) -> Any:
    """Breaks a plan by another *value* at *path*; None takes the field away."""

    def broken(plan: dict[str, Any]) -> bytes:
        plan = deepcopy(plan)
        place = plan
        for name in path[:-1]:
            place = place[name]
        if value is None:
            del place[path[-1]]
        else:
            place[path[-1]] = value
        return orjson.dumps(plan)

    return broken


#: Each rule that a record may break, and the record that breaks it.
BREAKS: Final = {
    "json": lambda plan: orjson.dumps(plan)[:-2],
    "missing": _with("内容", "计划编号", value=None),
    "unknown": _with("内容", "检查人数", value=3),
    "type": _with("内容", "版本号", value="第一版"),
    "code": _with("内容", "检查类型", value="突击检查"),
    "date": _with("内容", "检查期限", "起始日期", value="2026年2月30日"),
    "order": _with("内容", "检查期限", "截止日期", value="2026年1月1日"),
    "future": _with("内容", "报送时间", value="2099-01-01 08:00:00"),
    "uscc": _with("内容", "检查对象", "统一社会信用代码", value="915201030000000000"),
    "party": _with("内容", "检查机关", value="GY-QQQ"),
    "secret": _with("内容", "检查对象", "名称", value="秘密★企业"),
}
