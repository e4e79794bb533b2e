"""The MATTER aggregate 事项: case 案件, lead 移送线索, referral 反向移送, court enforcement 非诉执行, assistance 协助, dispute 争议.

The one rule: one correlationId is one `Matter`; `MATTER.decide` is the only way to change it.
"""

from hub.rules.matter.aggregate import MATTER, RULES, MatterAggregate
from hub.rules.matter.state import Matter

__all__ = ["MATTER", "RULES", "Matter", "MatterAggregate"]
