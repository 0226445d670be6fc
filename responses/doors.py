"""Owns the ways in that are open to whoever has their address: a web link, the same
shown within another site, and a preview for those who made the survey."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256

from django.core import signing

from deployments.models import Deployment

SALT = "responses.doors"


class Way(StrEnum):
    WEB = "w"
    EMBED = "embed"
    PREVIEW = "preview"
    # A tracking link whose answers are anonymous: the name is its token.
    UNLINKED = "s"


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    way: Way
    # As it stands in the address: the key of the deployment, or a preview's pass.
    name: str
    key: str

    @property
    def address(self) -> str:
        return f"/{self.way}/{self.name}/"

    @property
    def cookie(self) -> str:
        """Where one response per person is taken, it holds what begins it."""
        return f"tellback-{self.key}"

    def start_value(self, token: str, mark: str = "") -> str:
        """What a first page is given, so that a form that is sent twice begins once.

        `mark` says that the password was given, and which one.
        """
        return self._signer.sign(f"{token}.{mark}")

    def read(self, start: str) -> tuple[str, str]:
        """The token and mark of a start value; blank when nobody gave it."""
        try:
            token, _dot, mark = self._signer.unsign(start).partition(".")
        except signing.BadSignature:
            return "", ""
        return token, mark

    @property
    def _signer(self) -> signing.Signer:
        return signing.Signer(salt=f"{SALT}:{self.way}:{self.key}")


def mark_of(deployment: Deployment) -> str:
    """What only those carry who gave the password that holds now."""
    if not deployment.password_hash:
        return ""
    return sha256(deployment.password_hash.encode()).hexdigest()[:16]
