"""USCC and citizen's number: the standards' own vectors and every way to mistype one character."""

from __future__ import annotations

from datetime import date

import pytest

from hub.canonical.identifiers import birth_date, id_number_valid, uscc_check_char, uscc_valid

USCC = "91350100M000100Y43"
ID = "11010519491231002X"


@pytest.mark.parametrize("text", [USCC, "91520100MA6A000230"])
def test_a_right_uscc_is_valid(text: str) -> None:
    assert uscc_valid(text)
    assert uscc_check_char(text[:17]) == text[17]


@pytest.mark.parametrize(
    "text", ["", USCC[:17], USCC + "0", USCC.lower(), "I" + USCC[1:], USCC[:17] + "4", " " + USCC[1:]]
)
def test_a_wrong_uscc_is_not(text: str) -> None:
    assert not uscc_valid(text)


def test_every_single_mistyped_character_of_a_uscc_is_noticed() -> None:
    for place in range(18):
        for other in "0123456789ABCDEFGHJKLMNPQRTUWXY":
            text = USCC[:place] + other + USCC[place + 1 :]
            assert uscc_valid(text) == (text == USCC)


@pytest.mark.parametrize("first", ["", "9" * 16, "Z" * 17])
def test_a_check_character_needs_seventeen_characters_of_the_alphabet(first: str) -> None:
    with pytest.raises(ValueError, match=r"GB 32100|17 characters"):
        uscc_check_char(first)


@pytest.mark.parametrize("text", [ID, "520102199001010018", "520103201203150023"])
def test_a_right_citizens_number_is_valid(text: str) -> None:
    assert id_number_valid(text)


@pytest.mark.parametrize(
    "text",
    ["", ID[:17], ID.lower(), "520102199001010019", "1101051949123100２X", "110105194912310021", "5201 2199001010018"],
)
def test_a_wrong_citizens_number_is_not(text: str) -> None:
    assert not id_number_valid(text)


def test_a_birthday_that_never_was_makes_the_number_invalid() -> None:
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    for first in ("52010219900230001", "52010219901301001", "52010200000101001"):
        total = sum(w * int(c) for w, c in zip(weights, first, strict=True))
        assert not id_number_valid(first + "10X98765432"[total % 11])


def test_the_birthday_is_read_from_the_number() -> None:
    assert birth_date(ID) == date(1949, 12, 31)
