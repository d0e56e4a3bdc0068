"""A restore in words, for the terminal and for programs."""

from collections.abc import Iterable
from typing import Any, Final

from saraban_node.backup import preview
from saraban_node.backup.listing import Backup
from saraban_node.backup.preview import Later, Line
from saraban_node.backup.replacing import Plan, Replaced
from saraban_node.backup.restore import RESTORED, Restored
from saraban_node.books.labels import REGISTER_THAI
from saraban_node.cli import fence_words
from saraban_node.cli.backup import check_lines, checks
from saraban_sync.registers import instant

_MOST: Final = 200


def backup(one: Backup) -> dict[str, Any]:
    """Give a backup with how far its registers go."""
    return {
        "name": one.name,
        "node": one.node,
        "epoch": one.epoch,
        "made_at": instant(one.made_at),
        "entries": one.summary.entries,
        "events": one.summary.events,
        "files": one.summary.files,
        "last_event": one.summary.last_event,
        "registers": one.summary.registers,
    }


def backup_line(one: Backup) -> str:
    """Say the same in a line."""
    books = ", ".join(f"{name}: {count}" for name, count in sorted(one.summary.registers.items()))
    return f"{one.name}  {one.summary.entries} รายการ · entries  {books}"


def plan(one: Plan) -> dict[str, Any]:
    """Give what comes back and what does not."""
    seen = one.preview
    return {
        "archive": one.restored.archive,
        "folder": str(one.folder),
        "node": one.restored.manifest.node,
        "made_at": one.restored.manifest.made_at,
        "entries": one.restored.manifest.entries,
        "live": seen.live.state,
        "centre": seen.centre.state,
        "comes_back": [_line(line) for line in seen.comes_back],
        "lost": [_line(line) for line in seen.lost],
        "acts_lost": seen.acts_lost,
    }


def plan_text(one: Plan) -> str:
    """Say the same to a person."""
    seen, manifest = one.preview, one.restored.manifest
    lines = [
        f"ชุดสำรอง · Backup {one.restored.archive}: {manifest.node}, {manifest.made_at}",
        *_lasts(one.restored),
        _seen("ข้อมูลในเครื่อง · Data on this machine", seen.live),
        _seen("ส่วนกลาง · Centre", seen.centre),
        f"จะกลับมาจากส่วนกลาง · Come back from the centre: {len(seen.comes_back)}",
        *_lines(seen.comes_back),
        f"จะหายไป ต้องลงใหม่ · Lost, to be entered again: {len(seen.lost)}",
        *_lines(seen.lost),
    ]
    if seen.acts_lost:
        lines.append(
            f"เกษียน ยกเลิก และอื่น ๆ ที่จะหายไป · Notes, cancellations and others lost: {seen.acts_lost}"
        )
    return "\n".join(lines)


def replaced(done: Replaced) -> dict[str, Any]:
    """Give what was put in place and what comes next."""
    return {
        **restored(done.plan.restored),
        **plan(done.plan),
        "before": str(done.swapped.before or ""),
        "reason": done.agreed.reason,
        "healed_events": done.healed_events,
        "line": done.line,
        "fenced": done.fence.why,
    }


def replaced_text(done: Replaced) -> str:
    """Say the same to a person, and lead on to the fence."""
    lines = [
        *check_lines(done.plan.restored.report),
        f"กู้คืนแล้วที่ {done.swapped.folder} · Restored",
    ]
    if done.swapped.before is not None:
        lines.append(
            f"ข้อมูลเดิมอยู่ที่ {done.swapped.before} · The old data are there; nothing was deleted"
        )
    if done.line == "healed":
        lines.append(f"กลับมาจากส่วนกลาง · Came back from the centre: {done.healed_events}")
    elif done.line != "none":
        lines.append(f"ยังไม่ได้รายการจากส่วนกลาง · Nothing came from the centre yet: {done.line}")
    return "\n".join([*lines, "", *fence_words.status(done.fence)])


def _lasts(done: Restored) -> list[str]:
    return [
        f"  {REGISTER_THAI[one.register]} · {one.register} {one.year}: {one.last}"
        for one in done.manifest.registers
    ] or ["  –"]


def _seen(who: str, later: Later) -> str:
    match later.state:
        case preview.NONE:
            return f"{who}: ไม่มี · none"
        case preview.UNREADABLE:
            return f"{who}: อ่านไม่ได้ · cannot be read ({later.why})"
        case _:
            return f"{who}: ใหม่กว่าชุดสำรอง {len(later.hashes)} เหตุการณ์ · events after the backup"


def _line(one: Line) -> dict[str, Any]:
    return {
        "event": one.event, "register": one.register, "year": one.year, "number": one.number,
        "emergency": one.emergency, "subject": one.subject, "at": one.at,
    }  # fmt: skip


def _lines(many: Iterable[Line]) -> list[str]:
    listed = list(many)
    found = [f"  {REGISTER_THAI[one.register]} · {one.where}  {one.subject}" for one in listed]
    more = [f"  … {len(listed) - _MOST}"] if len(listed) > _MOST else []
    return found[:_MOST] + more


def restored(done: Restored) -> dict[str, Any]:
    """Give what came back."""
    return {
        "archive": done.archive,
        "folder": str(done.folder),
        "good": done.report.good,
        "fenced": RESTORED,
        "node": done.manifest.node,
        "office": done.manifest.office,
        "made_at": done.manifest.made_at,
        "entries": done.manifest.entries,
        "events": done.manifest.events,
        "files": done.manifest.files,
        "last_event": done.manifest.last_event,
        "registers": [
            {"register": one.register, "year": one.year, "entries": one.entries,
             "first": one.first, "last": one.last}
            for one in done.manifest.registers
        ],
        "still_at_centre": done.still_at_centre,
        "seconds": done.seconds,
        "checks": checks(done.report),
    }  # fmt: skip


def restored_text(done: Restored) -> str:
    """Say the same to a person."""
    return "\n".join(
        [
            *check_lines(done.report),
            f"กู้คืนแล้วที่ {done.folder} เลขสุดท้ายในชุดนี้ · Restored; last numbers in this backup:",
            *_lasts(done),
            "เครื่องยังไม่ออกเลข จนกว่าจะบอกว่าเลขบนกระดาษออกไปถึงไหนแล้ว ขั้นต่อไปดูจากคำสั่งนี้",
            "It gives no numbers until it is said how far they stand on paper. What comes next:",
            f"  saraban-node fence --folder {done.folder}",
        ]
    )
