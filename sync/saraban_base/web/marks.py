"""Marks the words that were searched for, in the text as it was typed.

The search compares normalised text, in which ``นํ้า`` and ``น้ำ``, ``๑๒`` and ``12`` are the same. So
each written cluster (a letter with its vowels and tone marks) is normalised on its own and keeps
its place in the original.
"""

import re
from collections.abc import Sequence
from typing import Final, NamedTuple

from saraban_sync import thai

# One letter with what stands above and below it, sara aa after nikhahit, and the doubled sara e.
_CLUSTER: Final = re.compile(
    r"\s+|เเ|[^\s][\u0e31\u0e34-\u0e3a\u0e47-\u0e4e\u0300-\u036f\u200b-\u200f]*(?:(?<=[\u0e4d\u0e48-\u0e4b])\u0e32)?"
)


class Piece(NamedTuple):
    """A stretch of text, marked or not."""

    text: str
    marked: bool


def mark(text: str, words: Sequence[str]) -> list[Piece]:
    """Cut a text into marked and unmarked pieces.

    Args:
        text: as it was typed.
        words: normalised, as :func:`saraban_sync.thai.normalise` gives them.
    """
    places: list[tuple[int, int]] = []
    plain = ""
    for found in _CLUSTER.finditer(text):
        cluster = found.group()
        normal = " " if cluster.isspace() else thai.normalise(cluster)
        plain += normal
        places += [found.span()] * len(normal)
    hit = bytearray(len(text))
    for word in words:
        start = plain.find(word)
        while word and start >= 0:
            begin, end = places[start][0], places[start + len(word) - 1][1]
            hit[begin:end] = b"\x01" * (end - begin)
            start = plain.find(word, start + len(word))
    return _pieces(text, hit)


def _pieces(text: str, hit: bytearray) -> list[Piece]:
    pieces: list[Piece] = []
    start = 0
    for end in range(1, len(text) + 1):
        if end == len(text) or hit[end] != hit[start]:
            pieces.append(Piece(text[start:end], bool(hit[start])))
            start = end
    return pieces
