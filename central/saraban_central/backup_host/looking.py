"""Looking at a node's repository, and writing down what was seen.

Reading needs no lock: only what was committed is read, and nothing committed is ever changed while
sessions are append-only.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from msgspec import structs

from saraban_base.backup.retention import Keep
from saraban_central.backup_host import borg, host, keeping, segments
from saraban_central.backup_host.errors import HostProblem
from saraban_central.backup_host.findings import Finding
from saraban_central.backup_host.host import Host
from saraban_central.backup_host.judging import Judgement, Rules, judge, receipt_of
from saraban_central.backup_host.records import LOOKED, RECEIPTS, Looked, Receipt
from saraban_central.backup_host.segments import History, SegmentDamaged
from saraban_central.centre import Centre
from saraban_central.readmodel import machines
from saraban_central.store.interface import Keep as KeepRecord
from saraban_central.store.interface import Put, Writing
from saraban_sync.registers import instant


@dataclass(frozen=True)
class Seen:
    """What a look found."""

    node: str
    history: History
    judgement: Judgement
    findings: tuple[Finding, ...]
    looked: Looked

    @property
    def grave(self) -> tuple[Finding, ...]:
        """What puts backups in danger."""
        return tuple(one for one in self.findings if one.grave)


def rules_of(centre: Centre) -> Rules:
    """Give the settings about kept backups."""
    config = centre.config
    keep = Keep(
        daily=config.backup_keep_daily,
        weekly=config.backup_keep_weekly,
        monthly=config.backup_keep_monthly,
        yearly=config.backup_keep_yearly,
    )
    return Rules(keep=keep, delay=timedelta(days=config.backup_delay_days))


def check(centre: Centre, node: str, *, deep: bool = False) -> Seen:
    """Look at a repository, remember which backups are there, and keep copies of its settings.

    Args:
        centre: whose nodes' backups.
        node: one that keeps its backups here.
        deep: read every byte and compare checksums too.

    Raises:
        NoHost: no backups are kept here.
        NotHosted: the node has no place here.
    """
    place = host.host_of(centre)
    host.hosted(centre, node)
    centre.readmodel.catch_up(centre.store)
    seen = look(centre, place, node, deep=deep)
    _write_down(centre, seen)
    return seen


def look(centre: Centre, place: Host, node: str, *, deep: bool = False) -> Seen:
    """As :func:`check`, without writing anything into the centre's database."""
    now = centre.clock.now()
    held = centre.store.record(LOOKED, node)
    before = held.value if held else Looked(at="")
    repository = place.repository(node)
    history, found = _read(repository, before, deep=deep)
    receipts = receipts_of(centre, node)
    with centre.readmodel.read() as cursor:
        claimed = machines.good_backups(cursor, node)
    judgement = judge(
        history, claimed, receipts,
        repository_path=str(repository), keep=rules_of(centre).keep, given_up=before.given_up,
    )  # fmt: skip
    if segments.exists(repository):
        if keeping.keep(repository, place.kept(node), now):
            found.append(Finding(name="key-changed", what=instant(now)))
        found += judgement.findings
    elif receipts:
        found += judgement.findings
    looked = _looked(before, history, judgement, found, now)
    return Seen(node, history, judgement, tuple(found), looked)


def receipts_of(centre: Centre, node: str) -> dict[str, Receipt]:
    """Give what was seen in a node's repository, by the backup's name."""
    kept = centre.store.records(RECEIPTS, f"{node}/")
    return {one.key.partition("/")[2]: one.value for one in kept}


def _read(repository: Path, before: Looked, *, deep: bool) -> tuple[History, list[Finding]]:
    if not segments.exists(repository):
        gone = [Finding(name="missing", what=str(repository))] if before.repository_id else []
        return History(), gone
    found: list[Finding] = []
    history = History()
    try:
        history = segments.history(repository)
        if deep:
            borg.check(repository)
    except (SegmentDamaged, OSError, HostProblem) as wrong:
        found.append(Finding(name="damaged", what=str(wrong)[:200]))
    if before.repository_id and history.identity not in {"", before.repository_id}:
        found.append(Finding(name="other", what=history.identity[:12]))
    elif before.transaction > history.last and not found:
        found.append(Finding(name="turned-back", what=str(before.transaction)))
    return history, found


def _looked(
    before: Looked, history: History, judgement: Judgement, found: list[Finding], now: datetime
) -> Looked:
    here = judgement.here
    wrong = {one.name for one in found}
    # What was known is remembered until a person has settled it.
    settled = not wrong & {"missing", "other", "turned-back", "damaged"}
    return structs.replace(
        before,
        at=instant(now),
        repository_id=history.identity if settled else before.repository_id,
        transaction=history.last if settled else before.transaction,
        bytes=history.size,
        backups=len(here),
        newest_at=instant(max(one.came_at for one in here)) if here else "",
        problems=tuple(one.name for one in found),
        details=tuple(one.what for one in found),
    )


def _write_down(centre: Centre, seen: Seen) -> None:
    now = centre.clock.now()
    notes: list[Writing] = [
        KeepRecord(RECEIPTS, f"{seen.node}/{one.name}", receipt_of(one, seen.history, now))
        for one in seen.judgement.here
    ]

    def attempt() -> None:
        held = centre.store.record(LOOKED, seen.node)
        put = Put(LOOKED, seen.node, seen.looked, held.revision if held else None)
        centre.store.commit(put, *notes)

    centre.decide(attempt)


def accept(centre: Centre, node: str, *, by: str) -> tuple[str, ...]:
    """Take a repository as it is now, after its disk or its backups were lost for good.

    Returns:
        the backups that are given up by this.

    Raises:
        NoHost: no backups are kept here.
        NotHosted: the node has no place here.
    """
    seen = check(centre, node)
    lost = tuple(one.name for one in seen.judgement.backups if one.state != "here")
    settle(
        centre, node, repository_id=seen.history.identity, transaction=seen.history.last,
        given_up=(*seen.looked.given_up, *lost), accepted_at=centre.now(), accepted_by=by,
    )  # fmt: skip
    check(centre, node)
    return lost


def settle(centre: Centre, node: str, **changed: object) -> None:
    """Change the note of the last look after an administrator's act."""

    def attempt() -> None:
        held = centre.store.record(LOOKED, node)
        new = structs.replace(held.value if held else Looked(at=centre.now()), **changed)
        centre.store.commit(Put(LOOKED, node, new, held.revision if held else None))

    centre.decide(attempt)
