"""The centre's pages about numbers: requests, ranges by telephone, proof, and the life of one."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec import structs

from saraban_central import directory
from saraban_central.numbering import granting
from saraban_central.post.router import Router
from saraban_sync.events import EntryVoided, LetterRegistered
from saraban_sync.number_events import (
    EmergencyCorrelated,
    EmergencyOpened,
    EmergencyRegistered,
    GapExplained,
    Mark,
    NumberReserved,
    NumbersSkipped,
    RangeRequested,
)
from saraban_sync.registers import Circulars, Register
from tests.central_district import YEAR
from tests.unit.test_central_web_api import program
from tests.web_centre import WebCentre, a_web_centre, browsing, fill
from tests.web_office import Browser

IN, OUT = Register.INCOMING, Register.OUTGOING


@pytest.fixture
def web(tmp_path: Path) -> Iterator[WebCentre]:
    with a_web_centre(tmp_path) as made:
        fill(made)
        doi = made.office("doi")
        kept = doi.do(
            NumberReserved(
                register=OUT, year=YEAR, number=1, holder="ครูสมชาย", purpose="ขออนุญาตเดินทาง",
                expires="2026-11-30",
            )
        )  # fmt: skip
        made.district.clock.forward(days=1)
        doi.do(
            LetterRegistered(
                register=OUT, year=YEAR, number=1, subject="ขออนุญาตเดินทางไปราชการ",
                reservation=kept.id,
            )
        )  # fmt: skip
        void = doi.register(2, register=OUT, subject="ผิดฉบับ")
        doi.do(EntryVoided(entry=void.id, reason="ลงซ้ำ"))
        doi.do(
            NumberReserved(
                register=OUT, year=YEAR, number=3, holder="ครูสมหญิง", purpose="เรื่องลับของโรงเรียน",
                expires="2026-11-30",
            )
        )  # fmt: skip
        doi.do(
            NumbersSkipped(
                register=OUT, year=YEAR, first=4, last=9, why="restored", guard=2,
                marks=(Mark(source="paper", number=6),),
            )
        )  # fmt: skip
        doi.do(GapExplained(register=OUT, year=YEAR, first=5, last=5, text="พบในแฟ้มโรงพยาบาล"))
        doi.do(EmergencyOpened(outage=1, cause="สายอินเทอร์เน็ตขาด"))
        line = doi.do(
            EmergencyRegistered(outage=1, emergency=1, register=IN, year=YEAR, subject="แจ้งเหตุด่วน")
        )
        doi.do(
            EmergencyRegistered(outage=1, emergency=2, register=IN, year=YEAR, subject="ยังรอเลข")
        )
        doi.do(EmergencyCorrelated(entry=line.id, register=IN, year=YEAR, number=3))
        made.show()
        yield made


@pytest.fixture
def admin(web: WebCentre) -> Iterator[Browser]:
    with browsing(web, "pornthip") as browser:
        yield browser


@pytest.fixture
def auditor(web: WebCentre) -> Iterator[Browser]:
    with browsing(web, "wichai") as browser:
        yield browser


def _settings(web: WebCentre, **changed: object) -> None:
    config = structs.replace(web.centre.config, **changed)
    object.__setattr__(web.centre, "config", config)


def _ask(web: WebCentre, size: int = 9_000) -> str:
    event = web.office("doi").do(
        RangeRequested(register=IN, year=YEAR, size=size, left=3, per_day="4.25")
    )
    Router(web.centre).run()
    return granting.request_key(event)


# The registers


def test_a_register_shows_kept_late_cancelled_and_given_up_numbers(auditor: Browser) -> None:
    text = auditor.open("/offices/doi/registers/outgoing").text

    assert "จองไว้" in text
    assert "ครูสมหญิง" in text
    assert "ลงทะเบียนทีหลัง" in text
    assert "ลงซ้ำ" in text
    assert "๔–๙" in text
    assert "หลังกู้คืนข้อมูลจากชุดสำรอง" in text
    assert "พบในแฟ้มโรงพยาบาล" in text


def test_the_emergency_register_shows_both_numbers(web: WebCentre, auditor: Browser) -> None:
    text = auditor.open("/offices/doi/emergency").text
    assert "สายอินเทอร์เน็ตขาด" in text
    assert "ฉ ๑/๒๕๖๙" in text
    assert "๓/๒๕๖๙" in text
    assert "รอเลขทะเบียน" in text
    auditor.open("/offices/doi")
    assert "ทะเบียนฉุกเฉิน" in auditor.text
    assert auditor.open("/offices/doi/emergency?year=2560").status_code == 200
    waiting = next(
        event for event in web.office("doi").events if "ยังรอเลข" in event.payload.decode()
    )
    assert auditor.open(f"/letters/doi/{waiting.id}").status_code == 200
    assert "ฉ ๒/๒๕๖๙" in auditor.text


def test_a_letter_on_a_kept_number_shows_both_days(web: WebCentre, auditor: Browser) -> None:
    letter = next(e for e in web.office("doi").events if "เดินทางไปราชการ" in e.payload.decode())
    text = auditor.open(f"/letters/doi/{letter.id}").text

    assert "วันของเลข" in text
    assert "จองให้ ครูสมชาย" in text
    assert "ลงทะเบียนหลังวันที่จองเลข" in text


# Ranges and requests


def test_ranges_show_how_long_they_last_and_every_gap_with_its_reason(auditor: Browser) -> None:
    text = auditor.open("/ranges").text

    assert "ใช้ได้อีก" in text
    assert "๖ เลข มีเหตุผล" in text
    assert "กระดาษ" in text
    assert "พบในแฟ้มโรงพยาบาล" in text


def test_a_request_is_granted_on_the_page(web: WebCentre, admin: Browser) -> None:
    key = _ask(web)
    text = admin.open("/ranges").text
    assert "คำขอเลขที่รอคำตอบ" in text
    assert "๙,๐๐๐ เลข" in text
    assert "มากกว่าที่ระบบให้เองได้" in text

    admin.send("/ranges/requests", {"request": key, "act": "grant", "size": "๓๐๐"})

    assert "ให้ช่วงเลขแล้ว" in admin.text
    assert granting.waiting(web.centre) == []
    assert "คำขอที่ตอบแล้ว" in admin.text
    admin.send("/ranges/requests", {"request": key, "act": "grant", "size": ""})
    assert "SRB-236" in admin.text


def test_a_request_is_declined_with_a_reason(web: WebCentre, admin: Browser) -> None:
    key = _ask(web)
    admin.open("/ranges")

    admin.send("/ranges/requests", {"request": key, "act": "decline", "reason": " "})
    assert "SRB-237" in admin.text
    admin.send("/ranges/requests", {"request": key, "act": "decline", "reason": "ปิดภาคเรียน"})

    assert "ปิดภาคเรียน" in admin.text
    assert [one.state for one in granting.answered(web.centre.store)] == ["declined"]


@pytest.mark.parametrize(
    ("fields", "field", "code"),
    [
        ({"act": "grant", "size": "มาก"}, "size", "SRB-527"),
        ({"act": "grant", "size": "0"}, "size", "SRB-231"),
        ({"act": "decline", "reason": " "}, "reason", "SRB-237"),
    ],
)
def test_what_is_wrong_with_an_answer_is_said_beside_its_field_of_that_request(
    web: WebCentre, admin: Browser, fields: dict[str, str], field: str, code: str
) -> None:
    key = _ask(web)
    admin.open("/ranges")

    admin.send("/ranges/requests", {"request": key, **fields})

    assert admin.shown.status_code == 422
    requests, _, grant = admin.shown.text.partition(
        '<section class="card" aria-labelledby="grant">'
    )
    beside = requests.partition(f'name="{field}"')[2].partition("</div>")[0]
    assert code in beside
    assert 'aria-invalid="true"' in beside
    assert code not in grant
    assert "มาก" not in grant, "another form"


def test_who_answered_is_written_by_name(web: WebCentre, admin: Browser) -> None:
    key = _ask(web)
    admin.open("/ranges")

    admin.send("/ranges/requests", {"request": key, "act": "grant", "size": "300"})

    answered = admin.text.partition("คำขอที่ตอบแล้ว")[2].partition("</details>")[0]
    assert "นางสาวพรทิพย์ ใจมั่น" in answered
    assert "pornthip" not in answered


def test_numbers_that_outlast_the_year_last_until_it_ends(web: WebCentre, admin: Browser) -> None:
    admin.open("/ranges")
    admin.send(
        "/ranges", {"node": "area", "register": "outgoing", "year": str(YEAR), "size": "9000"}
    )

    row = admin.text.partition("๕๑–๙,๐๕๐")[2].partition("</tr>")[0]
    assert "ถึงสิ้นปี" in row


def test_an_office_that_asks_is_on_the_overview(web: WebCentre, auditor: Browser) -> None:
    _settings(web, auto_grant=False)
    _ask(web, 50)

    assert "ขอเลข ๑ รายการ" in auditor.open("/").text
    assert "รอผู้ดูแลระบบตอบ" in auditor.open("/offices/doi").text


def test_a_range_is_read_out_over_the_telephone(web: WebCentre, admin: Browser) -> None:
    admin.open("/ranges")
    admin.send(
        "/ranges",
        {"node": "doi", "register": "outgoing", "year": str(YEAR), "size": "40", "way": "phone"},
    )

    assert "อ่านทีละชุดให้หน่วยงานฟัง" in admin.text
    assert "๒๑–๗๐" in admin.text
    grant = f"doi-outgoing-{YEAR}-21"
    slip = admin.text.split('class="secret"')[1].split("</p>")[0]
    admin.open("/ranges")
    admin.send("/ranges/told", {"node": "doi", "grant": grant})
    assert admin.text.split('class="secret"')[1].split("</p>")[0] == slip
    admin.send("/ranges/told", {"node": "doi", "grant": "nonsense"})
    assert "SRB-238" in admin.text
    admin.open("/ranges")
    admin.send(
        "/ranges",
        {"node": "doi", "register": "outgoing", "year": str(YEAR), "size": "9999", "way": "phone"},
    )
    assert "SRB-382" in admin.text


def test_an_office_chooses_where_its_circulars_are_numbered(web: WebCentre, admin: Browser) -> None:
    admin.open("/offices/doi")
    assert "ใช้เลขร่วมกับทะเบียนหนังสือส่ง" in admin.text

    admin.send("/offices/doi/circulars", {"circulars": "own"})

    assert directory.office(web.centre.store, "doi").circulars is Circulars.OWN
    admin.send("/offices/doi/circulars", {"circulars": "nonsense"})
    assert directory.office(web.centre.store, "doi").circulars is Circulars.SHARED


# The life of a number


def test_a_number_is_pasted_and_its_life_is_shown(auditor: Browser) -> None:
    auditor.open("/numbers?q=ส่งที่ ๑/๒๕๖๙&office=doi")

    assert auditor.shown.url.path == f"/numbers/doi/outgoing/{YEAR}/1"
    for words in ("จองเลข", "ครูสมชาย", "ลายมือชื่อของเครื่อง doi ถูกต้อง", "ไม่มีสิ่งใดรับรองนาฬิกา",
                  "๑–๒๐", "doi-outgoing-2569-1"):  # fmt: skip
        assert words in auditor.text, words


def test_a_number_that_may_be_several_is_offered(auditor: Browser) -> None:
    text = auditor.open("/numbers?q=1/2569").text

    assert "เลขนี้มีหลายที่" in text
    assert text.count("data-href") >= 3


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (5, "พบในแฟ้มโรงพยาบาล"),
        (3, "จองไว้ ยังไม่มีหนังสือ"),
        (2, "ยกเลิกแล้ว ไม่ใช้อีก"),
        (15, "ยังไม่มีหนังสือใช้เลขนี้"),
        (999, "เลขนี้ไม่เคยให้แก่เครื่องใด"),
    ],
)
def test_every_kind_of_number_has_a_life(auditor: Browser, number: int, words: str) -> None:
    answer = auditor.open(f"/numbers/doi/outgoing/{YEAR}/{number}")

    assert answer.status_code == 200
    assert words in auditor.text


def test_what_is_no_number_is_said_so(auditor: Browser) -> None:
    assert auditor.open("/numbers?q=ขอเชิญ").status_code == 422
    assert "SRB-240" in auditor.text
    auditor.open("/numbers?q=รับที่ 999999")
    assert "ไม่พบเลข" in auditor.text
    for path in ("/numbers/doi/nonsense/2569/1", "/numbers/doi/incoming/x/1",
                 "/numbers/doi/incoming/2569/0", "/letters/doi/nonsense/number"):  # fmt: skip
        assert auditor.open(path).status_code == 404, path
    assert auditor.open("/numbers/nowhere/incoming/2569/1").status_code == 404


def test_a_letter_that_has_only_an_emergency_number_has_a_life(
    web: WebCentre, auditor: Browser
) -> None:
    auditor.open("/numbers?q=ฉ 2/2569")

    assert auditor.shown.url.path.endswith("/number")
    assert "ฉ ๒/๒๕๖๙" in auditor.text


# The proof


def test_the_proof_names_day_and_person(auditor: Browser) -> None:
    assert "พิสูจน์ความครบถ้วน" in auditor.open("/proof").text
    text = auditor.open(f"/proof?office=doi&year={YEAR}").text

    assert "ครบถ้วน อธิบายได้ทุกเลข ๔๐ เลข" in text
    for words in ("สมศรี ใจดี", "ลงซ้ำ", "ลงทะเบียนทีหลัง", "ครูสมหญิง", "พบในแฟ้มโรงพยาบาล", "ฉ ๑",
                  "ทะเบียนฉุกเฉิน ๒ ฉบับ ยังไม่ได้เลขทะเบียน ๑ ฉบับ"):  # fmt: skip
        assert words in text, words
    assert auditor.open(f"/proof?office=doi&year={YEAR - 5}").status_code == 200
    assert auditor.open("/proof?office=nowhere").status_code == 404


def test_a_proof_that_fails_says_where(web: WebCentre, auditor: Browser) -> None:
    web.office("doi").register(15, register=OUT)

    text = auditor.open(f"/proof?office=doi&year={YEAR}").text

    assert "ยังพิสูจน์ไม่ได้ทั้งหมด" in text
    assert "๑๐–๑๔" in text
    assert "เลขถูกข้ามโดยไม่มีบันทึก" in text


def test_a_number_given_twice_whose_later_letter_is_void_is_shown_as_settled(
    web: WebCentre, auditor: Browser
) -> None:
    doi = web.office("doi")
    again = doi.register(1, register=OUT, subject="ออกซ้ำกับอีกฉบับ")
    assert "โทรสอบถามหน่วยงานทันที" in auditor.open(f"/proof?office=doi&year={YEAR}").text

    doi.do(EntryVoided(entry=again.id, reason="ออกเลขใหม่แล้ว"))

    text = auditor.open(f"/proof?office=doi&year={YEAR}").text
    assert "ครบถ้วน อธิบายได้ทุกเลข" in text
    assert "โทรสอบถามหน่วยงานทันที" not in text
    settled = text[text.index("เคยออกให้มากกว่าหนึ่งฉบับ") :]
    for words in ("ขออนุญาตเดินทางไปราชการ", "ออกซ้ำกับอีกฉบับ", "ยกเลิก", "ออกเลขใหม่แล้ว"):
        assert words in settled, words


# The API


def test_programs_read_proofs_lives_and_requests(web: WebCentre) -> None:
    _settings(web, auto_grant=False)
    key = _ask(web, 50)
    with program(web, "wichai") as client:
        proven = client.get(f"/api/v1/proof?office=doi&year={YEAR}").json()
        assert proven["whole"] is True
        found = client.get("/api/v1/numbers", params={"q": "ส่งที่ 1", "office": "doi"}).json()
        assert [one["state"] for one in found] == ["issued"]
        life = client.get(f"/api/v1/numbers/doi/outgoing/{YEAR}/1").json()
        assert [one["type"] for one in life["steps"]] == ["number.reserved", "letter.registered"]
        (asked,) = client.get("/api/v1/requests").json()
        assert (asked["request"], asked["why"]) == (key, "off")
        assert client.get("/api/v1/numbers?q=x").status_code == 422
    with program(web, "pornthip") as client:
        answer = client.post("/api/v1/requests", json={"request": key, "size": 20})
        assert (answer.status_code, answer.json()["state"]) == (201, "granted")
        again = client.post(
            "/api/v1/requests", json={"request": key, "decline": True, "reason": "x"}
        )
        assert again.status_code == 409
        (done,) = client.get("/api/v1/requests?every=true").json()
        assert done["by"] == "pornthip"
        office = client.post("/api/v1/offices/doi/settings", json={"circulars": "own"}).json()
        assert office["circulars"] == "own"
        ranges = client.get("/api/v1/ranges?office=doi").json()
        assert {one["given_up"] for one in ranges} == {0, 6}
