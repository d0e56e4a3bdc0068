"""Who is logged in, for how long, and what a guesser of passwords meets."""

from collections.abc import Iterator
from datetime import timedelta
from importlib import resources
from pathlib import Path

import pytest

from saraban_base import accounts, attempts, sessions
from saraban_base.accounts import Account, LogIn, Origin
from saraban_base.passwords import Passwords
from saraban_base.refusals import (
    OneTimePasswordExpired,
    PasswordCommon,
    PasswordUnchanged,
    TooManyAttempts,
    UsernameTaken,
    WrongPassword,
)
from saraban_base.sessions import Session
from saraban_base.sqlite import Database
from tests.offices import HandClock

PASSWORD = "ลมพัดใบไผ่ ริมห้วย"
DESK = Origin("192.168.1.10", "Firefox ที่โต๊ะธุรการ")
ATTIC = Origin("192.168.1.66", "somebody")
CHEAP = Passwords(memory_kib=8)
MIGRATIONS = resources.files("saraban_central") / "migrations"


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def db(tmp_path: Path, clock: HandClock) -> Iterator[Database]:
    db = Database.open(tmp_path / "accounts.db", migrations=MIGRATIONS, clock=clock)
    with db.write() as write:
        for username in ("somsri", "mali"):
            account = Account(f"p-{username}", username, username, frozenset({"clerk"}), True)
            accounts.put_person(write, account)
            write.cursor.execute(
                "INSERT INTO credential VALUES (?, ?, 0, NULL, 0)",
                (account.person, CHEAP.hash(PASSWORD)),
            )
    yield db
    db.close()


def log_in(
    db: Database, username: str = "somsri", password: str = PASSWORD, *, origin: Origin = DESK,
    replaces: str = "",
) -> LogIn:  # fmt: skip
    return accounts.log_in(
        db, CHEAP, username=username, password=password, origin=origin, replaces=replaces
    )


def seen(db: Database, token: str, clock: HandClock) -> Session | None:
    with db.read() as cursor:
        return sessions.look_up(cursor, token, clock.now())


def live(db: Database, token: str, clock: HandClock) -> bool:
    found = seen(db, token, clock)
    return found is not None and found.live


def click(db: Database, token: str, clock: HandClock) -> bool:
    """Look a session up as a page does; tells whether anything had to be written."""
    found = seen(db, token, clock)
    if found is not None and found.live and found.touch:
        with db.write() as write:
            sessions.touch(write, found)
        return True
    return False


def test_a_stolen_database_opens_no_session(db: Database, clock: HandClock, tmp_path: Path) -> None:
    token = log_in(db).session
    db.checkpoint()

    assert live(db, token, clock)
    assert token.encode() not in (tmp_path / "accounts.db").read_bytes()
    assert not live(db, sessions.token_hash(token).hex(), clock)


def test_the_id_has_256_random_bits(db: Database) -> None:
    made = {sessions.new_token() for _ in range(1000)}

    assert len(made) == 1000
    assert {len(token) for token in made} == {43}


def test_a_log_in_makes_a_new_id_and_ends_the_one_the_browser_brought(
    db: Database, clock: HandClock
) -> None:
    first = log_in(db).session

    second = log_in(db, replaces=first).session

    assert second != first
    assert live(db, second, clock)
    assert not live(db, first, clock)


def test_an_id_that_somebody_made_up_never_becomes_a_session(
    db: Database, clock: HandClock
) -> None:
    made_up = sessions.new_token()

    token = log_in(db, replaces=made_up).session

    assert token != made_up
    assert seen(db, made_up, clock) is None


def test_a_session_ends_after_half_an_hour_without_a_click(db: Database, clock: HandClock) -> None:
    token = log_in(db).session
    for _ in range(10):
        clock.forward(minutes=25)
        assert live(db, token, clock)
        click(db, token, clock)

    clock.forward(minutes=31)

    assert not live(db, token, clock)


def test_a_session_ends_after_a_working_day_however_busy(db: Database, clock: HandClock) -> None:
    token = log_in(db).session
    for _ in range(36):
        clock.forward(minutes=20)
        click(db, token, clock)
    assert live(db, token, clock)

    clock.forward(minutes=1)

    assert not live(db, token, clock)


def test_a_session_does_not_outlive_a_clock_that_is_set_back(
    db: Database, clock: HandClock
) -> None:
    token = log_in(db).session

    clock.put(clock.moment - timedelta(days=40))

    assert not live(db, token, clock)


def test_reading_a_page_writes_nothing_more_often_than_once_a_minute(
    db: Database, clock: HandClock
) -> None:
    token = log_in(db).session
    written = 0
    for _ in range(60):
        clock.forward(seconds=2)
        written += click(db, token, clock)

    assert written == 2


def test_who_is_disabled_is_out_at_once_and_stays_out(db: Database, clock: HandClock) -> None:
    token = log_in(db).session

    with db.write() as write:
        accounts.put_person(
            write, Account("p-somsri", "somsri", "somsri", frozenset({"clerk"}), False)
        )

    assert seen(db, token, clock) is None
    with pytest.raises(WrongPassword):
        log_in(db)
    with db.write() as write:
        accounts.put_person(
            write, Account("p-somsri", "somsri", "somsri", frozenset({"clerk"}), True)
        )
    assert not live(db, token, clock)


def test_a_new_password_ends_all_log_ins_and_begins_one(db: Database, clock: HandClock) -> None:
    desk, phone = log_in(db).session, log_in(db).session

    session = accounts.change_password(
        db, CHEAP, "p-somsri", current=PASSWORD, new="ดอกไม้ริมรั้ว 9", origin=DESK
    )

    assert [live(db, token, clock) for token in (desk, phone, session)] == [False, False, True]
    assert log_in(db, password="ดอกไม้ริมรั้ว 9")
    with pytest.raises(WrongPassword):
        log_in(db)


def test_a_password_is_changed_only_by_who_knows_the_present_one(
    db: Database, clock: HandClock
) -> None:
    token = log_in(db).session

    for current, new, problem in (
        ("ไม่ใช่", "ดอกไม้ริมรั้ว 9", WrongPassword),
        (PASSWORD, PASSWORD, PasswordUnchanged),
        (PASSWORD, "password1", PasswordCommon),
    ):
        with pytest.raises(problem):
            accounts.change_password(db, CHEAP, "p-somsri", current=current, new=new, origin=DESK)

    assert live(db, token, clock)
    assert log_in(db)


def test_a_first_password_must_be_changed_and_works_a_week_only(
    db: Database, clock: HandClock
) -> None:
    with db.write() as write:
        first = accounts.give_one_time_password(write, CHEAP, "p-somsri")

    done = log_in(db, password=first)

    assert done.must_change
    found = seen(db, done.session, clock)
    assert found is not None
    assert found.must_change
    clock.forward(days=7, minutes=1)
    with pytest.raises(OneTimePasswordExpired):
        log_in(db, password=first)


def test_people_see_and_end_their_own_log_ins_and_nobody_elses(
    db: Database, clock: HandClock
) -> None:
    desk = log_in(db).session
    clock.forward(minutes=2)
    phone = log_in(db, origin=Origin("192.168.1.20", "โทรศัพท์")).session
    other = log_in(db, "mali").session

    with db.read() as cursor:
        listed = sessions.running(cursor, "p-somsri", clock.now())

    assert [one.source for one in listed] == ["192.168.1.20", "192.168.1.10"]
    with db.write() as write:
        assert sessions.end_listed(write, "p-somsri", listed[1].key)
        assert not sessions.end_listed(write, "p-somsri", sessions.token_hash(other).hex())
    assert [live(db, token, clock) for token in (desk, phone, other)] == [False, True, True]


def test_an_ended_session_tells_for_a_day_whose_form_came_too_late(
    db: Database, clock: HandClock
) -> None:
    token = log_in(db).session
    clock.forward(hours=13)

    late = seen(db, token, clock)

    assert late is not None
    assert (late.person, late.live) == ("p-somsri", False)
    clock.forward(hours=12)
    assert seen(db, token, clock) is None


def test_a_weaker_hash_is_made_again_at_the_next_log_in(db: Database) -> None:
    stronger = Passwords(memory_kib=16)

    accounts.log_in(db, stronger, username="somsri", password=PASSWORD, origin=DESK)

    with db.read() as cursor:
        (row,) = list(cursor.execute("SELECT hash FROM credential WHERE person = 'p-somsri'"))
    assert "m=16," in row[0]
    assert log_in(db)


def test_a_user_name_belongs_to_one_person_for_ever(db: Database) -> None:
    with db.write() as write, pytest.raises(UsernameTaken):
        accounts.put_person(write, Account("p-new", "mali", "อีกคน", frozenset(), True))


def guess(db: Database, clock: HandClock, origin: Origin, *, hours: float, every: float) -> int:
    """Try wrong passwords for some hours; gives how many were really checked."""
    checked, end = 0, clock.moment + timedelta(hours=hours)
    while clock.moment < end:
        try:
            log_in(db, password=f"เดา {clock.moment}", origin=origin)
        except WrongPassword:
            checked += 1
        except TooManyAttempts:
            pass
        clock.forward(seconds=every)
    return checked


def test_ten_thousand_guesses_from_one_place_are_a_few_dozen(
    db: Database, clock: HandClock
) -> None:
    checked = guess(db, clock, ATTIC, hours=10_000 / 3600, every=1)

    assert checked <= 60


def test_guessing_from_many_places_at_one_account_is_as_slow(
    db: Database, clock: HandClock
) -> None:
    checked = 0
    for place in range(2_000):
        try:
            log_in(db, password="เดา", origin=Origin(f"10.0.{place // 250}.{place % 250}", ""))
        except WrongPassword:
            checked += 1
        except TooManyAttempts:
            pass
        clock.forward(seconds=2)

    assert checked <= 40


def test_one_place_cannot_try_many_accounts_quickly(db: Database, clock: HandClock) -> None:
    checked = 0
    for name in range(1_000):
        try:
            log_in(db, f"user{name}", "เดา", origin=ATTIC)
        except WrongPassword:
            checked += 1
        except TooManyAttempts:
            pass
        clock.forward(seconds=1)

    assert checked <= 50


def test_the_only_clerk_still_gets_in_while_somebody_guesses_her_password(
    db: Database, clock: HandClock
) -> None:
    device = log_in(db).device
    guess(db, clock, ATTIC, hours=1, every=5)
    with pytest.raises(TooManyAttempts):
        log_in(db, origin=ATTIC)

    done = log_in(db, origin=DESK._replace(device=device))

    assert live(db, done.session, clock)


def test_a_stolen_device_cookie_of_another_person_opens_no_faster_way(
    db: Database, clock: HandClock
) -> None:
    device = log_in(db, "mali").device
    guess(db, clock, ATTIC, hours=0.5, every=1)

    with pytest.raises(TooManyAttempts):
        log_in(db, password="เดา", origin=ATTIC._replace(device=device))


def test_a_clerk_on_a_new_browser_waits_five_minutes_at_most(
    db: Database, clock: HandClock
) -> None:
    guess(db, clock, ATTIC, hours=3, every=10)

    with pytest.raises(TooManyAttempts) as refused:
        log_in(db, origin=Origin("192.168.1.99", "new"))

    assert 0 < int(refused.value.facts["seconds"]) <= 300
    clock.forward(minutes=5, seconds=1)
    assert log_in(db, origin=Origin("192.168.1.99", "new"))


def test_a_restart_forgives_nothing(db: Database, clock: HandClock, tmp_path: Path) -> None:
    guess(db, clock, ATTIC, hours=0.2, every=1)
    again = Database.open(tmp_path / "accounts.db", migrations=MIGRATIONS, clock=clock)

    with pytest.raises(TooManyAttempts):
        log_in(again, origin=ATTIC)
    again.close()


def test_a_clock_set_back_does_not_make_a_wait_longer(db: Database, clock: HandClock) -> None:
    guess(db, clock, ATTIC, hours=1, every=10)

    clock.put(clock.moment - timedelta(days=40))

    with pytest.raises(TooManyAttempts) as refused:
        log_in(db, origin=ATTIC)
    assert int(refused.value.facts["seconds"]) <= 300


def test_a_few_slips_of_a_clerk_cost_her_nothing(db: Database, clock: HandClock) -> None:
    for _ in range(4):
        with pytest.raises(WrongPassword):
            log_in(db, password="พิมพ์ผิด")

    assert log_in(db)
    with db.read() as cursor:
        counters = attempts.subjects(
            cursor, username="somsri", person="p-somsri", source=DESK.source, device=""
        )
        assert attempts.waiting(cursor, counters, clock.now()) == 0


def test_a_wrong_name_and_a_wrong_password_sound_the_same(db: Database) -> None:
    with pytest.raises(WrongPassword) as nobody:
        log_in(db, "nobody", "เดา")
    with pytest.raises(WrongPassword) as wrong:
        log_in(db, "somsri", "เดา")

    assert nobody.value.sentence("th") == wrong.value.sentence("th")
    assert nobody.value.code == wrong.value.code


def test_what_was_typed_as_user_name_is_not_kept(db: Database, tmp_path: Path) -> None:
    """People type their password into the wrong field."""
    with pytest.raises(WrongPassword):
        log_in(db, "my-secret-password", "")
    db.checkpoint()

    assert b"my-secret-password" not in (tmp_path / "accounts.db").read_bytes()


def test_every_log_in_is_logged_good_or_not_and_never_what_was_typed(
    db: Database, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(accounts.log, "disabled", False)  # the import linter switches loggers off
    caplog.set_level("INFO", accounts.log.name)
    log_in(db)
    for username in ("somsri", "my-secret-password"):
        with pytest.raises(WrongPassword):
            log_in(db, username, "my-other-secret")

    assert caplog.messages == [
        "login.good person=p-somsri source=192.168.1.10",
        "login.refused person=p-somsri source=192.168.1.10",
        "login.refused person=- source=192.168.1.10",
    ]


def test_node_and_centre_keep_accounts_in_the_same_tables() -> None:
    texts = {
        (resources.files(package) / "migrations" / "0002_accounts.sql").read_text("utf-8")
        for package in ("saraban_node", "saraban_central")
    }

    assert len(texts) == 1
