"""Makes the papers of a recovery sheet: a page for each holder, and one with repositories' keys."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib import resources
from typing import Any, Final

from saraban_base.paper import pdf, qr
from saraban_node.backup import halves, paper_key
from saraban_node.backup.places import CENTRE, STICK, Place
from saraban_sync.registers import thai_date
from saraban_sync.thai import clock_time, long_date

_PLACES_SHOWN: Final = 5
_PLACE_LENGTH: Final = 120


@dataclass(frozen=True, kw_only=True)
class Office:
    """Whose sheet it is and when it is printed."""

    name: str
    node: str
    sheet: str
    printed_at: datetime

    def facts(self) -> dict[str, Any]:
        """Give what stands on every one of the papers."""
        day = long_date(thai_date(self.printed_at))
        return {
            "office": self.name,
            "node": self.node,
            "sheet": self.sheet,
            "printed": f"{day} เวลา {clock_time(self.printed_at)}",
        }


@dataclass(frozen=True)
class RepositoryKey:
    """A repository's key as borg exports it; of no use without the passphrase."""

    place: str
    repository: str
    text: str


def half_paper(
    office: Office, number: int, half: str, holders: tuple[str, str], places: Sequence[Place]
) -> bytes:
    """Make the page for one holder.

    Args:
        office: whose sheet it is.
        number: 1 or 2.
        half: what the half says.
        holders: who holds the first and who the second.
        places: where the backups are.
    """
    shown = places[:_PLACES_SHOWN]
    code = halves.for_code(half, office.node, tuple(address(one) for one in shown))
    more = len(places) - len(shown)
    data = {
        **office.facts(),
        "half": str(number),
        "half_th": "๑๒"[number - 1],
        "holder": holders[number - 1],
        "other": holders[2 - number],
        "groups": halves.groups(half),
        "places": [_place_words(one) for one in shown]
        + ([f"และอีก {more} แห่งตามการตั้งค่า · and {more} more"] if more else []),
    }
    return _paper("recovery_half.typ", data, office, {"qr.svg": qr.svg(code)})


def keys_paper(office: Office, keys: Sequence[RepositoryKey], missing: Sequence[Place]) -> bytes:
    """Make the part with the repositories' keys.

    Args:
        office: whose sheet it is.
        keys: those that could be exported.
        missing: places whose key could not be had now.
    """
    data = {
        **office.facts(),
        "keys": [
            {
                "place": one.place,
                "repository": _short(one.repository),
                "id": one.text.split()[1],
                "lines": paper_key.lines(one.text),
            }
            for one in keys
        ],
        "missing": [_place_words(one) for one in missing],
    }
    codes = {f"qr-{place}.svg": qr.svg(one.text, error="l") for place, one in enumerate(keys)}
    return _paper("recovery_keys.typ", data, office, codes)


def address(place: Place) -> str:
    """Write where a place is, for a code on paper: its kind, and what finds it."""
    if place.kind == STICK:
        return f"stick {place.where} {place.path}"
    return place.where if place.kind == CENTRE else f"disk {place.where}"


def _place_words(place: Place) -> str:
    match place.kind:
        case "stick":
            said = f"แฟลชไดรฟ์ป้ายชื่อ {place.where} โฟลเดอร์ {place.path}"
        case "centre":
            said = f"ส่วนกลาง {place.where}"
        case _:
            said = f"ดิสก์ {place.where}"
    return f"{place.name}: {_short(said)}"


def _short(text: str) -> str:
    return text if len(text) <= _PLACE_LENGTH else f"{text[:_PLACE_LENGTH]}…"


def _paper(
    name: str, data: Mapping[str, Any], office: Office, pictures: Mapping[str, bytes]
) -> bytes:
    template = (resources.files("saraban_node") / "papers" / name).read_text(encoding="utf-8")
    return pdf.make(template, data, made_at=office.printed_at, pictures=pictures)
