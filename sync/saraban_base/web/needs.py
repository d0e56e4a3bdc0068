"""Who may use a route: one value per route, one function that decides, closed by default.

A route without such a value cannot be built into an application
(:func:`saraban_base.web.shell.build_app` refuses it).
"""

from typing import Final, NamedTuple

from saraban_base.refusals import MustChangePassword, NotAllowed, SessionEnded
from saraban_base.sessions import Session


class Needs(NamedTuple):
    """What a route asks of its caller."""

    roles: frozenset[str] = frozenset()
    """One of these roles; any person who is logged in when empty."""
    open: bool = False
    """Anybody, logged in or not."""
    own: bool = False
    """The route checks its callers itself (the gateway for nodes): no session, no form token."""
    first: bool = False
    """Also a person who has not chosen an own password yet."""


OPEN: Final = Needs(open=True)
OWN: Final = Needs(own=True)
PERSON: Final = Needs()
NEWCOMER: Final = Needs(first=True)


def role(*names: str) -> Needs:
    """Ask for at least one of these roles."""
    return Needs(roles=frozenset(names))


def decide(needs: Needs, session: Session | None) -> None:
    """Let a caller in or refuse.

    Raises:
        SessionEnded: nobody is logged in.
        MustChangePassword: the person must choose an own password first.
        NotAllowed: the person has none of the roles.
    """
    if needs.open or needs.own:
        return
    if session is None or not session.live:
        raise SessionEnded("no running session")
    if session.must_change and not needs.first:
        raise MustChangePassword(session.person)
    if needs.roles and not needs.roles & session.roles:
        raise NotAllowed(f"{session.person} has {sorted(session.roles)}")
