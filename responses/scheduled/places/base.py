"""What every place is: a storage of Django's, and the words for its failures."""

from __future__ import annotations

import io
import posixpath
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.core.files.base import File
from django.core.files.storage import Storage
from django.utils.translation import gettext as _

from responses.scheduled.models import ScheduledDump
from responses.webhooks.posting import AddressRefused, public_address

PROBE = "tellback-try"


class PlaceProblem(Exception):
    """The place does not do what it should; the text says what, for a person."""


class Place:
    """One place, opened. What it raises is a `PlaceProblem` and nothing else."""

    storage: Storage

    def __init__(self, dump: ScheduledDump) -> None:
        self.dump = dump
        with self.told():
            self.storage = self.opened(dump)

    def opened(self, dump: ScheduledDump) -> Storage:
        raise NotImplementedError

    def words(self, error: Exception) -> str | None:
        """What the error says in plain words; None: it is none of the place's."""
        raise NotImplementedError

    def put(self, name: str, content: BinaryIO) -> None:
        """Put the file there under exactly this name, whole or not at all; one that
        is there by that name is replaced."""
        content.seek(0)
        with self.told():
            self.storage.save(self._path(name), File(content))

    def names(self, folder: str) -> list[str]:
        """The files in a folder of ours."""
        with self.told():
            try:
                return sorted(self.storage.listdir(self._path(folder))[1])
            except FileNotFoundError:
                return []

    def delete(self, name: str) -> None:
        with self.told():
            self.storage.delete(self._path(name))

    def leave(self, folder: str) -> None:
        """Take an empty folder away, where there are folders."""

    def try_out(self) -> None:
        """Write a small file, and take it away again."""
        self.put(PROBE, io.BytesIO(b"Tellback tried whether it may write here.\n"))
        if PROBE not in self.names(""):
            raise PlaceProblem(_("What was written is not there."))
        self.delete(PROBE)

    def close(self) -> None:
        """Let go of connections."""

    def _path(self, name: str) -> str:
        return posixpath.join(self.dump.folder, name)

    @contextmanager
    def told(self) -> Iterator[None]:
        try:
            yield
        except PlaceProblem:
            raise
        except SuspiciousOperation as error:
            raise PlaceProblem(_("This path leads out of the folder.")) from error
        except AddressRefused as error:
            raise PlaceProblem(str(error)) from error
        except Exception as error:
            words = self.words(error)
            if words is None:
                raise
            raise PlaceProblem(words) from error


def address_of(host: str, port: int) -> str:
    """The address to connect to: a public one, or one of a host that is allowed."""
    return public_address(host, port, allowed=is_allowed(host, port))


def is_allowed(host: str, port: int) -> bool:
    return f"{host}:{port}".lower() in settings.DUMP_EXTRA_HOSTS


def host_and_port(text: str, port: int) -> tuple[str, int]:
    """The parts of `host` or `host:port`. Raises `PlaceProblem`."""
    try:
        parts = urlsplit(f"//{text}")
        host, given = parts.hostname, parts.port
    except ValueError:
        host, given = None, None
    if not host or parts.path or parts.username is not None:
        raise PlaceProblem(_("“%s” is no address such as host or host:port.") % text)
    return host, given or port
