"""How fast a node's events reach the centre, verified and durable, and what a letter costs."""

import tempfile
import time
from pathlib import Path

from saraban_central import directory, enrolment
from saraban_central.centre import make_centre
from saraban_central.config import CentralConfig
from saraban_node.line import enrolment as joining
from saraban_node.line.syncer import Syncer
from saraban_sync.batching import BatchSize
from saraban_sync.registers import Register
from scripts.benches.counting_proxy import CountingProxy
from scripts.benches.http_load import free_port
from scripts.benches.office import fill, new_letters, process
from scripts.benches.report import Goal, Report, median, tell
from scripts.district.programs import run as run_command

_GOALS: dict[str, Goal] = {"events_per_s": (">=", 3_000), "bytes_per_letter": ("<=", 300)}
_BATCH = 500


def run(*, quick: bool, scratch: Path) -> Report:
    """Measure the push of a journal."""
    report = Report("sync", dict(_GOALS))
    rounds, each = (1, 500) if quick else (5, 5_000)
    with tempfile.TemporaryDirectory(dir=scratch) as name:
        folder, port = Path(name), free_port()
        code = _centre(folder / "centre", port)
        url = f"http://127.0.0.1:{port}"
        serve = ("saraban_central", "serve", "--folder", str(folder / "centre"))
        with (
            process(*serve, url=url + "/healthz", log=folder / "centre.log"),
            CountingProxy(port) as proxy,
        ):
            _measure(report, folder, proxy, code, rounds, each)
    return report


def _measure(
    report: Report, folder: Path, proxy: CountingProxy, code: str, rounds: int, each: int
) -> None:
    node = joining.join(folder / "node", url=proxy.url, code=code)
    for register in (Register.INCOMING, Register.OUTGOING):
        run_command(
            "saraban_central", "grant", "--folder", str(folder / "centre"), "--office", "bench",
            "--register", register.value, "--size", "100000",
        )  # fmt: skip
    syncer = Syncer(node, batch=_Always(_BATCH))
    syncer.run_cycle()  # fetches the ranges
    rates, wire = [], []
    for number in range(rounds):
        tell(f"sync: round {number + 1} of {rounds}")
        fill(node, new_letters(50 + number, each))
        before = proxy.bytes
        began = time.perf_counter()
        done = syncer.run_cycle()
        rates.append(done.pushed / (time.perf_counter() - began))
        wire.append((proxy.bytes - before) / each)
    node.close()
    report.figures = {"events_per_s": median(rates), "bytes_per_letter": median(wire)}
    report.detail = {
        "batch": _BATCH,
        "letters_a_round": each,
        "rates": [round(one) for one in rates],
        "wire": [round(one) for one in wire],
        "counted": "all bytes both ways, headers included; a cycle's status and pulls too",
    }


def _centre(folder: Path, port: int) -> str:
    centre = make_centre(folder, CentralConfig(port=port))
    directory.add_office(centre, "bench", name="โรงเรียนวัดความเร็ว (ตัวอย่าง)", prefix="ศธ 04990.99")
    code = enrolment.make_code(centre, "bench", node="bench-n1").code
    centre.close()
    return code


class _Always(BatchSize):
    """A batch size that does not adapt, so that what is measured is what is named."""

    def after(self, sent: int, seconds: float) -> BatchSize:
        return self
