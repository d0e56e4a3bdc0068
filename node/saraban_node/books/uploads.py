"""Files that come from a browser: what kind they are is read from their content, not their name.

A name that says ``.pdf`` over a program is refused. What is taken in is never run or shown inside
our pages; it is only ever given back as a download.
"""

from typing import Final

from saraban_base.web.forms import Upload
from saraban_node.books.files import FileStore, clean_name
from saraban_node.errors import FileRefused
from saraban_sync.body import FileRef

_HEAD: Final = 4096
_OFFICE: Final = "application/vnd.openxmlformats-officedocument."
_OPEN: Final = "application/vnd.oasis.opendocument."
_ZIP: Final = (b"PK\x03\x04",)
_OLE: Final = (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",)
_TIFF: Final = (b"II*\x00", b"MM\x00*")

_KINDS: Final[dict[str, tuple[str, tuple[bytes, ...]]]] = {
    "pdf": ("application/pdf", (b"%PDF-",)),
    "png": ("image/png", (b"\x89PNG\r\n\x1a\n",)),
    "jpg": ("image/jpeg", (b"\xff\xd8\xff",)),
    "jpeg": ("image/jpeg", (b"\xff\xd8\xff",)),
    "tif": ("image/tiff", _TIFF),
    "tiff": ("image/tiff", _TIFF),
    "docx": (_OFFICE + "wordprocessingml.document", _ZIP),
    "xlsx": (_OFFICE + "spreadsheetml.sheet", _ZIP),
    "pptx": (_OFFICE + "presentationml.presentation", _ZIP),
    "odt": (_OPEN + "text", _ZIP),
    "ods": (_OPEN + "spreadsheet", _ZIP),
    "zip": ("application/zip", _ZIP),
    "doc": ("application/msword", _OLE),
    "xls": ("application/vnd.ms-excel", _OLE),
    "ppt": ("application/vnd.ms-powerpoint", _OLE),
    "txt": ("text/plain", ()),
    "csv": ("text/csv", ()),
}
ACCEPTED: Final = ",".join(f".{ending}" for ending in _KINDS)
"""For the ``accept`` of file fields."""


def put_upload(store: FileStore, upload: Upload, *, limit: int) -> FileRef:
    """Check an uploaded file and put it away.

    Args:
        store: the node's files.
        upload: as the browser sent it.
        limit: greatest length in bytes.

    Raises:
        FileRefused: it is empty, too long, or not a kind of file that letters have.
    """
    name = clean_name(upload.name)
    ending = name.rpartition(".")[2].casefold()
    kind = _KINDS.get(ending)
    head = upload.stream.read(_HEAD)
    upload.stream.seek(0)
    if kind is None or (head and not _fits(head, kind[1])):
        raise FileRefused(
            f"{ending!r} does not fit {head[:8]!r}",
            name=name,
            why_th=(
                "ไม่ใช่ชนิดแฟ้มที่รับได้ (PDF ภาพ Word Excel PowerPoint ODF ZIP หรือข้อความ) "
                "หรือเนื้อในไม่ตรงกับนามสกุล"
            ),
            why_en=(
                "it is not a PDF, picture, Word, Excel, PowerPoint, ODF, ZIP or text file, "
                "or its content is not what its name says"
            ),
        )
    return store.put(upload.stream, name=name, media=kind[0], limit=limit)


def download_media(media: str) -> str:
    """Give the media type a download is sent with; unknown ones are only bytes."""
    known = {kind for kind, _ in _KINDS.values()}
    return media if media in known else "application/octet-stream"


def _fits(head: bytes, beginnings: tuple[bytes, ...]) -> bool:
    if beginnings:
        # PDF readers allow junk before the mark; scanners produce it.
        return head.startswith(beginnings) or (
            beginnings == (b"%PDF-",) and b"%PDF-" in head[:1024]
        )
    return b"\x00" not in head
