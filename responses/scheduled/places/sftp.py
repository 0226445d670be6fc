"""An SFTP server, known by its key: one that shows another is not spoken to."""

from __future__ import annotations

import base64
import binascii
import hashlib
import io
import posixpath
import socket
import uuid
from typing import Any

import paramiko
from django.core.files.base import File
from django.core.files.storage import Storage
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from storages.backends.sftpstorage import SFTPStorage

from responses.scheduled.models import ScheduledDump
from responses.scheduled.places.base import (
    Place,
    PlaceProblem,
    address_of,
    host_and_port,
)

PORT = 22
CONNECT_SECONDS = 10
SILENT_SECONDS = 60
KINDS = (paramiko.Ed25519Key, paramiko.ECDSAKey, paramiko.RSAKey)


class NoHostKey(Exception):
    """Nobody has said which key the server has."""


class OtherHostKey(Exception):
    """The server shows another key than the one that was said."""


# The first that fits; asked for in the language of whoever reads it.
WORDS: tuple[tuple[type[Exception], str], ...] = (
    (
        NoHostKey,
        gettext_noop("The server shows this key; if it is the right one, enter it: %s"),
    ),
    (
        OtherHostKey,
        gettext_noop("The server shows another key than you have entered: %s"),
    ),
    (
        paramiko.AuthenticationException,
        gettext_noop("The server does not let this user in with this secret."),
    ),
    (TimeoutError, gettext_noop("The server did not answer in time.")),
    (
        PermissionError,
        gettext_noop("The server does not let this user write there."),
    ),
    *(
        (kind, gettext_noop("The SFTP server was not reached: %s."))
        for kind in (paramiko.SSHException, OSError, EOFError)
    ),
)


class WholeFiles(SFTPStorage):  # type: ignore[misc]
    """A file has its name only once all of it is there; the key is always checked."""

    def _connect(self) -> None:
        host, port, address = self.params["to"]
        raw = socket.create_connection((address, port), CONNECT_SECONDS)
        self._ssh = paramiko.SSHClient()
        self._ssh.set_missing_host_key_policy(Pinned(self.params["host_key"]))
        self._ssh.connect(
            host,
            port=port,
            sock=raw,
            allow_agent=False,
            look_for_keys=False,
            timeout=CONNECT_SECONDS,
            banner_timeout=CONNECT_SECONDS,
            auth_timeout=CONNECT_SECONDS,
            **self.params["login"],
        )
        self._sftp = self._ssh.open_sftp()
        self._sftp.get_channel().settimeout(SILENT_SECONDS)

    def get_available_name(self, name: str, max_length: int | None = None) -> str:
        del max_length
        return name

    def _save(self, name: str, content: File[bytes]) -> str:
        path = self._remote_path(name)
        folder = posixpath.dirname(path)
        if folder and not self._path_exists(folder):
            self._mkdir(folder)
        partial = posixpath.join(folder, f".{uuid.uuid4().hex}.partial")
        try:
            content.seek(0)
            self.sftp.putfo(content, partial)
            self._rename(partial, path)
        except Exception:
            self.delete_path(partial)
            raise
        return name

    def _rename(self, partial: str, path: str) -> None:
        try:
            self.sftp.posix_rename(partial, path)
        except OSError:
            # A server that knows the plain one alone, which replaces nothing.
            self.delete_path(path)
            self.sftp.rename(partial, path)

    def _mkdir(self, path: str) -> None:
        parent = posixpath.dirname(path)
        if parent and not self._path_exists(parent):
            self._mkdir(parent)
        self.sftp.mkdir(path)

    def delete_path(self, path: str) -> None:
        try:
            self.sftp.remove(path)
        except (OSError, paramiko.SSHException):
            return


class Pinned(paramiko.MissingHostKeyPolicy):  # type: ignore[misc]
    """Takes the one key that was said; asked before anything secret is sent."""

    def __init__(self, said: str) -> None:
        self.said = said.split()

    def missing_host_key(self, client: Any, hostname: str, key: paramiko.PKey) -> None:
        del client, hostname
        if not self.said:
            raise NoHostKey(shown(key))
        if self.said[:2] != [key.get_name(), key.get_base64()]:
            raise OtherHostKey(shown(key))


def shown(key: paramiko.PKey) -> str:
    digest = base64.b64encode(hashlib.sha256(key.asbytes()).digest()).decode()
    return f"{key.get_name()} {key.get_base64()} (SHA256:{digest.rstrip('=')})"


class SftpPlace(Place):
    storage: WholeFiles

    def opened(self, dump: ScheduledDump) -> Storage:
        host, port = host_and_port(dump.address, PORT)
        # Resolved once, and that very address is connected to.
        to = (host, port, address_of(host, port))
        login = {"username": dump.user, **_secret(dump.secret)}
        params = {"to": to, "login": login, "host_key": dump.host_key}
        return WholeFiles(host=host, params=params, root_path="")

    def words(self, error: Exception) -> str | None:
        for kind, text in WORDS:
            if isinstance(error, kind):
                said = (str(error) or type(error).__name__).rstrip(".")
                return _(text) % said if "%s" in text else _(text)
        return None

    def leave(self, folder: str) -> None:
        with self.told():
            try:
                self.storage.sftp.rmdir(self._path(folder))
            except OSError:
                return

    def close(self) -> None:
        self.storage.close()


def _secret(text: str) -> dict[str, Any]:
    if "PRIVATE KEY-----" not in text:
        return {"password": text}
    for kind in KINDS:
        try:
            return {"pkey": kind.from_private_key(io.StringIO(text))}
        except (paramiko.SSHException, ValueError, binascii.Error, IndexError):
            continue
    raise PlaceProblem(_("The secret is no private key without a passphrase."))
