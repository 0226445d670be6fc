"""Owns secrets at rest: a text column encrypted with rotating keys.

`FIELD_KEYS` lists Fernet keys, newest first: the first encrypts, all decrypt.
"""

from __future__ import annotations

from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.core.exceptions import FieldError
from django.db import models


class UnreadableSecret(Exception):
    """A stored secret fits none of the keys in FIELD_KEYS."""


def _cipher() -> MultiFernet:
    return MultiFernet([Fernet(key) for key in settings.FIELD_KEYS])


def encrypt(text: str) -> str:
    return _cipher().encrypt(text.encode()).decode()


def decrypt(stored: str) -> str:
    """Return the text; raise `UnreadableSecret` when no key fits."""
    try:
        return _cipher().decrypt(stored.encode()).decode()
    except InvalidToken as error:
        raise UnreadableSecret(
            "A stored secret cannot be read with the keys in FIELD_KEYS. "
            "Put the key that it was written with back at the end of the list."
        ) from error


class EncryptedTextField(models.TextField):  # type: ignore[type-arg]
    """Text that is ciphertext in the database. It cannot be searched."""

    def get_prep_value(self, value: Any) -> Any:
        text = super().get_prep_value(value)
        return encrypt(text) if text else text

    def from_db_value(self, value: Any, _expression: Any, _connection: Any) -> Any:
        return decrypt(value) if value else value

    def get_lookup(self, lookup_name: str) -> Any:
        if lookup_name == "isnull":
            return super().get_lookup(lookup_name)
        raise FieldError("An encrypted column cannot be searched; keep a hash beside.")
