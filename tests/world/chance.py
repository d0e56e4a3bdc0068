"""Chance in the simulated district: the same in every telling of a story, so that it can be retold.

Tokens, codes and keys are drawn by the product itself, from ``secrets`` and from the library of
keys. Here both draw from dice that fall the same way each time.
"""

import random
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import pytest

from saraban_sync.signing import SigningKey

_KEY_BYTES: Final = 32
_DICE: Final = random.Random()


def begin(story: int = 0) -> None:
    """Let the dice fall from now on as they do at the beginning of a story."""
    _DICE.seed(story)


@contextmanager
def loaded() -> Iterator[None]:
    """Let the whole program draw from these dice."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(secrets, "token_bytes", _bytes)
        patch.setattr(secrets, "token_hex", _hex)
        patch.setattr(secrets, "choice", _DICE.choice)
        patch.setattr(SigningKey, "generate", _key)
        yield


def _bytes(size: int | None = None) -> bytes:
    return _DICE.randbytes(size or _KEY_BYTES)


def _hex(size: int | None = None) -> str:
    return _bytes(size).hex()


def _key() -> SigningKey:
    return SigningKey.from_bytes(_bytes())
