"""Letter files: put away by content, read back checked; a name is only ever information."""

import hashlib
import io
import random
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saraban_base.errors import DiskFailing
from saraban_node.books.files import FileStore, clean_name
from saraban_node.errors import FileDamaged, FileMissing, FileRefused
from saraban_sync.body import FileRef
from saraban_sync.wire import CHUNK_BYTES, chunk_names

HOSTILE = [
    ("../../etc/passwd", "passwd"),
    ("..\\..\\windows\\system32\\cmd.exe", "cmd.exe"),
    ("/etc/shadow", "shadow"),
    ("C:\\คำสั่ง.pdf", "คำสั่ง.pdf"),
    ("หนังสือ\x00.pdf", "หนังสือ.pdf"),
    ("a\r\nContent-Disposition: inline.pdf", "a Content-Disposition: inline.pdf"),
    ("‮fdp.exe", "fdp.exe"),
    ("\u200b\u200b", "file"),
    ("...", "file"),
    ("", "file"),
    ("/", "file"),
    ("  . .  ", "file"),
    (".htaccess", "htaccess"),
    ("กํา.pdf", "กํา.pdf"),
    ("con", "con"),
]


@pytest.fixture
def store(tmp_path: Path) -> FileStore:
    return FileStore(tmp_path / "files")


def put(store: FileStore, content: bytes, name: str = "a.pdf", **limit: int) -> FileRef:
    return store.put(io.BytesIO(content), name=name, media="application/pdf", **limit)


def everything(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def pieces(data: bytes, size: int) -> Iterator[bytes]:
    yield from (data[start : start + size] for start in range(0, len(data), size))


@pytest.mark.parametrize("size", [1, 100, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 700_000])
def test_a_file_is_read_back_the_same_and_named_by_its_content(store: FileStore, size: int) -> None:
    content = random.Random(size).randbytes(size)

    ref = put(store, content, "หนังสือ.pdf")
    in_pieces = store.put(pieces(content, 999), name="หนังสือ.pdf", media="application/pdf")

    assert ref == in_pieces
    assert store.read(ref) == content
    assert (ref.name, ref.size) == ("หนังสือ.pdf", size)
    assert ref.sha256 == hashlib.sha256(content).hexdigest()
    names = chunk_names(ref.size, ref.sha256, ref.chunks)
    parts = [store.read_chunk(ref.sha256, place) for place in range(len(names))]
    assert b"".join(parts) == content
    assert [hashlib.sha256(part).hexdigest() for part in parts] == list(names)


def test_the_same_content_lies_on_the_disk_once_under_any_name(
    store: FileStore, tmp_path: Path
) -> None:
    first, second = put(store, b"same", "a.pdf"), put(store, b"same", "b.pdf")

    assert first.sha256 == second.sha256
    assert (first.name, second.name) == ("a.pdf", "b.pdf")
    assert list(everything(tmp_path).values()) == [b"same"]


def test_only_the_program_may_read_letter_files(store: FileStore) -> None:
    ref = put(store, b"secret enough")

    assert stat.S_IMODE(store.path(ref.sha256).stat().st_mode) == 0o600


@pytest.mark.parametrize(("name", "kept"), HOSTILE)
def test_a_hostile_name_becomes_harmless_information(name: str, kept: str) -> None:
    assert clean_name(name) == kept


def test_a_long_name_keeps_its_ending() -> None:
    cleaned = clean_name("ก" * 500 + ".pdf")

    assert len(cleaned) == 200
    assert cleaned.endswith("ก.pdf")
    assert len(clean_name("x" * 500)) == 200
    assert len(clean_name("x." + "y" * 500)) <= 200


@given(name=st.one_of(st.text(max_size=60), st.text("ก .xํา่", min_size=190, max_size=300)))
def test_no_byte_of_a_name_reaches_a_path(
    tmp_path_factory: pytest.TempPathFactory, name: str
) -> None:
    folder = tmp_path_factory.mktemp("files")

    ref = put(FileStore(folder), b"content", name)

    assert list(everything(folder)) == [f"{ref.sha256[:2]}/{ref.sha256}"]
    assert 1 <= len(ref.name) <= 200
    assert "/" not in ref.name
    assert "\\" not in ref.name
    assert ref.name not in (".", "..")
    assert ref.name.isprintable()
    assert clean_name(ref.name) == ref.name


def test_an_empty_file_is_refused_and_leaves_nothing(store: FileStore, tmp_path: Path) -> None:
    with pytest.raises(FileRefused) as refused:
        put(store, b"", "ว่าง.pdf")

    assert "“ว่าง.pdf”" in refused.value.sentence("th")
    assert "ว่างเปล่า" in refused.value.sentence("th")
    assert everything(tmp_path) == {}


def test_a_file_over_the_limit_is_refused_as_soon_as_it_is_and_leaves_nothing(
    store: FileStore, tmp_path: Path
) -> None:
    read = 0

    def endless() -> Iterator[bytes]:
        nonlocal read
        while True:
            read += CHUNK_BYTES
            yield bytes(CHUNK_BYTES)

    with pytest.raises(FileRefused) as refused:
        store.put(endless(), name="ใหญ่.pdf", media="application/pdf", limit=2 * 1024 * 1024)

    assert "เกิน 2 เมกะไบต์" in refused.value.sentence("th")
    assert read <= 3 * 1024 * 1024
    assert everything(tmp_path) == {}
    assert put(store, bytes(CHUNK_BYTES), limit=CHUNK_BYTES).size == CHUNK_BYTES


def test_a_sender_that_breaks_off_leaves_nothing(store: FileStore, tmp_path: Path) -> None:
    def broken() -> Iterator[bytes]:
        yield b"half"
        raise ConnectionError

    with pytest.raises((ConnectionError, DiskFailing)):
        store.put(broken(), name="a.pdf", media="application/pdf")

    assert everything(tmp_path) == {}


@pytest.mark.parametrize("damage", ["flipped", "shorter", "longer", "empty"])
def test_a_file_that_changed_on_the_disk_is_not_given_out(store: FileStore, damage: str) -> None:
    ref = put(store, b"%PDF-1.7 " + bytes(5_000))
    path = store.path(ref.sha256)
    content = bytearray(path.read_bytes())
    match damage:
        case "flipped":
            content[2_500] ^= 1
        case "shorter":
            del content[-1]
        case "longer":
            content += b"x"
        case _:
            content.clear()
    path.write_bytes(content)

    with pytest.raises(FileDamaged) as found:
        store.read(ref)

    assert "ชุดสำรอง" in found.value.sentence("th")


def test_a_damaged_file_is_whole_again_when_it_is_put_away_again(store: FileStore) -> None:
    ref = put(store, b"whole")
    store.path(ref.sha256).write_bytes(b"spoilt")

    put(store, b"whole")

    assert store.read(ref) == b"whole"


def test_a_file_that_is_not_there_is_said_not_to_be_there(store: FileStore) -> None:
    ref = put(store, b"here")
    store.path(ref.sha256).unlink()

    assert not store.has(ref.sha256)
    with pytest.raises(FileMissing):
        store.read(ref)
    with pytest.raises(FileMissing):
        store.read_chunk(ref.sha256, 0)


@pytest.mark.parametrize(
    "name", ["", "..", "a" * 63, "A" * 64, "g" * 64, "../" + "a" * 61, "a" * 65, "๑" * 64]
)
def test_what_is_no_content_name_is_no_path(store: FileStore, name: str) -> None:
    with pytest.raises(FileMissing):
        store.path(name)
    with pytest.raises(FileMissing):
        store.keep_chunk(name, b"x")


def test_a_file_is_made_of_its_parts_when_all_are_here(store: FileStore, tmp_path: Path) -> None:
    content = random.Random(1).randbytes(2 * CHUNK_BYTES + 77)
    ref = put(FileStore(tmp_path / "sender"), content, "แนบ.pdf")
    names = chunk_names(ref.size, ref.sha256, ref.chunks)
    parts = list(pieces(content, CHUNK_BYTES))

    for name, part in list(zip(names, parts, strict=True))[:-1]:
        store.keep_chunk(name, part)
    with pytest.raises(FileMissing):
        store.assemble(ref, names)
    assert not store.has(ref.sha256)
    store.keep_chunk(names[-1], parts[-1])
    assert all(store.has_chunk(name) for name in names)
    store.assemble(ref, names)

    assert store.read(ref) == content
    assert list(everything(tmp_path / "files")) == [f"{ref.sha256[:2]}/{ref.sha256}"]


def test_parts_that_make_another_file_make_no_file(store: FileStore) -> None:
    wrong = hashlib.sha256(b"other").hexdigest()
    part = hashlib.sha256(b"part").hexdigest()
    store.keep_chunk(part, b"part")
    ref = FileRef(name="a.pdf", media="application/pdf", size=4, sha256=wrong)

    with pytest.raises(FileDamaged):
        store.assemble(ref, (part,))

    assert not store.has(wrong)
