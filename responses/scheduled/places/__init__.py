"""Owns where a dump is put. Each place takes a file under a name below its folder,
shows it only when it is whole, and says what went wrong in plain words."""

from __future__ import annotations

from responses.scheduled.models import ScheduledDump
from responses.scheduled.places.base import Place, PlaceProblem

__all__ = ["Place", "PlaceProblem", "open_place"]


def open_place(dump: ScheduledDump) -> Place:
    """The place of the dump; nothing is asked of it yet."""
    # Its library is loaded where it is used: a web server needs none of them.
    if dump.place == ScheduledDump.Place.SFTP:
        from responses.scheduled.places.sftp import SftpPlace

        return SftpPlace(dump)
    if dump.place == ScheduledDump.Place.S3:
        from responses.scheduled.places.s3 import S3Place

        return S3Place(dump)
    from responses.scheduled.places.folder import FolderPlace

    return FolderPlace(dump)
