"""The contact: who this machine is, how it is, and that there is only one of it.

status + token ──> taken note of
              ──> "ratchet": the centre holds another token. One of our own past ones: the centre
                  was restored and is told so. An unknown one: another machine shows our name.
              ──> "twin", "superseded": another machine was there; nothing is written any more
"""

import shutil
from typing import Final

from saraban_base.sqlite import Cursor
from saraban_node import journal, meta
from saraban_node.appliance import PROGRAM, Appliance
from saraban_node.backup import records as backup_records
from saraban_node.errors import CentreStrange
from saraban_node.identity import ratchet
from saraban_node.identity.errors import Superseded, TwinFound
from saraban_node.line import deliveries, directory, outbox, sync_state
from saraban_node.line.answers import ClockReading, Contest, StatusAnswer
from saraban_node.line.transport import Centre
from saraban_node.numbering import requests
from saraban_sync.registers import instant

FELL_BEHIND: Final = "fell_behind"
"""Note: the centre was found restored, and the journal does not say so yet. It names the last event
that the centre had been seen to hold, once that is looked up."""
FOUND: Final = "found"
SAID: Final = "fence_said"
"""Note: what the centre decided about this fenced machine, ``resume`` or ``fork``."""
_ERRORS: Final = ("error_code", "error_th", "error_en")


def greet(node: Appliance, centre: Centre) -> StatusAnswer:
    """Tell the centre how this node is, and that it is the one that was there last time.

    Raises:
        TwinFound: another machine works under this name; the database is fenced.
        Superseded: another machine has begun a newer epoch; the database is fenced.
        CentreUnreachable, CentreRefused, CentreStrange: there was no contact.
    """
    with node.db.write() as write:  # the token is on the disk before anybody sees it
        following = ratchet.following(write)
    answer = _tell(node, centre, following, centre_behind=False)
    if isinstance(answer, Contest) and answer.error == "ratchet":
        with node.db.read() as cursor:
            ours = ratchet.knows(cursor, answer.current)
        if not ours:
            stop(node, meta.TWIN)
            raise TwinFound(f"the centre holds another token: {answer.reason}")
        with node.db.write() as write:
            sync_state.put(write, FELL_BEHIND, FOUND)
        answer = _tell(node, centre, following, centre_behind=True)
    if isinstance(answer, Contest):
        raise contested(node, answer)
    _note(node, answer, following)
    return answer


def contested(node: Appliance, contest: Contest) -> TwinFound | Superseded | CentreStrange:
    """Put up the fence if the centre says that another machine was there; gives the error."""
    if contest.error == "twin":
        stop(node, meta.TWIN)
        return TwinFound(contest.reason)
    if contest.error == "epoch-taken":
        stop(node, meta.DIVERGED)  # whoever is chosen: this journal cannot go on under the name
        return TwinFound(contest.reason)
    if contest.error == "superseded":
        stop(node, meta.SUPERSEDED)
        return Superseded(contest.reason)
    return CentreStrange(f"{contest.error}: {contest.reason}", why=contest.error)


def stop(node: Appliance, why: str) -> None:
    """Fence the database."""
    with node.db.write() as write:
        meta.fence(write, why)


def _tell(
    node: Appliance, centre: Centre, following: str, *, centre_behind: bool
) -> StatusAnswer | Contest:
    with node.db.read() as cursor:
        status = _status(node, cursor)
        tokens = {"token": ratchet.current(cursor), "next": following}
    return centre.put_status(status | {"ratchet": tokens, "centre_behind": centre_behind})


def _status(node: Appliance, cursor: Cursor) -> dict[str, object]:
    last, backup = journal.head(cursor), backup_records.last(cursor)
    return {
        "time": instant(node.clock.now()),
        "boot": node.clock.boot(),
        "last_event": last.id or "",
        "last_hash": last.hash,
        "program": PROGRAM,
        "free_bytes": shutil.disk_usage(node.folder).free,
        "pushed_files_pending": outbox.parts_left(cursor),
        "backup_at": instant(backup.at) if backup else "",
        "backup_good": backup.good if backup else False,
        "machine": machine_of(cursor),
        "fenced": meta.get(cursor, meta.FENCED),
        "held": journal.id_at(cursor, deliveries.known_stored(cursor)),
        "epoch": agreed_epoch(cursor),
        "generation": int(meta.get(cursor, meta.GENERATION) or "0"),
        "colleagues": directory.colleagues(cursor, office=node.office, node=node.node),
    }


def agreed_epoch(cursor: Cursor) -> int:
    """Give the newest epoch of which the centre knows: not one that was just begun by hand."""
    begun = meta.get(cursor, meta.UNCLAIMED).split()
    if not begun:
        return meta.epoch(cursor)
    return int(journal.id_at(cursor, int(begun[0]))[:4]) - 1


def machine_of(cursor: Cursor) -> str:
    """Give the hash of the machine on which the database is open; empty when nobody looked."""
    return meta.get(cursor, meta.MACHINE_HERE)


def _note(node: Appliance, answer: StatusAnswer, following: str) -> None:
    """Note the contact, and the clock's distance when it is known to within ten seconds."""
    offset = _offset(node, answer.reading)
    with node.db.write() as write:
        if answer.reading.seconds < 10:
            node.journal.clock.measured(write, offset, seconds=answer.reading.seconds)
        if meta.get(write.cursor, meta.FENCED):
            said = "resume" if answer.resume else "fork" if answer.fork else ""
            sync_state.put(write, SAID, said)
        else:
            ratchet.answered(write, following)
        if answer.generation > int(meta.get(write.cursor, meta.GENERATION) or "0"):
            meta.put(write, meta.GENERATION, str(answer.generation))
        requests.note_contact(write)
        sync_state.put(write, "contact_at", instant(write.now))
        sync_state.put(write, "attempt_at", instant(write.now))
        sync_state.put(write, "offset_ms", str(offset))
        for key in _ERRORS:
            sync_state.put(write, key, "")


def _offset(node: Appliance, reading: ClockReading) -> int:
    """Tell how far the centre's clock is ahead of this machine's, in milliseconds."""
    distance = (reading.centre - node.clock.now()).total_seconds() + reading.seconds / 2
    return round(distance * 1000)
