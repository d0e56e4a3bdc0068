"""What a node costs when nothing happens: memory after ten thousand letters, time to first page."""

import re
import tempfile
import time
from pathlib import Path

from scripts.benches import http_load
from scripts.benches.office import fill, make_office, new_letters, process
from scripts.benches.report import Goal, Report, median, tell

_GOALS: dict[str, Goal] = {"rss_mb": ("<=", 150), "ready_s": ("<=", 3)}
_STARTS = 5


def run(*, quick: bool, scratch: Path) -> Report:
    """Measure an idle node."""
    report = Report("idle", dict(_GOALS))
    count = 200 if quick else 10_000
    with tempfile.TemporaryDirectory(dir=scratch) as name:
        folder = Path(name) / "node"
        node = make_office(folder)
        tell(f"idle: registering {count // 2} letters before the start")
        fill(node, new_letters(3, count // 2))
        node.close()
        ready = [_start(folder)[0] for _ in range(1 if quick else _STARTS)]
        tell(f"idle: {count - count // 2} letters over HTTP, then resting")
        load = Report("load", {})
        rss = _after_load(folder, load, count - count // 2)
    report.figures = {"rss_mb": rss, "ready_s": median(ready)}
    report.detail = {"starts_s": [round(one, 2) for one in ready], "letters": count}
    return report


def _start(folder: Path) -> tuple[float, float]:
    port = http_load.free_port()
    serve = ("saraban_node", "serve", "--folder", str(folder), "--port", str(port))
    began = time.perf_counter()
    with process(*serve, url=f"http://127.0.0.1:{port}/login", log=folder / "bench.log") as running:
        return time.perf_counter() - began, _rss(running.pid)


def _after_load(folder: Path, load: Report, requests: int) -> float:
    found = []
    http_load.measure(load, folder, requests=requests, then=lambda pid: found.append(_rested(pid)))
    return found[0]


def _rested(pid: int) -> float:
    time.sleep(3)
    return _rss(pid)


def _rss(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    found = re.search(r"VmRSS:\s+(\d+) kB", status)
    return int(found[1]) / 1024 if found else 0.0
