"""The few files every page needs: one stylesheet, one script, two weights of Sarabun.

They are read once, named by their content (``/assets/saraban.3f9a2c41d0b7.css``) and may be kept
by browsers for ever; a new version has a new name. Nothing is ever fetched from outside.
"""

import hashlib
from importlib import resources
from typing import Final, NamedTuple

from saraban_base import fonts

_FONTS: Final = {"sarabun-400.ttf": 400, "sarabun-600.ttf": 600}
_OWN: Final = {
    "saraban.js": "text/javascript; charset=utf-8",
    "saraban.css": "text/css; charset=utf-8",
    "icon.svg": "image/svg+xml",
}
_HASH: Final = 12


class Asset(NamedTuple):
    """A file for browsers."""

    content: bytes
    media: str


class Assets:
    """All assets by the name under which browsers ask for them."""

    def __init__(self) -> None:
        self._by_name: dict[str, Asset] = {}
        self._names: dict[str, str] = {}
        for name, weight in _FONTS.items():
            self._add(name, fonts.file(weight).read_bytes(), "font/ttf")
        folder = resources.files("saraban_base") / "assets"
        for name, media in _OWN.items():
            content = (folder / name).read_bytes()
            if name.endswith(".css"):  # the stylesheet names the fonts by their content, too
                content = self._with_names(content)
            self._add(name, content, media)

    def url(self, name: str) -> str:
        """Give the address of a file.

        Raises:
            KeyError: there is no such file.
        """
        return "/assets/" + self._names[name]

    def find(self, name: str) -> Asset | None:
        """Find a file by the last part of its address."""
        return self._by_name.get(name)

    def _add(self, name: str, content: bytes, media: str) -> None:
        stem, _, ending = name.rpartition(".")
        named = f"{stem}.{hashlib.sha256(content).hexdigest()[:_HASH]}.{ending}"
        self._names[name] = named
        self._by_name[named] = Asset(content, media)

    def _with_names(self, css: bytes) -> bytes:
        for name, named in self._names.items():
            css = css.replace(f'"{name}"'.encode(), f'"{named}"'.encode())
        return css
