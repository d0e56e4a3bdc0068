"""Who may log in, and with what: the account tables that node and centre have in common.

The rows of ``person`` are written here on behalf of each appliance: a node's come from its journal,
the centre's from its administrators. Passwords, settings and log-ins are never in a journal.

Tables (migration 0002_accounts.sql of node and centre)::

    CREATE TABLE person (
        person   TEXT PRIMARY KEY,
        username TEXT NOT NULL UNIQUE,
        name     TEXT NOT NULL,
        roles    TEXT NOT NULL,
        active   INTEGER NOT NULL CHECK (active IN (0, 1))
    ) STRICT;
    CREATE TABLE credential (
        person     TEXT PRIMARY KEY,
        hash       TEXT NOT NULL,
        one_time   INTEGER NOT NULL CHECK (one_time IN (0, 1)),
        expires_ms INTEGER,
        changed_ms INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE preference (
        person   TEXT PRIMARY KEY,
        language TEXT NOT NULL CHECK (language IN ('th', 'en')),
        digits   TEXT NOT NULL CHECK (digits IN ('thai', 'arabic'))
    ) STRICT;
"""

import logging
import re
from collections.abc import Iterable
from datetime import timedelta
from typing import Final, NamedTuple

from saraban_base import attempts, sessions
from saraban_base.passwords import Passwords, check_choice, one_time
from saraban_base.refusals import (
    NoSuchPerson,
    OneTimePasswordExpired,
    PasswordUnchanged,
    UsernameInvalid,
    UsernameTaken,
    WrongPassword,
)
from saraban_base.sessions import milliseconds
from saraban_base.sqlite import Cursor, Database, Write, one, rows

log: Final = logging.getLogger("saraban.accounts")
ONE_TIME_LASTS: Final = timedelta(days=7)
_USERNAME: Final = re.compile(r"[a-z][a-z0-9.-]{1,31}")


class Account(NamedTuple):
    """A person who has, or had, an account."""

    person: str
    username: str
    name: str
    roles: frozenset[str]
    active: bool
    one_time: bool = False
    """Whether the first password has not been changed yet."""


class Origin(NamedTuple):
    """Where a log-in comes from."""

    source: str
    """Network address."""
    agent: str
    """What the browser calls itself."""
    device: str = ""
    """The browser's device cookie."""


class LogIn(NamedTuple):
    """What a good log-in gives the browser."""

    session: str
    device: str
    must_change: bool


def clean_username(text: str) -> str:
    """Bring a typed user name into its one form.

    Raises:
        UsernameInvalid: it has other characters than a–z, digits, dot and hyphen.
    """
    name = text.strip().casefold()
    if _USERNAME.fullmatch(name) is None:
        raise UsernameInvalid(f"not a user name: {text[:40]!r}")
    return name


def check_username(cursor: Cursor, username: str, *, besides: str = "") -> None:
    """Make sure that nobody else has a user name, also among accounts no longer in use.

    Raises:
        UsernameTaken: somebody has it.
    """
    found = one(
        cursor, "SELECT 1 FROM person WHERE username = ? AND person <> ?", (username, besides)
    )
    if found:
        raise UsernameTaken(username, username=username)


def put_person(write: Write, account: Account) -> None:
    """Write down a new person or a changed one; who is no longer active loses all sessions.

    Raises:
        UsernameTaken: another person has this user name.
    """
    check_username(write.cursor, account.username, besides=account.person)
    write.cursor.execute(
        "INSERT INTO person (person, username, name, roles, active) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT (person) DO UPDATE SET username = excluded.username, name = excluded.name,"
        " roles = excluded.roles, active = excluded.active",
        (account.person, account.username, account.name, " ".join(sorted(account.roles)),
         int(account.active)),
    )  # fmt: skip
    if not account.active:
        sessions.end_all(write, account.person)


def account(cursor: Cursor, person: str) -> Account:
    """Give one account.

    Raises:
        NoSuchPerson: there is none.
    """
    found = _accounts(cursor, "WHERE p.person = ?", (person,))
    if not found:
        raise NoSuchPerson(person)
    return found[0]


def by_username(cursor: Cursor, username: str) -> Account | None:
    """Find an account by its user name."""
    found = _accounts(cursor, "WHERE p.username = ?", (username.strip().casefold(),))
    return found[0] if found else None


def all_accounts(cursor: Cursor) -> list[Account]:
    """List all accounts, those in use first."""
    return _accounts(cursor, "ORDER BY p.active DESC, p.username", ())


def _accounts(cursor: Cursor, where: str, binding: tuple[str, ...]) -> list[Account]:
    found: Iterable[tuple[str, str, str, str, int, int | None]] = rows(
        cursor,
        "SELECT p.person, p.username, p.name, p.roles, p.active, c.one_time FROM person p"  # noqa: S608 - `where` is one of the three constants above
        f" LEFT JOIN credential c ON c.person = p.person {where}",
        binding,
    )
    return [
        Account(person, username, name, frozenset(roles.split()), bool(active), bool(first))
        for person, username, name, roles, active, first in found
    ]


def give_one_time_password(write: Write, passwords: Passwords, person: str) -> str:
    """Give a person a new first password; all their sessions end.

    Returns:
        The password, to be told to the person; it is stored nowhere.
    """
    text = one_time()
    expires = milliseconds(write.now + ONE_TIME_LASTS)
    _put_hash(write, person, passwords.hash(text), expires_ms=expires)
    sessions.end_all(write, person)
    return text


def log_in(
    db: Database,
    passwords: Passwords,
    *,
    username: str,
    password: str,
    origin: Origin,
    replaces: str = "",
) -> LogIn:
    """Check a user name and password and begin a session with a new id.

    Args:
        db: the appliance's database.
        passwords: the hasher.
        username: as typed.
        password: as typed.
        origin: where the request comes from.
        replaces: the session id the browser had before; that session ends.

    Raises:
        WrongPassword: they do not belong together, or the account is not in use.
        TooManyAttempts: there is a pause after too many wrong passwords.
        OneTimePasswordExpired: the first password was not used in time.
    """
    with db.write() as write:
        person, stored, expires = _stored(write.cursor, username)
        counters = attempts.subjects(
            write.cursor, username=username, person=person, source=origin.source,
            device=origin.device,
        )  # fmt: skip
        attempts.count(write, counters)
    check = passwords.check(stored, password)  # outside any transaction: it takes a while
    if not check.good or person is None:
        # What was typed as user name is not written down: it may be a password.
        log.warning("login.refused person=%s source=%s", person or "-", origin.source)
        raise WrongPassword("log-in refused")
    fresh = passwords.hash(password) if check.stale else None
    with db.write() as write:
        # Look again: the account may have been disabled while the password was worked out.
        if _stored(write.cursor, username)[:2] != (person, stored):
            raise WrongPassword("account changed during log-in")
        attempts.forgive(write, counters)
        if expires is not None and milliseconds(write.now) > expires:
            raise OneTimePasswordExpired(person)
        if fresh is not None:
            write.cursor.execute("UPDATE credential SET hash = ? WHERE person = ?", (fresh, person))
        if replaces:
            sessions.end(write, replaces)
        session = sessions.begin(write, person, source=origin.source, agent=origin.agent)
        device = attempts.know_device(write, person, origin.device)
    log.info("login.good person=%s source=%s", person, origin.source)
    return LogIn(session, device, must_change=expires is not None)


def change_password(
    db: Database, passwords: Passwords, person: str, *, current: str, new: str, origin: Origin
) -> str:
    """Let a person choose a new password; all their sessions end and one with a new id begins.

    Returns:
        The id of the new session.

    Raises:
        WrongPassword: the current password is not right.
        TooManyAttempts: it was not right too often.
        PasswordTooShort, PasswordTooLong, PasswordCommon, PasswordUnchanged: choose another.
    """
    with db.write() as write:
        who = account(write.cursor, person)
        _, stored, _ = _stored(write.cursor, who.username)
        counters = attempts.subjects(
            write.cursor, username=who.username, person=person, source=origin.source,
            device=origin.device,
        )  # fmt: skip
        attempts.count(write, counters)
    if not passwords.check(stored, current).good:
        log.warning("password.refused person=%s source=%s", person, origin.source)
        raise WrongPassword("current password is wrong")
    with db.write() as write:
        attempts.forgive(write, counters)
    check_choice(new, context=(who.username, who.name))
    if new == current:
        raise PasswordUnchanged(person)
    made = passwords.hash(new)
    with db.write() as write:
        _put_hash(write, person, made, expires_ms=None)
        sessions.end_all(write, person)
        session = sessions.begin(write, person, source=origin.source, agent=origin.agent)
    log.info("password.changed person=%s source=%s", person, origin.source)
    return session


def set_preference(write: Write, person: str, *, language: str, digits: str) -> None:
    """Keep a person's language (``th`` or ``en``) and digits (``thai`` or ``arabic``)."""
    write.cursor.execute(
        "INSERT INTO preference (person, language, digits) VALUES (?, ?, ?)"
        " ON CONFLICT (person) DO UPDATE SET language = excluded.language,"
        " digits = excluded.digits",
        (person, language, digits),
    )


def _put_hash(write: Write, person: str, made: str, *, expires_ms: int | None) -> None:
    write.cursor.execute(
        "INSERT INTO credential (person, hash, one_time, expires_ms, changed_ms)"
        " VALUES (?, ?, ?, ?, ?) ON CONFLICT (person) DO UPDATE SET hash = excluded.hash,"
        " one_time = excluded.one_time, expires_ms = excluded.expires_ms,"
        " changed_ms = excluded.changed_ms",
        (person, made, int(expires_ms is not None), expires_ms, milliseconds(write.now)),
    )


def _stored(cursor: Cursor, username: str) -> tuple[str | None, str | None, int | None]:
    row = one(
        cursor,
        "SELECT p.person, c.hash, c.expires_ms FROM person p"
        " JOIN credential c ON c.person = p.person WHERE p.username = ? AND p.active = 1",
        (username.strip().casefold(),),
    )
    return row or (None, None, None)
