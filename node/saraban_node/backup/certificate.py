"""The certificate of a drill: one page that says what was brought back and how it was found.

It is made of what stands in the journal, so that it can be printed again at any time and says the
same; the event's name and hash on it let an auditor find it there, and at the centre.
"""

from importlib import resources
from typing import Any, Final

from saraban_base.paper import pdf
from saraban_node import journal
from saraban_node.appliance import Appliance
from saraban_node.backup import records
from saraban_node.backup.drill_errors import NoSuchDrill
from saraban_node.backup.places import places_of
from saraban_node.backup.records import DrillRecord
from saraban_sync.ids import EventId
from saraban_sync.registers import thai_date
from saraban_sync.thai import clock_time, long_date

_LENGTH: Final = 160
_RESULTS: Final = {
    "good": "ใช้ได้",
    "bad": "ใช้ไม่ได้",
    "not-run": "ซ้อมไม่ได้",
}
_KEYS: Final = {
    "machine": "รหัสผ่านที่เก็บในเครื่อง",
    "sheet": "แผ่นกู้คืนทั้งสองครึ่งของผู้ถือสองคน",
}


def of_drill(node: Appliance, seq: int) -> bytes:
    """Make the certificate of a drill.

    Args:
        node: the node.
        seq: its place in the journal.

    Raises:
        NoSuchDrill: the journal has none there.
    """
    with node.db.read() as cursor:
        found = records.drill_at(cursor, seq)
        if found is None:
            raise NoSuchDrill(str(seq), drill=seq)
        event = EventId(journal.id_at(cursor, seq))
        hashed = journal.hash_of(cursor, event) or ""
    template = (resources.files("saraban_node") / "papers" / "drill_certificate.typ").read_text(
        encoding="utf-8"
    )
    data = _data(node, found) | {"event": str(event), "hash": hashed}
    return pdf.make(template, data, made_at=found.at)


def _data(node: Appliance, found: DrillRecord) -> dict[str, Any]:
    where = next(
        (one.where for one in places_of(node.folder, node.config) if one.name == found.place), ""
    )
    day = long_date(thai_date(found.at))
    return {
        "office": node.office_name,
        "node": str(node.node),
        "at": f"{day} เวลา {clock_time(found.at)}",
        "archive": found.archive or "–",
        "place": _short(f"{found.place} ({where})" if where else found.place),
        "key": _KEYS.get(found.key, found.key),
        "result": found.result,
        "result_th": _RESULTS.get(found.result, found.result),
        "entries": f"{found.entries:,}",
        "files": f"{found.files:,}",
        "seconds": f"{found.seconds:,}",
        "problem": _short(found.problem),
    }


def _short(text: str) -> str:
    return text if len(text) <= _LENGTH else f"{text[:_LENGTH]}…"
