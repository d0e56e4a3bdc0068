"""Makes a PDF from a typst template and data. The one door to typst.

    template (.typ of a package) ──┐
    data (a dict, as JSON) ────────┼──> typst ──> PDF bytes
    pictures (name -> bytes) ──────┘

Nothing is written to the disk and nothing is fetched: what a paper says may be secret. Templates
begin with ``#import "paper.typ": *``, which gives them ``data`` and the look of all papers.
"""

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from importlib import resources
from typing import Any, Final

import msgspec
import typst

from saraban_base import fonts

_COMMON: Final = "paper.typ"


def make(
    template: str,
    data: Mapping[str, Any],
    *,
    made_at: datetime,
    pictures: Mapping[str, bytes] | None = None,
) -> bytes:
    """Make a PDF.

    Args:
        template: text of the typst template.
        data: what the template finds as ``data``; texts in it are never read as typst.
        made_at: the moment that the PDF says it was made.
        pictures: files that the template names, such as ``qr.svg``.
    """
    # The loop through JSON: whatever the words are, they stay words.
    words = msgspec.json.encode(data).decode()
    files = {
        "main.typ": template.encode(),
        _COMMON: (resources.files("saraban_base") / "paper" / _COMMON).read_bytes(),
        **(pictures or {}),
    }
    made = typst.compile(  # type: ignore[call-overload]  # its stub leaves out files by name
        files,
        font_paths=_fonts(),
        sys_inputs={"data": words},
        format="pdf",
        timestamp=made_at.replace(microsecond=0),
    )
    if not isinstance(made, bytes):
        raise TypeError("typst made no single PDF")
    return made


@cache
def _fonts() -> typst.Fonts:
    """Find Sarabun, and nothing else: a paper looks the same on every machine."""
    return typst.Fonts(
        include_system_fonts=False,
        include_embedded_fonts=False,
        font_paths=[fonts.folder()],
    )
