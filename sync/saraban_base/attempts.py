"""Wrong passwords: slower and slower for a guesser, never a locked door for the only clerk.

Three counters, kept in the database so that a restart forgives nothing:

- a browser that this person has logged in with before (it holds a device cookie) has a counter of
  its own, so nobody else's guessing can keep the clerk out;
- every other browser shares one counter for the account and one for its network address.

After a few free tries the wait doubles from one second up to five minutes; a guesser gets about
twelve tries an hour at one account. A wait always ends; a refused try does not lengthen it.

Tables (migration 0002_accounts.sql of node and centre)::

    CREATE TABLE attempt (
        subject TEXT PRIMARY KEY,
        failed  INTEGER NOT NULL CHECK (failed > 0),
        last_ms INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE device (
        id_hash BLOB PRIMARY KEY CHECK (length(id_hash) = 32),
        person  TEXT NOT NULL,
        last_ms INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
"""

import hashlib
from datetime import datetime
from typing import Final, NamedTuple

from saraban_base.refusals import TooManyAttempts
from saraban_base.sessions import milliseconds, new_token, token_hash
from saraban_base.sqlite import Cursor, Write, one

_FREE: Final = {"device": 5, "account": 10, "source": 30}
_LONGEST_WAIT_MS: Final = 300_000
_FORGET_MS: Final = 24 * 3_600_000
_DEVICE_MS: Final = 180 * 24 * 3_600_000


class Subjects(NamedTuple):
    """The counters that one try falls under."""

    names: tuple[str, ...]


def subjects(
    cursor: Cursor, *, username: str, person: str | None, source: str, device: str
) -> Subjects:
    """Tell which counters a try falls under.

    Args:
        cursor: to look for the device.
        username: as typed; also counted when there is no such person.
        person: whose user name it is, None for nobody's.
        source: network address.
        device: the browser's device cookie, empty if it has none.
    """
    # The name is hashed: people type their password into the wrong field.
    short = hashlib.sha256(username.casefold().encode("utf-8", "replace")).hexdigest()[:24]
    if person is not None and device:
        key = token_hash(device)
        if one(cursor, "SELECT 1 FROM device WHERE id_hash = ? AND person = ?", (key, person)):
            return Subjects((f"device:{key.hex()[:24]}:{short}",))
    return Subjects((f"account:{short}", f"source:{source[:60]}"))


def count(write: Write, subjects: Subjects) -> None:
    """Count a try before it is checked, so that fifty at once are fifty tries.

    Raises:
        TooManyAttempts: the pause after the last wrong password is not over; nothing is counted.
    """
    now = milliseconds(write.now)
    wait = max(_wait(write.cursor, name, now) for name in subjects.names)
    if wait > 0:
        raise TooManyAttempts(
            f"{subjects.names[0]} has to wait {wait} ms", seconds=-(-wait // 1000)
        )
    for name in subjects.names:
        write.cursor.execute(
            "INSERT INTO attempt (subject, failed, last_ms) VALUES (?, 1, ?)"
            " ON CONFLICT (subject) DO UPDATE SET failed ="
            " CASE WHEN last_ms < ? THEN 1 ELSE min(failed + 1, 1000) END, last_ms = ?",
            (name, now, now - _FORGET_MS, now),
        )


def forgive(write: Write, subjects: Subjects) -> None:
    """Forget the wrong tries of an account after a right one; its address only forgets this try."""
    for name in subjects.names:
        if name.startswith("source:"):
            write.cursor.execute("DELETE FROM attempt WHERE subject = ? AND failed = 1", (name,))
            write.cursor.execute(
                "UPDATE attempt SET failed = failed - 1 WHERE subject = ?", (name,)
            )
        else:
            write.cursor.execute("DELETE FROM attempt WHERE subject = ?", (name,))


def know_device(write: Write, person: str, device: str) -> str:
    """Remember the browser of a good log-in.

    Returns:
        The device cookie to set: the one it had, or a new one.
    """
    now = milliseconds(write.now)
    known = device and one(
        write.cursor, "SELECT person FROM device WHERE id_hash = ?", (token_hash(device),)
    )
    if known != (person,):
        device = new_token()  # one browser, one person; and never an id that a browser made up
    write.cursor.execute(
        "INSERT INTO device (id_hash, person, last_ms) VALUES (?, ?, ?)"
        " ON CONFLICT (id_hash) DO UPDATE SET last_ms = excluded.last_ms",
        (token_hash(device), person, now),
    )
    write.cursor.execute("DELETE FROM device WHERE last_ms < ?", (now - _DEVICE_MS,))
    write.cursor.execute("DELETE FROM attempt WHERE last_ms < ?", (now - _FORGET_MS,))
    return device


def waiting(cursor: Cursor, subjects: Subjects, now: datetime) -> int:
    """Tell how many milliseconds the next try has to wait."""
    return max(_wait(cursor, name, milliseconds(now)) for name in subjects.names)


def _wait(cursor: Cursor, subject: str, now: int) -> int:
    row = one(cursor, "SELECT failed, last_ms FROM attempt WHERE subject = ?", (subject,))
    if row is None:
        return 0
    failed, last = int(row[0]), int(row[1])
    over = failed - _FREE[subject.partition(":")[0]]
    if over < 0 or last < now - _FORGET_MS:
        return 0
    pause: int = min(_LONGEST_WAIT_MS, 1000 << min(over, 20))
    # A clock that was set back must not turn five minutes into five weeks.
    left: int = max(0, last + pause - now)
    return min(pause, left)
