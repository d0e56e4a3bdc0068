"""Each operation of the disk is refused, once and for ever: nothing is half done, nothing is lost.

For each act of the office the operation that is refused is the first, then the second, and so on
until the act is through without meeting it.
"""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from saraban_base.errors import DatabaseProblem, DiskFailing, DiskFull
from saraban_node import appliance, journal, projections
from saraban_node.appliance import Appliance
from saraban_node.books import entries, letters, registers, search
from saraban_node.books.registers import RegisterQuery
from saraban_node.line import inbox
from saraban_sync.errors import SarabanError
from saraban_sync.registers import Register
from tests.faults.failing import FailingDisk, a_failing_disk
from tests.offices import (
    SOMSRI,
    YEAR,
    FarOffice,
    HandClock,
    a_letter,
    an_office,
    carry,
    introduce,
    put_file,
    register,
)
from tests.promises import kept

SENT = 3
"""Letters registered before anything fails."""


@dataclass(frozen=True)
class Trouble:
    """How the disk fails."""

    for_ever: bool
    full: bool

    def __str__(self) -> str:
        return f"{'no room' if self.full else 'refused'} {'for ever' if self.for_ever else 'once'}"


TROUBLES = [Trouble(for_ever, full) for for_ever in (False, True) for full in (False, True)]


@pytest.fixture(scope="module")
def disk() -> Iterator[FailingDisk]:
    with a_failing_disk() as disk:
        yield disk


@pytest.fixture(scope="module")
def nearly_full(before: Path) -> Path:
    """The same node when the next event fills a page of the search index."""
    folder = Path(shutil.copytree(before, before.with_name("nearly-full")))
    node = appliance.open_appliance(folder, clock=HandClock())
    with node.db.write() as write:
        while journal.head(write.cursor).seq % search.PAGE != search.PAGE - 1:
            letters.register_letter(write, node.journal, a_letter(1), actor=SOMSRI)
    node.close()
    return folder


@pytest.fixture(scope="module")
def before(memory: Path) -> Path:
    """A node with three letters, one of them with a file, and an arrival not yet registered.

    It is copied while it runs, so that its write-ahead log is not empty.
    """
    folder = memory / "before" / "node"
    node, area = an_office(folder), FarOffice()
    introduce(node, area)
    register(node, a_letter(0, files=(put_file(node, b"%PDF the first"),)))
    for number in range(1, SENT):
        register(node, a_letter(number, Register.OUTGOING))
    carry(area.sends(node.office), node)
    copy = Path(shutil.copytree(folder, folder.with_name("copy")))
    node.close()
    return copy


def _letter_with_a_file(node: Appliance) -> None:
    ref = put_file(node, b"%PDF of the letter in trouble")
    register(node, a_letter(77, files=(ref,)), form="form-77")


def _letter_sent_to_another_office(node: Appliance) -> None:
    register(node, a_letter(77, Register.OUTGOING, offices=("area-1",)), form="form-77")


def _arrival_registered(node: Appliance) -> None:
    with node.db.write() as write:
        if waiting := inbox.arrivals(write.cursor):
            letters.register_letter(
                write, node.journal, inbox.letter_of(waiting[0]), actor=SOMSRI, form="form-77"
            )


def _number_cancelled(node: Appliance) -> None:
    with node.db.write() as write:
        entry = entries.by_number(write.cursor, Register.INCOMING, YEAR, 1)
        if entry and entry.state == "issued":
            letters.void_entry(write, node.journal, entry.id, reason="ซ้ำ", actor=SOMSRI)


def _file_added(node: Appliance) -> None:
    ref = put_file(node, b"%PDF scanned later")
    with node.db.write() as write:
        entry = entries.by_number(write.cursor, Register.INCOMING, YEAR, 1)
        if entry and entry.file_count == 1:
            letters.add_files(write, node.journal, entry.id, files=(ref,), actor=SOMSRI)


def _log_copied_into_the_file(node: Appliance) -> None:
    node.db.checkpoint()


def _registers_made_again(node: Appliance) -> None:
    with node.db.write() as write:
        projections.rebuild(write)


ACTS: list[Callable[[Appliance], None]] = [
    _letter_with_a_file,
    _letter_sent_to_another_office,
    _arrival_registered,
    _number_cancelled,
    _file_added,
    _log_copied_into_the_file,
    _registers_made_again,
]


@pytest.mark.parametrize("trouble", TROUBLES, ids=str)
@pytest.mark.parametrize("act", ACTS, ids=lambda act: act.__name__.strip("_"))
def test_an_act_is_done_whole_or_not_at_all_whichever_operation_the_disk_refuses(
    act: Callable[[Appliance], None],
    trouble: Trouble,
    before: Path,
    disk: FailingDisk,
    scratch: Path,
) -> None:
    first = 0
    while _act_in_trouble(act, trouble, first, before, disk, scratch / str(first)):
        shutil.rmtree(scratch / str(first))
        first += 1

    assert first >= 2, "the act never asked anything of the disk"


@pytest.mark.parametrize("for_ever", [False, True], ids=["once", "for ever"])
def test_a_node_that_cannot_be_opened_says_why_and_opens_when_the_disk_works(
    for_ever: bool, before: Path, disk: FailingDisk, scratch: Path
) -> None:
    for first in range(200):
        folder = scratch / str(first)
        shutil.copytree(before, folder)
        error = _error_of_opening(folder, disk, first, for_ever=for_ever)

        assert (error is None) or isinstance(error, (DiskFailing, DatabaseProblem))
        if not disk.refused:
            break
        _comes_up_again(folder)
        shutil.rmtree(folder)
    assert first > 20


def test_a_page_that_could_not_be_read_is_read_when_the_disk_works(
    before: Path, disk: FailingDisk, scratch: Path
) -> None:
    folder = Path(shutil.copytree(before, scratch / "node"))
    for first in range(200):
        node = appliance.open_appliance(folder, clock=HandClock())
        disk.refuse(first, for_ever=False, full=False)
        error = _error_of(_look_at_the_register, node)
        disk.work()

        assert (error is None) or isinstance(error, DiskFailing)
        _look_at_the_register(node)
        node.close()
        if not disk.refused:
            break
    assert first > 5


def _look_at_the_register(node: Appliance) -> None:
    with node.db.read() as cursor:
        shown = registers.page(cursor, RegisterQuery(register=Register.OUTGOING, year=YEAR))
        assert [entry.number for entry in shown] == [2, 1]
        assert search.find(cursor, "วิทยากรอบรม") == [shown[1].seq]


@pytest.mark.parametrize("trouble", TROUBLES, ids=str)
def test_a_letter_that_fills_a_page_of_the_search_index_is_registered_whole_or_not_at_all(
    trouble: Trouble, nearly_full: Path, disk: FailingDisk, scratch: Path
) -> None:
    first = 0
    while _act_in_trouble(
        _letter_without_a_file, trouble, first, nearly_full, disk, scratch / str(first)
    ):
        shutil.rmtree(scratch / str(first))
        first += 4 if trouble.for_ever else 1  # all that follow are refused anyway

    assert first > 20


def _letter_without_a_file(node: Appliance) -> None:
    register(node, a_letter(77), form="form-77")


def _act_in_trouble(
    act: Callable[[Appliance], None],
    trouble: Trouble,
    first: int,
    before: Path,
    disk: FailingDisk,
    folder: Path,
) -> bool:
    """Do the act while the disk fails, then again when it works; False when nothing was refused."""
    shutil.copytree(before, folder)
    node = appliance.open_appliance(folder, clock=HandClock())
    try:
        stored = _hashes(node)
        disk.refuse(first, for_ever=trouble.for_ever, full=trouble.full)
        error = _error_of(act, node)
        disk.work()
        if disk.refused == 0:
            assert error is None
            return False
        _is_the_right_error(error, trouble, disk)
        now = _hashes(node)
        if error is not None:
            assert now == stored, "something was kept of what was refused"
            _another_program_finds_all_or_nothing(act, folder, stored)

        act(node)
        again = kept(node)
        if error is None:
            assert again.hashes == now, "done twice"
        following = register(node, a_letter(78))
        incoming = [number for book, _, number in again.numbers if book == "incoming"]
        assert following.number == max(incoming) + 1
    finally:
        disk.work()
        node.close()
    _comes_up_again(folder)
    return True


def _hashes(node: Appliance) -> tuple[str, ...]:
    with node.db.read() as cursor:
        return tuple(event.hash for event in journal.read(cursor))


def _another_program_finds_all_or_nothing(
    act: Callable[[Appliance], None], folder: Path, stored: tuple[str, ...]
) -> None:
    """The program dies now. What the disk took without saying so may be found, but then wholly.

    The clerk is told that nothing was saved and saves again: the form gives the same line.
    """
    if act is not _letter_with_a_file:
        return
    copy = Path(shutil.copytree(folder, folder.with_name("another")))
    (copy / "node.db-shm").unlink()
    node = appliance.open_appliance(copy, clock=HandClock())
    try:
        found = kept(node)
        assert found.hashes == stored or len(found.hashes) == len(stored) + 1
        act(node)
        assert len(_hashes(node)) == len(stored) + 1
    finally:
        node.close()
        shutil.rmtree(copy)


def _error_of(act: Callable[[Appliance], None], node: Appliance) -> SarabanError | None:
    try:
        act(node)
    except SarabanError as wrong:
        return wrong
    return None


def _error_of_opening(
    folder: Path, disk: FailingDisk, first: int, *, for_ever: bool
) -> SarabanError | None:
    disk.refuse(first, for_ever=for_ever, full=False)
    try:
        node = appliance.open_appliance(folder, clock=HandClock())
    except SarabanError as wrong:
        return wrong
    finally:
        disk.work()
    node.close()
    return None


def _is_the_right_error(error: SarabanError | None, trouble: Trouble, disk: FailingDisk) -> None:
    """No room is said to be no room; a refusal that did not matter is no error at all."""
    if error is None:
        return
    wanted = DiskFull if trouble.full else DiskFailing
    assert isinstance(error, wanted), f"{error!r} after {disk.asked} operations"
    assert error.sentence("th") == wanted.thai


def _comes_up_again(folder: Path) -> None:
    node = appliance.open_appliance(folder, clock=HandClock())
    try:
        assert node.db.integrity() == []
        with node.db.read() as cursor:
            for seq in range(1, journal.head(cursor).seq + 1):
                for ref in entries.files(cursor, seq):
                    node.files.read(ref)
    finally:
        node.close()
