"""Articles of the Criminal Law, as people write them."""

from __future__ import annotations

import pytest

from hub.reference import load
from hub.reference.charges import article_of


@pytest.mark.parametrize(
    ("written", "article"),
    [
        ("276-1", "276-1"),
        ("第276条之一", "276-1"),
        ("276条之1", "276-1"),
        (" 第 385 条", "385"),
        ("385", "385"),
        ("276-10", "276-10"),
        ("某罪", ""),
    ],
)
def test_an_article_in_any_usual_spelling(written: str, article: str) -> None:
    assert article_of(written) == article


@pytest.mark.parametrize(
    ("article", "duty_crime"),
    [("381", False), ("382", True), ("第388条之一", True), ("419", True), ("420", False), ("", False)],
)
def test_duty_crimes_are_articles_382_to_419(article: str, duty_crime: bool) -> None:
    assert load().charges.is_duty_crime(article) is duty_crime


def test_only_the_wage_crime_asks_for_the_order_to_pay() -> None:
    charges = load().charges
    assert charges.required_by(["134-1", "第276条之一"]) == ["ORDER_TO_PAY"]
    assert charges.required_by(["276-10", "276"]) == []
