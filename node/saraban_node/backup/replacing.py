"""Restoring a node into its own place: beside, checked, looked at, agreed to, and only then there.

archive ─> NAME.restored-… ─> what would be lost? ─> agreed ─> swapped ─> healed from the centre
                                                └─> not agreed: removed; nothing has changed
"""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from saraban_base.backup.repository import Tell, quiet
from saraban_base.clock import Clock
from saraban_node import appliance
from saraban_node.backup import preview, swap
from saraban_node.backup.preview import Preview
from saraban_node.backup.restore import From, Restored, restore_to
from saraban_node.backup.restore_errors import ReasonNeeded
from saraban_node.backup.swap import Swapped
from saraban_node.errors import NotEnrolled
from saraban_node.identity import fence, machine, marks
from saraban_node.identity.fence import FenceView
from saraban_node.line.syncer import Syncer
from saraban_sync.errors import SarabanError


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What is about to be put in place."""

    restored: Restored
    preview: Preview
    folder: Path


@dataclass(frozen=True, kw_only=True)
class Agreed:
    """That somebody wants it."""

    by: str
    reason: str = ""
    """Why what is lost is given up."""


@dataclass(frozen=True, kw_only=True)
class Replaced:
    """A node in its place again; it gives no numbers yet."""

    plan: Plan
    swapped: Swapped
    agreed: Agreed
    healed_events: int
    """How many events came back from the centre."""
    line: str
    """``healed``, ``none`` when the settings name no centre, or why there was no contact."""
    fence: FenceView


Agree = Callable[[Plan], Agreed | None]
"""Shows what would be lost and gives the agreement, or None."""


def restore_into_place(
    folder: Path, archive: str, *, source: From, clock: Clock, agree: Agree, tell: Tell = quiet
) -> Replaced | None:
    """Bring a node back into its own folder; what is there is moved aside, never deleted.

    Args:
        folder: the node's folder; it need not be there.
        archive: the backup's name, or ``latest``.
        source: the repository.
        clock: where time comes from.
        agree: is asked before anything is put in place.
        tell: takes one line, Thai and English, for each step.

    Returns:
        What was done; None when it was not agreed to, and nothing has changed.

    Raises:
        NodeAtWork: the node still runs there.
        AnotherNode: the folder belongs to another node.
        ReasonNeeded: something would be lost, and no reason was given.
        CannotSwap: it was restored, but could not be moved into place.
        BackupProblem: it could not be brought back; nothing has changed.
    """
    swap.refuse_if_at_work(folder)
    new = swap.beside(folder, clock.now())
    restored = restore_to(new, archive, source=source, clock=clock, tell=tell)
    keep = False
    try:
        plan = _plan(restored, folder, tell)
        agreed = agree(plan)
        if agreed is None:
            return None
        if plan.preview.loses and not agreed.reason.strip():
            entries, acts = len(plan.preview.lost), plan.preview.acts_lost
            raise ReasonNeeded(f"{entries} + {acts}", entries=entries, acts=acts)
        keep = True
    finally:
        if not keep:
            shutil.rmtree(new, ignore_errors=True)
    now = clock.now()
    lost = tuple(f"{one.where} {one.subject}" for one in plan.preview.lost)
    swapped = swap.swap(new, folder, now)
    swap.write_note(
        folder,
        swap.note(restored.archive, now, by=agreed.by, reason=agreed.reason,
                  before=swapped.before, lost=lost),
    )  # fmt: skip
    events, line, view = _heal(folder, clock, tell)
    return Replaced(
        plan=plan, swapped=swapped, agreed=agreed, healed_events=events, line=line, fence=view
    )


def _plan(restored: Restored, folder: Path, tell: Tell) -> Plan:
    swap.refuse_another_node(folder, restored.manifest.node, preview.node_of(folder))
    tell("กำลังเทียบกับข้อมูลในเครื่องและที่ส่วนกลาง · Comparing with this machine and with the centre")
    seen = preview.look(restored.folder, folder)
    return Plan(restored=restored, preview=seen, folder=folder)


def _heal(folder: Path, clock: Clock, tell: Tell) -> tuple[int, str, FenceView]:
    """Open the node on this machine and take back what the centre holds, if there is a line."""
    node = appliance.open_appliance(folder, clock=clock, machine=machine.here(folder))
    try:
        line, events = "healed", 0
        tell("กำลังขอรายการที่ส่วนกลางมีกลับคืน · Asking the centre for what it holds")
        try:
            events = Syncer(node).run_cycle().healed
        except NotEnrolled:
            line = "none"
        except SarabanError as wrong:
            line = f"{wrong.code} {wrong.sentence('en')}"
        with node.db.read() as cursor:
            view = fence.status(node, cursor)
        marks.keep(node.db, node.marks)
    finally:
        node.close()
    return events, line, view
