"""What kinds of findings have in common: how much they weigh, and what they say."""

from enum import StrEnum
from typing import NamedTuple


class Severity(StrEnum):
    """How much a finding weighs."""

    CRITICAL = "critical"
    """ร้ายแรง: the register cannot be relied on until this is explained."""
    SERIOUS = "serious"
    """ต้องแก้ไข: somebody must act."""
    NOTICE = "notice"
    """ควรทราบ: late or odd, but nothing is wrong with the register."""


class Kind(NamedTuple):
    """A kind of finding, with its sentences."""

    severity: Severity
    thai: str
    english: str
