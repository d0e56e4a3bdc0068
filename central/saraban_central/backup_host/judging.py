"""Is every backup still there that must be? Judged from a repository's history, without its key.

What can be known without the key:

* whether the archives that the node's journal names are there, or were and are not any more;
* whether anything that came with an archive was deleted while the archive stayed (a node's session
  is one transaction, and what came in it belongs to its archives; what an archive shares with an
  earlier one is out of sight);
* whether bytes were overwritten, and whether the list of archives can hold all archives;
* when anything was deleted.

What cannot be known is whether the bytes open to a good backup. Only the node can tell, and its
drills do.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from saraban_base.backup import retention
from saraban_base.backup.retention import Keep
from saraban_central.backup_host.findings import Finding
from saraban_central.backup_host.records import Receipt
from saraban_central.backup_host.segments import History, Transaction
from saraban_central.readmodel.machines import Backup, Drill
from saraban_sync.registers import instant, parse_instant

_NAMED: Final = 5
_LEAST_IN_LIST: Final = 32
"""Bytes that every archive takes in the list at least, for its id cannot be compressed."""


@dataclass(frozen=True)
class Rules:
    """The centre's settings about kept backups."""

    keep: Keep
    delay: timedelta


class Kept(NamedTuple):
    """A backup of the node's journal, as the repository has it."""

    name: str
    archives: tuple[bytes, ...]
    came_at: datetime
    """By the centre's clock where it is known, else by the node's."""
    state: str
    """``here``, ``partly``, ``gone``, or ``never``."""
    must: bool
    """Whether it must be kept."""


@dataclass(frozen=True)
class Judgement:
    """All that was found."""

    backups: tuple[Kept, ...]
    findings: tuple[Finding, ...]

    @property
    def grave(self) -> tuple[Finding, ...]:
        """What puts backups in danger."""
        return tuple(one for one in self.findings if one.grave)

    @property
    def here(self) -> tuple[Kept, ...]:
        """Backups that are there whole, oldest first."""
        return tuple(one for one in self.backups if one.state == "here")


def judge(
    history: History,
    claimed: Sequence[Backup],
    receipts: Mapping[str, Receipt],
    *,
    repository_path: str,
    keep: Keep,
    given_up: Collection[str] = (),
) -> Judgement:
    """Compare a repository with what its node says it stored there.

    Args:
        history: the repository.
        claimed: the node's good backups, at all its places.
        receipts: what was seen here before, by the backup's name.
        repository_path: where the repository is; the node names it in its journal.
        keep: what must stay.
        given_up: backups that are known to be lost.
    """
    ours = [one for one in claimed if _is_ours(one, history, receipts, repository_path)]
    states = [
        (one, state)
        for one in ours
        if (state := _state(one, history, receipts)) == "here" or one.archive not in given_up
    ]
    moments = {one.archive: _came_at(one, history, receipts) for one, _ in states}
    # What never came protects nothing, so it does not take the place of another one.
    must = retention.kept(
        {one.archive: moments[one.archive] for one, state in states if state != "never"}, keep
    )
    backups = tuple(
        Kept(one.archive, _ids(one), moments[one.archive], state, one.archive in must)
        for one, state in states
    )
    findings = (
        *_about("vanished", (one for one in backups if one.must and one.state == "gone")),
        *_about("partly", (one for one in backups if one.must and one.state == "partly")),
        *_about("never-came", (one for one in backups if one.state == "never")),
        *_overwritten(history.transactions),
        *_short_list(history, backups),
    )
    return Judgement(backups, findings)


def against_compaction(
    history: History, judgement: Judgement, drill: Drill | None, *, now: datetime, delay: timedelta
) -> list[Finding]:
    """Say what else stands in the way of making deletions final."""
    deleting = [one for one in history.transactions if one.deleted]
    if not deleting:
        return []
    found = []
    last = deleting[-1]
    # A session without a time is none of a node's: an earlier compaction, which deletes nothing.
    at = parse_instant(last.at) if last.at else now
    if now - at < delay:
        what = f"{len(last.deleted)} · {last.at or '?'} · {delay.days} d"
        found.append(Finding(name="fresh-deletion", what=what))
    names = {one.name for one in judgement.here}
    good = drill is not None and drill.result == "good" and drill.archive in names
    if not good or drill is None or parse_instant(drill.at) < at:
        found.append(Finding(name="no-drill", what=drill.at if drill else ""))
    return found


def before_harm(history: History, judgement: Judgement) -> Transaction | None:
    """Give the last transaction before a backup that must be kept was harmed, None if none was."""
    harmed = {
        key for one in judgement.backups if one.must and one.state in {"gone", "partly"}
        for key in (*one.archives, *freight(history, one.archives))
    }  # fmt: skip
    bad = [
        one for one in history.transactions
        if one.replaced or not harmed.isdisjoint(one.deleted)
    ]  # fmt: skip
    bad += [one for one in history.transactions if _list_is_short(history, judgement, one)]
    if not bad:
        return None
    first = min(one.number for one in bad)
    before = [one for one in history.transactions if one.number < first]
    return before[-1] if before else None


def freight(history: History, archives: Iterable[bytes]) -> set[bytes]:
    """Give all that came in the same session as these archives and stayed when it ended."""
    return {key for key, _ in _with_session(history, archives)}


def _with_session(history: History, archives: Iterable[bytes]) -> Iterator[tuple[bytes, int]]:
    for number in {history.came[one] for one in archives if one in history.came}:
        session = history.transaction(number)
        if session is not None and session.at:  # others were written by a compaction
            for key in session.added:
                if history.went.get(key) != number:
                    yield key, number


def _is_ours(backup: Backup, history: History, receipts: Mapping[str, Receipt], path: str) -> bool:
    seen = any(one in history.came for one in _ids(backup)) or backup.archive in receipts
    return bool(backup.archives) and (seen or backup.repository.endswith(path))


def _ids(backup: Backup) -> tuple[bytes, ...]:
    found = []
    for text in backup.archives:
        try:
            found.append(bytes.fromhex(text))
        except ValueError:
            found.append(text.encode("utf-8", "replace"))  # no id of any archive
    return tuple(found)


def _state(backup: Backup, history: History, receipts: Mapping[str, Receipt]) -> str:
    archives = _ids(backup)
    there = [one in history.live for one in archives]
    if all(there):
        # What a backup needs is never written again while the backup stands.
        lost = (
            key not in history.live or history.live[key].transaction != number
            for key, number in _with_session(history, archives)
        )  # fmt: skip
        return "partly" if any(lost) else "here"
    if any(there):
        return "partly"
    came = any(one in history.came for one in archives) or backup.archive in receipts
    return "gone" if came else "never"


def _came_at(backup: Backup, history: History, receipts: Mapping[str, Receipt]) -> datetime:
    for archive in _ids(backup):
        session = history.transaction(history.came.get(archive, -1))
        if session is not None and session.at:
            return parse_instant(session.at)
    if backup.archive in receipts:
        return parse_instant(receipts[backup.archive].came_at)
    return parse_instant(backup.at)


def _about(name: str, backups: Iterable[Kept]) -> list[Finding]:
    names = [one.name for one in backups]
    if not names:
        return []
    more = f" … ({len(names)})" if len(names) > _NAMED else ""
    return [Finding(name=name, what=", ".join(names[-_NAMED:]) + more)]


def _overwritten(transactions: Iterable[Transaction]) -> list[Finding]:
    count = sum(len(one.replaced) for one in transactions)
    return [Finding(name="replaced", what=str(count))] if count else []


def _short_list(history: History, backups: Iterable[Kept]) -> list[Finding]:
    archives = sum(key in history.live for one in backups for key in one.archives)
    size = history.transactions[-1].list_bytes if history.transactions else 0
    if size >= _LEAST_IN_LIST * archives:
        return []
    return [Finding(name="list-short", what=f"{archives} > {size // _LEAST_IN_LIST}")]


def _list_is_short(history: History, judgement: Judgement, after: Transaction) -> bool:
    """Tell whether the list was too short for the archives that were there after a session."""
    there = Counter(
        key for one in judgement.backups for key in one.archives
        if history.came.get(key, after.number + 1) <= after.number < history.went.get(key, 2**63)
    )  # fmt: skip
    return after.list_bytes < _LEAST_IN_LIST * len(there)


def receipt_of(kept: Kept, history: History, now: datetime) -> Receipt:
    """Write down that a backup is here whole."""
    transaction = max((history.came.get(one, 0) for one in kept.archives), default=0)
    return Receipt(
        archives=tuple(one.hex() for one in kept.archives),
        transaction=transaction,
        seen_at=instant(now),
        came_at=instant(kept.came_at),
    )
