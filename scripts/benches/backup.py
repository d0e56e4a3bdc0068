"""What a backup and a restore with all its checks cost, for an office with years of letters."""

import io
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from saraban_base.clock import SystemClock
from saraban_node import keys
from saraban_node.appliance import Appliance
from saraban_node.backup import restore, service
from saraban_node.backup.listing import DATABASE_PART, FILES_PART
from saraban_node.backup.restore import From
from saraban_node.books import letters
from saraban_node.books.entries import Entry
from saraban_node.books.letters import NewLetter
from saraban_node.journal import SYSTEM
from scripts.benches.office import fill, make_office, new_letters
from scripts.benches.report import Goal, Report, median, tell

_GOALS: dict[str, Goal] = {
    "restore_ratio_to_extract": ("<=", 2),
    "second_share_of_first": ("<=", 0.10),
    "daily_mb": ("<=", 6),
}
_NEW: Final = 300
_CHANGED: Final = 600
_FILE: Final = 512 * 1024
_AT_ONCE: Final = 50
_TURNS: Final = 3
_MB: Final = 1_000_000
_FILL: Final = 20_000


def run(*, quick: bool, scratch: Path) -> Report:
    """Measure backing up and restoring."""
    report = Report("backup", dict(_GOALS))
    count, file_bytes, database = (300, 20 * _MB, 0) if quick else (100_000, 1_000 * _MB, 1_000)
    with tempfile.TemporaryDirectory(dir=scratch) as name:
        folder = Path(name)
        node = make_office(folder / "node")
        tell(f"backup: {count} letters, {file_bytes // _MB} MB of files")
        fill(node, new_letters(1, count))
        _add_files(node, file_bytes)
        node.db.checkpoint()
        report.detail |= {
            "letters": count,
            "file_mb": file_bytes // _MB,
            "database_mb": _size(node),
        }
        _twice(report, node)
        _restored(report, node, folder)
        _day(report, node, database)
        node.close()
    return report


def _twice(report: Report, node: Appliance) -> None:
    tell("backup: the first backup, and a second one of the same")
    first, second = service.back_up(node), service.back_up(node)
    report.figures["second_share_of_first"] = second.seconds / first.seconds
    report.detail |= {"first_s": first.seconds, "second_s": second.seconds}


def _restored(report: Report, node: Appliance, folder: Path) -> None:
    """Restore and extract in turn, so that a busy machine hits both alike."""
    source = From(
        repository=node.folder / "repo", passphrase_file=node.keys / keys.BACKUP_PASSPHRASE
    )
    checked, plain = [], []
    for turn in range(_TURNS):
        tell(f"backup: restore and extract, {turn + 1} of {_TURNS}")
        done = restore.restore_to(
            folder / "back", restore.LATEST, source=source, clock=SystemClock()
        )
        checked.append(done.seconds)
        plain.append(_extract(node, source, done.archive, folder / "plain"))
        for place in ("back", "plain"):
            shutil.rmtree(folder / place)
    report.figures["restore_ratio_to_extract"] = median(checked) / median(plain)
    report.detail |= {
        "restore_s": [round(one, 1) for one in checked],
        "extract_s": [round(one, 1) for one in plain],
    }


def _extract(node: Appliance, source: From, archive: str, target: Path) -> float:
    """Let borg alone bring both archives back; gives the seconds."""
    target.mkdir()
    environment = os.environ | {
        "BORG_PASSPHRASE": source.passphrase_file.read_text("utf-8").strip(),
        "BORG_BASE_DIR": str(node.folder / "backup" / "borg"),
        "BORG_RELOCATED_REPO_ACCESS_IS_OK": "yes",
    }
    began = time.perf_counter()
    for part in (DATABASE_PART, FILES_PART):
        command = [sys.executable, "-m", "borg", "extract", f"{source.repository}::{archive}{part}"]
        subprocess.run(command, cwd=target, env=environment, check=True)
    return time.perf_counter() - began


def _day(report: Report, node: Appliance, database_mb: int) -> None:
    """Let the register grow to years of letters, back up, work for a day, back up again."""
    seed = 100
    while _size(node) < database_mb:
        tell(f"backup: the database has {_size(node)} MB of {database_mb}")
        fill(node, new_letters(seed, _FILL))
        node.db.checkpoint()
        seed += 1
    service.back_up(node)
    before = _stored(node)
    tell(f"backup: a day with {_NEW} new and {_CHANGED} changed lines")
    entries = _register(node, new_letters(2, _NEW))
    _note(node, entries[0].seq)
    service.back_up(node)
    report.figures["daily_mb"] = (_stored(node) - before) / _MB
    report.detail |= {"daily_database_mb": _size(node), "repository_mb": _stored(node) // _MB}


def _register(node: Appliance, batch: Iterable[NewLetter]) -> list[Entry]:
    found = []
    for letter in batch:
        with node.db.write() as write:
            found.append(letters.register_letter(write, node.journal, letter, actor=SYSTEM))
    return found


def _note(node: Appliance, before: int) -> None:
    """Write down what was done with letters of all years."""
    chance = random.Random(4)
    with node.db.read() as cursor:
        ids = [
            row[0]
            for row in cursor.execute("SELECT id FROM entry WHERE seq < ? ORDER BY seq", (before,))
        ]
    for entry in chance.sample(ids, min(_CHANGED, len(ids))):
        with node.db.write() as write:
            letters.note_entry(
                write, node.journal, entry, action="ส่งกลุ่มงานบริหารทั่วไปแล้ว", actor=SYSTEM
            )


def _add_files(node: Appliance, size: int) -> None:
    """Put scans to letters: bytes that nothing can compress."""
    chance = random.Random(7)
    with node.db.read() as cursor:
        ids = [row[0] for row in cursor.execute("SELECT id FROM entry ORDER BY seq")]
    wanted = list(zip(ids, range(max(1, size // _FILE)), strict=False))
    for start in range(0, len(wanted), _AT_ONCE):
        batch = [
            (
                entry,
                node.files.put(
                    io.BytesIO(chance.randbytes(_FILE)), name=f"หนังสือ {number}.pdf",
                    media="application/pdf",
                ),
            )
            for entry, number in wanted[start : start + _AT_ONCE]
        ]  # fmt: skip
        with node.db.write() as write:
            for entry, ref in batch:
                letters.add_files(write, node.journal, entry, files=(ref,), actor=SYSTEM)


def _size(node: Appliance) -> int:
    return (node.folder / "node.db").stat().st_size // _MB


def _stored(node: Appliance) -> int:
    return sum(file.stat().st_size for file in (node.folder / "repo").rglob("*") if file.is_file())
