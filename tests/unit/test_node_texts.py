"""Every text exists, in both languages, and every text that a page asks for exists."""

import re
from importlib import resources
from importlib.resources.abc import Traversable
from string import Formatter
from typing import get_args

import pytest

from saraban_base.web.voice import Catalogue, Voice, base_texts
from saraban_node import meta
from saraban_node.numbering.errors import NumberNotUnderstood
from saraban_node.people import ROLES
from saraban_node.web.backup import OTHER, REASONS
from saraban_node.web.book_lines import GAP_STATES, STATES
from saraban_node.web.recovery_sheet import WHYS
from saraban_sync.events import KINDS
from saraban_sync.number_events import NumbersSkipped
from saraban_sync.registers import Register, Urgency
from saraban_sync.states import State, Trouble

NODE = resources.files("saraban_node")
CATALOGUE = Catalogue(base_texts(), NODE / "web" / "texts.toml")
_ASKED = re.compile(r"\bt\('([^']+)'(?!\s*~)")
_BUILT = re.compile(r"\bt\('([^']+)' ~ [\w.]+(?: ~ '([^']+)')?")
_THAI = re.compile(r"[\u0e01-\u0e5b]")
_CODE = re.compile(r'"((?:rail|keys|said|settings)\.[\w-]+)"')
# What may stand behind `t('prefix.' ~ value)`.
_VALUES: dict[str, list[str]] = {
    "backup.why.": [*REASONS.values(), OTHER],
    "sheet.ended.": list(WHYS),
    "backup.kind.": ["disk", "stick", "centre"],
    "backup.absent_": ["disk", "stick", "centre"],
    "book.": [str(one) for one in Register],
    "rail.": [str(one) for one in Register],
    "state.": list(STATES),
    "passport.state.": list(State),
    "proof.state.": list(State),
    "trouble.": list(Trouble),
    "mark.": ["backup", "centre", "mark-file", "browser", "courier", "paper"],
    "fence.what.": list(meta.REASONS),
    "gap.": list(GAP_STATES),
    "gap.why.": [*get_args(NumbersSkipped.__annotations__["why"]), "year-end"],
    "fence.notice.": list(meta.REASONS),
    "urgency.": [str(one) for one in Urgency],
    "people.": list(ROLES),
}


def _templates() -> list[Traversable]:
    return [
        file
        for package in ("saraban_base", "saraban_node")
        for file in (resources.files(package) / "templates").iterdir()
        if file.name.endswith(".html")
    ]


def _python(folder: Traversable) -> list[str]:
    """Read every module of a package and of the packages in it."""
    texts: list[str] = []
    for file in folder.iterdir():
        if file.is_dir():
            texts += _python(file)
        elif file.name.endswith(".py"):
            texts.append(file.read_text(encoding="utf-8"))
    return texts


def _blanks(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("key", sorted(CATALOGUE.keys()))
def test_a_text_says_the_same_in_both_languages(key: str) -> None:
    pair = CATALOGUE.pair(key)

    assert _blanks(pair.th) == _blanks(pair.en)
    assert _THAI.search(pair.th), "Thai is the first language"
    assert not _THAI.search(re.sub(r"[\u0e01-\u0e5b.]+ ?\d+|ศธ \S+", "", pair.en))
    assert pair.th == pair.th.strip()
    assert pair.en == pair.en.strip()


@pytest.mark.parametrize("template", _templates(), ids=lambda file: file.name)
def test_every_text_a_page_asks_for_exists(template: Traversable) -> None:
    source = template.read_text(encoding="utf-8")
    asked = set(_ASKED.findall(source))
    for prefix, suffix in _BUILT.findall(source):
        asked |= {f"{prefix}{value}{suffix}" for value in _VALUES[prefix]}

    assert not asked - CATALOGUE.keys()


def test_every_text_the_program_names_exists() -> None:
    source = "".join(_python(NODE / "web") + _python(resources.files("saraban_base") / "web"))
    source += (NODE / "app.py").read_text(encoding="utf-8")
    named = set(_CODE.findall(source))
    named |= {f"said.{word}" for word in re.findall(r'said="([\w-]+)"', source)}

    assert len(named) > 20
    assert not {name for name in named if not name.endswith(".html")} - CATALOGUE.keys()


def test_every_text_of_the_node_is_used_somewhere() -> None:
    sources = "".join(file.read_text(encoding="utf-8") for file in _templates())
    sources += "".join(_python(NODE / "web") + _python(resources.files("saraban_base") / "web"))
    sources += (NODE / "app.py").read_text(encoding="utf-8")
    built = (*_VALUES, "happened.", "said.")
    own = Catalogue(NODE / "web" / "texts.toml").keys()

    unused = {
        key
        for key in own
        if f"'{key}'" not in sources and f'"{key}"' not in sources and not key.startswith(built)
    }
    assert not unused


def test_every_act_on_a_letter_has_a_word_in_its_history() -> None:
    about_letters = {
        "letter.registered",
        "letter.sent",
        "entry.noted",
        "entry.voided",
        "files.added",
    }

    assert about_letters <= set(KINDS)
    for kind in about_letters:
        assert f"happened.{kind}" in CATALOGUE


@pytest.mark.parametrize("language", ["th", "en"])
@pytest.mark.parametrize("digits", ["thai", "arabic"])
def test_numbers_appear_in_the_digits_the_reader_chose(language: str, digits: str) -> None:
    voice = Voice(CATALOGUE, language, digits)

    said = voice.text("today.arrivals_all", n=1234)

    assert ("๑,๒๓๔" if digits == "thai" else "1,234") in said
    assert voice.digits(None) == ""
    assert voice.digits("2569") == ("๒๕๖๙" if digits == "thai" else "2569")


def test_a_text_that_is_no_pair_stops_the_start(tmp_path: object) -> None:
    class One:
        def __init__(self, text: str) -> None:
            self.text = text

        def read_text(self, encoding: str) -> str:
            return self.text

    for wrong in ('[a]\nb = "one"', '[a]\nb = ["ไทย"]', '[a]\nb = ["ไทย", ""]'):
        with pytest.raises(ValueError, match=r"a\.b"):
            Catalogue(One(wrong))  # type: ignore[arg-type] # a file with nothing else
    with pytest.raises(ValueError, match="twice"):
        Catalogue(One('[a]\nb = ["ไทย", "en"]'), One('[a]\nb = ["ไทย", "en"]'))  # type: ignore[arg-type]


def test_numbers_in_a_refusal_are_in_the_readers_digits_and_codes_as_they_are() -> None:
    problem = NumberNotUnderstood("x", text="doi-2 12")

    thai = Voice(CATALOGUE, "th", "thai").sentence(problem)
    arabic = Voice(CATALOGUE, "th", "arabic").sentence(problem)

    assert "๑๒๓/๒๕๖๙" in thai
    assert "“doi-2 12”" in thai, "what somebody typed stays as it was typed"
    assert "123/2569" in arabic
