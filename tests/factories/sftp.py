"""An SFTP server on loopback, over a folder, with one user; it can break on purpose."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import paramiko

HOST_KEY = paramiko.ECDSAKey.generate()


@dataclass(slots=True)
class Sftp:
    folder: Path
    port: int
    user: str = "tellback"
    password: str = "s3cret"
    # Every name under which something was ever written.
    opened: list[str] = field(default_factory=list)
    # So many bytes are taken, then the line is cut.
    breaks_after: int | None = None
    taken: int = 0
    clients: list[socket.socket] = field(default_factory=list)

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def host_key(self) -> str:
        return f"{HOST_KEY.get_name()} {HOST_KEY.get_base64()}"

    def cut(self) -> None:
        for client in self.clients:
            client.close()


class _Login(paramiko.ServerInterface):
    def __init__(self, server: Sftp, keys: list[paramiko.PKey]) -> None:
        self.server, self.keys = server, keys

    def check_auth_password(self, username: str, password: str) -> int:
        well = (username, password) == (self.server.user, self.server.password)
        return paramiko.AUTH_SUCCESSFUL if well else paramiko.AUTH_FAILED

    def check_auth_publickey(self, username: str, key: paramiko.PKey) -> int:
        well = username == self.server.user and key in self.keys
        return paramiko.AUTH_SUCCESSFUL if well else paramiko.AUTH_FAILED

    def get_allowed_auths(self, _username: str) -> str:
        return "password,publickey"

    def check_channel_request(self, _kind: str, _chanid: int) -> int:
        return paramiko.OPEN_SUCCEEDED


class _Handle(paramiko.SFTPHandle):
    def __init__(self, server: Sftp, file: int, flags: int) -> None:
        super().__init__(flags)
        self.server, self.file = server, file

    def stat(self) -> paramiko.SFTPAttributes:
        return paramiko.SFTPAttributes.from_stat(os.fstat(self.file))

    def read(self, offset: int, length: int) -> bytes:
        return os.pread(self.file, length, offset)

    def write(self, offset: int, data: bytes) -> int:
        self.server.taken += len(data)
        limit = self.server.breaks_after
        if limit is not None and self.server.taken > limit:
            self.server.cut()
            return paramiko.SFTP_FAILURE
        os.pwrite(self.file, data, offset)
        return paramiko.SFTP_OK

    def close(self) -> None:
        os.close(self.file)


class _Files(paramiko.SFTPServerInterface):
    def __init__(self, login: _Login) -> None:
        self.server = login.server

    def _path(self, path: str) -> Path:
        return self.server.folder / self.canonicalize(path).lstrip("/")

    def list_folder(self, path: str) -> object:
        try:
            found = []
            for one in self._path(path).iterdir():
                entry = paramiko.SFTPAttributes.from_stat(one.stat(), one.name)
                found.append(entry)
        except OSError as error:
            return paramiko.SFTPServer.convert_errno(error.errno)
        return found

    def stat(self, path: str) -> object:
        try:
            return paramiko.SFTPAttributes.from_stat(self._path(path).stat())
        except OSError as error:
            return paramiko.SFTPServer.convert_errno(error.errno)

    lstat = stat

    def open(self, path: str, flags: int, _attr: object) -> object:
        self.server.opened.append(path)
        try:
            return _Handle(self.server, os.open(self._path(path), flags, 0o600), flags)
        except OSError as error:
            return paramiko.SFTPServer.convert_errno(error.errno)

    def _do(self, act, *paths: str) -> int:
        try:
            act(*map(self._path, paths))
        except OSError as error:
            return paramiko.SFTPServer.convert_errno(error.errno)
        return paramiko.SFTP_OK

    def remove(self, path: str) -> int:
        return self._do(Path.unlink, path)

    def rename(self, old: str, new: str) -> int:
        if self._path(new).exists():
            return paramiko.SFTP_FAILURE
        return self._do(Path.rename, old, new)

    def posix_rename(self, old: str, new: str) -> int:
        return self._do(Path.replace, old, new)

    def mkdir(self, path: str, _attr: object) -> int:
        return self._do(Path.mkdir, path)

    def rmdir(self, path: str) -> int:
        return self._do(Path.rmdir, path)


@contextmanager
def sftp_server(folder: Path, *keys: paramiko.PKey) -> Iterator[Sftp]:
    with socket.create_server(("127.0.0.1", 0)) as door:
        server = Sftp(folder, door.getsockname()[1])
        transports: list[paramiko.Transport] = []

        def serve() -> None:
            while True:
                try:
                    client, _address = door.accept()
                except OSError:
                    return
                server.clients.append(client)
                transport = paramiko.Transport(client)
                transport.add_server_key(HOST_KEY)
                transport.set_subsystem_handler("sftp", paramiko.SFTPServer, _Files)
                transports.append(transport)
                try:
                    transport.start_server(server=_Login(server, list(keys)))
                except (paramiko.SSHException, EOFError, OSError):
                    continue

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            door.shutdown(socket.SHUT_RDWR)
            for transport in transports:
                transport.close()
            thread.join(5)
