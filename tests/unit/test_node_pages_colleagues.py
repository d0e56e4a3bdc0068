"""What stands in another journal, as pages show it: who wrote it, and its whole life."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from saraban_base.refusals import NoSuchPerson
from saraban_node import meta, people
from saraban_node.cli.numbers import show_number
from saraban_node.identity import fence, lifting
from saraban_node.identity.fence import Lift
from saraban_node.line import colleague_people, colleagues
from saraban_sync.body import Former
from saraban_sync.events import (
    EntryVoided,
    Event,
    LetterRegistered,
    LetterSent,
    PersonAdded,
    PersonChanged,
)
from saraban_sync.ids import PersonId
from saraban_sync.number_events import EmergencyRegistered, NumbersSkipped
from saraban_sync.registers import Register
from tests.offices import MALI, YEAR, FarOffice, a_letter, carry, events_of, introduce, register
from tests.web_office import Browser, WebOffice, a_web_office, browsing

OUT = Register.OUTGOING


@pytest.fixture
def office(tmp_path: Path) -> Iterator[WebOffice]:
    with a_web_office(tmp_path) as made:
        yield made


@pytest.fixture
def clerk(office: WebOffice) -> Iterator[Browser]:
    with browsing(office, "somsri") as browser:
        yield browser


@pytest.fixture
def mate() -> FarOffice:
    return FarOffice(code="school-a-2")


def take(office: WebOffice, *events: Event, owner: str = "school-a-2") -> None:
    for event in events:
        with office.node.db.write() as write:
            colleagues.take(write, office.node.journal, event, owner)


def is_mali(name: str = "มาลี ดีงาม") -> PersonAdded:
    return PersonAdded(person=MALI, username="malee", name=name, roles=("clerk",))


def a_line(number: int) -> LetterRegistered:
    return LetterRegistered(register=OUT, year=YEAR, number=number, subject=f"เรื่องที่ {number}")


def words(browser: Browser) -> str:
    return " ".join(re.sub("<[^>]+>", " ", browser.text).split())


def test_persons_of_the_other_machine_are_named_with_it(
    office: WebOffice, clerk: Browser, mate: FarOffice
) -> None:
    take(
        office,
        mate.write(is_mali()),
        line := mate.write(a_line(9001)),
        void := mate.write(EntryVoided(entry=line.id, reason="พิมพ์ผิด")),
        mate.write(  # taken over again after a restore of that machine
            EntryVoided(
                entry=line.id,
                reason="พิมพ์ผิด",
                former=Former(event=void.id, at=void.at, actor=void.actor),
            )
        ),
        mate.write(NumbersSkipped(register=OUT, year=YEAR, first=9002, last=9003, why="restored")),
    )

    for page in ("/registers/outgoing", "/registers/outgoing/print", "/numbers/outgoing/2569/9001"):
        clerk.open(page)
        assert "มาลี ดีงาม (school-a-2)" in clerk.text, page
        assert str(MALI) not in clerk.text, page
    clerk.open("/registers/outgoing")
    assert "ออกโดย มาลี ดีงาม (school-a-2)" in words(clerk)
    assert words(clerk).count("มาลี ดีงาม (school-a-2)") == 2
    clerk.open("/numbers/outgoing/2569/9001")
    assert clerk.text.count('<div class="keep">พิมพ์ผิด</div>') == 1


def test_a_name_is_the_newest_and_of_the_machine_that_says_so(
    office: WebOffice, mate: FarOffice
) -> None:
    first = mate.write(is_mali("ก"))
    last = mate.write(PersonChanged(person=MALI, name="ข", roles=("clerk",), active=True))
    third = FarOffice(code="school-a-3").write(is_mali("ค"))
    take(office, last, first)
    take(office, third, owner="school-a-3")

    somsri = office.people["somsri"]
    with office.node.db.read() as cursor:
        names = [
            colleague_people.name_of(cursor, node, person)
            for node, person in (
                ("school-a-2", MALI), ("school-a-3", MALI), ("school-a-4", MALI),
                ("school-a", somsri), ("school-a-2", "system"), ("school-a-2", "p-nobody"),
            )
        ]  # fmt: skip

    assert names[:2] == ["ข", "ค"]
    assert names[2] in ("ข", "ค")
    assert names[3:] == ["นางสาวสมศรี ใจดี", "system", ""]


def test_nobody_gets_an_account_from_another_machine(office: WebOffice, mate: FarOffice) -> None:
    take(office, mate.write(is_mali()))

    with office.node.db.read() as cursor:
        assert [one.username for one in people.people(cursor) if one.username == "malee"] == []
        with pytest.raises(NoSuchPerson):
            people.by_username(cursor, "malee")


def an_emergency(mate: FarOffice) -> Event:
    return mate.write(
        EmergencyRegistered(
            outage=1, emergency=1, register=OUT, year=YEAR, subject="น้ำท่วมโรงเรียน",
            letter_no="ฉ2 1/2569",
        )
    )  # fmt: skip


def test_the_other_machines_emergency_letter_has_a_page_before_it_has_a_number(
    office: WebOffice, clerk: Browser, mate: FarOffice
) -> None:
    urgent = an_emergency(mate)
    take(office, mate.write(is_mali()), urgent)
    address = f"/emergency/school-a-2/{urgent.id}"

    clerk.open("/emergency")
    assert f'href="{address}"' in clerk.text
    clerk.open("/numbers?q=ฉ2 1/2569")
    assert str(clerk.shown.url).endswith(address)
    assert clerk.shown.status_code == 200
    assert "ฉ๒ ๑/๒๕๖๙" in words(clerk)
    assert "น้ำท่วมโรงเรียน" in clerk.text
    assert "มาลี ดีงาม (school-a-2)" in clerk.text
    assert clerk.open("/emergency/school-a-2/0001-0000000099").status_code == 404
    life = clerk.open(f"/api/v1/colleagues/school-a-2/{urgent.id}").json()
    assert (life["emergency"], life["number"], life["state"]) == (1, 0, "issued")
    assert life["elsewhere"][0]["who"] == "มาลี ดีงาม (school-a-2)"


def test_the_terminal_tells_the_same(office: WebOffice, mate: FarOffice) -> None:
    take(office, mate.write(is_mali()), an_emergency(mate))

    told = CliRunner().invoke(
        show_number, ["--folder", str(office.node.folder), "--json", "ฉ2", "1/2569"]
    )

    assert told.exit_code == 0, told.output
    (other,) = json.loads(told.output)["passport"]["colleagues"]
    assert other["line"]["subject"] == "น้ำท่วมโรงเรียน"
    assert other["who"] == "มาลี ดีงาม (school-a-2)"


def test_to_whom_the_other_machine_sent_a_letter_stands_with_its_number(
    office: WebOffice, clerk: Browser, mate: FarOffice
) -> None:
    line = mate.write(a_line(9001))
    sent = LetterSent(
        entry=line.id, offices=("area-1",), year=YEAR, number=9001, subject="เรื่องที่ 9001"
    )
    take(office, line, mate.write(sent))

    clerk.open("/numbers/outgoing/2569/9001")

    assert "area-1" in clerk.text
    assert "หลักฐานการรับอยู่ที่เครื่อง school-a-2" in clerk.text


def test_a_number_cancelled_before_a_restore_is_struck_with_person_time_and_a_mark(
    office: WebOffice, clerk: Browser
) -> None:
    node = office.node
    somsri = PersonId(office.people["somsri"])
    entry = register(node, a_letter(1, OUT), actor=somsri)
    past = FarOffice(code=node.node, key=node.journal.key, last=events_of(node)[-1])
    new = past.write(PersonAdded(person=MALI, username="malee", name="มาลี ดีงาม", roles=("clerk",)))
    void = past.write(EntryVoided(entry=entry.id, reason="ออกเลขซ้ำ"))
    with node.db.write() as write:
        meta.fence(write, meta.RESTORED)
    with node.db.read() as cursor:
        series = fence.status(node, cursor).series
    paper = {(one.register, one.year): one.known for one in series}
    lifting.lift_by_hand(node, Lift(actor=somsri, paper=paper, alone=True))

    take(office, new, void, owner=node.node)

    for page in ("/registers/outgoing", "/registers/outgoing/print"):
        clerk.open(page)
        assert "ออกเลขซ้ำ" in clerk.text, page
        assert re.search("มาลี ดีงาม ยกเลิกเมื่อ .+ ก่อนกู้คืนข้อมูล", words(clerk)), page
    for page in (f"/letters/{entry.id}", f"/letters/{entry.id}/passport"):
        clerk.open(page)
        assert "มาลี ดีงาม" in clerk.text, page
        assert "ทำไว้ก่อนกู้คืนข้อมูล" in clerk.text, page
    clerk.open("/proof")
    assert "มาลี ดีงาม" in clerk.text


def test_a_letter_registered_before_a_restore_shows_its_number_and_no_button(
    office: WebOffice, clerk: Browser
) -> None:
    node = office.node
    far = FarOffice()
    introduce(node, far)
    past = FarOffice(code=node.node, key=node.journal.key, last=events_of(node)[-1])
    letter = far.sends("school-a")
    body = LetterRegistered(
        register=Register.INCOMING, year=YEAR, number=9, subject="x", source=letter.source
    )
    lost = past.write(body)
    carry(letter, node)
    address = f"/arrivals/area-1/{letter.id}"
    clerk.open(address)
    assert "/registers/incoming/new?arrival=" in clerk.text

    take(office, lost, owner=node.node)

    clerk.open("/arrivals")
    assert address not in clerk.text
    clerk.open(address)
    assert "ลงทะเบียนรับแล้วก่อนกู้คืนข้อมูล เลขรับ ๙/๒๕๖๙" in clerk.text
    assert "/registers/incoming/new?arrival=" not in clerk.text
    assert clerk.open("/numbers/incoming/2569/9").status_code == 200
    shown = clerk.open(f"/registers/incoming/new?arrival=area-1/{letter.id}")
    assert shown.status_code == 404
