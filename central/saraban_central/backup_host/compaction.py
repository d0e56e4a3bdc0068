"""Compacting a node's repository: the one act that makes deletions final, behind a gate.

    door closed ──> settings kept ──> gate ──> borg compact ──> all objects there? files sound?
                                        └── refused, with what stands in the way

The node cannot do it: its sessions are append-only. The administrator cannot do it by mistake: what
must be kept must be there, what was deleted must have lain for the delay, and the node must have
restored a backup from here in a drill since.
"""

from dataclasses import dataclass

from saraban_central.backup_host import borg, doors, host, looking, segments
from saraban_central.backup_host.errors import CompactionRefused, HostProblem, InUse
from saraban_central.backup_host.findings import Finding
from saraban_central.backup_host.host import Host
from saraban_central.backup_host.judging import against_compaction
from saraban_central.backup_host.looking import Seen, rules_of
from saraban_central.centre import Centre
from saraban_central.readmodel import machines


@dataclass(frozen=True)
class Compacted:
    """What compacting did."""

    node: str
    bytes_before: int
    bytes_after: int
    deleted: int
    """Objects that cannot be brought back any more."""


def compact(centre: Centre, node: str, *, by: str, patience: float = 10) -> Compacted:
    """Compact a node's repository if nothing speaks against it.

    Args:
        centre: whose node.
        node: one that keeps its backups here.
        by: the administrator.
        patience: seconds to wait for a session of the node that is running.

    Raises:
        NotHosted: the node has no place here.
        InUse: the node is using its repository.
        CompactionRefused: it might make a loss final; nothing was changed.
        HostProblem: borg could not do it, or something is missing afterwards.
    """
    place = host.host_of(centre)
    host.hosted(centre, node)
    with doors.closed(place.door(node), node=node, patience=patience):
        _not_locked(place, node)
        seen = looking.check(centre, node)
        if standing := in_the_way(centre, seen):
            why = " ".join(one.sentence("th") + " · " + one.sentence() for one in standing)
            raise CompactionRefused(", ".join(one.name for one in standing), node=node, why=why)
        borg.compact(place.repository(node))
        return _afterwards(centre, place, seen, by)


def in_the_way(centre: Centre, seen: Seen) -> list[Finding]:
    """Say what stands in the way of compacting; empty when nothing does."""
    with centre.readmodel.read() as cursor:
        drill = machines.last_drills(cursor).get(seen.node)
    delay = rules_of(centre).delay
    now = centre.clock.now()
    more = against_compaction(seen.history, seen.judgement, drill, now=now, delay=delay)
    return [*seen.grave, *more]


def _not_locked(place: Host, node: str) -> None:
    repository = place.repository(node)
    if not segments.exists(repository):
        raise HostProblem("no repository", why=f"{repository} —")
    if holder := borg.clear_dead_lock(repository):
        # No session of the node can be running: an administrator works here by hand.
        raise InUse(f"locked by {holder}", node=node)


def _afterwards(centre: Centre, place: Host, seen: Seen, by: str) -> Compacted:
    repository = place.repository(seen.node)
    after = segments.history(repository)
    lost = [key for key in seen.history.live if key not in after.live]
    if lost:
        why = f"{len(lost)} objects are missing after compaction, such as {lost[0].hex()[:12]}"
        raise HostProblem(why, why=why)
    borg.check(repository)
    dead = sum(1 for key in seen.history.went if key not in after.went)
    looking.settle(
        centre, seen.node, transaction=after.last, bytes=after.size, at=centre.now(),
        compacted_at=centre.now(), compacted_by=by,
    )  # fmt: skip
    return Compacted(seen.node, seen.history.size, after.size, dead)
