"""How the backups are, among the other things that can be wrong with a machine."""

from typing import Final

from saraban_base.sqlite import Cursor
from saraban_node.appliance import Appliance
from saraban_node.backup import progress, records, standing
from saraban_node.backup.places import places_of
from saraban_node.backup.standing import PlaceState
from saraban_node.findings import Finding

_AGAIN: Final = 3
"""After so many failures in a row a place needs a person; one may be a stick pulled out."""


def look(node: Appliance, cursor: Cursor) -> list[Finding]:
    """Tell of the last good backup, places where it fails, a lock that was cleared, and drills."""
    found = [_last(node, cursor)]
    found += [
        _failing(one)
        for one in standing.states(cursor, places_of(node.folder, node.config))
        if one.failures >= _AGAIN
    ]
    return [*found, *_notes(node), *_drill(cursor)]


def _last(node: Appliance, cursor: Cursor) -> Finding:
    last = records.last(cursor, good_only=True)
    if last is None:
        return Finding("backup", False, "ยังไม่เคยสำรองข้อมูลสำเร็จ", "There is no good backup yet")
    moment = last.at.strftime("%Y-%m-%d %H:%M UTC")
    fresh = node.clock.now() - last.at <= standing.OLD
    late = ("", "") if fresh else (" นานเกินสองวันแล้ว", ", over two days ago")
    return Finding(
        "backup", fresh, f"สำรองข้อมูลล่าสุด {moment}{late[0]}", f"Last good backup {moment}{late[1]}"
    )


def _failing(state: PlaceState) -> Finding:
    code = state.last.problem.partition(" ")[0] if state.last else ""
    return Finding(
        f"backup.{state.place.name}",
        False,
        f"สำรองข้อมูลลงที่ {state.place.name} ไม่สำเร็จติดกัน {state.failures} ครั้ง ({code})",
        f"Backups to {state.place.name} failed {state.failures} times in a row ({code})",
    )


def _notes(node: Appliance) -> list[Finding]:
    last = progress.read(node.folder)
    return [] if last is None else [Finding("backup.note", True, one, one) for one in last.notes]


def _drill(cursor: Cursor) -> list[Finding]:
    newest = records.drills(cursor, limit=1)
    if not newest or newest[0].result == "good":
        return []
    if newest[0].result == "bad":
        return [
            Finding(
                "backup.drill",
                False,
                "ซ้อมกู้คืนแล้วชุดสำรองใช้ไม่ได้ โปรดสำรองใหม่ทันทีและแจ้งผู้ดูแลระบบ",
                "A drill found a backup that is no good; back up again and tell the administrator",
            )
        ]
    return [
        Finding(
            "backup.drill",
            True,
            "ซ้อมกู้คืนครั้งล่าสุดไม่ได้ ยังไม่รู้ว่าชุดสำรองใช้ได้หรือไม่",
            "The last drill could not be run; nothing is known of the backup",
        )
    ]
