"""How fast letters are registered: against a bare commit, and over HTTP by sixteen clerks."""

import tempfile
import time
from collections import deque
from concurrent.futures import Future
from functools import partial
from pathlib import Path

import apsw

from saraban_base.lane import Lane
from saraban_base.settling import settle
from saraban_base.sqlite import Write
from saraban_node.appliance import Appliance
from saraban_node.books import letters, search
from saraban_node.books.entries import Entry
from saraban_node.books.letters import NewLetter
from saraban_node.journal import SYSTEM
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
    filled, rounds, each = (200, 2, 20) if quick else (10_000, 30, search.PAGE)
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
    """Alternate short rounds, so that a busy machine hits both alike.

    A round is as long as a page of the search index, so that each pays for putting its letters into
    it. Both begin each round with an empty write-ahead log, as an office begins its days: hundreds
    of letters fit into one before it is used again. The ratio when the log is used again is told in
    the detail, and the one when sixteen clerks wait at the same time and share their commits, as
    they do in the server.
    """
    connection, lane = _bare(bare), Lane(node.db)
    batch = iter(new_letters(2, 4 * rounds * each))
    rates: list[tuple[float, float]] = []
    at_once: list[float] = []
    settle()  # as the server does
    for number in range(2 * rounds):
        if number < rounds:
            node.db.checkpoint()
            connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
        letters_ = [next(batch) for _ in range(each)]
        rates.append((_bare_commits(connection, letters_), _registrations(node, letters_)))
        at_once.append(_at_once(node, lane, [next(batch) for _ in range(each)]) / rates[-1][0])
    lane.close()
    connection.close()
    theirs, ours = zip(*rates[:rounds], strict=True)
    ratios = [mine / bare_ for bare_, mine in rates]
    report.figures["ratio_to_bare_commit"] = median(ratios[:rounds])
    report.detail |= {
        "registrations_per_s": round(median(list(ours))),
        "bare_commits_per_s": round(median(list(theirs))),
        "ratio_quartiles": [round(percentile(ratios[:rounds], part), 3) for part in (0.25, 0.75)],
        "ratio_of_totals": round(sum(map(_seconds, theirs)) / sum(map(_seconds, ours)), 3),
        "ratio_log_used_again": round(median(ratios[-rounds // 2 :]), 3),
        "ratio_sixteen_at_once": round(median(at_once[:rounds]), 3),
        "rounds": rounds,
        "letters_a_round": each,
    }


def _seconds(rate: float) -> float:
    return 1 / rate


def _bare(path: Path) -> apsw.Connection:
    connection = apsw.Connection(str(path))
    connection.pragma("journal_mode", "wal")
    connection.pragma("synchronous", 2)
    connection.execute(
        "CREATE TABLE line (number INTEGER PRIMARY KEY, subject TEXT, sender TEXT, recipient TEXT,"
        " letter_no TEXT, action TEXT) STRICT"
    )
    return connection


def _bare_commits(connection: apsw.Connection, batch: list[NewLetter]) -> float:
    """Write what stands on each letter as one row, durably, and nothing else."""
    cursor = connection.cursor()
    began = time.perf_counter()
    for letter in batch:
        cursor.execute("BEGIN IMMEDIATE")
        cursor.execute(
            "INSERT INTO line (subject, sender, recipient, letter_no, action)"
            " VALUES (?, ?, ?, ?, ?)",
            (letter.subject, letter.sender, letter.recipient, letter.letter_no, letter.action),
        )
        cursor.execute("COMMIT")
    return len(batch) / (time.perf_counter() - began)


def _registrations(node: Appliance, batch: list[NewLetter]) -> float:
    began = time.perf_counter()
    for letter in batch:
        with node.db.write() as write:
            _register(node, letter, write)
    return len(batch) / (time.perf_counter() - began)


def _at_once(node: Appliance, lane: Lane, batch: list[NewLetter]) -> float:
    """Register as the server does when each of its clerks waits for a number all the time."""
    waiting: deque[Future[Entry]] = deque()
    began = time.perf_counter()
    for letter in batch:
        if len(waiting) == http_load.CLERKS:
            waiting.popleft().result()
        waiting.append(lane.submit(partial(_register, node, letter)))
    for answer in waiting:
        answer.result()
    return len(batch) / (time.perf_counter() - began)


def _register(node: Appliance, letter: NewLetter, write: Write) -> Entry:
    return letters.register_letter(write, node.journal, letter, actor=SYSTEM)
