"""Reads the environment for the settings: each reader refuses nonsense in the words
of the setting."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import urlsplit

import environ
from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured

ROOT = Path(__file__).resolve().parent.parent

env = environ.Env()
env.read_env(ROOT / ".env")

KEY_HINT = "Run `make .env` to generate one for this machine, or set it yourself."
TRUE_WORDS = {"1", "true", "on", "yes"}
FALSE_WORDS = {"0", "false", "off", "no", ""}


def line(name: str, default: str = "") -> str:
    return str(env.str(name, default=default)).strip()


def words(name: str, default: str = "") -> list[str]:
    """What stands between the commas."""
    return [word.strip() for word in line(name, default).split(",") if word.strip()]


def required(name: str) -> str:
    value = line(name)
    if not value:
        raise ImproperlyConfigured(f"{name} is not set. {KEY_HINT}")
    return value


def switch(name: str) -> bool:
    word = line(name, "off").lower()
    if word in TRUE_WORDS:
        return True
    if word in FALSE_WORDS:
        return False
    raise ImproperlyConfigured(f"{name}={word!r} is neither on nor off.")


def origin(name: str, value: str) -> str:
    """Return scheme://host[:port] of `value`; refuse anything else."""
    parts = urlsplit(value.strip())
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ImproperlyConfigured(
            f"{name}={value!r} is not an address such as https://tellback.example."
        )
    if parts.path not in {"", "/"} or parts.query or parts.username:
        raise ImproperlyConfigured(f"{name}={value!r}: only scheme, host and port.")
    return f"{parts.scheme}://{parts.netloc}"


def matching(name: str, pattern: str, default: str, wanted: str) -> str:
    value = line(name, default)
    if not re.fullmatch(pattern, value):
        raise ImproperlyConfigured(f"{name}={value!r} is not {wanted}.")
    return value


def number(name: str, default: int, *, most: int, least: int = 1) -> int:
    value = line(name, str(default))
    if not re.fullmatch(r"[0-9]{1,9}", value) or not least <= int(value) <= most:
        raise ImproperlyConfigured(
            f"{name}={value!r} is not a whole number from {least} to {most}."
        )
    return int(value)


def fernet_keys(name: str) -> list[str]:
    required(name)
    for key in words(name):
        try:
            Fernet(key)
        except ValueError as error:
            raise ImproperlyConfigured(
                f"{name} holds something that is not a Fernet key "
                "(32 bytes, URL-safe base64). `make .env` shows how one is made."
            ) from error
    return words(name)


def loopback_or_https(name: str, value: str) -> str:
    address = origin(name, value)
    parts = urlsplit(address)
    loopback = parts.hostname in {"127.0.0.1", "localhost", "::1"}
    if parts.scheme == "http" and not loopback:
        raise ImproperlyConfigured(
            f"{name}: {value!r} is plain http; that is for loopback addresses only."
        )
    return address


def secrets_by_name(name: str) -> dict[str, str]:
    """Read "name:secret,name:secret"; a secret is at least 16 characters long."""
    found: dict[str, str] = {}
    for pair in words(name):
        word, colon, secret = pair.partition(":")
        if not colon or not word or len(secret) < 16:
            raise ImproperlyConfigured(
                f"{name} holds “{word}” without a secret of 16 characters or more; "
                "write name:secret, with a comma between two."
            )
        found[word] = secret
    return found
