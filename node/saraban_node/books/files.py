"""Files of letters, put away by content, so that what was stored is what is read.

A file is on disk before any row names it: written under a temporary name, flushed, renamed, and
its folder flushed. A power cut leaves a whole file or none, and at worst a file that nobody names.
"""

import hashlib
import os
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO, Final

from saraban_base import durable
from saraban_base.errors import DiskFailing, DiskFull
from saraban_node.errors import FileDamaged, FileMissing, FileRefused
from saraban_sync import thai
from saraban_sync.body import FileRef
from saraban_sync.wire import CHUNK_BYTES

MAX_FILE_BYTES: Final = 50 * 1024 * 1024
_MAX_NAME: Final = 200
_MAX_ENDING: Final = 20
_NO_LIMIT: Final = 2**62
"""For what has arrived: its sender's limit counted, and its parts are here already."""
_ENOSPC: Final = 28


class FileStore:
    """The folder of letter files of one node.

    Args:
        folder: where the files are; made when missing.

    Raises:
        DiskFull: there is no room for the folder.
        DiskFailing: the disk refused.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._incoming = folder / "incoming"
        self._certain: set[Path] = set()
        """Folders whose names were flushed since this program started."""
        try:
            durable.make_folder(self._incoming)
        except OSError as wrong:
            raise _disk(wrong) from wrong

    def put(
        self,
        source: BinaryIO | Iterable[bytes],
        *,
        name: str,
        media: str,
        limit: int = MAX_FILE_BYTES,
    ) -> FileRef:
        """Put a file away.

        Args:
            source: its bytes, as a file or in pieces.
            name: what the person called it; kept as information, never used as a path.
            media: its media type, such as ``application/pdf``.
            limit: greatest length in bytes.

        Raises:
            FileRefused: it is empty or longer than ``limit``.
            DiskFull: there is no room.
            DiskFailing: the disk refused.
        """
        name = clean_name(name)
        whole, chunks, size = hashlib.sha256(), [], 0
        try:
            with tempfile.NamedTemporaryFile(dir=self._incoming, delete=False) as file:
                temporary = Path(file.name)
                try:
                    for chunk in _chunks(source):
                        size += len(chunk)
                        _check_length(name, size, limit)
                        whole.update(chunk)
                        chunks.append(hashlib.sha256(chunk).hexdigest())
                        file.write(chunk)
                    _check_not_empty(name, size)
                    file.flush()
                    os.fsync(file.fileno())
                    self._settle(temporary, whole.hexdigest())
                except BaseException:
                    temporary.unlink(missing_ok=True)
                    raise
        except OSError as wrong:
            raise _disk(wrong) from wrong
        return FileRef(
            name=name,
            media=media,
            size=size,
            sha256=whole.hexdigest(),
            chunks=tuple(chunks) if len(chunks) > 1 else (),
        )

    def has(self, sha256: str) -> bool:
        """Tell whether a file is here; whether it is whole is found when it is read."""
        return self.path(sha256).is_file()

    def read(self, ref: FileRef) -> bytes:
        """Give a file's content after checking that it is what was put away.

        Raises:
            FileMissing: it is not on this machine.
            FileDamaged: its content has changed.
            DiskFailing: the disk refused.
        """
        try:
            data = self.path(ref.sha256).read_bytes()
        except FileNotFoundError as wrong:
            raise FileMissing(ref.sha256) from wrong
        except OSError as wrong:
            raise _disk(wrong) from wrong
        if len(data) != ref.size or hashlib.sha256(data).hexdigest() != ref.sha256:
            raise FileDamaged(ref.sha256)
        return data

    def read_chunk(self, sha256: str, place: int) -> bytes:
        """Give one part of a file for sending; its name proves it at the other side.

        Raises:
            FileMissing: the file is not on this machine.
            DiskFailing: the disk refused.
        """
        try:
            with self.path(sha256).open("rb") as file:
                file.seek(place * CHUNK_BYTES)
                return file.read(CHUNK_BYTES)
        except FileNotFoundError as wrong:
            raise FileMissing(sha256) from wrong
        except OSError as wrong:
            raise _disk(wrong) from wrong

    def keep_chunk(self, chunk: str, data: bytes) -> None:
        """Keep a part of an arriving file until the rest is here."""
        try:
            with tempfile.NamedTemporaryFile(dir=self._incoming, delete=False) as file:
                temporary = Path(file.name)
                try:
                    file.write(data)
                    file.flush()
                    os.fsync(file.fileno())
                    temporary.rename(self._part(chunk))
                except BaseException:
                    temporary.unlink(missing_ok=True)
                    raise
        except OSError as wrong:
            raise _disk(wrong) from wrong

    def has_chunk(self, chunk: str) -> bool:
        """Tell whether a part of an arriving file is here."""
        return self._part(chunk).is_file()

    def assemble(self, ref: FileRef, names: tuple[str, ...]) -> None:
        """Make a whole file of its parts and drop them.

        Raises:
            FileMissing: a part is not here, or was damaged on this disk and dropped.
            FileDamaged: the parts are as their names say and still do not make the file.
        """
        parts = [self._part(chunk) for chunk in names]
        if missing := [part.name for part in parts if not part.is_file()]:
            raise FileMissing(f"parts {missing[:3]}")
        made = self.put(
            (part.read_bytes() for part in parts), name=ref.name, media=ref.media, limit=_NO_LIMIT
        )
        if made.sha256 != ref.sha256:
            self._drop_damaged(parts)
            raise FileDamaged(ref.sha256)
        for part in parts:
            part.unlink(missing_ok=True)

    def _drop_damaged(self, parts: list[Path]) -> None:
        """Drop parts that are no longer what they were, so that they are fetched again.

        Raises:
            FileMissing: there were some.
        """
        damaged = [
            part for part in parts if hashlib.sha256(part.read_bytes()).hexdigest() != part.stem
        ]
        for part in damaged:
            part.unlink(missing_ok=True)
        if damaged:
            raise FileMissing(f"{len(damaged)} damaged parts")

    def path(self, sha256: str) -> Path:
        """Give where a file is, by its content's name.

        Raises:
            FileMissing: the name is no SHA-256, so nothing can be there.
        """
        if len(sha256) != 64 or set(sha256) - set("0123456789abcdef"):
            raise FileMissing("not a content name")
        return self._folder / sha256[:2] / sha256

    def _part(self, chunk: str) -> Path:
        self.path(chunk)  # refuses what is no name
        return self._incoming / f"{chunk}.part"

    def _settle(self, temporary: Path, sha256: str) -> None:
        target = self.path(sha256)
        if target.parent not in self._certain:
            durable.make_folder(target.parent)
            self._certain.add(target.parent)
        temporary.chmod(0o600)
        temporary.rename(target)
        durable.flush_folder(target.parent)


def clean_name(name: str) -> str:
    """Give a file's name as information: no path, no control characters, not too long."""
    base = thai.tidy(name.replace("\\", "/").rsplit("/", 1)[-1]).strip(". ")
    if len(base) > _MAX_NAME:
        ending = Path(base).suffix
        ending = ending if len(ending) <= _MAX_ENDING else ""
        base = (base[: _MAX_NAME - len(ending)].rstrip(". ") + ending).rstrip(". ")
    return base or "file"


def _chunks(source: BinaryIO | Iterable[bytes]) -> Iterator[bytes]:
    waiting = bytearray()
    pieces = iter(lambda: source.read(CHUNK_BYTES), b"") if hasattr(source, "read") else source
    for piece in pieces:
        waiting += piece
        while len(waiting) >= CHUNK_BYTES:
            yield bytes(waiting[:CHUNK_BYTES])
            del waiting[:CHUNK_BYTES]
    if waiting:
        yield bytes(waiting)


def _disk(wrong: OSError) -> DiskFull | DiskFailing:
    return DiskFull(str(wrong)) if wrong.errno == _ENOSPC else DiskFailing(str(wrong))


def _check_not_empty(name: str, size: int) -> None:
    if size == 0:
        raise FileRefused("empty", name=name, why_th="แฟ้มว่างเปล่า", why_en="it is empty")


def _check_length(name: str, size: int, limit: int) -> None:
    if size > limit:
        most = limit // (1024 * 1024)
        raise FileRefused(
            f"over {limit} bytes",
            name=name,
            why_th=f"แฟ้มใหญ่เกิน {most} เมกะไบต์",
            why_en=f"it is larger than {most} MB",
        )
