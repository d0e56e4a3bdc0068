"""How fast letters are registered: against a bare commit, and over HTTP by sixteen clerks."""

import tempfile
import time
from pathlib import Path

import apsw

from saraban_node import letters
from saraban_node.appliance import Appliance
from saraban_node.journal import SYSTEM
from saraban_node.letters import NewLetter
from scripts.benches import http_load
from scripts.benches.office import fill, make_office, new_letters
from scripts.benches.report import Goal, Report, median, percentile, tell

_GOALS: dict[str, Goal] = {
    "ratio_to_bare_commit": (">=", 0.40),
    "http_per_s": (">=", 300),
    "http_p99_ms": ("<=", 100),
}


def run(*, quick: bool, scratch: Path) -> Report:
    """Measure registering."""
    report = Report("register", dict(_GOALS))
    filled, rounds, each = (200, 2, 20) if quick else (10_000, 40, 75)
    with tempfile.TemporaryDirectory(dir=scratch) as folder:
        node = make_office(Path(folder) / "node")
        tell(f"register: filling with {filled} letters")
        fill(node, new_letters(1, filled))
        _against_bare(report, node, Path(folder) / "bare.db", rounds, each)
        node.close()
        tell("register: sixteen clerks over HTTP")
        http_load.measure(report, Path(folder) / "node", requests=200 if quick else 4_000)
    return report


def _against_bare(report: Report, node: Appliance, bare: Path, rounds: int, each: int) -> None:
    """Alternate short rounds, so that a busy machine hits both alike."""
    connection = _bare(bare)
    batch = iter(new_letters(2, rounds * each))
    ratios, ours, theirs = [], [], []
    for _ in range(rounds):
        theirs.append(_bare_commits(connection, each))
        ours.append(_registrations(node, [next(batch) for _ in range(each)]))
        ratios.append(ours[-1] / theirs[-1])
    connection.close()
    report.figures["ratio_to_bare_commit"] = median(ratios)
    report.detail |= {
        "registrations_per_s": round(median(ours)),
        "bare_commits_per_s": round(median(theirs)),
        "ratio_quartiles": [
            round(percentile(ratios, 0.25), 3),
            round(percentile(ratios, 0.75), 3),
        ],
        "rounds": rounds,
        "letters_a_round": each,
    }


def _bare(path: Path) -> apsw.Connection:
    connection = apsw.Connection(str(path))
    connection.pragma("journal_mode", "wal")
    connection.pragma("synchronous", 2)
    connection.execute("CREATE TABLE line (number INTEGER PRIMARY KEY, text TEXT) STRICT")
    return connection


def _bare_commits(connection: apsw.Connection, count: int) -> float:
    cursor = connection.cursor()
    began = time.perf_counter()
    for _ in range(count):
        cursor.execute("BEGIN IMMEDIATE")
        cursor.execute("INSERT INTO line (text) VALUES ('x')")
        cursor.execute("COMMIT")
    return count / (time.perf_counter() - began)


def _registrations(node: Appliance, batch: list[NewLetter]) -> float:
    began = time.perf_counter()
    for letter in batch:
        with node.db.write() as write:
            letters.register_letter(write, node.journal, letter, actor=SYSTEM)
    return len(batch) / (time.perf_counter() - began)
