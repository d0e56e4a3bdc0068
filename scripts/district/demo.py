"""The district that stays: set up once, gone on with ever after, ended with Ctrl-C."""

import contextlib
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from scripts.district.district import AREA, SCHOOL, District
from scripts.district.programs import Failed, Server, free_ports, tell


def stay(district: District, letters: Sequence[Path]) -> None:
    """Run the district until interrupted.

    Args:
        district: where; gone on with if it was set up before.
        letters: files with sample letters for the school, at the first start.

    Raises:
        Failed: it could not be started, or a program ended by itself.
    """
    free_ports(district.port, 3)
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    with contextlib.ExitStack() as servers:
        running = _start(district, letters, servers, stop)
        if stop.is_set():
            return
        _show(district)
        while not stop.wait(1):
            for server in running:
                if not server.running():
                    raise Failed(f"{server.name} ended by itself:\n{server.last_words()}")
        tell("Stopping", "กำลังหยุด")


def _start(
    district: District,
    letters: Sequence[Path],
    servers: contextlib.ExitStack,
    stop: threading.Event,
) -> list[Server]:
    new = not district.exists()
    if new:
        district.make_centre()  # also when an earlier start was interrupted before it was whole
    tell("Starting the centre", "กำลังเปิดส่วนกลาง")
    running = [_started(servers, district.serve_centre())]
    if new:
        for office in (AREA, SCHOOL):
            if stop.is_set():
                return running
            district.enrol(office)
            district.grant(office)
            district.sync(office)
        for file in letters:
            tell(f"Registering sample letters of {file.name}", "กำลังลงทะเบียนหนังสือตัวอย่าง")
            district.node(SCHOOL, "import", str(file), good=(0, 1))
        district.add_people()
    for office in (AREA, SCHOOL):
        tell(f"Starting {office.code}", f"กำลังเปิดเครื่องของ {office.name}")
        running.append(_started(servers, district.serve_node(office)))
    return running


def _started(servers: contextlib.ExitStack, server: Server) -> Server:
    servers.callback(server.stop)
    return server


def _show(district: District) -> None:
    lines = [
        "",
        "สารบรรณพร้อมใช้งาน (ข้อมูลตัวอย่างทั้งหมด) · Saraban is running (sample data throughout)",
        "",
    ]
    for person in district.first_passwords():
        lines += [
            f"  {person['where']}",
            f"    {person['url']}",
            f"    ผู้ใช้ · user: {person['username']}    "
            f"รหัสผ่านครั้งแรก · one-time password: {person['password']}",
        ]
    lines += [
        "",
        "  รหัสผ่านครั้งแรกใช้ได้ครั้งเดียว ระบบจะให้ตั้งใหม่ · One-time passwords work once;"
        " you then choose your own.",
        f"  ข้อมูล · data: {district.folder}",
        "  หยุด · stop: Ctrl-C",
    ]
    print("\n".join(lines), flush=True)
    sys.stdout.flush()
