"""The simulated city: its enterprises and people, all invented and all drawn from one seed.

The one rule: pure. The same seed gives the same city, so that plans of several bureaus meet at one enterprise; every name says
that it is invented (虚构), every credit code has its right check character (GB 32100).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Any, Final

from hub.canonical.identifiers import uscc_check_char

#: Division -> name of the place; where the city brigade has units.
DIVISIONS: Final = {
    "520102": "南明区", "520103": "云岩区", "520111": "花溪区", "520112": "乌当区", "520113": "白云区", "520115": "观山湖区",
}  # fmt: skip
_FIRST: Final = [
    "晨光",
    "湖畔",
    "南岳",
    "青岩",
    "甲秀",
    "东山",
    "黔灵",
    "小河",
    "金阳",
    "龙洞",
    "红枫",
    "百花",
    "云雾",
    "清水",
    "高坡",
    "石板",
]
_TRADE: Final = [
    "化工",
    "餐饮",
    "建材",
    "物业",
    "砂石",
    "食品",
    "机械",
    "仓储",
    "水泥",
    "医药",
    "包装",
    "运输",
    "农资",
    "酒店",
]
_STREETS: Final = ["示例路", "示例巷", "模拟街", "虚构大道", "样本支路"]
_SURNAMES: Final = "郑何吴周王赵钱孙李冯陈褚卫蒋沈韩"
_NUMBERS: Final = "一二三四五六七八九"
_CODE: Final = "0123456789ABCDEFGHJKLMNPQRTUWXY"


@dataclass(frozen=True, slots=True)
class Enterprise:
    """An invented enterprise."""

    uscc: str
    name: str
    address: str
    division: str

    def subject(self) -> dict[str, Any]:
        """As the block ``Subject`` has it."""
        return {
            "subjectType": "ENT", "name": self.name, "uscc": self.uscc, "address": self.address, "divisionCode": self.division,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class City:
    """Its enterprises in the order they were drawn."""

    enterprises: Sequence[Enterprise]

    @staticmethod
    def draw(seed: int, count: int) -> City:
        """A city with *count* enterprises."""
        chance = Random(f"city {seed}")
        return City(tuple(_enterprise(chance) for _ in range(count)))

    def known(self, uscc: str) -> Enterprise | None:
        """The enterprise with this code."""
        return next((each for each in self.enterprises if each.uscc == uscc), None)


def _enterprise(chance: Random) -> Enterprise:
    division = chance.choice(tuple(DIVISIONS))
    first17 = f"91{division}MA" + "".join(chance.choices(_CODE, k=7))
    place = DIVISIONS[division]
    name = f"贵阳{chance.choice(_FIRST)}虚构{chance.choice(_TRADE)}有限公司({place})"
    address = f"{place}{chance.choice(_STREETS)}{chance.randint(1, 199)}号"
    return Enterprise(first17 + uscc_check_char(first17), name, address, division)


def officer(chance: Random, unit: str) -> dict[str, str]:
    """An invented officer 执法人员 of *unit*."""
    name = f"{chance.choice(_SURNAMES)}某{chance.choice(_NUMBERS)}"
    return {"name": name, "certNo": f"SIM-{unit}-{chance.randint(1, 999):03}"}
