"""The ratchet: a token for each contact with the centre, so that an old copy gives itself away.

    contact n      token t(n-1), next t(n) ──> centre holds t(n)
    contact n+1    token t(n),   next t(n+1) ──> centre holds t(n+1)

Whoever shows a token that was overtaken is a copy from before. The next token is written down
before it is sent, and a contact whose answer was lost is repeated with the same two.
"""

import secrets
from typing import Final

from saraban_base.sqlite import Cursor, Write, value
from saraban_node.line import sync_state
from saraban_sync.ratchet import NODE_REMEMBERS
from saraban_sync.registers import instant

_PENDING: Final = "ratchet_next"


def current(cursor: Cursor) -> str:
    """Give the token of the last contact that was answered; empty before the first."""
    found = value(cursor, "SELECT token FROM ratchet ORDER BY place DESC LIMIT 1")
    return "" if found is None else str(found)


def following(write: Write) -> str:
    """Give the token that comes next: the one of an unanswered contact, or a new one."""
    pending = sync_state.get(write.cursor, _PENDING)
    if not pending:
        pending = secrets.token_hex(16)
        sync_state.put(write, _PENDING, pending)
    return pending


def answered(write: Write, token: str) -> None:
    """Keep the token that the centre has taken as its current one."""
    write.cursor.execute(
        "INSERT INTO ratchet (token, at) VALUES (?, ?)", (token, instant(write.now))
    )
    write.cursor.execute(
        "DELETE FROM ratchet WHERE place <= (SELECT max(place) FROM ratchet) - ?", (NODE_REMEMBERS,)
    )
    if sync_state.get(write.cursor, _PENDING) == token:
        sync_state.remove(write, _PENDING)


def knows(cursor: Cursor, token: str) -> bool:
    """Tell whether a token was one of this database's own."""
    return bool(token) and bool(value(cursor, "SELECT 1 FROM ratchet WHERE token = ?", (token,)))


def forget(write: Write) -> None:
    """Forget all tokens: what comes next is a first contact."""
    write.cursor.execute("DELETE FROM ratchet")
    forget_pending(write)


def forget_pending(write: Write) -> None:
    """Forget the token of a contact that was not answered: another machine may show it too."""
    sync_state.remove(write, _PENDING)
