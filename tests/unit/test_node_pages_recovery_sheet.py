"""The page of the recovery sheet: who holds which half, and what an administrator does with it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from saraban_node.backup import halves, passphrases, places, sheets
from saraban_node.backup.sheets import Sheet
from saraban_sync.registers import Register
from tests.offices import YEAR, Numbers
from tests.recovery_paper import PaperBorg, codes
from tests.web_office import Browser, WebOffice, a_web_office, browsing

HOLDERS = {"first_holder": "นายประเสริฐ ดูแลดี", "second_holder": "นางมาลี งามตา"}


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[WebOffice]:
    monkeypatch.setattr(places, "Repository", PaperBorg)
    with a_web_office(tmp_path, ranges=(Numbers(Register.INCOMING, YEAR, last=9),)) as made:
        (place,) = places.places_of(made.node.folder, made.node.config)
        repository = place.repository()
        assert isinstance(repository, PaperBorg)
        repository.make()
        yield made


@pytest.fixture
def boss(office: WebOffice) -> Iterator[Browser]:
    with browsing(office, "prasert") as browser:
        browser.open("/backup/sheet")
        yield browser


def valid(office: WebOffice) -> list[Sheet]:
    with office.node.db.read() as cursor:
        return sheets.valid(cursor)


def fetched(browser: Browser, sheet: str) -> tuple[str, str]:
    first, second = (
        codes(browser.client.get(f"/backup/sheet/{sheet}/{part}").content)[0] for part in "12"
    )
    return first, second


def test_a_new_sheet_is_printed_in_three_papers_and_tried(office: WebOffice, boss: Browser) -> None:
    assert "ยังไม่มีแผ่นกู้คืน" in boss.text
    boss.send("/backup/sheet/print", HOLDERS)
    (sheet,) = valid(office)
    assert f"แผ่นกู้คืน {sheet.sheet} พร้อมพิมพ์" in boss.text
    answer = boss.client.get(f"/backup/sheet/{sheet.sheet}/keys")
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["cache-control"] == "no-store"

    first, second = fetched(boss, sheet.sheet)
    boss.send("/backup/sheet/check", {"first_half": first, "second_half": second})

    assert "แผ่นนี้เปิดชุดสำรองได้" in boss.text
    assert valid(office)[0].check_good
    passphrase = passphrases.main_file(office.node.folder).read_text().strip()
    assert halves.join(first, second) == passphrase
    assert passphrase not in boss.text


def test_a_slip_is_shown_beside_its_half_and_what_was_typed_stays(
    office: WebOffice, boss: Browser
) -> None:
    first, second = halves.split(passphrases.new(), "7K3D9Q", bytes(32))
    typed = second.replace("127K", "I27X", 1)

    answer = boss.send("/backup/sheet/check", {"first_half": first, "second_half": typed})

    assert answer.status_code == 422
    assert "ครึ่งที่ ๒ ของแผ่นกู้คืนพิมพ์ไม่ตรงกับกระดาษที่กลุ่ม ๑" in boss.text
    assert 'aria-describedby="p-second_half"' in answer.text
    assert typed in boss.text


def test_a_sheet_that_opens_nothing_is_called_so(office: WebOffice, boss: Browser) -> None:
    first, second = halves.split(passphrases.new(), "7K3D9Q", bytes(32))

    boss.send("/backup/sheet/check", {"first_half": first, "second_half": second})

    assert "แผ่นนี้เปิดที่เก็บไม่ได้ครบ" in boss.text
    assert "แผ่นนี้ไม่ใช่แผ่นที่ใช้อยู่" in boss.text


def test_the_papers_are_for_the_person_who_made_them_and_for_a_quarter_of_an_hour(
    office: WebOffice, boss: Browser
) -> None:
    boss.send("/backup/sheet/print", HOLDERS)
    path = f"/backup/sheet/{valid(office)[0].sheet}/1"
    with browsing(office, "mali") as other:
        assert other.open(path).status_code == 404
    assert boss.open(path).status_code == 200

    office.clock.forward(minutes=16)
    boss.log_in("prasert")

    assert boss.open(path).status_code == 404
    assert "SRB-437" in boss.text


def test_two_names_are_needed(office: WebOffice, boss: Browser) -> None:
    answer = boss.send("/backup/sheet/print", {"first_holder": "มาลี", "second_holder": "มาลี "})

    assert answer.status_code == 422
    assert "SRB-436" in boss.text
    assert valid(office) == []


def test_a_lost_sheet_ends_and_stays_on_the_list(office: WebOffice, boss: Browser) -> None:
    boss.send("/backup/sheet/print", HOLDERS)
    sheet = valid(office)[0].sheet

    boss.send("/backup/sheet/lost", {"sheet": sheet})

    assert valid(office) == []
    assert "บันทึกแล้วว่าแผ่นหาย" in boss.text
    assert f"{sheet} <span" in boss.shown.text
    assert boss.send("/backup/sheet/lost", {"sheet": sheet}).status_code == 404


def test_the_passphrase_is_changed_when_that_is_meant(office: WebOffice, boss: Browser) -> None:
    boss.send("/backup/sheet/print", HOLDERS)
    before = passphrases.main_file(office.node.folder).read_text()
    assert boss.send("/backup/sheet/passphrase").status_code == 422
    assert passphrases.main_file(office.node.folder).read_text() == before

    boss.send("/backup/sheet/passphrase", {"meant": "yes"})

    assert "พิมพ์แผ่นกู้คืนใหม่เดี๋ยวนี้" in boss.text
    assert passphrases.main_file(office.node.folder).read_text() != before
    assert valid(office) == []


def test_a_clerk_reads_who_holds_the_halves_and_can_do_nothing_with_them(
    office: WebOffice, boss: Browser
) -> None:
    boss.send("/backup/sheet/print", HOLDERS)
    with browsing(office, "somsri") as clerk:
        assert clerk.open("/backup/sheet").status_code == 200
        assert "นายประเสริฐ ดูแลดี ถือตั้งแต่" in clerk.text
        assert "<textarea" not in clerk.shown.text
        for act in ("print", "check", "lost", "passphrase"):
            assert clerk.client.post(f"/backup/sheet/{act}").status_code == 403
        assert clerk.open(f"/backup/sheet/{valid(office)[0].sheet}/1").status_code == 403


def test_the_page_of_backups_leads_to_it(boss: Browser) -> None:
    boss.open("/backup")

    assert boss.shown.text.count('href="/backup/sheet"') == 1
