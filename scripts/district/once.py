"""The main job, once and unattended: everything a district does, checked at every step.

school registers every letter, centre switched off ─> centre comes up ─> exchange
─> the area office registers what was sent to it ─> receipts come back
─> backup, restored beside and verified ─> the centre audits both offices
"""

import time
from pathlib import Path
from typing import Any, Final

from scripts.district.district import AREA, SCHOOL, District
from scripts.district.programs import Failed, serving, tell

_EXTRA: Final = 1  # a letter with a file, besides those of the input; the figures leave it out
_ATTACHMENT_BYTES = 700_000  # three parts of a file


def main_job(district: District, letters: list[Path]) -> dict[str, Any]:
    """Do it all and give the figures.

    Args:
        district: where; anything there from an earlier time is removed first.
        letters: CSV or XLSX files with the school's letters.

    Raises:
        Failed: a step did not do what it had to.
    """
    began = time.monotonic()
    _introduce(district)
    figures = _register_offline(district, letters)
    tell("The centre comes up", "ส่วนกลางเปิดแล้ว")
    with serving(district.serve_centre()):
        figures |= _exchange(district)
        figures |= _back_up(district)
        tell("The centre audits both offices", "ส่วนกลางตรวจสอบทั้งสองหน่วยงาน")
        district.sync(SCHOOL)
        figures |= _audit(district)
    figures["seconds"] = round(time.monotonic() - began, 1)
    figures["ok"] = _all_right(figures)
    return figures


def _introduce(district: District) -> None:
    district.make_centre()
    with serving(district.serve_centre()):
        for office in (AREA, SCHOOL):
            district.enrol(office)
            district.grant(office)
            district.sync(office)


def _register_offline(district: District, letters: list[Path]) -> dict[str, Any]:
    tell(
        "The centre is switched off; the school registers its letters",
        "ปิดส่วนกลางแล้ว โรงเรียนลงทะเบียนหนังสือโดยไม่มีสัญญาณ",
    )
    registered, bad = 0, 0
    for file in letters:
        answer = district.node(SCHOOL, "import", str(file), good=(0, 1))
        registered += int(answer["registered"])
        bad += len(answer["bad_rows"])
    if not registered:
        raise Failed("no letter of the input could be registered; the reasons are above")
    attachment = district.folder / "sample-attachment.bin"
    attachment.write_bytes(bytes(range(256)) * (_ATTACHMENT_BYTES // 256))
    district.node(
        SCHOOL, "register", "--register", "outgoing", "--office", AREA.code,
        "--subject", "ส่งแฟ้มแนบตัวอย่าง (ตัวอย่าง)", "--to", AREA.name, "--file", str(attachment),
    )  # fmt: skip
    offline = district.sync(SCHOOL, good=(1,))
    if offline:
        raise Failed("the centre answered although it is switched off")
    proof = district.node(SCHOOL, "journal", "verify")
    return {
        "registered": registered,
        "bad_rows": bad,
        "journal_events": int(proof["events"]),
    }


def _exchange(district: District) -> dict[str, Any]:
    tell("The school exchanges with the centre", "โรงเรียนรับส่งกับส่วนกลาง")
    sent = district.sync(SCHOOL)
    tell("The area office receives and registers", "เขตพื้นที่รับและลงทะเบียน")
    arrived = _until_arrived(district)
    done = district.node(AREA, "arrivals", "--register-all")
    district.sync(AREA)
    tell("Receipts travel back to the school", "ใบตอบรับกลับถึงโรงเรียน")
    state = _until_receipts(district, expected=len(done["registered"]))
    return {
        "synced": int(sent["letters_stored"]) - _EXTRA,
        "waiting": int(sent["waiting_events"]),
        "parts_sent": int(sent["parts_sent"]),
        "sent": int(state["sent"]) - _EXTRA,
        "delivered": len(done["registered"]) - _EXTRA,
        "files_delivered": arrived,
        "receipts": int(state["registered"]) - _EXTRA,
    }


def _until_arrived(district: District) -> int:
    """Exchange until the router has nothing more for the area office, files included."""
    files = 0
    for _ in range(50):
        report = district.sync(AREA)
        files += int(report["files_fetched"])
        if not report["fetched"] and not report["files_wanted"]:
            return files
        time.sleep(0.1)
    raise Failed("letters for the area office kept coming for too long")


def _until_receipts(district: District, *, expected: int) -> dict[str, Any]:
    for _ in range(50):
        district.sync(SCHOOL)
        state = district.node(SCHOOL, "deliveries")
        if state["registered"] >= expected:
            return state
        time.sleep(0.1)
    raise Failed(f"only {state['registered']} of {expected} receipts came back")


def _back_up(district: District) -> dict[str, Any]:
    tell("A backup is taken and restored beside", "สำรองข้อมูลและทดลองกู้คืนไว้ข้าง ๆ")
    made = district.node(SCHOOL, "backup")
    target = district.folder / "restored"
    restored = district.node(SCHOOL, "restore", "latest", "--to", str(target))
    return {"backup_restored": bool(made["good"]) and bool(restored["good"])}


def _audit(district: District) -> dict[str, Any]:
    report = district.central("audit")
    return {
        "offices_audited": int(report["nodes"]),
        "events_at_centre": int(report["events"]),
        "unexplained_numbers": int(report["unexplained_numbers"]),
        "chain_ok": bool(report["chain_ok"]),
        "findings": int(report["findings"]),
    }


def _all_right(figures: dict[str, Any]) -> bool:
    return all(
        (
            figures["registered"] > 0,
            figures["synced"] == figures["registered"],
            figures["waiting"] == 0,
            figures["delivered"] == figures["sent"] == figures["receipts"],
            figures["files_delivered"] == 1,
            figures["offices_audited"] == 2,
            figures["unexplained_numbers"] == 0,
            figures["chain_ok"],
            figures["backup_restored"],
        )
    )
