"""The page of backups: what is at risk, where the backups are, one button, how far it is."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from saraban_node import journal
from saraban_node.appliance import Appliance
from saraban_node.backup import progress
from saraban_node.backup.schedule import Scheduler
from saraban_node.journal import SYSTEM
from saraban_sync.backup_events import BackupDrilled, BackupFinished, SheetPrinted
from saraban_sync.body import Body
from saraban_sync.registers import Register
from tests.offices import YEAR, Numbers, a_letter, register
from tests.web_office import Browser, WebOffice, a_web_office, browsing

SOME = (Numbers(Register.INCOMING, YEAR, last=100),)


@pytest.fixture
def scheduler() -> list[Scheduler]:
    """What runs the office's backups, once the office is there."""
    return []


@pytest.fixture
def office(tmp_path: Path, scheduler: list[Scheduler]) -> Iterator[WebOffice]:
    def backups(node: Appliance) -> Scheduler:
        scheduler.append(Scheduler(node))
        return scheduler[0]

    with a_web_office(tmp_path, ranges=SOME, backups=backups) as made:
        for n in range(3):
            register(made.node, a_letter(n))
        yield made


@pytest.fixture
def clerk(office: WebOffice) -> Iterator[Browser]:
    with browsing(office, "mali") as browser:
        yield browser


def look(browser: Browser) -> str:
    browser.open("/backup")
    return browser.text


def write(office: WebOffice, body: Body) -> None:
    with office.node.db.write() as writing:
        office.node.journal.append(writing, body, actor=SYSTEM)


def backed_up(office: WebOffice, *, good: bool = True, problem: str = "") -> None:
    with office.node.db.read() as cursor:
        last = journal.head(cursor).id or ""
    write(
        office,
        BackupFinished(
            archive="a", repository="r", last_event=last if good else "", entries=3, good=good,
            place="repo", problem=problem,
        ),
    )  # fmt: skip


def running(office: WebOffice, **more: object) -> None:
    (office.node.folder / "backup").mkdir(exist_ok=True)
    state = {
        "started_at": "2026-11-22T02:00:00.000Z", "actor": "p", "pid": os.getpid(),
        "born": progress._born(os.getpid()), "share": 0.42, "thai": "กำลังเก็บ",
        "english": "Storing", **more,
    }  # fmt: skip
    (office.node.folder / "backup" / progress.FILE).write_bytes(msgspec.json.encode(state))


def test_before_the_first_backup_every_letter_is_at_risk(clerk: Browser) -> None:
    page = look(clerk)

    assert "ยังไม่มีชุดสำรองที่ใช้ได้" in page
    assert "จะเสียหนังสือ ๓ ฉบับ" in page
    assert "ยังไม่มีแผ่นกู้คืน" in page
    assert "ยังไม่เคยซ้อมกู้คืน" in page


def test_after_a_backup_only_newer_letters_are_at_risk(office: WebOffice, clerk: Browser) -> None:
    backed_up(office)
    assert "หนังสือทุกฉบับอยู่ในชุดสำรองแล้ว" in look(clerk)

    register(office.node, a_letter(7))

    page = look(clerk)
    assert "จะเสียหนังสือ ๑ ฉบับ" in page
    assert "ช่วยไม่ได้เมื่อเครื่องหาย" in page


def test_a_place_where_it_failed_says_why_and_keeps_its_last_good_one(
    office: WebOffice, clerk: Browser
) -> None:
    backed_up(office)
    backed_up(office, good=False, problem="SRB-403 no space")

    page = look(clerk)

    assert "เนื้อที่เต็ม" in page
    assert "มีหนังสือ ๓ ฉบับ" in page


def test_drills_and_the_holders_of_the_sheet_are_shown(office: WebOffice) -> None:
    for result in ("good", "bad", "not-run"):
        write(office, BackupDrilled(archive="a", place="repo", result=result, key="machine"))
    write(office, SheetPrinted(sheet="S-1", holders=("ผอ.สมชาย", "ครูวิไล")))
    office.clock.forward(days=100)

    with browsing(office, "somsri") as somsri:
        page = look(somsri)

    assert "ใช้ไม่ได้" in page
    assert "ซ้อมไม่ได้" in page
    assert "ผอ.สมชาย ถือตั้งแต่" in page
    assert "ถึงเวลาตรวจแผ่นกู้คืนแล้ว" in page


def test_each_drill_leads_to_its_paper(office: WebOffice, clerk: Browser) -> None:
    write(office, BackupDrilled(archive="a", place="repo", result="good", key="machine"))
    where = re.findall(r'href="(/backup/drill/\d+)"', look(clerk))

    paper = clerk.client.get(where[0])
    none = clerk.client.get("/backup/drill/1")
    nonsense = clerk.client.get("/backup/drill/9e9")

    assert paper.content.startswith(b"%PDF-")
    assert paper.headers["content-type"] == "application/pdf"
    assert (none.status_code, nonsense.status_code) == (404, 404)


def test_while_a_backup_runs_the_page_and_the_api_say_how_far_it_is(
    office: WebOffice, clerk: Browser
) -> None:
    running(office)

    page = look(clerk)
    told = clerk.client.get("/api/v1/backup/progress").json()

    assert "กำลังเก็บ" in page
    assert 'value="42"' in page
    assert "/backup/now" not in page
    assert (told["running"], told["share"], told["step"]) == (True, 42, "กำลังเก็บ")


def test_a_backup_that_broke_off_is_said(office: WebOffice, clerk: Browser) -> None:
    running(office, born="1")

    assert "หยุดกลางคัน" in look(clerk)


def test_the_button_starts_a_backup_to_every_place(
    clerk: Browser, scheduler: list[Scheduler]
) -> None:
    assert "สำรองข้อมูลเดี๋ยวนี้" in look(clerk)

    clerk.send("/backup/now")

    assert scheduler[0].asked
    assert "กำลังเตรียมสำรองข้อมูล" in clerk.text


def test_a_program_reads_how_the_backups_stand(office: WebOffice, clerk: Browser) -> None:
    backed_up(office)
    register(office.node, a_letter(8))

    told = clerk.client.get("/api/v1/backup").json()

    assert (told["since_backup"], told["at_risk"]) == (1, 1)
    assert [(one["name"], one["there"], one["entries"]) for one in told["places"]] == [
        ("repo", True, 3)
    ]


def test_where_nothing_makes_backups_there_is_no_button(tmp_path: Path) -> None:
    with a_web_office(tmp_path) as office, browsing(office, "somsri") as somsri:
        assert "/backup/now" not in look(somsri)

        somsri.send("/backup/now")

        assert somsri.shown.status_code == 503
        assert "SRB-549" in somsri.text
