"""Pages that lead back to work: the fence, a new name, the clock, ranges by hand."""

import hashlib
import re
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from saraban_node import keys, meta
from saraban_node.line import contact, sync_state
from saraban_node.numbering import reservations
from saraban_sync import phone, range_files
from saraban_sync.grants import sign_grant
from saraban_sync.journal_events import EpochStarted
from saraban_sync.number_events import ClockConfirmed, NumbersSkipped, RangeRequested
from saraban_sync.registers import Register, Series, instant
from tests.offices import (
    BOOKS,
    CENTRE_KEY,
    SOMSRI,
    YEAR,
    Numbers,
    a_grant,
    a_letter,
    events_of,
    register,
)
from tests.played_centre import PlayedCentre
from tests.web_office import Browser, WebOffice, a_web_office, browsing

SMALL = tuple(Numbers(book, YEAR, last=100) for book in BOOKS)
TEN = ("paper-incoming-2569", "paper-outgoing-2569")


def stop(office: WebOffice, why: str = meta.RESTORED, said: str = "") -> None:
    with office.node.db.write() as write:
        meta.fence(write, why)
        meta.put(write, meta.MACHINE_HERE, "3f8a07c2" + "0" * 56)
        sync_state.put(write, contact.SAID, said)


def register_ten(office: WebOffice) -> None:
    for n in range(10):
        register(office.node, a_letter(n))


@pytest.fixture
def office(tmp_path: Path) -> Iterator[WebOffice]:
    """An office of ten incoming letters, with no centre."""
    with a_web_office(tmp_path, ranges=SMALL) as made:
        register_ten(made)
        yield made


@pytest.fixture
def centre() -> PlayedCentre:
    return PlayedCentre()


@pytest.fixture
def joined(tmp_path: Path, centre: PlayedCentre) -> Iterator[WebOffice]:
    """The same office with a centre that holds what it wrote."""
    settings: dict[str, str | int | list[str]] = {"centre_url": "http://127.0.0.1:9"}
    with a_web_office(tmp_path, ranges=SMALL, settings=settings, line=centre.line) as made:
        register_ten(made)
        yield made


@pytest.fixture
def administrator(office: WebOffice) -> Iterator[Browser]:
    with browsing(office, "prasert") as browser:
        yield browser


def fields(text: str) -> dict[str, str]:
    """What the hidden fields of the confirming form hold."""
    form = text.partition('action="/fence/lift"')[2]
    return dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', form))


def test_everybody_is_told_that_the_machine_has_stopped_and_an_administrator_what_to_do(
    office: WebOffice,
) -> None:
    stop(office)
    with browsing(office, "somsri") as clerk:
        clerk.open("/")
        assert "กู้คืนมาจากชุดสำรอง" in clerk.text
        assert 'href="/fence"' not in clerk.text
        assert clerk.open("/fence").status_code == 403
        clerk.register(subject="ยังออกเลขไม่ได้")
        assert "SRB-302" in clerk.text
    with browsing(office, "prasert") as administrator:
        administrator.open("/")
        assert 'href="/fence"' in administrator.text


@pytest.mark.parametrize("why", meta.REASONS)
def test_each_reason_has_its_own_page_in_both_languages(office: WebOffice, why: str) -> None:
    stop(office, why)
    with browsing(office, "prasert") as administrator:
        administrator.open("/fence")
        for part in ("เกิดอะไรขึ้น", "อะไรปลอดภัย", "3F8A-07C2"):
            assert part in administrator.text
        asks = 'action="/fence/check"' in administrator.text
        assert asks is (why in (meta.RESTORED, meta.COPIED))
        administrator.send("/language", {"language": "en", "back": "/fence"})
        assert "What happened" in administrator.text


def test_the_fence_is_lifted_with_no_line_step_by_step(
    office: WebOffice, administrator: Browser
) -> None:
    stop(office)
    before = office.events()
    administrator.open("/fence")
    administrator.send("/fence/check", {"alone": "yes", TEN[0]: "๑๔", TEN[1]: "0"})
    assert administrator.shown.status_code == 200
    assert "๑๑–๓๔" in administrator.text
    assert office.events() == before, "nothing was done yet"

    administrator.send("/fence/lift", {**fields(administrator.text), "how": "by-hand"})

    assert "เครื่องนี้ออกเลขได้แล้ว" in administrator.text
    began, *rest = events_of(office.node)[before:]
    assert isinstance(began.body, EpochStarted)
    skipped = [event.body for event in rest if isinstance(event.body, NumbersSkipped)]
    assert {(one.register, one.first, one.last) for one in skipped} == {
        ("incoming", 11, 34), ("outgoing", 1, 20),
    }  # fmt: skip
    assert began.actor == office.people["prasert"]
    with browsing(office, "somsri") as clerk:
        clerk.register(subject="ทำงานต่อ")
        assert office.entries()[-1][:2] == ("incoming", 35)


def test_lifting_the_fence_again_changes_nothing(office: WebOffice, administrator: Browser) -> None:
    stop(office)
    administrator.open("/fence")
    stated = {"alone": "yes", TEN[0]: "14", TEN[1]: "0", "how": "by-hand"}
    administrator.send("/fence/lift", stated)
    before = office.events()
    administrator.open("/fence")
    administrator.client.post(
        "/fence/lift", data={"token": administrator.token, **stated}
    ).raise_for_status()

    assert office.events() == before


@pytest.mark.parametrize(
    ("stated", "field", "code"),
    [
        ({}, "alone", "SRB-519"),
        ({"alone": "yes", TEN[1]: "0"}, TEN[0], "SRB-372"),
        ({"alone": "yes", TEN[0]: "9", TEN[1]: "0"}, TEN[0], "SRB-373"),
        ({"alone": "yes", TEN[0]: "101", TEN[1]: "0"}, TEN[0], "SRB-374"),
        ({"alone": "yes", TEN[0]: "สิบ", TEN[1]: "0"}, TEN[0], "SRB-527"),
        ({"alone": "yes", TEN[0]: "14", TEN[1]: "0", "guard": "-1"}, "guard", "SRB-527"),
    ],
)
def test_what_cannot_be_is_said_beside_its_field_and_what_was_typed_stays(
    office: WebOffice, administrator: Browser, stated: dict[str, str], field: str, code: str
) -> None:
    stop(office)
    administrator.open("/fence")

    administrator.send("/fence/check", stated)

    assert administrator.shown.status_code == 422
    assert code in administrator.text.partition(f'id="p-{field}"')[2].partition("</p>")[0]
    if stated.get(TEN[1]):
        assert f'name="{TEN[1]}" value="0"' in administrator.text


def test_when_nobody_knows_the_rest_of_the_range_is_given_up_and_new_numbers_are_needed(
    office: WebOffice, administrator: Browser
) -> None:
    stop(office)
    administrator.open("/fence")
    administrator.send("/fence/check", {"alone": "yes", f"{TEN[0]}-unknown": "yes", TEN[1]: "0"})
    assert "๑๑–๑๐๐" in administrator.text
    assert "ต้องขอช่วงเลขใหม่" in administrator.text

    administrator.send("/fence/lift", {**fields(administrator.text), "how": "by-hand"})

    with browsing(office, "somsri") as clerk:
        clerk.register(subject="ไม่มีเลข")
        assert "SRB-301" in clerk.text


def test_numbers_that_were_kept_end_with_the_fence_and_that_is_said_before(
    office: WebOffice, administrator: Browser
) -> None:
    with office.node.db.write() as write:
        reservations.reserve(
            write, office.node.journal, register=Register.OUTGOING, holder="ครูวิไล",
            purpose="ความลับของจดหมาย", expires=date(2026, 11, 30), actor=SOMSRI,
        )  # fmt: skip
    stop(office)
    administrator.open("/fence")
    administrator.send("/fence/check", {"alone": "yes", TEN[0]: "14", TEN[1]: "1"})

    kept = administrator.text.partition('id="kept"')[2].partition("</section>")[0]
    assert "ครูวิไล" in kept
    assert "๑/๒๕๖๙" in kept
    assert "ความลับ" not in administrator.text, "an administrator reads no letters"
    administrator.send("/fence/lift", {**fields(administrator.text), "how": "by-hand"})
    assert ("outgoing", 1, "ความลับของจดหมาย", "void") in office.entries()


def test_with_a_line_the_centre_gives_the_epoch(joined: WebOffice, centre: PlayedCentre) -> None:
    centre.marks.append({"register": "incoming", "year": YEAR, "number": 12})
    stop(joined)
    with browsing(joined, "prasert") as administrator:
        administrator.open("/fence")
        administrator.send("/fence/check", {"alone": "yes", TEN[0]: "14", TEN[1]: "0"})
        administrator.send("/fence/lift", {**fields(administrator.text), "how": "line"})

        assert "เครื่องนี้ออกเลขได้แล้ว" in administrator.text
        assert len(centre.journal) >= 12
        (began,) = events_of(joined.node, "epoch.started")
        assert isinstance(began.body, EpochStarted)
        assert not began.body.by_hand


def test_what_the_centre_knows_better_is_said_beside_the_number(
    joined: WebOffice, centre: PlayedCentre
) -> None:
    centre.marks.append({"register": "incoming", "year": YEAR, "number": 40})
    stop(joined)
    with browsing(joined, "prasert") as administrator:
        administrator.open("/fence")
        administrator.send("/fence/check", {"alone": "yes", TEN[0]: "14", TEN[1]: "0"})
        administrator.send("/fence/lift", {**fields(administrator.text), "how": "line"})

        assert "SRB-373" in administrator.text
        assert "40" in administrator.text
        assert not events_of(joined.node, "epoch.started")


def test_without_a_line_the_page_says_so_and_the_other_way_stands_beside_it(
    joined: WebOffice, centre: PlayedCentre
) -> None:
    stop(joined)
    centre.lose = "put"
    with browsing(joined, "prasert") as administrator:
        administrator.open("/fence")
        administrator.send("/fence/check", {"alone": "yes", TEN[0]: "14", TEN[1]: "0"})
        administrator.send("/fence/lift", {**fields(administrator.text), "how": "line"})

        assert "SRB-321" in administrator.text
        assert 'value="by-hand"' in administrator.text
        assert "๑๑–๓๔" in administrator.text


def test_a_line_that_is_down_while_the_fence_stands_does_not_say_go_on_registering(
    joined: WebOffice, centre: PlayedCentre
) -> None:
    stop(joined)
    centre.lose = "put"
    with browsing(joined, "prasert") as administrator:
        administrator.open("/fence")
        administrator.send("/fence/check", {"alone": "yes", TEN[0]: "14", TEN[1]: "0"})
        administrator.send("/fence/lift", {**fields(administrator.text), "how": "line"})

        assert administrator.shown.status_code == 503
        assert "งานลงทะเบียนทำต่อได้" not in administrator.text
        assert "ไม่มีสิ่งใดเปลี่ยนแปลง" in administrator.text


@pytest.mark.parametrize(
    ("back", "path"),
    [("/fence", "/fence"), ("/ranges", "/ranges"), ("https://elsewhere.example/", "/line")],
)
def test_trying_the_line_comes_back_to_the_page_where_it_was_tried(
    office: WebOffice, administrator: Browser, back: str, path: str
) -> None:
    stop(office, meta.TWIN)
    administrator.open("/fence")

    administrator.send("/line/try", {"back": back})

    assert administrator.shown.url.path == path


def test_the_steps_do_not_send_back_to_themselves(joined: WebOffice) -> None:
    """The warning at the head of every page leads to the steps; on the steps it is left out."""
    stop(joined)
    with browsing(joined, "prasert") as administrator:
        administrator.open("/status")
        assert "ดูขั้นตอน" in administrator.text
        administrator.open("/fence")
        administrator.send("/fence/check", {"alone": "yes", TEN[0]: "14", TEN[1]: "0"})
        assert "ดูขั้นตอน" not in administrator.text


def test_of_two_machines_only_the_chosen_one_goes_on(
    joined: WebOffice, centre: PlayedCentre
) -> None:
    stop(joined, meta.TWIN)
    with browsing(joined, "prasert") as administrator:
        administrator.open("/fence")
        assert "ต้องให้ส่วนกลางเลือก" in administrator.text
        stop(joined, meta.TWIN, said="resume")
        centre.says["resume"] = True
        administrator.open("/fence")
        assert "ส่วนกลางเลือกให้เครื่องนี้ใช้ชื่อเดิมต่อ" in administrator.text
        administrator.send("/fence/check")
        assert "๑๑–๑๐๐" in administrator.text
        assert 'value="by-hand"' not in administrator.text

        administrator.send("/fence/lift", {"how": "by-hand"})
        assert "SRB-375" in administrator.text
        administrator.send("/fence/lift", {"how": "line"})
        assert "เครื่องนี้ออกเลขได้แล้ว" in administrator.text


def test_the_other_one_is_led_to_the_fork_code(office: WebOffice, administrator: Browser) -> None:
    stop(office, meta.TWIN, said="fork")
    administrator.open("/fence")
    assert 'href="/fence/fork"' in administrator.text
    administrator.open("/fence/fork")

    administrator.send("/fence/fork", {"code": " "})
    assert "SRB-519" in administrator.text.partition('id="p-code"')[2].partition("</p>")[0]
    administrator.send("/fence/fork", {"code": "ABCD-EFGH"})
    assert "SRB-320" in administrator.text, "this office knows no centre"


def test_every_browser_of_the_office_is_a_witness_while_the_fence_stands(
    office: WebOffice, administrator: Browser
) -> None:
    with browsing(office, "somsri") as clerk:
        clerk.register(subject="ฉบับที่สิบเอ็ด")
        with office.node.db.write() as write:  # yesterday's file in its place
            write.cursor.execute("DELETE FROM entry WHERE number = 11")
        stop(office)
        clerk.open("/")

    administrator.open("/fence")

    incoming = administrator.text.partition("ทะเบียนหนังสือรับ ๒๕๖๙</legend>")[2]
    assert "เบราว์เซอร์ในสำนักงาน</dt><dd>๑๑" in incoming.partition("</dl>")[0]


# The clock.


def confirm(browser: Browser, **more: str) -> None:
    browser.open("/clock")
    (shown,) = re.findall(r'name="shown" value="([^"]+)"', browser.text)
    browser.send("/clock/confirm", {"shown": shown, "compared": "yes", **more})


def test_a_good_clock_says_what_vouches_for_it(office: WebOffice) -> None:
    with browsing(office, "somsri") as clerk:
        clerk.open("/clock")
        assert "๒๒ พฤศจิกายน ๒๕๖๙" in clerk.text
        assert "แน่นอนภายใน ± ๕ นาที (มีผู้ยืนยัน)" in clerk.text
        assert 'action="/clock/confirm"' not in clerk.text


def test_a_clock_that_was_set_stops_numbers_until_somebody_confirms_it(office: WebOffice) -> None:
    office.clock.put(office.clock.moment + timedelta(hours=3))
    with browsing(office, "somsri") as clerk:
        clerk.register(subject="วันไหนแน่")
        assert "SRB-342" in clerk.text
        assert "นาฬิกาของเครื่องยังเชื่อถือไม่ได้" in clerk.open("/").text
        clerk.open("/clock")
        clerk.send("/clock/confirm", {"shown": instant(office.clock.now())})
        assert "SRB-519" in clerk.text.partition('id="p-compared"')[2].partition("</p>")[0]

        confirm(clerk)

        assert "บันทึกคำยืนยัน" in clerk.text
        (event,) = events_of(office.node, "clock.confirmed")
        assert isinstance(event.body, ClockConfirmed)
        assert event.actor == office.people["somsri"]
        clerk.register(subject="ไปต่อ")
        assert office.entries()[-1][2] == "ไปต่อ"
        clerk.open(re.findall(r'href="(/letters/[\d-]+)"', clerk.text)[0])
        assert "แน่นอนภายใน ± ๕ นาที (มีผู้ยืนยัน)" in clerk.text


def test_a_new_year_is_opened_by_an_administrator_alone(office: WebOffice) -> None:
    office.clock.put(office.clock.moment + timedelta(days=60))
    with browsing(office, "somsri") as clerk:
        clerk.open("/clock")
        assert "ต้องให้ผู้ดูแลระบบ" in clerk.text
        clerk.send("/clock/confirm", {"shown": instant(office.clock.now()), "compared": "yes"})
        assert clerk.shown.status_code == 403
        assert "SRB-347" in clerk.text
    with browsing(office, "prasert") as administrator:
        administrator.open("/clock")
        assert "เปิดทะเบียนปี ๒๕๗๐" in administrator.text
        confirm(administrator)
        (event,) = events_of(office.node, "clock.confirmed")
        assert event.body == ClockConfirmed(shown=instant(office.clock.now()), opens_year=2570)


@pytest.mark.parametrize("shown", ["", "yesterday", "2026-11-22T02:00:00.000Z"])
def test_only_what_is_shown_now_can_be_confirmed(office: WebOffice, shown: str) -> None:
    office.clock.put(office.clock.moment + timedelta(hours=3))
    with browsing(office, "mali") as mali:
        mali.open("/clock")
        mali.send("/clock/confirm", {"shown": shown, "compared": "yes"})

        assert "SRB-346" in mali.text
        assert not events_of(office.node, "clock.confirmed")


# Ranges.


def test_the_ranges_page_says_how_long_numbers_last(office: WebOffice) -> None:
    with browsing(office, "prasert") as administrator:
        administrator.open("/ranges")
        row = administrator.text.partition("ทะเบียนหนังสือรับ</td>")[2].partition("</tr>")[0]
        for part in ("๑๑", "๙๐", "๑.๔๓", "ถึงสิ้นปี"):
            assert part in row


def test_numbers_are_asked_for_once(office: WebOffice) -> None:
    with browsing(office, "somsri") as clerk:
        clerk.open("/ranges")
        clerk.send("/ranges/ask", {"register": "order", "year": str(YEAR), "size": "๓๐๐"})
        (event,) = events_of(office.node, "range.requested")
        assert isinstance(event.body, RangeRequested)
        assert (event.body.register, event.body.size) == ("order", 300)
        assert "ขอ ๓๐๐ เลข" in clerk.text

        clerk.send("/ranges/ask", {"register": "order", "year": str(YEAR), "size": ""})
        assert "SRB-385" in clerk.text
        for size, code in (("0", "SRB-548"), ("99999", "SRB-548"), ("x", "SRB-527")):
            clerk.send("/ranges/ask", {"register": "memo", "year": str(YEAR), "size": size})
            assert code in clerk.text.partition('id="p-size"')[2].partition("</p>")[0]


def test_a_register_that_never_had_numbers_is_not_called_used_up(office: WebOffice) -> None:
    with browsing(office, "somsri") as clerk:
        clerk.open("/ranges")
        clerk.send("/ranges/ask", {"register": "order", "year": str(YEAR), "size": "300"})

        row = clerk.text.partition("ทะเบียนคำสั่ง</td>")[2].partition("</tr>")[0]
        assert "ยังไม่ได้รับ" in row
        assert "ใช้หมดแล้ว" not in row
        assert "ใช้ทะเบียนฉุกเฉิน" in clerk.text.partition('id="phone"')[0]


def test_a_code_that_was_read_out_gives_numbers_at_once(office: WebOffice) -> None:
    keys.keep(office.node.keys, keys.CENTRE_SECRET, "secret of this node")
    code = spoken(office, Register.ORDER, first=1, size=50)
    with browsing(office, "somsri") as clerk:
        clerk.open("/ranges")
        for typed, wrong in ((code[:-1] + "x", "SRB-"), ("", "SRB-519")):
            clerk.send("/ranges/code", {"series": f"order.{YEAR}", "code": typed})
            assert wrong in clerk.text.partition('id="p-code"')[2].partition("</p>")[0]
        clerk.send("/ranges/code", {"series": f"memo.{YEAR}", "code": code})
        assert clerk.shown.status_code == 422, "the code is for another register"

        clerk.send("/ranges/code", {"series": f"order.{YEAR}", "code": phone.groups(code)})

        assert "รับช่วงเลข ๑–๕๐ แล้ว" in clerk.text
        clerk.register("order", subject="คำสั่งแรก")
        assert office.entries()[-1][:2] == ("order", 1)
        clerk.open("/ranges")
        clerk.send("/ranges/code", {"series": f"order.{YEAR}", "code": code})
        assert "SRB-386" in clerk.text


def spoken(office: WebOffice, book: Register, *, first: int, size: int) -> str:
    node = office.node
    secret = keys.load(node.keys, keys.CENTRE_SECRET)
    key = phone.shared_key(hashlib.sha256(secret.encode()).hexdigest())
    series = Series(node.office, book, YEAR)
    return phone.write_code(key, node.node, series, first=first, size=size)


def test_a_request_leaves_on_a_stick_and_the_answer_comes_back(office: WebOffice) -> None:
    with browsing(office, "somsri") as clerk:
        clerk.open("/ranges")
        assert clerk.client.get("/ranges/request").status_code == 409
        clerk.send("/ranges/ask", {"register": "order", "year": str(YEAR), "size": "50"})

        got = clerk.client.get("/ranges/request")

        assert "attachment" in got.headers["content-disposition"]
        (asked,) = range_files.read_request(
            got.content, node=office.node.node, key=office.node.journal.key.public
        )
        assert asked.id == events_of(office.node, "range.requested")[0].id
        paper = sign_grant(CENTRE_KEY, a_grant(office.node, Numbers(Register.ORDER, YEAR, 50)))
        answer = range_files.write_answer(office.node.node, (paper,))
        for _ in range(2):
            clerk.open("/ranges")
            clerk.page = clerk.client.post(
                "/ranges/answer",
                data={"token": clerk.token},
                files={"answer": ("answer.json", answer)},
            )
            assert clerk.shown.status_code == 200
        assert "มีช่วงเลขในแฟ้มนี้อยู่แล้ว" in clerk.text
        clerk.register("order", subject="คำสั่งแรก")
        assert office.entries()[-1][:2] == ("order", 1)


@pytest.mark.parametrize("content", [b"", b"{}", b"x" * 100, b"\xff\xfe"])
def test_a_file_that_is_no_answer_is_refused_in_words(office: WebOffice, content: bytes) -> None:
    with browsing(office, "somsri") as clerk:
        clerk.open("/ranges")
        clerk.page = clerk.client.post(
            "/ranges/answer", data={"token": clerk.token}, files={"answer": ("a.json", content)}
        )
        assert clerk.shown.status_code == 422
        assert "SRB-" in clerk.text.partition('role="alert"')[2]


def test_the_status_page_leads_to_ranges_proof_and_clock(office: WebOffice) -> None:
    with browsing(office, "prasert") as administrator:
        administrator.open("/status")
        for path in ("/ranges", "/proof", "/clock", "/fence"):
            assert f'href="{path}"' in administrator.text
    with browsing(office, "somsri") as clerk:
        assert 'href="/fence"' not in clerk.open("/status").text
