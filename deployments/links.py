"""Owns the credential of a respondent: how a token is made and what is kept of it.

Whoever holds the token may answer; the database is searched by its hash alone.
"""

from __future__ import annotations

import hashlib
import secrets

TOKEN_BYTES = 18  # 144 bits, 24 characters without padding


def new_token() -> str:
    """Return 24 URL-safe characters that nobody can guess."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def hash_token(token: str) -> str:
    """Return what is stored and searched; 144 random bits need neither salt nor work."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
