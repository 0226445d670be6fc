"""Owns the signature of a webhook: Standard Webhooks, version 1. Pure.

Signed is `id.timestamp.body` with HMAC-SHA256. While a secret is being changed there
is a signature by each, and the receiver takes any that fits.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Iterable

PREFIX = "whsec_"
SECRET_BYTES = 32
FEWEST_BYTES, MOST_BYTES = 24, 64


class BadSecret(ValueError):
    """The text is no secret of a webhook."""


def new_secret() -> str:
    return PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def headers(
    *, message: str, timestamp: int, body: bytes, secrets: Iterable[str]
) -> dict[str, str]:
    """The three headers that a receiver checks."""
    signed = [sign(secret, message, timestamp, body) for secret in secrets]
    return {
        "webhook-id": message,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(signed),
    }


def sign(secret: str, message: str, timestamp: int, body: bytes) -> str:
    content = f"{message}.{timestamp}.".encode() + body
    digest = hmac.new(_key(secret), content, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(digest).decode()}"


def _key(secret: str) -> bytes:
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except binascii.Error as error:
        raise BadSecret("A webhook's secret is base64 behind whsec_.") from error
    if not FEWEST_BYTES <= len(key) <= MOST_BYTES:
        raise BadSecret(f"A secret has {FEWEST_BYTES} to {MOST_BYTES} bytes.")
    return key
