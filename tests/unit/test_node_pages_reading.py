"""What a clerk sees: today's work, registers, one letter, search, the line, the machine, people."""

import re
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from saraban_node.books import letters
from saraban_node.books.letters import NewLetter
from saraban_node.line import syncer
from saraban_sync.errors import SarabanError
from saraban_sync.registers import Register, Urgency
from tests.offices import Numbers, a_letter, register
from tests.web_office import PASSWORD, Browser, WebOffice, a_web_office, browsing


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebOffice]:
    """An office with 130 incoming and 20 outgoing letters of three days, some of them void."""
    with a_web_office(tmp_path_factory.mktemp("busy")) as office:
        fill(office, 130, Register.INCOMING)
        fill(office, 20, Register.OUTGOING)
        yield office


def fill(office: WebOffice, count: int, book: Register) -> None:
    node, clock = office.node, office.clock
    start = clock.moment
    for n in range(1, count + 1):
        urgency = Urgency.MOST_URGENT if n % 25 == 0 else Urgency.NORMAL
        entry = register(
            node, a_letter(n, book, urgency=urgency, letter_date=date(2026, 11, 1 + n % 20))
        )
        if n % 40 == 0:
            with node.db.write() as write:
                letters.void_entry(
                    write, node.journal, entry.id, reason="ออกเลขผิดทะเบียน",
                    actor=office.people["somsri"],  # type: ignore[arg-type] # a person id
                )  # fmt: skip
        if n % 50 == 0:
            clock.forward(days=1)
    clock.until(start + timedelta(days=3))


@pytest.fixture
def clerk(busy: WebOffice) -> Iterator[Browser]:
    with browsing(busy, "somsri") as browser:
        yield browser


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[WebOffice]:
    with a_web_office(tmp_path) as office:
        yield office


def numbers_shown(browser: Browser) -> list[str]:
    return re.findall(r'number headline">(?:<s>)?([\d๐-๙]+)', browser.text)


def test_an_office_on_its_first_day_is_told_how_to_begin(fresh: WebOffice) -> None:
    with browsing(fresh, "somsri") as clerk:
        for path in ("/", "/arrivals", "/registers/incoming", "/registers/outgoing", "/search"):
            assert clerk.open(path).status_code == 200
        clerk.open("/registers/incoming")
        assert "ยังไม่มีหนังสือในทะเบียนปีนี้" in clerk.text
        assert 'href="/registers/incoming/new"' in clerk.text


def test_a_register_stands_in_its_official_columns_newest_first(clerk: Browser) -> None:
    clerk.open("/registers/incoming")

    heads = re.findall(r'<th scope="col"[^>]*>([^<]+)</th>', clerk.text)
    assert heads == [
        "เลขทะเบียนรับ", "ที่", "ลงวันที่", "จาก", "ถึง", "เรื่อง", "การปฏิบัติ", "หมายเหตุ", "เวลา",
    ]  # fmt: skip
    assert numbers_shown(clerk)[:3] == ["๑๓๐", "๑๒๙", "๑๒๘"]
    assert "แสดงเลข ๘๑–๑๓๐ จากทั้งหมด ๑๓๐ รายการ" in clerk.text


def test_turning_the_pages_shows_every_number_once(clerk: Browser) -> None:
    shown: list[str] = []
    address = "/registers/incoming"
    while address:
        clerk.open(address)
        shown += numbers_shown(clerk)
        found = re.findall(r'rel="next" href="([^"]+)"', clerk.text)
        address = found[0] if found else ""

    assert len(shown) == 130
    assert len(set(shown)) == 130


def test_lines_stand_under_the_day_on_which_they_were_registered(clerk: Browser) -> None:
    clerk.open("/registers/incoming")

    days = re.findall(r'scope="rowgroup">([^<]+)<', clerk.text)
    assert days == ["๒๔ พฤศจิกายน ๒๕๖๙", "๒๓ พฤศจิกายน ๒๕๖๙"]


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("state=void", 3),
        ("urgency=most-urgent", 5),
        ("text=ประชุมผู้บริหาร", 18),
        ("text=ประชุมผู้บริหาร&state=void", 0),
        ("from=24/11/2569", 30),
        ("from=22/11/69&to=๒๒ พ.ย. ๖๙", 50),
        ("year=2568", 0),
        ("before=11", 10),
    ],
)
def test_a_register_is_filtered(clerk: Browser, query: str, count: int) -> None:
    clerk.open(f"/registers/incoming?{query}")

    assert len(numbers_shown(clerk)) == min(count, 50)
    if not count:
        assert "ไม่มีรายการที่ตรงกับตัวกรอง" in clerk.text or "ยังไม่มีหนังสือ" in clerk.text


@pytest.mark.parametrize(
    "query",
    [
        "year=x",
        "before=-1",
        "before=" + "9" * 30,
        "state=gone",
        "urgency=x",
        "from=32/13/69",
        "text=" + "ก" * 300,
    ],
)
def test_a_filter_that_means_nothing_breaks_nothing(clerk: Browser, query: str) -> None:
    assert clerk.open(f"/registers/incoming?{query}").status_code == 200


def test_a_void_number_stays_struck_with_its_reason(clerk: Browser) -> None:
    clerk.open("/registers/incoming?state=void")

    row = clerk.text.partition("<tr data-href")[2].partition("</tr>")[0]
    assert 'class="void"' in row
    assert "<s>๑๒๐</s>" in row
    assert "ยกเลิก: ออกเลขผิดทะเบียน" in row


def test_the_printed_register_has_the_columns_of_the_form_in_the_order_of_time(
    clerk: Browser,
) -> None:
    clerk.open("/registers/outgoing/print")

    assert "แบบที่ ๑๔" in clerk.text
    heads = re.findall(r'<th scope="col"[^>]*>([^<]+)</th>', clerk.text)
    assert heads == [
        "เลขทะเบียนส่ง", "ที่", "ลงวันที่", "จาก", "ถึง", "เรื่อง", "การปฏิบัติ", "หมายเหตุ",
    ]  # fmt: skip
    numbers = re.findall(r'<td class="number">([๐-๙]+)', clerk.text)
    assert numbers[:3] == ["๑", "๒", "๓"]
    assert len(numbers) == 20


def test_a_letter_shows_stamp_facts_and_history(clerk: Browser) -> None:
    clerk.open("/registers/incoming?state=void")
    (address, *_) = re.findall(r'data-href="(/letters/[\d-]+)"', clerk.text)

    clerk.open(address)

    for part in (
        "ทะเบียนหนังสือรับ ๑๒๐/๒๕๖๙", "โรงเรียนบ้านดอย", "เลขนี้ถูกยกเลิก: ออกเลขผิดทะเบียน",
        "นางสาวสมศรี ใจดี", "<b>ลงทะเบียน</b>", "<b>ยกเลิกเลข</b>",
    ):  # fmt: skip
        assert part in clerk.text


def test_what_is_done_with_a_letter_is_written_down_and_stays_in_its_history(
    fresh: WebOffice,
) -> None:
    entry = register(fresh.node, "ขอเชิญประชุม")
    with browsing(fresh, "somsri") as clerk:
        address = f"/letters/{entry.id}"
        clerk.open(address)
        clerk.send(f"{address}/note", {"action": "มอบฝ่ายวิชาการ"})
        assert "บันทึกการปฏิบัติแล้ว" in clerk.text
        clerk.send(f"{address}/note", {"action": "ตอบแล้วตามหนังสือที่ ศธ ๑/๒"})
        clerk.send(f"{address}/files", files=[("ตอบ.pdf", b"%PDF-1.4 x")])
        assert "แนบแฟ้มแล้ว" in clerk.text

        history = clerk.text.partition("timeline")[2]
        for part in ("มอบฝ่ายวิชาการ", "ตอบแล้วตามหนังสือที่ ศธ ๑/๒", "ตอบ.pdf"):
            assert part in history
        (link,) = re.findall(rf'href="({address}/files/\w+)"', clerk.text)
        file = clerk.client.get(link)
        assert file.content == b"%PDF-1.4 x"
        assert "attachment" in file.headers["content-disposition"]
        assert (
            "filename*=UTF-8''%E0%B8%95%E0%B8%AD%E0%B8%9A.pdf"
            in file.headers["content-disposition"]
        )
        assert "sandbox" in file.headers["content-security-policy"]


def test_a_number_is_cancelled_once_with_a_reason(fresh: WebOffice) -> None:
    entry = register(fresh.node, "ออกเลขผิด")
    with browsing(fresh, "somsri") as clerk:
        address = f"/letters/{entry.id}"
        clerk.open(address)
        clerk.send(f"{address}/void", {"reason": "   "})
        assert clerk.shown.status_code == 422
        assert "SRB-307" in clerk.text
        clerk.send(f"{address}/void", {"reason": "ลงผิดทะเบียน"})
        assert "ยกเลิกเลขแล้ว" in clerk.text
        clerk.send(f"{address}/void", {"reason": "อีกครั้ง"})
        assert clerk.shown.status_code == 409
        assert "SRB-306" in clerk.text

    assert fresh.entries() == [("incoming", 1, "ออกเลขผิด", "void")]


def test_a_letter_gives_out_only_its_own_files(fresh: WebOffice) -> None:
    with browsing(fresh, "somsri") as clerk:
        clerk.register(subject="มีแฟ้ม", files=[("ก.pdf", b"%PDF-1.4 own")])
        clerk.register(subject="ไม่มีแฟ้ม")
        with fresh.node.db.read() as cursor:
            with_file, without = (
                row[0] for row in cursor.execute("SELECT id FROM entry ORDER BY seq")
            )
            (content,) = next(iter(cursor.execute("SELECT sha256 FROM entry_file")))

        assert clerk.open(f"/letters/{with_file}/files/{content}").status_code == 200
        assert clerk.open(f"/letters/{without}/files/{content}").status_code == 404
        assert clerk.open(f"/letters/{with_file}/files/..%2f..%2fnode.toml").status_code == 404
        (fresh.node.files.path(content)).write_bytes(b"%PDF-1.4 bad")
        answer = clerk.open(f"/letters/{with_file}/files/{content}")
        assert answer.status_code == 500
        assert "SRB-311" in clerk.text
        assert b"bad" not in answer.content


@pytest.mark.parametrize(
    ("typed", "marked"),
    [
        ("นํ้าใจ", "น้ำใจ"),
        ("ประชุม", "ประชุม"),
        ("๑๒", "12"),
        ("เเผน", "แผน"),
        ("ERP", "erp"),
    ],
)
def test_search_finds_and_marks_a_word_however_it_was_typed(
    fresh: WebOffice, typed: str, marked: str
) -> None:
    register(fresh.node, f"เรื่อง {marked} ของโรงเรียน")
    register(fresh.node, "เรื่องอื่น")
    with browsing(fresh, "somsri") as clerk:
        clerk.open(f"/search?q={typed}")

        assert re.findall(r"<mark>([^<]+)</mark>", clerk.text) == [marked]
        assert "เรื่องอื่น" not in clerk.text


def test_a_search_goes_on_over_its_pages_and_says_when_there_is_nothing(clerk: Browser) -> None:
    clerk.open("/search?q=ประชุม")
    (older,) = re.findall(r'rel="next" href="([^"]+)"', clerk.text) or [""]
    first = set(re.findall(r'data-href="(/letters/[\d-]+)"', clerk.text))
    if older:
        clerk.open(older)
        assert not first & set(re.findall(r'data-href="(/letters/[\d-]+)"', clerk.text))

    clerk.open("/search?q=ไม่มีคำนี้แน่นอน")
    assert "ไม่พบหนังสือที่มีคำ “ไม่มีคำนี้แน่นอน”" in clerk.text


def test_today_shows_work_first_then_line_and_backup_in_a_sentence_each(clerk: Browser) -> None:
    clerk.open("/")

    order = [
        clerk.text.index(part)
        for part in ("หนังสือเข้ารอลงทะเบียน", "ลงทะเบียนล่าสุด", "ยังไม่ผูกกับส่วนกลาง", "ยังไม่มีชุดสำรองข้อมูล")
    ]
    assert order == sorted(order)


def test_an_administrator_sees_the_machine_and_no_letters(busy: WebOffice) -> None:
    with browsing(busy, "prasert") as administrator:
        for path in ("/", "/line", "/status", "/people", "/settings"):
            assert administrator.open(path).status_code == 200
            assert "ประชุมผู้บริหาร" not in administrator.text
            assert 'href="/registers/incoming"' not in administrator.text
            assert 'name="q"' not in administrator.text


def test_the_line_says_what_has_not_left_and_why(tmp_path: Path) -> None:
    with a_web_office(tmp_path, settings={"centre_url": "http://127.0.0.1:9"}) as office:
        register(office.node, "รออยู่")
        with pytest.raises(SarabanError):
            syncer.Syncer(office.node).run_cycle()
        with browsing(office, "somsri") as clerk:
            clerk.open("/line")
            assert "ยังไม่ถึงส่วนกลาง ๑ ฉบับ" in clerk.text
            assert "รออยู่" in clerk.text
            assert re.search(r"SRB-32\d", clerk.text)
            assert "ยังไม่เคย" in clerk.text
            clerk.send("/line/try")
            assert clerk.shown.url.path == "/line"


def test_the_status_tells_what_needs_a_person_and_which_numbers_are_left(fresh: WebOffice) -> None:
    with browsing(fresh, "somsri") as clerk:
        clerk.open("/status")
        assert "ต้องดูแล" in clerk.text, "there is no backup yet"
        assert "๕,๐๐๐" in clerk.text
        clerk.send("/status/check")
        assert "ฐานข้อมูลสมบูรณ์" in clerk.text
        assert "ลายมือชื่อถูกต้องทุกรายการ" in clerk.text


def test_numbers_that_run_out_are_said_in_time(tmp_path: Path) -> None:
    ranges = [Numbers(Register.INCOMING, 2569, 20), Numbers(Register.OUTGOING, 2569, 500)]
    with a_web_office(tmp_path, ranges=ranges) as office, browsing(office, "somsri") as clerk:
        clerk.open("/")

        assert "ทะเบียนหนังสือรับ ปี ๒๕๖๙ เหลือเลข ๒๐ เลข" in clerk.text
        assert "ทะเบียนหนังสือส่ง ปี" not in clerk.text


def test_a_fenced_node_says_so_on_every_page(fresh: WebOffice) -> None:
    with fresh.node.db.write() as write:
        write.cursor.execute("INSERT INTO meta VALUES ('fenced', 'restored')")
    with browsing(fresh, "somsri") as clerk:
        for path in ("/", "/registers/incoming", "/registers/incoming/new", "/search"):
            clerk.open(path)
            assert "กู้คืนมาจากชุดสำรอง" in clerk.text
        clerk.register(subject="ไม่มีเลข")
        assert clerk.shown.status_code == 409
    assert not fresh.entries()


def test_an_administrator_gives_and_takes_accounts(fresh: WebOffice) -> None:
    with browsing(fresh, "prasert") as administrator:
        administrator.open("/people")
        administrator.send(
            "/people", {"username": "Malee.K", "name": "นางมาลี แก้วใส", "roles": ["clerk"]}
        )
        (first,) = re.findall(r'class="secret"[^>]*>([^<]+)<', administrator.text)
        administrator.open("/people")
        assert "malee.k" in administrator.text
        assert first not in administrator.text, "it is shown once"
        assert "ยังไม่ได้ตั้งรหัสผ่านเอง" in administrator.text
        (who,) = re.findall(r"malee\.k</td>.*?/people/(p-\w+)", administrator.text, re.DOTALL)
        administrator.open(f"/people/{who}")
        administrator.send(f"/people/{who}", {"name": "นางมาลี แก้วใส", "roles": "clerk"})
        assert "ปิดใช้งาน" in administrator.text
        with browsing(fresh) as malee:
            malee.log_in("malee.k", first)
            assert "SRB-501" in malee.text


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"username": "somsri", "name": "ซ้ำ", "roles": "clerk"}, "SRB-523"),
        ({"username": "สมศรี", "name": "ชื่อไทย", "roles": "clerk"}, "SRB-524"),
        ({"username": "x y", "name": "เว้นวรรค", "roles": "clerk"}, "SRB-524"),
        ({"username": "new.one", "name": "  ", "roles": "clerk"}, "SRB-519"),
        ({"username": "new.one", "name": "ไม่มีสิทธิ"}, "SRB-519"),
        ({"username": "new.one", "name": "ก" * 300, "roles": "clerk"}, "SRB-520"),
    ],
)
def test_an_account_that_cannot_be_is_refused_beside_its_field(
    busy: WebOffice, fields: dict[str, str], code: str
) -> None:
    with browsing(busy, "prasert") as administrator:
        administrator.open("/people")
        before = busy.events()
        administrator.send("/people", fields)

    assert administrator.shown.status_code in (409, 422)
    assert code in administrator.text
    assert 'class="problem"' in administrator.text
    assert busy.events() == before


def test_the_last_administrator_cannot_lock_everybody_out(fresh: WebOffice) -> None:
    with browsing(fresh, "prasert") as administrator:
        for username in ("mali", "prasert"):
            who = fresh.people[username]
            administrator.open(f"/people/{who}")
            administrator.send(f"/people/{who}", {"name": "ก", "roles": "clerk", "active": "yes"})

    assert administrator.shown.status_code == 409
    assert "SRB-526" in administrator.text


def test_a_forgotten_password_is_replaced_by_a_one_time_one(fresh: WebOffice) -> None:
    with browsing(fresh, "somsri") as clerk, browsing(fresh, "prasert") as administrator:
        who = fresh.people["somsri"]
        administrator.open(f"/people/{who}")
        administrator.send(f"/people/{who}/password")
        (first,) = re.findall(r'class="secret"[^>]*>([^<]+)<', administrator.text)

        assert clerk.open("/").url.path == "/login", "the old log-in has ended"
        clerk.log_in("somsri", PASSWORD)
        assert "SRB-501" in clerk.text
        clerk.log_in("somsri", first)
        assert clerk.shown.url.path == "/password"


def test_a_person_reads_in_the_language_and_digits_they_like(fresh: WebOffice) -> None:
    register(fresh.node, NewLetter(register=Register.INCOMING, subject="ขอเชิญประชุม"))
    with browsing(fresh, "somsri") as clerk:
        clerk.open("/settings")
        clerk.send("/settings/reading", {"language": "en", "digits": "arabic"})
        assert "Language and digits" in clerk.text
        clerk.open("/registers/incoming")
        assert "Incoming register" in clerk.text
        assert numbers_shown(clerk) == ["1"]
        assert '<html lang="en">' in clerk.text
        clerk.log_in("somsri")
        assert "Latest entries" in clerk.text
        clerk.send("/language", {"language": "th", "back": "/line"})
        assert clerk.shown.url.path == "/line"
        assert "การเชื่อมต่อส่วนกลาง" in clerk.text


def test_a_stranger_can_read_the_log_in_page_in_english(fresh: WebOffice) -> None:
    with browsing(fresh) as browser:
        browser.open("/login")
        browser.send("/language", {"language": "en", "back": "/login"})

    assert "User name" in browser.text
    assert '<html lang="en">' in browser.text


def test_own_log_ins_are_listed_and_can_be_ended(fresh: WebOffice) -> None:
    with browsing(fresh, "somsri") as desk, browsing(fresh, "somsri") as phone:
        desk.open("/settings")
        assert desk.text.count("ใช้งานล่าสุด") == 2
        desk.send("/settings/sessions/end")
        assert desk.text.count("ใช้งานล่าสุด") == 1
        assert phone.open("/").url.path == "/login"


def test_ten_thousand_letters_turn_as_quickly_as_ten(tmp_path: Path) -> None:
    """A page reads its fifty rows and no more."""
    with a_web_office(tmp_path, ranges=[Numbers(Register.INCOMING, 2569, 10_000)]) as office:
        node = office.node
        with node.db.write() as write:
            for n in range(10_000):
                letters.register_letter(
                    write,
                    node.journal,
                    a_letter(n),
                    actor=office.people["somsri"],  # type: ignore[arg-type]
                )
        with browsing(office, "somsri") as clerk:
            for path in ("/", "/registers/incoming", "/registers/incoming?before=5000"):
                clerk.open(path)
                took = clerk.shown.elapsed.total_seconds()
                assert took < 1.0, f"{path}: {took}"
            clerk.open("/registers/incoming/print")
            assert clerk.text.count('<td class="number">') == 10_000
