"""Signatures: Ed25519 (RFC 8032) over a context label and the bytes as they are.

The label keeps a signature from being replayed as something else: a signed grant can never pass
as an event. Nothing is encoded again in order to be checked.
"""

import base64
import binascii
from functools import lru_cache
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from saraban_sync.errors import BadSignature

EVENT: Final = b"saraban event v1\x00"
GRANT: Final = b"saraban grant v1\x00"
DIRECTORY: Final = b"saraban directory v1\x00"
REPORT: Final = b"saraban report v1\x00"
RECEIPT: Final = b"saraban receipt v1\x00"


class SigningKey:
    """A private key that cannot print itself."""

    __slots__ = ("_key",)

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key

    def __repr__(self) -> str:
        return "SigningKey(…)"

    @classmethod
    def generate(cls) -> "SigningKey":
        """Make a new key from the operating system's randomness."""
        return cls(Ed25519PrivateKey.generate())

    @classmethod
    def from_bytes(cls, raw: bytes) -> "SigningKey":
        """Read a key from its 32 secret bytes."""
        return cls(Ed25519PrivateKey.from_private_bytes(raw))

    def to_bytes(self) -> bytes:
        """Give the 32 secret bytes, to be kept in a file with mode 0600."""
        return self._key.private_bytes_raw()

    @property
    def public(self) -> str:
        """The public key as base64url text of 43 characters."""
        return base64url(self._key.public_key().public_bytes_raw())

    def sign(self, context: bytes, data: bytes) -> str:
        """Sign ``data`` under ``context``; base64url text of 86 characters."""
        return base64url(self._key.sign(context + data))


def verify(public: str, context: bytes, data: bytes, signature: str) -> None:
    """Check a signature.

    Args:
        public: the signer's key as :attr:`SigningKey.public` gives it.
        context: one of the labels of this module.
        data: the bytes as they were received.
        signature: as :meth:`SigningKey.sign` gives it.

    Raises:
        BadSignature: the signature, the key or its encoding is wrong.
    """
    try:
        _public_key(public).verify(unbase64url(signature), context + data)
    except (InvalidSignature, ValueError) as wrong:
        raise BadSignature(f"signature by {public[:12]} does not fit") from wrong


def base64url(raw: bytes) -> str:
    """Encode bytes as base64url without padding (RFC 4648, 5)."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")


def unbase64url(text: str) -> bytes:
    """Decode what :func:`base64url` writes, and no other spelling of the same bytes.

    Raises:
        ValueError: it is no base64url.
    """
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except binascii.Error as wrong:
        raise ValueError("not base64url") from wrong
    if base64url(raw) != text:
        raise ValueError("base64url in another spelling")
    return raw


@lru_cache(maxsize=4096)
def _public_key(public: str) -> Ed25519PublicKey:
    return Ed25519PublicKey.from_public_bytes(unbase64url(public))
