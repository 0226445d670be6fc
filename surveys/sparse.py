"""Owns how a reader asks for some fields alone: `fields=key,title`, in every protocol.

Pure. The names are those of the first level; what is not known is said, all at once.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from surveys.wording import gettext as _

NAME = "fields"
HELP = "Only these, with commas between, such as `key,status`; all when unsaid."
LONGEST = 100


class UnknownFields(ValueError):
    """Names that nothing here has; the text says which there are."""


def read(text: str | None) -> tuple[str, ...]:
    """The names that are asked for; none: all."""
    return tuple(filter(None, (name.strip() for name in (text or "").split(","))))


def check(names: Collection[str], known: Collection[str]) -> None:
    """Raise `UnknownFields` for what is not there, and where nothing is named."""
    if not names:
        raise UnknownFields(_("Name at least one field, or leave it out for all."))
    unknown = sorted({name[:LONGEST] for name in names if name not in known})
    if unknown:
        told = {"unknown": ", ".join(unknown[:10]), "known": ", ".join(sorted(known))}
        raise UnknownFields(
            _("There is no field “%(unknown)s” here; there is %(known)s.") % told
        )


def pick(document: Mapping[str, Any], names: Collection[str]) -> dict[str, Any]:
    return {name: value for name, value in document.items() if name in names}
