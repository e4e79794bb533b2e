"""检查统筹: plans of many agencies for one enterprise become as few visits as the law allows (contract §5).

The one rule: nothing is dropped. Every plan ends single, joined, held, yielded, recognised or closed with a reason,
and ``ruleIds`` say which rules led there (`rule_ids`).
"""

from hub.rules.inspection.aggregate import InspectionAggregate
from hub.rules.inspection.explain import Because, PlanExplanation, explain
from hub.rules.inspection.rule_ids import RULES, Sentence
from hub.rules.inspection.state import Enterprise
from hub.rules.inspection.tally import Tally, tally

INSPECTION = InspectionAggregate()

__all__ = [
    "INSPECTION",
    "RULES",
    "Because",
    "Enterprise",
    "InspectionAggregate",
    "PlanExplanation",
    "Sentence",
    "Tally",
    "explain",
    "tally",
]
