"""The stable ids in ``ruleIds`` and what each means, in the two languages of the hub.

The one rule: an id is never renamed or reused: agencies keep decisions for years. Ids that reach other agencies (those of a
joint) say nothing of a plan's trigger, of its source or of the reason of an objection (contract §5 S).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple


class Sentence(NamedTuple):
    """What a rule says, Chinese first."""

    zh: str
    en: str


# ---- scope
CASE: Final = "K2.CASE"
OFF_SITE: Final = "K2.OFF_SITE"
# ---- items
PASSED: Final = "I.PASSED"
LEVEL: Final = "K5.LEVEL"
# ---- caps
CAP_REACHED: Final = "Q.REACHED"
CAP_ROOM: Final = "Q.ROOM"
CAP_EXEMPT: Final = "Q.EXEMPT"
# ---- freeze
TAKEN: Final = "Z.TAKEN"
JUSTIFIED: Final = "Z.JUSTIFIED"
OBJECTED: Final = "U.OBJECTED"
UNTOLD: Final = "K4.UNANNOUNCED"
# ---- grouping
TOGETHER: Final = "K4.TOGETHER"
ALONE: Final = "K4.ALONE"
SAME_AGENCY: Final = "K4.SAME_AGENCY"
SEVERAL_AGENCIES: Final = "K4.SEVERAL_AGENCIES"
KEPT: Final = "Z.KEPT"
# ---- reasons why two plans do not go together (explanations only)
OTHER_SITE: Final = "K1.OTHER_SITE"
NO_COMMON_DAY: Final = "K3.NO_COMMON_DAY"
NO_CHAIN: Final = "K4.NO_CHAIN"
SETTLED: Final = "A.SETTLED"
HELD: Final = "A.HELD"
# ---- closing
CLOSED_CANCELLED: Final = "A.CANCELLED"
CLOSED_EXPIRED: Final = "A.EXPIRED"
CLOSED_VISITED: Final = "A.VISITED"

RULES: Final[Mapping[str, Sentence]] = {
    CASE: Sentence("个案检查不合并、不暂缓、不受年度上限限制", "a case check is never merged, held or capped"),
    OFF_SITE: Sentence("非现场检查不进企业,不参与统筹", "an off-site check enters nobody's premises and is left alone"),
    PASSED: Sentence(
        "近期已有合格结果,结果互认,不再检查该事项", "a recent PASS is recognised; the item is not inspected again"
    ),
    LEVEL: Sentence(
        "市区两级同系统同一事项,由该事项所属层级实施",
        "of two levels of one system, the level that owns the item inspects it",
    ),
    CAP_REACHED: Sentence(
        "本机关当年对该企业的检查次数已达上限", "the agency has used up its visits to this enterprise for the year"
    ),
    CAP_ROOM: Sentence("未达年度检查上限", "the yearly cap leaves room"),
    CAP_EXEMPT: Sentence("该类检查不计入年度上限", "this class of check does not count against the yearly cap"),
    TAKEN: Sentence(
        "同一对象在此期间已发检查码或已检查,暂缓",
        "the same object is already fixed for a visit in these days, or visited: held",
    ),
    JUSTIFIED: Sentence("机关已说明理由,解除暂缓,单独实施", "the agency gave its grounds; released and goes alone"),
    OBJECTED: Sentence("机关提出异议,退出联合,单独实施", "the agency objected; it left the joint and goes alone"),
    UNTOLD: Sentence("不预先告知的检查单独实施", "an unannounced check goes alone"),
    TOGETHER: Sentence(
        "同一对象、检查窗口有共同工作日,合并为一次进入企业",
        "same object and a working day in common: one visit instead of several",
    ),
    ALONE: Sentence("没有可以合并的其他计划,单独实施", "no other plan fits: goes alone"),
    SAME_AGENCY: Sentence("同一机关的多项检查合并进行", "several checks of one agency are made at once"),
    SEVERAL_AGENCIES: Sentence("不同机关的检查联合进行", "checks of different agencies are made jointly"),
    KEPT: Sentence("已发检查码,窗口和检查码不变", "the check code is issued; window and code stay"),
    "L1": Sentence("重大企业项目或重点行业,由市支队牵头", "major project or key sector: the city brigade leads"),
    "L2": Sentence("上级部署的专项检查机关牵头", "the agency whose check was ordered from above leads"),
    "L3": Sentence("行业主管机关牵头", "the agency in charge of the industry leads"),
    "L4": Sentence("检查事项最多的机关牵头", "the agency with the most items leads"),
    "L5": Sentence("最早报送计划的机关牵头", "the agency that planned first leads"),
    "L6": Sentence("条件相同,按机构代码先后确定牵头", "all else equal, the first by party code leads"),
    "SAME_AGENCY": Sentence("只有一个机关,由其牵头", "there is but one agency: it leads"),
    OTHER_SITE: Sentence(
        "同一企业的不同场所,是不同的检查对象", "another site of the same enterprise is another object"
    ),
    NO_COMMON_DAY: Sentence("检查窗口没有共同的工作日", "the windows have no working day in common"),
    NO_CHAIN: Sentence(
        "与该计划有共同工作日,但与其所在联合检查的共同窗口没有,不连锁合并",
        "meets that plan but not the common window of its group: no chains",
    ),
    SETTLED: Sentence(
        "该计划所在单元已发检查码或已检查,成员不再变动",
        "that plan's unit is frozen or visited: its members no longer move",
    ),
    HELD: Sentence("该计划被暂缓", "that plan is held"),
    CLOSED_CANCELLED: Sentence("机关已撤销计划", "the agency cancelled the plan"),
    CLOSED_EXPIRED: Sentence("检查窗口已过,计划失效", "the window has passed; the plan expired"),
    CLOSED_VISITED: Sentence("已完成检查", "the visit has taken place"),
}
