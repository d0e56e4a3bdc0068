"""New epochs on the line: asking the centre for one, and for its word on those begun by hand.

    fenced     heal ─> push ─> ask ─> lift the fence in the epoch given
    by hand    claim ─> (push up to where it begins) ─> agreed, or taken by another: a twin

What was asked can be asked again: the same token gets the same epoch.
"""

from typing import Final

from saraban_node import journal, meta
from saraban_node.appliance import Appliance
from saraban_node.errors import CentreStrange, JournalsDiverge
from saraban_node.identity import fence, healing, lifting, machine, ratchet
from saraban_node.identity.errors import CentreDecides, EpochRefused, TwinFound
from saraban_node.identity.fence import Lift
from saraban_node.identity.healing import Healed
from saraban_node.identity.lifting import Lifted, NewEpoch
from saraban_node.line import contact
from saraban_node.line.answers import Contest, EpochAsked, EpochGiven
from saraban_node.line.file_exchange import CycleReport
from saraban_node.line.pushing import Pusher
from saraban_node.line.transport import Centre
from saraban_node.numbering import waiting_grants
from saraban_sync.errors import BrokenChain
from saraban_sync.events import Event
from saraban_sync.journal_events import EpochStarted
from saraban_sync.registers import buddhist_year

_TRIES: Final = 3


def mend(node: Appliance, centre: Centre, pusher: Pusher, report: CycleReport) -> Healed:
    """Bring a fenced database and the centre to the same: take back what is there, send the rest.

    Raises:
        JournalsDiverge: the centre holds another history of this node.
    """
    try:
        healed = healing.heal(node, centre)
    except (JournalsDiverge, BrokenChain) as wrong:
        contact.stop(node, meta.DIVERGED)
        event = wrong.facts.get("event", "")
        raise JournalsDiverge(wrong.detail, event=event) from wrong
    report.healed += healed.events
    claim(node, centre, pusher, report)
    pusher.push(centre, report)
    waiting_grants.look(node, centre)
    return healed


def may_go_on(node: Appliance) -> bool:
    """Tell whether a fenced database may be mended: it is not one of two whose line is unclear."""
    with node.db.read() as cursor:
        why, said = meta.get(cursor, meta.FENCED), fence.said(cursor)
    return said == "resume" or (why in fence.BY_HAND and said != "fork")


def lift(
    node: Appliance, centre: Centre, pusher: Pusher, wanted: Lift, report: CycleReport
) -> Lifted:
    """Lift the fence with an epoch from the centre. Doing it again changes nothing.

    Raises:
        CentreDecides: the centre has not chosen this machine.
        EpochRefused: the centre gives no epoch.
        NotStated, PaperTooLow, PaperTooHigh: what was stated cannot be; the fence stands.
    """
    with node.db.read() as cursor:
        why = meta.get(cursor, meta.FENCED)
        if not why:
            return Lifted(epoch=meta.epoch(cursor), already=True)
    contact.greet(node, centre)
    if not may_go_on(node):
        raise CentreDecides("not chosen", machine=_code(node))
    for _ in range(_TRIES):
        mend(node, centre, pusher, report)
        with node.db.read() as cursor:
            fence.check(node, cursor, wanted)
        asked = _asked(node, "" if why == meta.DIVERGED else why)
        given = centre.begin_epoch(asked)
        if isinstance(given, Contest):
            if given.error == "heal-first":
                continue
            raise _refused(node, given)
        return _begin(node, wanted, asked, given)
    raise EpochRefused("the journal went on meanwhile", why="heal-first", machine=_code(node))


def claim(node: Appliance, centre: Centre, pusher: Pusher, report: CycleReport) -> None:
    """Ask for the centre's word on every epoch that was begun by hand.

    Raises:
        TwinFound: the centre has given that epoch to another machine; the database is fenced.
        EpochRefused: the centre does not know the event after which it begins.
    """
    with node.db.read() as cursor:
        places = [int(place) for place in meta.get(cursor, meta.UNCLAIMED).split()]
    for place in places:
        with node.db.read() as cursor:
            begun = journal.event_of(cursor, place)
        if begun is not None:
            _claim(node, centre, pusher, report, begun)


def _claim(
    node: Appliance, centre: Centre, pusher: Pusher, report: CycleReport, begun: Event
) -> None:
    given = _ask_for(node, centre, begun)
    if isinstance(given, Contest) and given.error == "base-unknown":
        # Only now does a centre that was set back count the epochs before this one.
        pusher.push(centre, report, through=begun.seq - 1)
        given = _ask_for(node, centre, begun)
    if isinstance(given, Contest):
        raise _refused(node, given)
    waiting_grants.look(node, centre)
    if given.epoch != begun.epoch:
        contact.stop(node, meta.DIVERGED)
        raise TwinFound(f"the centre says epoch {given.epoch}, not {begun.epoch}")
    year = buddhist_year(centre.time())
    with node.db.write() as write:
        following = ratchet.following(write)
        left = meta.get(write.cursor, meta.UNCLAIMED).split()
        meta.put(write, meta.UNCLAIMED, " ".join(one for one in left if int(one) != begun.seq))
        ratchet.answered(write, following)
        if not meta.get(write.cursor, meta.FENCED):  # else all is settled when that is lifted
            lifting.settle_claim(node, write, given.marks, year)


def _ask_for(node: Appliance, centre: Centre, begun: Event) -> EpochGiven | Contest:
    if not isinstance(begun.body, EpochStarted):
        raise CentreStrange(f"{begun.id} begins no epoch", why="epoch")
    with node.db.write() as write:
        following = ratchet.following(write)
        here = contact.machine_of(write.cursor)
    asked = EpochAsked(
        reason=begun.body.reason, base=begun.body.base, base_hash=begun.prev, claim=begun.hash,
        machine=here, next=following,
    )  # fmt: skip
    return centre.begin_epoch(asked)


def _asked(node: Appliance, why: str) -> EpochAsked:
    with node.db.write() as write:
        head = journal.head(write.cursor)
        return EpochAsked(
            reason=why or meta.TWIN, base=head.id or "", base_hash=head.hash,
            machine=contact.machine_of(write.cursor), next=ratchet.following(write),
        )  # fmt: skip


def _begin(node: Appliance, wanted: Lift, asked: EpochAsked, given: EpochGiven) -> Lifted:
    new = NewEpoch(
        epoch=given.epoch, token=asked.next, generation=given.generation, marks=given.marks
    )
    with node.db.write() as write:
        if journal.head(write.cursor).id != asked.base:
            raise EpochRefused("the journal went on", why="heal-first", machine=_code(node))
        return lifting.begin(node, write, wanted, new)


def _refused(node: Appliance, contest: Contest) -> Exception:
    if contest.error in ("base-unknown", "heal-first"):
        return EpochRefused(contest.reason, why=contest.error, machine=_code(node))
    return contact.contested(node, contest)


def _code(node: Appliance) -> str:
    with node.db.read() as cursor:
        return machine.code(contact.machine_of(cursor))
