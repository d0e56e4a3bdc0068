"""The demonstration district, with real processes on loopback, as a person types it."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from scripts.district.district import SCHOOL, District

ROOT = Path(__file__).resolve().parents[2]
_SAMPLES = ROOT / "scripts" / "sample-letters"


def _free_port(count: int) -> int:
    """Find a run of free ports below the range the system gives out by itself."""
    start = 20_000 + os.getpid() % 1_000 * 10  # two runs of the tests do not meet
    for first in range(start, start + 1_000, 7):
        try:
            for port in range(first, first + count):
                with socket.socket() as probe:
                    probe.bind(("127.0.0.1", port))
        except OSError:
            continue
        return first
    raise AssertionError("no free ports")


def _command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "scripts.district", *arguments]


def _once(folder: Path, *arguments: str) -> tuple[int, dict[str, Any], str]:
    done = subprocess.run(
        _command("--once", "--data", str(folder), "--port", str(_free_port(3)), *arguments),
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    lines = done.stdout.strip().splitlines()
    return done.returncode, json.loads(lines[-1]) if lines else {}, done.stderr


def test_the_main_job_runs_from_the_sample_letters_to_the_audit(tmp_path: Path) -> None:
    code, figures, told = _once(tmp_path / "once")

    assert code == 0, told
    assert figures["registered"] == figures["synced"] > 60
    assert figures["delivered"] == figures["receipts"] == figures["sent"] > 5
    assert figures["unexplained_numbers"] == 0
    assert figures["chain_ok"] is True
    assert figures["backup_restored"] is True
    assert figures["seconds"] > 0


def test_bad_rows_of_an_office_s_own_file_are_told_and_do_not_stop_the_rest(tmp_path: Path) -> None:
    file = tmp_path / "ทะเบียนส่ง.csv"
    file.write_text(
        "เลขทะเบียนส่ง,ที่,ลงวันที่,จาก,ถึง,เรื่อง,การปฏิบัติ,หมายเหตุ,รหัสหน่วยงานผู้รับ\n"
        "๑,,๗ มิ.ย. ๖๙,โรงเรียน,เขต,ขอส่งรายงาน (ตัวอย่าง),,,area-1\n"
        "๒,,๓๑ ก.พ. ๖๙,โรงเรียน,เขต,วันที่ผิด (ตัวอย่าง),,,\n"
        "๓,,7/6/2026,โรงเรียน,เขต,,,,\n"
        "๔,,2026-06-07,โรงเรียน,เขต,ขออนุมัติ (ตัวอย่าง),,,\n",
        encoding="utf-8",
    )

    code, figures, told = _once(tmp_path / "once", "--letters", str(file))

    assert code == 0, told
    assert (figures["registered"], figures["bad_rows"]) == (2, 2)
    assert (figures["sent"], figures["delivered"], figures["receipts"]) == (1, 1, 1)
    assert f"{file.name}:3" in told
    assert f"{file.name}:4" in told


def test_a_folder_with_other_data_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("ten years of work", encoding="utf-8")

    code, _, told = _once(tmp_path)

    assert code == 1
    assert "left alone" in told
    assert [file.name for file in tmp_path.iterdir()] == ["thesis.txt"]


def test_a_file_that_is_not_there_is_told_before_anything_is_done(tmp_path: Path) -> None:
    code, _, told = _once(tmp_path / "once", "--letters", str(tmp_path / "missing.csv"))

    assert code == 1
    assert "missing.csv" in told
    assert not (tmp_path / "once").exists()


@pytest.mark.slow
def test_the_district_starts_stops_cleanly_and_goes_on_from_its_data(tmp_path: Path) -> None:
    folder, port = tmp_path / "district", _free_port(3)
    district = District(folder, port)
    letters = str(_SAMPLES / "outgoing.csv")

    first = _start(folder, port, "--letters", letters)
    passwords = district.first_passwords()
    url = district.node_url(SCHOOL) + "/healthz"
    with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310 - our own address
        assert answer.status == 200
    _interrupt(first)
    before = district.node(SCHOOL, "journal", "verify")
    second = _start(folder, port)
    _interrupt(second)
    after = district.node(SCHOOL, "journal", "verify")

    assert len(passwords) == 3
    assert district.first_passwords() == passwords
    assert after["events"] == before["events"]
    assert _free(port), "a server was left behind"


def _start(folder: Path, port: int, *arguments: str) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        _command("--data", str(folder), "--port", str(port), *arguments),
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    for line in process.stdout:
        if "Ctrl-C" in line:
            return process
    assert process.stderr is not None
    raise AssertionError(process.stderr.read())


def _interrupt(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)

    assert process.returncode == 0


def _free(port: int) -> bool:
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if all(probe.connect_ex(("127.0.0.1", port + n)) for n in range(3)):
                return True
        time.sleep(0.1)
    return False
