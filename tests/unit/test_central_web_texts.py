"""Every text of the centre's pages exists, in both languages, and is asked for somewhere."""

import re
from importlib import resources
from string import Formatter
from typing import get_args, get_type_hints

import pytest

from saraban_base.web.voice import Catalogue, base_texts
from saraban_central.audit.kinds import Severity
from saraban_central.people import ROLES
from saraban_central.readmodel.deliveries import STAGES
from saraban_sync.clocks import Source
from saraban_sync.events import KINDS
from saraban_sync.number_events import NumbersSkipped
from saraban_sync.registers import Circulars, Register, Urgency
from saraban_sync.states import State, Trouble

WHY = get_type_hints(NumbersSkipped)["why"]
CENTRE = resources.files("saraban_central")
OWN = Catalogue(CENTRE / "web" / "texts.toml")
ALL = Catalogue(base_texts(), CENTRE / "web" / "texts.toml")
TEMPLATES = {
    file.name: file.read_text(encoding="utf-8")
    for package in ("saraban_base", "saraban_central")
    for file in (resources.files(package) / "templates").iterdir()
    if file.name.endswith(".html")
}
PROGRAM = "".join(
    file.read_text(encoding="utf-8")
    for folder in (CENTRE, CENTRE / "web")
    for file in folder.iterdir()
    if file.name.endswith(".py")
)
_ASKED = re.compile(r"\bt\('([\w.-]+\.[\w-]+)'(?!\s*~)")
_THAI = re.compile(r"[\u0e01-\u0e5b]")
BUILT = ("sign.", "full.", "phone.", "about.", "happened.", "alarm.", "said.", "people.")
KEYS = OWN.keys()
JUDGING = (CENTRE / "overview.py").read_text(encoding="utf-8")
SIGNS = set(re.findall(r'"([a-z]+(?:-[a-z]+)*)"', JUDGING))


def _blanks(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("key", sorted(OWN.keys()))
def test_a_text_says_the_same_in_both_languages(key: str) -> None:
    pair = OWN.pair(key)

    assert _blanks(pair.th) == _blanks(pair.en)
    assert _THAI.search(pair.th) or pair.th.startswith("{") or pair.th == "CSV"
    assert not _THAI.search(re.sub(r"ศธ \S+", "", pair.en))
    assert pair.th == pair.th.strip()
    assert pair.en == pair.en.strip()


@pytest.mark.parametrize("name", sorted(TEMPLATES))
def test_every_text_a_page_asks_for_exists(name: str) -> None:
    asked = set(_ASKED.findall(TEMPLATES[name]))

    assert not asked - ALL.keys()


def test_every_text_that_is_put_together_exists() -> None:
    wanted = {f"book.{one}{end}" for one in Register for end in ("", "_short", "_number")}
    wanted |= {f"urgency.{one}" for one in Urgency}
    wanted |= {f"stage.{one}" for one in STAGES}
    wanted |= {f"audit.{one}" for one in Severity}
    wanted |= {f"people.{one}{end}" for one in ROLES for end in ("", "_may")}
    wanted |= {f"happened.{one}" for one in KINDS}
    wanted |= {f"{place}{one}" for one in State for place in ("state.", "passport.state_")}
    wanted |= {f"trouble.{one}" for one in Trouble}
    wanted |= {f"gap.why_{one}" for one in (*get_args(WHY), "year-end")}
    wanted |= {f"offices.circulars_{one}" for one in Circulars}
    wanted |= {f"ranges.why_{one}" for one in ("off", "much", "year", "over", "revoked", "closed")}
    wanted |= {f"clock.source_{one}" for one in Source}
    wanted |= {f"said.{word}" for word in re.findall(r'said="([\w-]+)"', PROGRAM)}
    wanted |= set(re.findall(r'"((?:rail|frame)\.[\w-]+)"', PROGRAM))

    assert not wanted - ALL.keys()


def test_every_judgement_has_its_words_and_every_grave_one_its_telephone_words() -> None:
    keys = {key.removeprefix("sign.") for key in KEYS if key.startswith("sign.")}

    assert keys <= SIGNS
    assert keys == {key.removeprefix("full.") for key in KEYS if key.startswith("full.")}
    said = {key.removeprefix("phone.") for key in KEYS if key.startswith("phone.")}
    quiet = {
        "revoked", "in-touch", "unknown", "all-here", "coming", "none-waiting", "clock-right",
        "backup-good", "disk-room", "program-same", "numbers-left", "no-alarms", "drill-never",
        "drill-good", "kept-none", "kept-good",
    }  # fmt: skip
    assert said - {"greeting", "closing"} == keys - quiet


def test_every_text_of_the_centre_is_used_somewhere() -> None:
    sources = "".join(TEMPLATES.values()) + PROGRAM
    put_together = (
        *BUILT, "urgency.", "stage.", "state.", "passport.state_", "trouble.", "gap.why_", "mark.",
        "offices.circulars_", "ranges.why_", "clock.source_",
        *(f"book.{one}" for one in Register),
    )  # fmt: skip

    unused = {
        key
        for key in KEYS
        if f"'{key}'" not in sources
        and f'"{key}"' not in sources
        and not key.startswith(put_together)
        and key not in {f"audit.{one}" for one in Severity}
    }
    assert not unused
