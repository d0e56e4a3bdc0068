"""People of the office: the journal says who has an account; passwords never leave this machine."""

from saraban_base import accounts
from saraban_base.accounts import Account
from saraban_base.sqlite import Write
from saraban_sync.events import Event, PersonAdded, PersonChanged


def project(write: Write, event: Event) -> None:
    """Bring the list of people up to date with an event."""
    match event.body:
        case PersonAdded(person=person, username=username, name=name, roles=roles):
            accounts.put_person(write, Account(person, username, name, frozenset(roles), True))
        case PersonChanged(person=person, name=name, roles=roles, active=active):
            username = accounts.account(write.cursor, person).username
            accounts.put_person(write, Account(person, username, name, frozenset(roles), active))
        case _:
            pass


def forget(write: Write) -> None:
    """Empty the list of people before it is made again; passwords stay."""
    write.cursor.execute("DELETE FROM person")
