"""Finding a letter among three hundred thousand, against reading all of them."""

import hashlib
import random
import shutil
import time
from pathlib import Path
from typing import Final

from saraban_base.sqlite import Cursor, rows
from saraban_node import appliance
from saraban_node.appliance import Appliance
from saraban_node.books import search
from saraban_sync import thai
from scripts.benches.office import fill, make_office, new_letters
from scripts.benches.report import Goal, Report, median, percentile, tell
from tests.letters import letters as realistic

_GOALS: dict[str, Goal] = {
    "speedup_over_scan": (">=", 50),
    "p95_ms": ("<=", 30),
    "same_answers": (">=", 1),
}
_PAGE: Final = 50
_ROOT: Final = Path(__file__).resolve().parents[2]


def run(*, quick: bool, scratch: Path) -> Report:
    """Measure searching."""
    report = Report("search", dict(_GOALS))
    count = 3_000 if quick else 300_000
    node = _filled(scratch / f"search-{count}-{_made_by()}", count)
    questions = _questions(20 if quick else 300, count)
    tell(f"search: {len(questions)} questions")
    with node.db.read() as cursor:
        for question in questions[:10]:
            search.find(cursor, question, limit=_PAGE)
        found = [_timed(cursor, question) for question in questions]
        sample = random.Random(5).sample(range(len(questions)), 5 if quick else 60)
        scans = {place: _scanned(cursor, questions[place]) for place in sample}
        same = all(scans[place][1] == found[place][1] for place in sample)
        whole = [_whole_answers_agree(cursor, questions[place]) for place in sample[:8]]
    node.close()
    times = [seconds for seconds, _ in found]
    report.figures = {
        "speedup_over_scan": sum(scans[p][0] for p in sample) / sum(found[p][0] for p in sample),
        "p95_ms": percentile(times, 0.95) * 1000,
        "same_answers": float(same and all(whole)),
    }
    slowest = max(range(len(times)), key=times.__getitem__)
    report.detail = {
        "letters": count,
        "questions": len(questions),
        "p50_ms": round(median(times) * 1000, 2),
        "max_ms": round(max(times) * 1000, 1),
        "slowest": questions[slowest],
        "scan_p50_ms": round(median([scans[p][0] for p in sample]) * 1000, 1),
        "scan_max_ms": round(max(scans[p][0] for p in sample) * 1000),
        "compared": len(sample),
        "without_hits": sum(1 for _, hits in found if not hits),
    }
    return report


def _made_by() -> str:
    """Name the code that fills the node, so that another one fills its own."""
    node = _ROOT / "node" / "saraban_node"
    sources = sorted((node / "migrations").glob("*.sql"))
    sources += [node / "books" / "search.py", _ROOT / "tests" / "letters.py"]
    return hashlib.sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()[:12]


def _filled(folder: Path, count: int) -> Appliance:
    """Fill a node, or take the one filled before with the same code."""
    if (folder / "whole").is_file():
        return appliance.open_appliance(folder / "node")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    tell(f"search: filling with {count} letters, which takes a while")
    node = make_office(folder / "node")
    for start in range(0, count, 10_000):
        fill(node, new_letters(100 + start, min(10_000, count - start)))
    node.db.checkpoint()
    (folder / "whole").touch()
    return node


def _questions(count: int, letters: int) -> list[str]:
    """Ask as clerks do: a word, a few words, a number, a name; common and rare, Thai digits too."""
    dice = random.Random(9)
    questions = []
    for fields in realistic(100 + 10_000 * dice.randrange(max(1, letters // 10_000)), count):
        words = fields["subject"].split() or ["หนังสือ"]
        kinds = [
            dice.choice(words),
            fields["subject"][: dice.randrange(6, 25)],
            " ".join(dice.sample(words, min(len(words), 3))),
            fields["letter_no"] or fields["sender"],
            fields["sender"] or dice.choice(words),
        ]
        asked = dice.choice(kinds)
        questions.append(thai.thai_digits(asked) if dice.random() < 0.3 else asked)
    return [one for one in questions if search.question(one).words]


def _timed(cursor: Cursor, question: str) -> tuple[float, list[int]]:
    began = time.perf_counter()
    hits = search.find(cursor, question, limit=_PAGE)
    return time.perf_counter() - began, hits


def _scanned(cursor: Cursor, question: str) -> tuple[float, list[int]]:
    """Give the same page by LIKE, which may stop as soon as the page is full."""
    words = search.question(question).words
    condition = " AND ".join("search_text LIKE ? ESCAPE '\\'" for _ in words)
    sql = f"SELECT seq FROM entry WHERE {condition} ORDER BY seq DESC LIMIT ?"  # noqa: S608
    bindings = [*(f"%{_literal(word)}%" for word in words), _PAGE]
    began = time.perf_counter()
    hits = [int(row[0]) for row in rows(cursor, sql, bindings)]
    return time.perf_counter() - began, hits


def _whole_answers_agree(cursor: Cursor, question: str) -> bool:
    words = search.question(question).words
    condition = " AND ".join("instr(search_text, ?) > 0" for _ in words)
    wanted = {int(r[0]) for r in rows(cursor, f"SELECT seq FROM entry WHERE {condition}", words)}  # noqa: S608
    got = set(search.find(cursor, question, limit=1_000_000))
    return got == wanted


def _literal(word: str) -> str:
    return word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
