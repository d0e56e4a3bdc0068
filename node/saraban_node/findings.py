"""One thing that was looked at when the machine was asked how it is."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """What was seen, in Thai and English."""

    name: str
    good: bool
    thai: str
    english: str
