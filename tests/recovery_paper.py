"""Recovery sheets as tests read them, and a repository that only knows what opens it."""

import base64
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pypdfium2
import zxingcpp

from saraban_base.backup import errors
from saraban_base.backup.protocol import Archive
from saraban_base.backup.repository import Repository
from saraban_node.backup.key_kit import Printed


@dataclass(frozen=True)
class PaperBorg(Repository):
    """A repository that only knows what opens it; borg itself is tried in one test."""

    def exists(self) -> bool:
        return self._secret.is_file()

    def archives(self, *, ignore_lock: bool = False) -> tuple[Archive, ...]:
        self._open()
        return ()

    def key_text(self) -> str:
        self._open()
        return f"BORG_KEY {'ab' * 32}\n{base64.b64encode(bytes(400)).decode()}\n"

    def change_passphrase(self, new: Path) -> None:
        self._open()
        self._secret.write_text(new.read_text())

    def make(self) -> None:
        self.path.mkdir()
        self._secret.write_text(self.passphrase_file.read_text())

    @property
    def _secret(self) -> Path:
        return self.path / "secret"

    def _open(self) -> None:
        if self.passphrase_file.read_text() != self._secret.read_text():
            raise errors.WrongPassphrase("borg: 52", file=self.passphrase_file)


def pages(paper: bytes) -> int:
    return len(pypdfium2.PdfDocument(paper))


def words(paper: bytes) -> str:
    found = "".join(one.get_textpage().get_text_range() for one in pypdfium2.PdfDocument(paper))
    return "".join(found.split())


def codes(paper: bytes) -> list[str]:
    """Scan the paper as a telephone does."""
    pictures = [page.render(scale=2).to_pil() for page in pypdfium2.PdfDocument(paper)]
    found: list[Any] = [code for one in pictures for code in zxingcpp.read_barcodes(one)]
    return [one.text for one in found]


def scanned(printed: Printed) -> tuple[str, str]:
    first, second = (codes(paper)[0] for paper in printed.papers[:2])
    return first, second
