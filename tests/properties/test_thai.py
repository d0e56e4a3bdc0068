"""A Thai word is found however it was typed: one spelling inside, every spelling outside."""

import unicodedata
from datetime import UTC, datetime, timedelta

import hypothesis.strategies as st
from hypothesis import given

from saraban_sync import thai
from saraban_sync.registers import buddhist_year, instant, parse_instant, thai_date

LETTERS = "กขฃคฅฆงจฉชซฌญฎฏฐฑฒณดตถทธนบปผฝพฟภมยรลวศษสหฬอฮ"
SIGNS = "ะัาำิีึืฺุูเแโใไๅๆ็่้๊๋์ํ"
OTHERS = "๐๑๒๓๔๕๖๗๘๙0123456789 abcXYZ./-()ฯ"
INVISIBLE = "\u200b\u200c\u200d\ufeff\u00ad"

Thai = st.text(st.sampled_from(LETTERS + SIGNS + OTHERS), max_size=40)
Anything = st.text(max_size=60)


@given(st.one_of(Thai, Anything))
def test_tidying_a_tidy_text_changes_nothing(text: str) -> None:
    once = thai.tidy(text)

    assert thai.tidy(once) == once


@given(st.one_of(Thai, Anything))
def test_a_tidy_text_has_no_controls_no_doubled_spaces_and_no_edges(text: str) -> None:
    tidied = thai.tidy(text)

    assert "  " not in tidied
    assert tidied == tidied.strip()
    assert not [c for c in tidied if unicodedata.category(c)[0] == "C"]


@given(Thai)
def test_tidying_keeps_every_letter_a_person_can_see(text: str) -> None:
    """Marks that stand together may be ordered anew (NFC); none is lost and none is added."""
    shown = sorted(unicodedata.normalize("NFC", text).replace(" ", ""))

    assert sorted(thai.tidy(text).replace(" ", "")) == shown


@given(st.one_of(Thai, Anything))
def test_the_form_for_search_is_a_form_that_stays(text: str) -> None:
    once = thai.normalise(text)

    assert thai.normalise(once) == once


@given(Thai, st.data())
def test_every_way_of_typing_a_text_comes_to_the_same_form(text: str, data: st.DataObject) -> None:
    typed = _typed_otherwise(text, data)

    assert thai.normalise(typed) == thai.normalise(text)


@given(Thai, Thai, Thai, st.data())
def test_a_part_of_a_text_is_found_in_it_however_both_were_typed(
    before: str, part: str, after: str, data: st.DataObject
) -> None:
    """Between spaces, as words of a question are; marks must not reach over the edges."""
    stored = _typed_otherwise(f"{before} {part} {after}", data)
    asked = _typed_otherwise(part, data)

    assert thai.normalise(asked) in thai.normalise(stored)


@given(st.text(st.sampled_from("0123456789 ก/"), max_size=20))
def test_digits_go_there_and_back(text: str) -> None:
    assert thai.arabic_digits(thai.thai_digits(text)) == text


@given(st.datetimes(datetime(1970, 1, 1), datetime(2400, 1, 1)))  # noqa: DTZ001 - made aware below
def test_a_moment_is_written_and_read_back_to_the_millisecond(naive: datetime) -> None:
    moment = naive.replace(tzinfo=UTC)

    again = parse_instant(instant(moment))

    assert moment - again < timedelta(milliseconds=1)
    assert again <= moment


@given(st.datetimes(datetime(1970, 1, 1), datetime(2400, 1, 1)))  # noqa: DTZ001 - made aware below
def test_the_buddhist_year_turns_seven_hours_before_utc_does(naive: datetime) -> None:
    moment = naive.replace(tzinfo=UTC)

    assert buddhist_year(moment) == (moment + timedelta(hours=7)).year + 543
    assert thai_date(moment) == (moment + timedelta(hours=7)).date()


def _typed_otherwise(text: str, data: st.DataObject) -> str:
    """Type a text with other keys that look the same on the screen."""
    choose = st.randoms(use_true_random=False)
    chance = data.draw(choose)
    typed = ""
    for character in unicodedata.normalize("NFC", text):
        if character == "ำ" and chance.random() < 0.5:
            character = "ํา"
        elif character == "แ" and chance.random() < 0.5:
            character = "เเ"
        elif character in thai.thai_digits("0123456789") and chance.random() < 0.5:
            character = thai.arabic_digits(character)
        elif character.isdigit() and chance.random() < 0.5:
            character = thai.thai_digits(character)
        elif character == " " and chance.random() < 0.5:
            character = chance.choice(("  ", "\t", "\u00a0", " \n"))
        elif character.isascii() and chance.random() < 0.5:
            character = character.swapcase()
        typed += character
        if chance.random() < 0.1:
            typed += chance.choice(INVISIBLE)
    return unicodedata.normalize("NFD", typed) if chance.random() < 0.5 else typed
