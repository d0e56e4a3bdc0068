"""Proof that a form was sent from our own page.

Three checks on every request that changes something, each enough against most attacks:

1. ``Sec-Fetch-Site`` must say same-origin, when the browser sends it;
2. ``Origin`` must be this very host, when the browser sends it;
3. the form (field ``token``) or the call (header ``X-Saraban-Token``) must carry a value worked out
   from the session cookie, which no other site can read.

Before anybody is logged in, the value is worked out from a cookie that the log-in page sets.
"""

import hashlib
import hmac
from collections.abc import Mapping
from typing import Final

from saraban_base.refusals import FormExpired
from saraban_sync.signing import base64url

FIELD: Final = "token"
HEADER: Final = "x-saraban-token"
SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_LABEL: Final = b"saraban form v1"


def form_token(cookie: str) -> str:
    """Work out the token that belongs to a session cookie."""
    return base64url(hmac.digest(cookie.encode("utf-8", "replace"), _LABEL, hashlib.sha256))


def check_origin(headers: Mapping[str, str]) -> None:
    """Refuse what another site's page sends.

    Args:
        headers: of the request, names in small letters.

    Raises:
        FormExpired: the browser says that the request comes from elsewhere.
    """
    site = headers.get("sec-fetch-site")
    if site is not None and site != "same-origin":
        raise FormExpired(f"sec-fetch-site {site[:20]!r}")
    origin = headers.get("origin")
    # Only the host is compared: behind a proxy that ends TLS the scheme differs.
    if origin is not None and origin.partition("://")[2] != headers.get("host"):
        raise FormExpired(f"origin {origin[:80]!r}")


def check_token(cookie: str, token: object) -> None:
    """Refuse a request without the token that belongs to its cookie.

    Raises:
        FormExpired: it is missing or belongs to another cookie.
    """
    if not cookie or not isinstance(token, str):
        raise FormExpired("no token")
    if not hmac.compare_digest(form_token(cookie).encode(), token.encode("utf-8", "replace")):
        raise FormExpired("token of another session")
