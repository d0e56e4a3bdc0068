"""The power goes at any moment of an office's work; the register is what the clerk was told.

How it is done is written in :mod:`tests.faults.power`; by hand, and for a whole night, it is run by
``python -m tests.faults.power_run``.
"""

import random
from pathlib import Path

import msgspec
import pytest

from tests.faults.power import Disk, Image, Sync, SyncFolder
from tests.faults.power_judge import Judge
from tests.faults.power_run import judge, record
from tests.faults.power_work import Trace

IMAGES = 200_000
_LAST = 600
"""The last boundaries of a life may have too few possible disks for their share."""
LIVES = range(1, 7)


@pytest.fixture(scope="module")
def lives(memory: Path) -> list[Path]:
    """Six working lives: made, ranges, 40 letters each, files, voids, notes, restarts."""
    folder = memory / "lives"
    folder.mkdir()
    return [record(folder, seed) for seed in LIVES]


def _cut(life: Path, seed: int) -> Image:
    """Cut the power at a moment at which much was under way, and give one disk it may leave."""
    chance, disk, operations = random.Random(seed), Disk(), _trace(life).operations
    moment = chance.randrange(len(operations) // 2, len(operations))
    for operation in operations[:moment]:
        disk.apply(operation)
    return next(disk.images(chance, 1))


@pytest.mark.slow
def test_no_power_cut_loses_doubles_or_halves_a_number(lives: list[Path], scratch: Path) -> None:
    verdict = judge(scratch, lives, images=IMAGES + _LAST)

    assert verdict.images >= IMAGES
    assert verdict.examples == []
    assert (verdict.lost, verdict.half, verdict.damaged, verdict.files) == (0, 0, 0, 0)
    # The images were not all of the dull kind: many different registers came out of them, also
    # such in which the clerk had not yet been told.
    assert verdict.databases > 45 * len(lives)
    assert verdict.under_way > 1_000
    assert verdict.directly > 1_000


def test_a_second_power_cut_while_coming_up_from_the_first_changes_nothing(
    lives: list[Path], scratch: Path
) -> None:
    """Recovery writes as well; what it writes can be lost or torn like everything else."""
    later = [record(scratch, seed, letters=3, begin=_cut(lives[seed], seed)) for seed in range(6)]

    verdict = judge(scratch, later, images=6_000)

    assert verdict.examples == []
    assert (verdict.lost, verdict.half, verdict.damaged, verdict.files) == (0, 0, 0, 0)
    assert verdict.databases > 3 * len(later)


def test_a_register_that_does_not_wait_for_the_disk_is_found_out(scratch: Path) -> None:
    """``synchronous=NORMAL`` never damages anything; it forgets, and the simulation shows it."""
    life = record(scratch, 1, letters=15, forgetful=True)

    verdict = judge(scratch, [life], images=2_000)

    assert verdict.lost > 100
    assert (verdict.half, verdict.damaged) == (0, 0)


def test_a_disk_that_lies_about_flushing_is_found_out(lives: list[Path], scratch: Path) -> None:
    verdict = judge(scratch, lives[:1], images=1_000, lying=True)

    assert verdict.lost > 100
    assert verdict.damaged > 10


@pytest.mark.parametrize("flush", [Sync, SyncFolder], ids=["of-the-file", "of-its-folder"])
def test_a_letter_file_put_away_without_a_flush_is_found_out(
    flush: type[Sync] | type[SyncFolder], lives: list[Path], scratch: Path
) -> None:
    careless = _without(_trace(lives[0]), flush, "node/files/")

    verdict = Judge(scratch / "judge", random.Random(1)).walk(careless, 1_000)

    assert verdict.files > 100
    assert verdict.lost == 0


def test_keys_put_away_without_a_flush_of_their_folder_are_found_out(
    lives: list[Path], scratch: Path
) -> None:
    careless = _without(_trace(lives[0]), SyncFolder, "node/keys")

    verdict = Judge(scratch / "judge", random.Random(1)).walk(careless, 1_000)

    assert verdict.files > 100


def _trace(life: Path) -> Trace:
    return msgspec.msgpack.decode(life.read_bytes(), type=Trace)


def _without(trace: Trace, flush: type[Sync] | type[SyncFolder], place: str) -> Trace:
    """The same life of a program that forgets to flush there."""
    return Trace(
        [
            one
            for one in trace.operations
            if not (isinstance(one, flush) and one.path.startswith(place))
        ]
    )
