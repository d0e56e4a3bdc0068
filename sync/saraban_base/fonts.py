"""The one font of pages and papers: Sarabun, from a package of its own. The door to fontpkg."""

from pathlib import Path
from typing import Final

import fontpkg

FAMILY: Final = "Sarabun"


def file(weight: int) -> Path:
    """Give the font's file for a weight, such as 400 (plain) or 600 (headings)."""
    found: Path = fontpkg.path("sarabun", weight)
    return found


def folder() -> Path:
    """Give the folder with all weights."""
    return file(400).parent
