"""Every error can be read out on the telephone and understood in both languages."""

import re
from collections import Counter
from string import Formatter

import pytest

from saraban_sync.errors import SarabanError
from scripts.reference import error_classes

CLASSES = error_classes()
_CODE = re.compile(r"SRB-\d{3}")
_ENGLISH_WORD = re.compile(r"\b[a-z]{3,}\b")
_LANGUAGE = re.compile(r"_(th|en)$")
_THAI_LETTER = re.compile(r"[\u0e01-\u0e2e]")


def _name(error: type[SarabanError]) -> str:
    return f"{error.__module__}.{error.__qualname__}"


def _blanks(sentence: str) -> set[str]:
    found = {name for _, name, _, _ in Formatter().parse(sentence) if name is not None}
    return {_LANGUAGE.sub("", name) for name in found}


def test_no_two_errors_share_a_code() -> None:
    counted = Counter(error.code for error in CLASSES)

    shared = {
        code: [_name(error) for error in CLASSES if error.code == code]
        for code, times in counted.items()
        if times > 1
    }
    assert not shared


@pytest.mark.parametrize("error", CLASSES, ids=_name)
def test_an_error_has_a_code_and_a_sentence_in_both_languages(error: type[SarabanError]) -> None:
    assert _CODE.fullmatch(error.code)
    assert _THAI_LETTER.search(error.thai)
    assert _ENGLISH_WORD.search(error.english)
    assert error.__doc__


@pytest.mark.parametrize("error", [one for one in CLASSES if not one.__subclasses__()], ids=_name)
def test_an_error_that_is_raised_has_sentences_of_its_own(error: type[SarabanError]) -> None:
    """Only a family may leave its sentences to the tree above it."""
    assert {"code", "thai", "english"} <= set(vars(error))


@pytest.mark.parametrize("error", CLASSES, ids=_name)
def test_both_languages_tell_the_same_facts(error: type[SarabanError]) -> None:
    assert _blanks(error.thai) == _blanks(error.english)


@pytest.mark.parametrize("error", CLASSES, ids=_name)
def test_a_sentence_is_one_that_can_be_said_with_no_facts_at_hand(
    error: type[SarabanError],
) -> None:
    """A blank that nobody filled shows as an ellipsis, never as braces or a second error."""
    said = [error.sentence(error("seen"), language) for language in ("th", "en")]

    assert not any("{" in sentence or "}" in sentence for sentence in said)
