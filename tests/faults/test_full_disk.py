"""A disk that is really full: a file system of two megabytes, and nobody who pretends."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from saraban_base.errors import DiskFull
from saraban_node import appliance
from saraban_node.appliance import Appliance
from saraban_node.books.letters import NewLetter
from saraban_sync.body import FileRef
from tests.offices import HandClock, a_letter, an_office, put_file, register
from tests.promises import kept

SIZE = "2m"
BALLAST = 300_000


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system that is soon full; it takes the right to mount one."""
    folder = tmp_path / "small"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "saraban-test", str(folder)]
    try:
        done = subprocess.run(mount, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        pytest.skip("there is no mount here")
    if done.returncode:
        pytest.skip(f"no file system may be mounted here: {done.stderr.strip()[:100]}")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_refuses_letters_in_words_and_goes_on_when_there_is_room(
    small_disk: Path,
) -> None:
    (small_disk / "ballast").write_bytes(bytes(BALLAST))
    node = an_office(small_disk / "node")

    told = _until_full(node, files=True)
    told += _until_full(node, files=False)
    for _ in range(20):  # it stays full, and stays whole
        with pytest.raises(DiskFull) as refused:
            register(node, _long_letter())
        assert "เนื้อที่ดิสก์เต็ม" in refused.value.sentence("th")
    before = _numbers(node)
    (small_disk / "ballast").unlink()
    following = register(node, a_letter(1))
    node.close()

    assert told == list(range(1, len(told) + 1)) == before
    assert len(told) > 10
    assert following.number == len(told) + 1
    node = appliance.open_appliance(small_disk / "node", clock=HandClock())
    stored = kept(node)
    assert len(stored.numbers) == following.number
    for sha256, size in stored.files:
        assert len(node.files.path(sha256).read_bytes()) == size
    assert not list((node.folder / "files" / "incoming").iterdir()), "half a file was left"
    node.close()


def _until_full(node: Appliance, *, files: bool) -> list[int]:
    """Register letters until there is no room; gives the numbers that were told."""
    told: list[int] = []
    while True:
        try:
            refs: tuple[FileRef, ...] = ()
            if files:
                refs = (put_file(node, f"%PDF {len(told)}".encode() * 3_000),)
            letter = a_letter(len(told), files=refs) if files else _long_letter()
            told.append(register(node, letter).number)
        except DiskFull:
            return told


def _long_letter() -> NewLetter:
    return a_letter(1, subject="ก" * 1_000, remark="ข" * 500, sender="ค" * 500)


def _numbers(node: Appliance) -> list[int]:
    with node.db.read() as cursor:
        return [row[0] for row in cursor.execute("SELECT number FROM entry ORDER BY seq")]
