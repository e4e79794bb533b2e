"""The names of states, in the field's words: Chinese first, English beside it.

The one rule: a state is called the same on the terminal, in the diagrams and in an explanation.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

Names = Mapping[str, tuple[str, str]]

#: A lead 涉嫌犯罪线索 and what goes on inside its states.
LEAD: Final[Names] = {
    "TRANSFERRED": ("已移送", "transferred"),
    "ACCEPTED": ("已签收", "receipted"),
    "FORWARDED": ("已转送", "forwarded to the competent police"),
    "DISCLAIMED": ("不属职责范围", "disclaimed"),
    "FILED": ("已立案", "filed"),
    "DECLINED": ("不予立案", "not filed"),
    "RECONSIDERING": ("复议中", "under reconsideration"),
    "WITHDRAWN": ("已撤案", "filing withdrawn"),
    "CONCLUDED": ("已办结", "concluded"),
    "SUPPLEMENT_REQUIRED": ("要求补正", "supplement required"),
    "SUPPLEMENTED": ("已补正", "supplemented"),
    "UPHELD": ("复议维持", "upheld"),
    "SUPERVISION_SUGGESTED": ("已建议立案监督", "supervision suggested"),
    "REASONS_REQUIRED": ("要求说明理由", "reasons required"),
    "FILING_ORDERED": ("通知立案", "filing ordered"),
}

#: The criminal track 刑事程序 of a matter.
TRACK: Final[Names] = {
    "NONE": ("无刑事程序", "none"),
    "OPEN": ("刑事程序进行中", "open"),
    "CLOSED": ("刑事程序已终结", "closed"),
    "CONVICTED": ("已判处刑罚", "convicted"),
}

#: A statutory clock 期限.
CLOCK: Final[Names] = {
    "RUNNING": ("运行中", "running"),
    "SUSPENDED": ("中止", "suspended"),
    "MET": ("按期办结", "met"),
    "MISSED": ("逾期", "missed"),
    "VOID": ("失效", "void"),
}

#: What kind of clock it is: who loses what when it runs out.
CLOCK_KINDS: Final[Names] = {
    "duty": ("义务期限", "duty"),
    "right": ("权利期限", "right"),
    "cond": ("附条件义务", "conditional duty"),
    "soft": ("提示性期限", "soft"),
    "wait": ("等待期", "waiting time"),
}

#: A joint visit 联合检查.
JOINT: Final[Names] = {
    "OPEN": ("已组成,成员可变动", "open"),
    "FROZEN": ("已发检查码", "frozen"),
    "VISITED": ("已检查", "visited"),
    "DISSOLVED": ("已解散", "dissolved"),
}

#: A plan 检查计划: what is decided about an open one, and why a closed one is closed.
PLAN: Final[Names] = {
    "SINGLE": ("单独实施", "goes alone"),
    "JOINED": ("并入联合检查", "in a joint visit"),
    "HOLD_CAP": ("达到年度上限,暂缓", "held: yearly cap"),
    "HOLD_REPEAT": ("重复检查,暂缓", "held: repeated visit"),
    "OUT_OF_SCOPE": ("不参与统筹", "out of scope"),
    "LEVEL_YIELDED": ("由另一层级实施", "left to the other level"),
    "RESULT_RECOGNISED": ("结果互认", "results recognised"),
    "VISITED": ("已检查", "visited"),
    "CANCELLED": ("已撤销", "cancelled"),
    "EXPIRED": ("窗口已过", "expired"),
}
