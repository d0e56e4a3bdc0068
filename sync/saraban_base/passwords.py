"""Passwords: how they are chosen, kept and checked.

Only argon2id hashes are kept, never a password. A password is 8 to 128 characters long, any
characters, unmodified; there are no composition rules and no forced changes, but what everybody
tries first (``12345678``, ``saraban2569``, the name of the province, the own user name) is refused.
A first password is made by the program, works once and a few days only, and is made of characters
that cannot be mistaken for one another on paper.

This is the only module that imports argon2.
"""

import base64
import re
import secrets
from functools import cache
from importlib import resources
from threading import BoundedSemaphore
from typing import Final, NamedTuple

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from saraban_base.refusals import PasswordCommon, PasswordTooLong, PasswordTooShort

SHORTEST: Final = 8
ADVISED: Final = 15
LONGEST: Final = 128

# OWASP's minimum for one round; 56 ms on the machine this was measured on, 4 to 6 times that on a
# single-board computer, where 65536/3/4 would make a clerk wait.
MEMORY_KIB: Final = 47_104
ROUNDS: Final = 1
LANES: Final = 1
AT_ONCE: Final = 2
"""Fifty people logging in at 08:30 must not ask for fifty times the memory at once."""

_ALPHABET: Final = "abcdefghjkmnpqrstuvwxyz23456789"  # no i l o 0 1
_GROUPS: Final = 3
_EDGES: Final = re.compile(r"^[\W\d_]+|[\W\d_]+$")
_ROWS: Final = (
    "01234567890123456789", "abcdefghijklmnopqrstuvwxyz", "qwertyuiop", "asdfghjkl", "zxcvbnm",
    "1qaz2wsx3edc4rfv", "๐๑๒๓๔๕๖๗๘๙๐๑๒๓๔๕๖๗๘๙", "ๆไำพะัีรนยบล", "ฟหกดเ้่าสวง", "ผปแอิืทมใฝ",
    "กขคฆงจฉชซฌญฎฏฐฑฒณดตถทธน",
)  # fmt: skip
_DIGITS_ONLY: Final = 10  # birthdays and telephone numbers


class Check(NamedTuple):
    """What came of comparing a password with a stored hash."""

    good: bool
    stale: bool = False
    """The hash was made with weaker parameters; hash the password again while it is at hand."""


class Passwords:
    """Hashes and checks passwords, a few at a time.

    Args:
        memory_kib: memory of one hash; tests use less.
        rounds: passes over the memory.
        at_once: how many hashes are worked out at the same time.
    """

    def __init__(
        self, *, memory_kib: int = MEMORY_KIB, rounds: int = ROUNDS, at_once: int = AT_ONCE
    ) -> None:
        self._hasher = PasswordHasher(time_cost=rounds, memory_cost=memory_kib, parallelism=LANES)
        self._turns = BoundedSemaphore(at_once)
        # An unknown name is compared with this, so that it costs the same time as a known one.
        salt, digest = (_base64(secrets.token_bytes(size)) for size in (16, 32))
        self._decoy = f"$argon2id$v=19$m={memory_kib},t={rounds},p={LANES}${salt}${digest}"

    def hash(self, password: str) -> str:
        """Turn a password into what is kept of it."""
        with self._turns:
            return self._hasher.hash(password)

    def check(self, stored: str | None, password: str) -> Check:
        """Compare a password with a stored hash.

        Args:
            stored: what :meth:`hash` gave; None if there is no such person.
            password: as it was typed.
        """
        if len(password) > LONGEST:  # nobody has such a password; do not hash megabytes
            password, stored = "", None
        with self._turns:
            try:
                self._hasher.verify(stored or self._decoy, password)
            except (VerificationError, InvalidHashError):
                return Check(good=False)
        if stored is None:
            return Check(good=False)
        return Check(good=True, stale=self._hasher.check_needs_rehash(stored))


def check_choice(password: str, *, context: tuple[str, ...] = ()) -> None:
    """Refuse a new password that others would guess.

    Args:
        password: as it was typed.
        context: words that belong to this person: user name, names, office.

    Raises:
        PasswordTooShort: shorter than :data:`SHORTEST`.
        PasswordTooLong: longer than :data:`LONGEST`.
        PasswordCommon: among the first things anybody would try.
    """
    if len(password) < SHORTEST:
        raise PasswordTooShort(f"{len(password)} characters", shortest=SHORTEST)
    if len(password) > LONGEST:
        raise PasswordTooLong(f"{len(password)} characters", longest=LONGEST)
    text = password.casefold()
    if _is_pattern(text) or _is_common(text, context):
        raise PasswordCommon("on the list of common passwords")


def one_time() -> str:
    """Make a first password of 59 random bits: ``k7mp-3xzq-9wtd``, easily read out and typed."""
    return "-".join("".join(secrets.choice(_ALPHABET) for _ in range(4)) for _ in range(_GROUPS))


def _is_pattern(text: str) -> bool:
    if text.isdigit() and len(text) <= _DIGITS_ONLY:
        return True
    if any((text[:size] * len(text))[: len(text)] == text for size in range(1, 5)):
        return True  # one to four characters again and again
    return any(text in row or text in row[::-1] for row in _ROWS)


def _is_common(text: str, context: tuple[str, ...]) -> bool:
    core = _EDGES.sub("", text).replace("@", "a").replace("0", "o").replace("$", "s")
    if text in _common() or core in _common():
        return True
    own = {part for word in context for part in _parts(word.casefold())}
    return text in own or (len(core) >= 3 and core in own)


def _parts(word: str) -> list[str]:
    return [word, *(part for part in re.split(r"[\s.@-]+", word) if len(part) >= 3)]


@cache
def _common() -> frozenset[str]:
    text = (resources.files("saraban_base") / "assets" / "common-passwords.txt").read_text("utf-8")
    lines = (line.strip().casefold() for line in text.splitlines())
    words = [word for word in lines if word and not word.startswith("#")]
    # Thai vowel signs count as edges, so a word is kept whole and without its edges.
    return frozenset([*words, *(core for word in words if len(core := _EDGES.sub("", word)) >= 2)])


def _base64(raw: bytes) -> str:
    return base64.b64encode(raw).rstrip(b"=").decode("ascii")
