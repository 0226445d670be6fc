"""Owns what an API key looks like, so that a leaked one is recognised. Pure.

`tb_`, 40 characters by chance, and 6 that prove the others: a scanner of leaked secrets
looks for `tb_[0-9A-Za-z]{46}` and checks the last six. Older keys have no such proof.
"""

from __future__ import annotations

import re
import secrets
import string
import zlib

PREFIX = "tb_"
ALPHABET = string.digits + string.ascii_letters
CHANCE, PROOF = 40, 6
KEY = re.compile(rf"{PREFIX}[0-9A-Za-z]{{{CHANCE + PROOF}}}\Z")


def new_secret() -> str:
    """40 characters of 62 are 238 bits."""
    body = PREFIX + "".join(secrets.choice(ALPHABET) for _ in range(CHANCE))
    return body + proof(body)


def proof(body: str) -> str:
    """CRC-32 in base 62: against mistyping and for scanners, not against malice."""
    number, text = zlib.crc32(body.encode()), ""
    while len(text) < PROOF:
        number, digit = divmod(number, len(ALPHABET))
        text = ALPHABET[digit] + text
    return text


def is_mistyped(secret: str) -> bool:
    """It looks like a key of ours, but its proof does not fit."""
    return bool(KEY.match(secret)) and proof(secret[:-PROOF]) != secret[-PROOF:]
