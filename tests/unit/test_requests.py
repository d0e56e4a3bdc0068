"""Numbers are asked for before they run out, once, and what comes by hand is checked alike."""

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from saraban_node import config, journal, keys, meta
from saraban_node.appliance import Appliance
from saraban_node.clocks.errors import ClockUntrusted
from saraban_node.errors import Fenced, NotEnrolled
from saraban_node.journal import SYSTEM
from saraban_node.line import deliveries, sync_state
from saraban_node.numbering import emergency, handed, numbers, requests
from saraban_node.numbering.errors import AlreadyAsked, AlreadyHeld, NothingAsked
from saraban_sync import phone, range_files
from saraban_sync.errors import NotARangeFile, PhoneCodeUnreadable, PhoneCodeWrong, RangeProblem
from saraban_sync.grants import sign_grant
from saraban_sync.number_events import RangeRequested
from saraban_sync.policy import Wish
from saraban_sync.registers import Register, Series, instant
from saraban_sync.signing import SigningKey
from tests.offices import (
    CENTRE_KEY,
    SOMSRI,
    YEAR,
    HandClock,
    Numbers,
    a_grant,
    a_letter,
    an_office,
    events_of,
    grant,
    register,
)
from tests.promises import kept

BOOK = Register.INCOMING
SUMMER = datetime(2026, 6, 15, 2, 0, tzinfo=UTC)


@pytest.fixture
def clock() -> HandClock:
    return HandClock(SUMMER)


@pytest.fixture
def node(tmp_path: Path, clock: HandClock) -> Iterator[Appliance]:
    made = an_office(tmp_path / "node", clock=clock, ranges=[Numbers(BOOK, YEAR, 60)])
    yield made
    kept(made)
    made.close()


def ask_due(node: Appliance) -> list[Wish]:
    with node.db.write() as write:
        return requests.ask_due(write, node.journal, node.config)


def use(node: Appliance, count: int) -> None:
    for n in range(count):
        register(node, a_letter(n))


def reached_the_centre(node: Appliance) -> None:
    with node.db.write() as write:
        deliveries.stored_through(write, journal.head(write.cursor).seq)


def test_with_enough_numbers_nothing_is_asked_for(node: Appliance) -> None:
    assert ask_due(node) == []
    assert events_of(node, "range.requested") == []


def test_below_the_mark_a_block_is_asked_for_once(node: Appliance, clock: HandClock) -> None:
    use(node, 11)

    (wish,) = ask_due(node)
    clock.forward(days=30)

    assert (wish.register, wish.year, wish.left) == (BOOK, YEAR, 49)
    assert wish.size == node.config.number_block
    assert ask_due(node) == []
    (event,) = events_of(node, "range.requested")
    assert isinstance(event.body, RangeRequested)
    assert event.actor == SYSTEM


def test_a_busy_register_asks_earlier_and_for_more(node: Appliance) -> None:
    """Fifty a day: two weeks without a line need seven hundred."""
    grant(node, Numbers(BOOK, YEAR, 460, first=61))
    use(node, 350)

    (wish,) = ask_due(node)

    assert wish.left == 110
    assert wish.size > node.config.number_block
    assert wish.per_day == "50.00"


def test_an_imported_book_is_no_pace(node: Appliance) -> None:
    for n in range(9):
        register(node, a_letter(n, imported=True))

    with node.db.read() as cursor:
        (stock,) = requests.stocks(cursor, now=node.clock.now())

    assert (stock.left, stock.used, stock.days) == (51, 0, 1)


def test_only_the_last_weeks_are_the_pace(node: Appliance, clock: HandClock) -> None:
    use(node, 5)
    clock.forward(days=29)
    use(node, 3)

    with node.db.read() as cursor:
        (stock,) = requests.stocks(cursor, now=node.clock.now())

    assert (stock.used, stock.days) == (3, 28)


def test_numbers_that_come_answer_the_request(node: Appliance) -> None:
    use(node, 20)
    ask_due(node)

    grant(node, Numbers(BOOK, YEAR, 560, first=61))

    with node.db.read() as cursor:
        assert requests.open_requests(cursor, now=node.clock.now()) == {}
    assert ask_due(node) == []


def test_a_request_that_waits_for_the_line_is_not_repeated(
    node: Appliance, clock: HandClock
) -> None:
    use(node, 20)
    ask_due(node)
    clock.forward(days=90)

    assert ask_due(node) == []


def test_a_request_that_the_centre_had_for_days_in_vain_is_made_again(
    node: Appliance, clock: HandClock
) -> None:
    use(node, 20)
    ask_due(node)
    clock.forward(days=90)
    reached_the_centre(node)
    clock.forward(days=2)
    soon = ask_due(node)
    clock.forward(days=2)

    later = ask_due(node)

    assert (len(soon), len(later)) == (0, 1)


def test_next_years_numbers_are_asked_for_from_october(node: Appliance, clock: HandClock) -> None:
    clock.put(datetime(2026, 9, 30, 16, 59, tzinfo=UTC))  # a minute before October in Thailand
    before = ask_due(node)
    clock.forward(minutes=1)

    wishes = ask_due(node)

    assert before == []
    assert [(one.register, one.year) for one in wishes] == [(BOOK, YEAR + 1)]


def test_a_long_silence_makes_the_office_keep_more(node: Appliance, clock: HandClock) -> None:
    """A school on a mountain is cut off for weeks, so it asks while a school in town would not."""
    grant(node, Numbers(BOOK, YEAR, 200, first=61))
    for _ in range(20):
        use(node, 5)
        clock.forward(days=1)
    with node.db.write() as write:
        sync_state.put(write, "contact_at", instant(SUMMER - timedelta(days=15)))
        requests.note_contact(write)
        sync_state.put(write, "contact_at", instant(write.now))

    (wish,) = ask_due(node)

    assert wish.silence_s == timedelta(days=35).total_seconds()
    assert wish.left == 100


def test_the_longest_silence_is_remembered_for_a_year_or_so(
    node: Appliance, clock: HandClock
) -> None:
    def contact() -> None:
        with node.db.write() as write:
            requests.note_contact(write)
            sync_state.put(write, "contact_at", instant(write.now))

    def longest() -> int:
        with node.db.read() as cursor:
            return requests.longest_silence(cursor, now=node.clock.now()) // 86_400

    contact()
    first = longest()
    clock.forward(days=9)
    present = longest()
    contact()
    clock.forward(days=2)
    contact()
    remembered = longest()
    for _ in range(80):
        clock.forward(days=5)
        contact()

    assert (first, present, remembered, longest()) == (0, 9, 9, 5)


def test_a_fenced_node_and_one_without_a_centre_ask_for_nothing(node: Appliance) -> None:
    use(node, 20)
    with node.db.write() as write:
        meta.put(write, meta.FENCED, meta.RESTORED)
    fenced = ask_due(node)
    with node.db.write() as write:
        meta.remove(write, meta.FENCED)
        meta.remove(write, meta.CENTRE_KEY)

    assert (fenced, ask_due(node)) == ([], [])


def test_emergency_letters_of_a_book_without_numbers_are_provided_for(node: Appliance) -> None:
    use(node, 60)
    with node.db.write() as write:
        emergency.open_outage(write, node.journal, cause="สายขาด", actor=SOMSRI)
        emergency.register(write, node.journal, a_letter(1, Register.ORDER), actor=SOMSRI)

    wishes = {one.register: one for one in ask_due(node)}

    assert wishes[Register.ORDER].size == node.config.number_block
    assert set(wishes) == {BOOK, Register.ORDER}


def test_a_register_can_have_a_block_of_its_own(tmp_path: Path, clock: HandClock) -> None:
    node = an_office(tmp_path / "area", clock=clock, ranges=[Numbers(BOOK, YEAR, 10)])
    (node.folder / "node.toml").write_text("[number_blocks]\nincoming = 2000\n", encoding="utf-8")

    with node.db.write() as write:
        (wish,) = requests.ask_due(write, node.journal, config.read_config(node.folder))

    assert wish.size == 2000
    node.close()


def test_a_person_can_ask_for_the_first_numbers_of_a_book(node: Appliance) -> None:
    with node.db.write() as write:
        body = requests.ask(
            write, node.journal, node.config, register=Register.AWARD, year=YEAR, size=120,
            actor=SOMSRI,
        )  # fmt: skip

    assert (body.size, body.left) == (120, 0)
    with pytest.raises(AlreadyAsked), node.db.write() as write:
        requests.ask(
            write, node.journal, node.config, register=Register.AWARD, year=YEAR, actor=SOMSRI
        )


# By hand: on a stick.


def an_answer(node: Appliance, *ranges: Numbers, key: SigningKey = CENTRE_KEY) -> bytes:
    papers = tuple(sign_grant(key, a_grant(node, one)) for one in ranges)
    return range_files.write_answer(node.node, papers)


def test_a_request_travels_on_a_stick_and_the_answer_comes_back(node: Appliance) -> None:
    use(node, 20)
    ask_due(node)
    raw = handed.request_file(node)
    (event,) = range_files.read_request(raw, node=node.node, key=node.journal.key.public)

    answer = an_answer(node, Numbers(BOOK, YEAR, 560, first=61))
    new = handed.accept_file(node, answer, actor=SOMSRI)

    assert isinstance(event.body, RangeRequested)
    assert [(one.first, one.last) for one in new] == [(61, 560)]
    assert events_of(node, "range.accepted")[-1].actor == SOMSRI
    assert handed.accept_file(node, answer, actor=SOMSRI) == []
    with node.db.read() as cursor:
        assert numbers.left(cursor, BOOK, YEAR) == 540


def test_without_a_request_there_is_no_file(node: Appliance) -> None:
    with pytest.raises(NothingAsked):
        handed.request_file(node)


def test_a_file_that_the_centre_did_not_sign_gives_nothing(node: Appliance) -> None:
    forged = an_answer(node, Numbers(BOOK, YEAR, 560, first=61), key=SigningKey.generate())

    with pytest.raises(NotARangeFile):
        handed.accept_file(node, forged, actor=SOMSRI)


def test_a_file_with_one_bad_range_gives_nothing_at_all(node: Appliance) -> None:
    answer = an_answer(
        node, Numbers(BOOK, YEAR, 160, first=61), Numbers(BOOK, YEAR, 200, first=150)
    )

    with pytest.raises(RangeProblem):
        handed.accept_file(node, answer, actor=SOMSRI)

    with node.db.read() as cursor:
        assert len(numbers.held(cursor)) == 1


def test_a_node_without_a_centre_takes_no_file(node: Appliance) -> None:
    answer = an_answer(node, Numbers(BOOK, YEAR, 560, first=61))
    with node.db.write() as write:
        meta.remove(write, meta.CENTRE_KEY)

    with pytest.raises(NotEnrolled):
        handed.accept_file(node, answer, actor=SOMSRI)


def test_numbers_of_last_year_are_asked_for_anew_while_its_letters_wait(
    node: Appliance, clock: HandClock
) -> None:
    """The centre declines what was asked for in a year that is over when it comes."""
    use(node, 60)
    clock.until(datetime(2026, 12, 31, 5, tzinfo=UTC))
    with node.db.write() as write:
        emergency.open_outage(write, node.journal, cause="สายขาด", actor=SOMSRI)
        emergency.register(write, node.journal, a_letter(61), actor=SOMSRI)
    assert YEAR in [one.year for one in ask_due(node)]
    assert ask_due(node) == []

    clock.forward(days=1)

    (wish,) = [one for one in ask_due(node) if one.year == YEAR]
    assert (wish.register, wish.size) == (BOOK, 1)
    assert YEAR not in [one.year for one in ask_due(node)]


# By hand: over the telephone.


def a_code(node: Appliance, book: Register = BOOK, *, first: int = 61, size: int = 500) -> str:
    if not (node.keys / keys.CENTRE_SECRET).exists():
        (node.keys / keys.CENTRE_SECRET).write_text("a-secret\n", encoding="ascii")
    secret = keys.load(node.keys, keys.CENTRE_SECRET)
    key = phone.shared_key(hashlib.sha256(secret.encode("utf-8")).hexdigest())
    series = Series(node.office, book, YEAR)
    return phone.groups(phone.write_code(key, node.node, series, first=first, size=size))


def test_a_range_read_over_the_telephone_is_held_like_any_other(node: Appliance) -> None:
    code = a_code(node)

    told = handed.accept_code(node, code, register=BOOK, year=YEAR, actor=SOMSRI)

    assert told.range == (61, 560)
    with node.db.read() as cursor:
        assert numbers.left(cursor, BOOK, YEAR) == 560
    with pytest.raises(AlreadyHeld):
        handed.accept_code(node, code, register=BOOK, year=YEAR, actor=SOMSRI)


def test_a_misheard_digit_or_another_book_gives_nothing(node: Appliance) -> None:
    code = a_code(node)
    wrong = code[:-1] + str((int(code[-1]) + 1) % 10)

    for spoken, book, error in (
        (wrong, BOOK, PhoneCodeWrong),
        (code, Register.OUTGOING, PhoneCodeWrong),
        (code[:-1], BOOK, PhoneCodeUnreadable),
    ):
        with pytest.raises(error):
            handed.accept_code(node, spoken, register=book, year=YEAR, actor=SOMSRI)

    assert len(events_of(node, "range.told")) == 0


def test_a_code_settles_the_emergency_at_once(node: Appliance) -> None:
    use(node, 60)
    with node.db.write() as write:
        emergency.open_outage(write, node.journal, cause="สายขาด", actor=SOMSRI)
        waiting = emergency.register(write, node.journal, a_letter(61), actor=SOMSRI)

    handed.accept_code(node, a_code(node), register=BOOK, year=YEAR, actor=SOMSRI)

    (event,) = events_of(node, "emergency.correlated")
    assert getattr(event.body, "entry", None) == waiting.id


def test_a_code_is_taken_though_nobody_can_say_what_day_it_is(
    node: Appliance, clock: HandClock
) -> None:
    """Letters of the emergency register wait for their numbers until the clock is confirmed."""
    use(node, 60)
    with node.db.write() as write:
        emergency.open_outage(write, node.journal, cause="สายขาด", actor=SOMSRI)
        emergency.register(write, node.journal, a_letter(61), actor=SOMSRI)
    clock.has_rtc = False
    clock.reboot()

    handed.accept_code(node, a_code(node), register=BOOK, year=YEAR, actor=SOMSRI)

    assert events_of(node, "emergency.correlated") == []
    with node.db.read() as cursor:
        assert numbers.left(cursor, BOOK, YEAR) == 500
    with node.db.write() as write, pytest.raises(ClockUntrusted):
        emergency.settle(write, node.journal, actor=SOMSRI)


def test_a_node_that_never_met_a_centre_takes_no_code(node: Appliance) -> None:
    with pytest.raises(NotEnrolled):
        handed.accept_code(node, "1" * 20, register=BOOK, year=YEAR, actor=SOMSRI)


def test_a_fenced_node_takes_no_code(node: Appliance) -> None:
    code = a_code(node)
    with node.db.write() as write:
        meta.put(write, meta.FENCED, meta.RESTORED)

    with pytest.raises(Fenced):
        handed.accept_code(node, code, register=BOOK, year=YEAR, actor=SOMSRI)
