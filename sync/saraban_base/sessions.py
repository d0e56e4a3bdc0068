"""Log-ins that are kept on the appliance, not in the browser.

The browser holds 256 random bits; the table holds their SHA-256, so a stolen database opens no
session. A log-in and a change of password always make a new id: an id that a browser brought along
is never taken over (session fixation). A session ends after 30 minutes without a click, after 12
hours in any case, when its person logs out, is disabled or gets a new password, and when the person
or an administrator ends it from a list.

An ended session's row stays for a day: it proves whose half-written form came in too late, so that
the form can be kept as a draft.

Tables (migration 0002_accounts.sql of node and centre)::

    CREATE TABLE session (
        id_hash  BLOB PRIMARY KEY CHECK (length(id_hash) = 32),
        person   TEXT NOT NULL,
        made_ms  INTEGER NOT NULL,
        seen_ms  INTEGER NOT NULL,
        ended_ms INTEGER,
        source   TEXT NOT NULL,
        agent    TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX session_person ON session (person);

``person``, ``credential`` and ``preference`` are :mod:`saraban_base.accounts`' tables, ``attempt``
and ``device`` are :mod:`saraban_base.attempts`'.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from saraban_base.sqlite import Cursor, Write, one, rows

_TOKEN_BYTES: Final = 32
_TOKEN_LENGTH: Final = 43
_TOUCH_MS: Final = 60_000
"""The time of the last click is written at most once a minute: reading pages costs no write."""
_KEEP_ENDED: Final = timedelta(days=1)
_AGENT: Final = 200


@dataclass(frozen=True, slots=True)
class Lifetimes:
    """How long a log-in lasts."""

    idle: timedelta = timedelta(minutes=30)
    absolute: timedelta = timedelta(hours=12)


class Session(NamedTuple):
    """A log-in and who is behind it, read in one look-up."""

    id_hash: bytes
    person: str
    username: str
    name: str
    roles: frozenset[str]
    must_change: bool
    language: str | None
    digits: str | None
    live: bool
    """False when it ended less than a day ago."""
    touch: bool
    """Whether the time of the last click is due to be written (:func:`touch`)."""


class Listed(NamedTuple):
    """A running log-in as its owner sees it in the list."""

    key: str
    """Names the session in a form; it cannot be used to log in."""
    made_ms: int
    seen_ms: int
    source: str
    agent: str


def milliseconds(moment: datetime) -> int:
    """Write a moment as milliseconds since 1970, as the account tables keep it."""
    return int(moment.timestamp() * 1000)


def token_hash(token: str) -> bytes:
    """Give what is stored of a random token."""
    return hashlib.sha256(token.encode("utf-8", "replace")).digest()


def new_token() -> str:
    """Make 256 random bits as base64url text of 43 characters."""
    return secrets.token_urlsafe(_TOKEN_BYTES)


def begin(write: Write, person: str, *, source: str, agent: str) -> str:
    """Begin a session with a new id and tidy away old ones.

    Args:
        write: the transaction.
        person: who logged in.
        source: network address the request came from.
        agent: what the browser calls itself.

    Returns:
        The id for the cookie; it is stored nowhere else.
    """
    token, now = new_token(), milliseconds(write.now)
    write.cursor.execute(
        "INSERT INTO session (id_hash, person, made_ms, seen_ms, source, agent)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        (token_hash(token), person, now, now, source[:60], agent[:_AGENT]),
    )
    oldest = now - int(_KEEP_ENDED.total_seconds() * 1000)
    write.cursor.execute(
        "DELETE FROM session WHERE ended_ms < ? OR made_ms < ?",
        (oldest, oldest - 7 * int(_KEEP_ENDED.total_seconds() * 1000)),
    )
    return token


def look_up(
    cursor: Cursor, token: str, now: datetime, lifetimes: Lifetimes | None = None
) -> Session | None:
    """Find the session of a cookie; one indexed read, no write.

    Returns:
        None if there never was one, its person is no longer active, or it ended over a day ago.
    """
    if len(token) != _TOKEN_LENGTH:
        return None
    key = token_hash(token)
    row = one(cursor, _LOOK_UP, (key,))
    if row is None:
        return None
    person, made, seen, ended, username, name, roles, one_time, language, digits = row
    lasts, moment = lifetimes or Lifetimes(), milliseconds(now)
    if moment - max(seen, made) > int(_KEEP_ENDED.total_seconds() * 1000):
        return None
    return Session(
        id_hash=key, person=person, username=username, name=name, roles=frozenset(roles.split()),
        must_change=bool(one_time), language=language, digits=digits,
        live=ended is None and _running(made, seen, moment, lasts),
        touch=abs(moment - seen) >= _TOUCH_MS,
    )  # fmt: skip


_LOOK_UP: Final = """
    SELECT s.person, s.made_ms, s.seen_ms, s.ended_ms, p.username, p.name, p.roles,
           c.one_time, f.language, f.digits
      FROM session s
      JOIN person p ON p.person = s.person AND p.active = 1
      JOIN credential c ON c.person = s.person
      LEFT JOIN preference f ON f.person = s.person
     WHERE s.id_hash = ?
"""


def _running(made: int, seen: int, now: int, lasts: Lifetimes) -> bool:
    # A clock that was set back by more than a click's worth of time ends the session: otherwise
    # it would last for as long as the clock was wrong.
    idle, whole = lasts.idle.total_seconds() * 1000, lasts.absolute.total_seconds() * 1000
    return -_TOUCH_MS * 5 <= now - seen <= idle and now - made <= whole


def touch(write: Write, session: Session) -> None:
    """Write down that the person is still there."""
    write.cursor.execute(
        "UPDATE session SET seen_ms = ? WHERE id_hash = ? AND ended_ms IS NULL",
        (milliseconds(write.now), session.id_hash),
    )


def end(write: Write, token: str) -> None:
    """End one session: log-out."""
    write.cursor.execute(
        "UPDATE session SET ended_ms = ? WHERE id_hash = ? AND ended_ms IS NULL",
        (milliseconds(write.now), token_hash(token)),
    )


def end_listed(write: Write, person: str, key: str) -> bool:
    """End one session of a person from the list; False if there is no such session."""
    write.cursor.execute(
        "UPDATE session SET ended_ms = ? WHERE lower(hex(id_hash)) = ? AND person = ?"
        " AND ended_ms IS NULL",
        (milliseconds(write.now), key, person),
    )
    return one(write.cursor, "SELECT changes()", ()) == (1,)


def end_all(write: Write, person: str) -> None:
    """End all sessions of a person: disabled, new password, or at their own wish."""
    write.cursor.execute(
        "UPDATE session SET ended_ms = ? WHERE person = ? AND ended_ms IS NULL",
        (milliseconds(write.now), person),
    )


def running(
    cursor: Cursor, person: str, now: datetime, lifetimes: Lifetimes | None = None
) -> list[Listed]:
    """List a person's running sessions, the latest click first."""
    lasts, moment = lifetimes or Lifetimes(), milliseconds(now)
    found = rows(
        cursor,
        "SELECT lower(hex(id_hash)), made_ms, seen_ms, source, agent FROM session"
        " WHERE person = ? AND ended_ms IS NULL ORDER BY seen_ms DESC",
        (person,),
    )
    return [Listed(*row) for row in found if _running(row[1], row[2], moment, lasts)]


def end_others(write: Write, session: Session) -> None:
    """End all sessions of a person but this one."""
    write.cursor.execute(
        "UPDATE session SET ended_ms = ? WHERE person = ? AND id_hash <> ? AND ended_ms IS NULL",
        (milliseconds(write.now), session.person, session.id_hash),
    )
