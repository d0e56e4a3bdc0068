"""The emergency register on the pages: opened with its cause, kept, and settled."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from saraban_node import meta
from saraban_node.line import colleagues
from saraban_node.numbering import emergency
from saraban_sync.grants import DirectoryEntry
from saraban_sync.ids import PersonId
from saraban_sync.number_events import EmergencyCorrelated
from saraban_sync.registers import Register
from tests.offices import (
    FarOffice,
    Numbers,
    a_letter,
    carry,
    events_of,
    grant,
    introduce,
    put_in_directory,
    register,
)
from tests.web_office import Browser, WebOffice, a_web_office, browsing

YEAR = 2569
ALL = [Numbers(book, YEAR, 100) for book in Register if book is not Register.CIRCULAR]


@pytest.fixture
def office(tmp_path: Path) -> Iterator[WebOffice]:
    with a_web_office(tmp_path, ranges=ALL) as made:
        yield made


@pytest.fixture
def clerk(office: WebOffice) -> Iterator[Browser]:
    with browsing(office, "somsri") as browser:
        yield browser


@pytest.fixture
def dry(tmp_path: Path) -> Iterator[WebOffice]:
    """An office whose incoming numbers are used up."""
    ranges = [Numbers(Register.INCOMING, YEAR, 2), Numbers(Register.OUTGOING, YEAR, 100)]
    with a_web_office(tmp_path, ranges=ranges) as made:
        for n in range(2):
            register(made.node, a_letter(n))
        yield made


def open_outage(office: WebOffice) -> None:
    with office.node.db.write() as write:
        emergency.open_outage(
            write, office.node.journal, cause="สายขาด", actor=PersonId(office.people["somsri"])
        )


def test_when_numbers_have_run_out_the_form_says_what_can_be_done(dry: WebOffice) -> None:
    with browsing(dry, "somsri") as clerk:
        clerk.open("/registers/incoming/new")
        for way in ('href="/line"', 'href="/ranges"', 'href="/emergency"'):
            assert way in clerk.text.partition('id="way-out"')[2]
        clerk.open("/registers/outgoing/new")
        assert "way-out" not in clerk.text


def test_the_emergency_register_is_opened_with_its_cause_kept_and_settled(
    dry: WebOffice,
) -> None:
    with browsing(dry, "somsri") as clerk:
        clerk.open("/emergency")
        clerk.send("/emergency/open", {"cause": ""})
        assert "SRB-307" in clerk.text.partition('id="p-cause"')[2].partition("</p>")[0]
        clerk.send("/emergency/open", {"cause": "สายขาด"})
        assert "ทะเบียนฉุกเฉินเปิดอยู่" in clerk.open("/").text

        clerk.open("/registers/incoming/new")
        assert "ออกเลขฉุกเฉิน · ทะเบียนหนังสือรับ" in clerk.text
        clerk.send(
            "/registers/incoming/new",
            {"form": clerk.form, "emergency": "yes", "subject": "เรื่องด่วน"},
        )
        assert "ออกเลขฉุกเฉินแล้ว" in clerk.text
        assert "ฉ ๑" in clerk.text
        clerk.register("outgoing", subject="ยังมีเลข")
        assert dry.entries()[-1] == ("outgoing", 1, "ยังมีเลข", "issued")
        clerk.open("/search?q=ฉ 1/2569")
        assert "เรื่องด่วน" in clerk.text

        clerk.open("/emergency")
        clerk.send("/emergency/settle")
        assert "ยังไม่มีช่วงเลขใหม่" in clerk.text
        dry.clock.forward(hours=26)
        grant(dry.node, Numbers(Register.INCOMING, YEAR, 50, first=3))
        clerk.log_in("somsri").open("/emergency")
        clerk.send("/emergency/settle")
        assert "ให้เลขทะเบียนแล้ว ๑ ฉบับ" in clerk.text
        assert "๓/๒๕๖๙" in clerk.text
        assert "ทะเบียนฉุกเฉินเปิดอยู่" not in clerk.text

        clerk.open("/registers/incoming")
        assert "ฉ ๑/๒๕๖๙" in clerk.text
        assert "เวลาตามกฎหมาย ๒๒ พ.ย. ๖๙ ๐๙.๐๐ น." in clerk.text
        clerk.open("/emergency/print")
        for part in (
            "สายขาด",
            "๒๒ พ.ย. ๖๙ ๐๙.๐๐ น. ถึง ๒๓ พ.ย. ๖๙ ๑๑.๐๐ น.",
            "รวม ๑ ฉบับ",
            "ฉ ๑/๒๕๖๙",
            "๓/๒๕๖๙",
        ):
            assert part in clerk.text


def test_a_letter_typed_before_the_emergency_was_opened_is_kept_for_it(dry: WebOffice) -> None:
    with browsing(dry, "somsri") as clerk:
        clerk.register(subject="พิมพ์ไว้ก่อน")
        assert "SRB-301" in clerk.text
        open_outage(dry)

        clerk.open("/registers/incoming/new")

        assert "พิมพ์ไว้ก่อน</textarea>" in clerk.text
        assert 'name="emergency" value="yes"' in clerk.text


def test_a_form_for_the_emergency_register_turns_ordinary_when_numbers_have_come(
    dry: WebOffice,
) -> None:
    open_outage(dry)
    with browsing(dry, "somsri") as clerk:
        clerk.open("/registers/incoming/new")
        grant(dry.node, Numbers(Register.INCOMING, YEAR, 50, first=3))
        clerk.send(
            "/registers/incoming/new", {"form": clerk.form, "emergency": "yes", "subject": "มาพอดี"}
        )
        assert "SRB-335" in clerk.text
        assert 'name="emergency"' not in clerk.text

        clerk.send("/registers/incoming/new", {"form": clerk.form, "subject": "มาพอดี"})

        assert dry.entries()[-1] == ("incoming", 3, "มาพอดี", "issued")


def test_the_emergency_register_is_not_opened_without_need(
    office: WebOffice, clerk: Browser
) -> None:
    clerk.open("/emergency")
    assert "ไม่ต้องใช้ทะเบียนฉุกเฉิน" in clerk.text

    clerk.send("/emergency/open", {"cause": "อยากลอง"})

    assert clerk.shown.status_code == 409
    assert "SRB-335" in clerk.text


def test_an_arrival_of_an_emergency_gets_its_receipt_with_its_number(dry: WebOffice) -> None:
    """Seen from the page: the arrival leaves the list, and comes back to it in no way."""
    node, far = dry.node, FarOffice()
    introduce(node, far)
    carry(far.sends(node.office), node)
    open_outage(dry)
    with browsing(dry, "somsri") as clerk:
        clerk.open("/arrivals")
        (address, *_) = re.findall(r'href="(/registers/incoming/new\?arrival=[^"]+)"', clerk.text)
        clerk.open(address)
        wanted = {"form": clerk.form, "arrival": address.partition("=")[2], "emergency": "yes"}
        clerk.send("/registers/incoming/new", {**wanted, "subject": "มาทางระบบ"})
        assert "ไม่มีหนังสือเข้าค้าง" in clerk.text
        assert not events_of(node, "receipt.given")

        grant(node, Numbers(Register.INCOMING, YEAR, 50, first=3))
        clerk.open("/emergency")
        clerk.send("/emergency/settle")
        assert len(events_of(node, "receipt.given")) == 1


def test_the_page_offers_numbers_only_when_there_are_some(dry: WebOffice) -> None:
    open_outage(dry)
    with browsing(dry, "somsri") as clerk:
        clerk.open("/emergency")
        assert "ยังไม่มีหนังสือในทะเบียนฉุกเฉิน" in clerk.text
        clerk.open("/registers/incoming/new")
        clerk.send(
            "/registers/incoming/new", {"form": clerk.form, "emergency": "yes", "subject": "ก"}
        )

        clerk.open("/emergency")
        assert 'action="/emergency/settle"' not in clerk.text
        assert "หนังสือ ๑ ฉบับรอช่วงเลขใหม่" in clerk.text
        assert "กำลังใช้เลขฉุกเฉิน" in clerk.open("/").text

        grant(dry.node, Numbers(Register.INCOMING, YEAR, 50, first=3))
        clerk.open("/emergency")
        assert 'action="/emergency/settle"' in clerk.text


def test_letters_that_another_machine_numbers_are_shown_with_where_they_wait_or_their_number(
    dry: WebOffice,
) -> None:
    """Both machines had one name when the letters were registered; this one was forked."""
    open_outage(dry)
    with dry.node.db.write() as write:
        first, second = (
            emergency.register(
                write, dry.node.journal, a_letter(n), actor=PersonId(dry.people["somsri"])
            )
            for n in (7, 8)
        )
    keeper = FarOffice(code="school-z")
    for name, key, version, (origin, base) in (
        (keeper.node, keeper.key.public, 5, ("", "")),
        (dry.node.node, dry.node.journal.key.public, 6, ("school-z", second.id)),
    ):
        entry = DirectoryEntry(
            kind="node", version=version, code=name, name="", at="2026-11-22T02:00:00.000Z",
            generation=9, office=dry.node.office, key=key, origin=origin, base=base,
        )  # fmt: skip
        put_in_directory(dry.node, entry)
    number = EmergencyCorrelated(
        entry=first.id, register=Register.INCOMING, year=YEAR, number=50, letter_no=""
    )
    with dry.node.db.write() as write:
        meta.put(write, meta.ORIGIN, second.id)
        colleagues.take(write, dry.node.journal, keeper.write(number), keeper.node)
    grant(dry.node, Numbers(Register.INCOMING, YEAR, 69, 60))

    with browsing(dry, "somsri") as clerk:
        text = clerk.open("/emergency").text

    assert "ได้เลขที่เครื่อง school-z" in text
    assert "๕๐/๒๕๖๙" in text
    assert "รอเลขที่เครื่อง school-z" in text
    assert "/emergency/settle" not in text
