"""S3-compatible storage; an object is there once all of it was taken."""

from __future__ import annotations

import socket
from typing import Any
from urllib.parse import urlsplit

from boto3.exceptions import Boto3Error
from boto3.s3.transfer import TransferConfig
from botocore.awsrequest import AWSHTTPSConnection, AWSHTTPSConnectionPool
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError
from django.core.files.storage import Storage
from django.utils.translation import gettext as _
from storages.backends.s3 import S3Storage

from responses.scheduled.models import ScheduledDump
from responses.scheduled.places.base import (
    Place,
    PlaceProblem,
    address_of,
    is_allowed,
)

AT_ONCE = 8 * 1024 * 1024


class CheckedConnection(AWSHTTPSConnection):  # type: ignore[misc]
    """Goes to the very address that was looked at, whatever the name says later."""

    def _new_conn(self) -> socket.socket:
        name: str = self._dns_host  # type: ignore[has-type]
        self._dns_host = address_of(self.host, self.port)
        try:
            made: socket.socket = super()._new_conn()
        finally:
            self._dns_host = name
        return made


class CheckedPool(AWSHTTPSConnectionPool):  # type: ignore[misc]
    ConnectionCls = CheckedConnection


class S3Place(Place):
    def opened(self, dump: ScheduledDump) -> Storage:
        if not dump.user or not dump.secret:
            # Otherwise the rights of this very server would be borrowed.
            raise PlaceProblem(_("Enter an access key id and its secret."))
        check_endpoint(dump.address)
        config = Config(
            connect_timeout=10,
            read_timeout=60,
            retries={"total_max_attempts": 3, "mode": "standard"},
            signature_version="s3v4",
            s3={"addressing_style": "path" if dump.address else "auto"},
            # What other makers of storage do not know is left out.
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        )
        storage: Storage = S3Storage(
            access_key=dump.user,
            secret_key=dump.secret,
            security_token=None,
            session_profile=None,
            bucket_name=dump.bucket,
            region_name=dump.region or "us-east-1",
            endpoint_url=dump.address or None,
            client_config=config,
            default_acl=None,
            file_overwrite=True,
            location="",
            transfer_config=TransferConfig(
                multipart_threshold=AT_ONCE,
                multipart_chunksize=AT_ONCE,
                use_threads=False,
            ),
        )
        if dump.address:
            _check_connections(storage)
        return storage

    def words(self, error: Exception) -> str | None:
        if isinstance(error, ClientError) or (
            isinstance(error, Boto3Error) and isinstance(error.__context__, ClientError)
        ):
            told = error if isinstance(error, ClientError) else error.__context__
            return _refusal(told.response.get("Error", {}))
        if isinstance(error, HTTPClientError | BotoCoreError | Boto3Error | OSError):
            return _("The storage was not reached: %s") % error
        return None


def _check_connections(storage: Any) -> None:
    """Let its client make no connection but checked ones.

    Plain ones go to hosts that are allowed whatever their addresses are.
    """
    endpoint = storage.connection.meta.client._endpoint  # noqa: SLF001 - no other way
    manager = endpoint.http_session._manager  # noqa: SLF001 - to its connections
    known = manager.pool_classes_by_scheme
    manager.pool_classes_by_scheme = {**known, "https": CheckedPool}


def _refusal(said: dict[str, str]) -> str:
    match said.get("Code", ""):
        case "NoSuchBucket":
            return _("There is no bucket of this name.")
        case "InvalidAccessKeyId" | "SignatureDoesNotMatch":
            return _("The storage does not know this access key, or its secret.")
        case "AccessDenied" | "403":
            return _("The access key may not do this with this bucket.")
        case code:
            text = _("The storage refused it: %(code)s. %(message)s")
            return text % {"code": code, "message": said.get("Message", "")}


def check_endpoint(url: str) -> None:
    """Refuse what is no https address of a public host. Raises `PlaceProblem`."""
    if not url:
        return
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    if not host or parts.path not in {"", "/"} or parts.query or parts.username:
        raise PlaceProblem(
            _("“%s” is no address such as https://s3.example.com.") % url
        )
    port = port or (443 if parts.scheme == "https" else 80)
    plain = parts.scheme == "http" and is_allowed(host, port)
    if parts.scheme != "https" and not plain:
        raise PlaceProblem(_("The address must begin with https://."))
    address_of(host, port)
