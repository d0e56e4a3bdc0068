"""Numbers that come without a line: on a stick, or read out over the telephone.

    request_file ── stick ──> centre ── stick ──> accept_file ─┐
    a voice: twenty digits ─────────────────────> accept_code ─┴─> held like any other range

Whatever comes is checked as if it had come over the line: the centre's signature on a file, the
seal of a code. Each way leads into the journal.
"""

import contextlib
import hashlib

from saraban_base.sqlite import Write
from saraban_node import journal, keys, meta
from saraban_node.appliance import Appliance
from saraban_node.clocks.errors import ClockUntrusted
from saraban_node.errors import NotEnrolled
from saraban_node.identity import lifting
from saraban_node.journal import SYSTEM
from saraban_node.numbering import emergency, numbers, requests
from saraban_node.numbering.errors import AlreadyHeld, NothingAsked
from saraban_sync import phone, range_files
from saraban_sync.errors import NotARangeFile
from saraban_sync.events import RangeAccepted
from saraban_sync.grants import Grant, own_grant
from saraban_sync.ids import PersonId
from saraban_sync.number_events import RangeTold
from saraban_sync.phone import Told
from saraban_sync.registers import Register


def request_file(node: Appliance) -> bytes:
    """Write the open requests into a file for the centre.

    Raises:
        NothingAsked: there is none.
    """
    with node.db.read() as cursor:
        waiting = requests.open_requests(cursor, now=node.clock.now()).values()
        found = (journal.event_of(cursor, one.seq) for one in waiting)
        events = tuple(event for event in found if event is not None)
    if not events:
        raise NothingAsked
    return range_files.write_request(node.node, events)


def accept_file(node: Appliance, raw: bytes, *, actor: PersonId) -> list[Grant]:
    """Take the ranges that a file from the centre grants; those held already change nothing.

    Args:
        node: the appliance.
        raw: the file.
        actor: who brought it.

    Returns:
        The grants that were new.

    Raises:
        NotEnrolled: the node knows no centre.
        NotARangeFile: the file is not what it should be, or for another node.
        RangeProblem: a range overlaps one that is held.
        Fenced: the database may write nothing.
    """
    with node.db.read() as cursor:
        centre = meta.get(cursor, meta.CENTRE_KEY)
    if not centre:
        raise NotEnrolled
    granted = range_files.read_answer(raw, node=node.node, centre=centre)
    new: list[Grant] = []
    with node.db.write() as write:
        for grant, paper in granted:
            if not own_grant(grant, office=node.office, node=node.node):
                raise NotARangeFile(f"for {grant.office} {grant.node}")
            if not numbers.is_held(write.cursor, grant.grant):
                node.journal.append(write, RangeAccepted(grant=paper), actor=actor)
                lifting.settle_handed(node, write, (grant.register, grant.year))
                new.append(grant)
        if new:
            _settle(node, write)
    return new


def accept_code(
    node: Appliance, spoken: str, *, register: Register, year: int, actor: PersonId
) -> Told:
    """Take a range that was read out over the telephone.

    Args:
        node: the appliance.
        spoken: the code as typed.
        register: the book for which it was read out.
        year: the Buddhist year for which it was read out.
        actor: who typed it.

    Raises:
        NotEnrolled: the node knows no centre.
        PhoneCodeUnreadable, PhoneCodeWrong: it is no code, or not for this.
        AlreadyHeld: the range was taken before.
        RangeProblem: it overlaps one that is held.
        Fenced: the database may write nothing.
    """
    key = phone.shared_key(_secret_sha256(node))
    told = phone.read_code(spoken, key, node.node, node.office, register, year)
    first, last = told.range
    with node.db.write() as write:
        if numbers.is_held(write.cursor, told.grant):
            raise AlreadyHeld(told.grant, first=first, last=last)
        body = RangeTold(
            grant=told.grant, register=register, year=year, first=first, last=last, code=told.code
        )
        node.journal.append(write, body, actor=actor)
        lifting.settle_handed(node, write, (register, year))
        _settle(node, write)
    return told


def _settle(node: Appliance, write: Write) -> None:
    """Let letters of the emergency register have their numbers at once; the rest follow soon.

    While nobody can say what day it is they wait, but the range is taken all the same.
    """
    with contextlib.suppress(ClockUntrusted):
        emergency.settle(write, node.journal, actor=SYSTEM)


def _secret_sha256(node: Appliance) -> str:
    """Give what the centre keeps of this node's secret.

    Raises:
        NotEnrolled: there is none.
    """
    try:
        secret = keys.load_centre_secret(node.keys, node.node)
    except FileNotFoundError as wrong:
        raise NotEnrolled from wrong
    return hashlib.sha256(secret.encode("utf-8")).hexdigest()
