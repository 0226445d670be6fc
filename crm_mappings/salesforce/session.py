"""Owns every byte that goes to an org: one pinned host, time limits, a size cap.

It sits under simple-salesforce, which by itself has no time limits, follows
redirects with the token, and loops on a 401 for ever (its issue #804). Whatever is
not a success is raised here as our own error, which holds no secret.
"""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import requests
from django.utils.translation import gettext as _
from requests.adapters import HTTPAdapter
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError, SSLError
from urllib3.util import Retry

from crm_mappings.salesforce.errors import (
    Kind,
    NoAnswer,
    OrgError,
    Refusal,
    read_body,
)

TIMEOUT = (5.0, 60.0)
LONGEST_ANSWER = 64 * 1024 * 1024
SLOWEST_ANSWER = 90.0
LONGEST_WAIT = 86_400.0
DOMAINS = (".salesforce.com", ".force.com", ".cloudforce.com", ".salesforce.mil")
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
# Who calls, for the event logs of the org; of one line, without a person's name.
CALLER = "client=Tellback/1.0"
# A question may be asked again on a connection that broke; a write never is, and
# what Salesforce answers is judged by who asked. No answer is waited for here.
_RETRY = Retry(
    total=1,
    connect=1,
    read=1,
    status=0,
    other=0,
    redirect=0,
    allowed_methods={"GET"},
    raise_on_status=False,
    respect_retry_after_header=False,
)
_USAGE = re.compile(r"api-usage=(\d{1,9})/(\d{1,9})")


class SessionExpired(OrgError):
    """The access token is no longer good: log in again, then repeat the call."""


class Refused(OrgError):
    """Salesforce answered, and the answer is no: nothing was applied."""


class HostRefused(OrgError):
    """An address that no token is ever sent to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Calls of the last 24 hours, of the whole org; a rolling figure."""

    used: int
    allowed: int


def pinned_origin(address: str, extra_origins: Sequence[str] = ()) -> str:
    """Return scheme://host[:port] of `address`, or raise `HostRefused`.

    https at one of Salesforce's domains, or one of the further origins that the
    operator has listed.
    """
    try:
        parts = urlsplit(address.strip())
        port = parts.port
    except ValueError:
        raise _refused_host() from None
    origin = f"{parts.scheme}://{parts.netloc}".lower()
    if origin in {known.lower() for known in extra_origins}:
        return origin
    host = (parts.hostname or "").lower()
    if (
        parts.scheme != "https"
        or "@" in parts.netloc
        or port not in {None, 443}
        or not re.fullmatch(r"[a-z0-9.-]+", host)
        or not host.endswith(DOMAINS)
    ):
        raise _refused_host()
    return f"https://{host}"


def _refused_host() -> HostRefused:
    return HostRefused(
        Refusal(
            kind=Kind.CONNECTION,
            code="HOST_REFUSED",
            message=_(
                "This is not an address of Salesforce's, such as "
                "https://yourcompany.my.salesforce.com. Other addresses must be "
                "listed in SALESFORCE_EXTRA_HOSTS."
            ),
        )
    )


def _same_request(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


class OrgSession(requests.Session):
    """A `requests.Session` that speaks to one origin only. One per task."""

    def __init__(
        self,
        origin: str,
        *,
        timeout: tuple[float, float] = TIMEOUT,
        longest_answer: int = LONGEST_ANSWER,
    ) -> None:
        super().__init__()
        parts = urlsplit(origin)
        self.origin = origin
        self.usage: Usage | None = None
        # How often the org was called; what never reached it counts as well.
        self.calls = 0
        # Of the last call: in the header that it sent, and on the error it raised.
        self.request_id = ""
        # One session serves one task, so one connection is enough.
        adapter = HTTPAdapter(pool_connections=1, pool_maxsize=1, max_retries=_RETRY)
        self.mount("https://", adapter)
        self.mount("http://", adapter)
        self._timeout = timeout
        self._longest_answer = longest_answer
        # simple-salesforce says https to every host; this is how it says ours.
        port = "" if parts.port in {None, 443} else f":{parts.port}"
        self._as_https = f"https://{parts.hostname}{port}/"
        # Set, so that requests never takes a password from ~/.netrc.
        self.auth = _same_request
        # A proxy from the environment cannot reach our own loopback.
        self.trust_env = parts.hostname not in LOOPBACK

    def request(self, method: str, url: str, **options: Any) -> requests.Response:  # type: ignore[override]
        """Send one call and return its answer, read to the end; or raise."""
        options["timeout"] = self._timeout
        options["allow_redirects"] = False
        options["stream"] = True
        self.request_id = str(uuid.uuid4())
        self.calls += 1
        options["headers"] = {
            **(options.get("headers") or {}),
            "X-Request-Id": self.request_id,
            "Sforce-Call-Options": CALLER,
        }
        answer = self._send_call(method, self._ours(url), options)
        self._note_usage(answer)
        if answer.status_code >= 300:
            raise self._marked(_refusal(answer))
        return answer

    def _marked(self, error: OrgError) -> OrgError:
        error.request_id = self.request_id
        return error

    def _ours(self, url: str) -> str:
        for prefix in (f"{self.origin}/", self._as_https):
            if url.startswith(prefix):
                return f"{self.origin}/{url[len(prefix) :]}"
        raise _refused_host()

    def _send_call(
        self, method: str, url: str, options: dict[str, Any]
    ) -> requests.Response:
        try:
            answer = super().request(method, url, **options)
            with answer:
                answer._content = self._read(answer)  # noqa: SLF001 - the capped body
            return answer
        except (requests.RequestException, OSError, ValueError) as error:
            failure = self._marked(_no_answer(error))
        # Outside of the `except`: the library's errors hold the request and with it
        # the token, and would travel along as the cause.
        raise failure

    def _read(self, answer: requests.Response) -> bytes:
        until = time.monotonic() + SLOWEST_ANSWER
        body = bytearray()
        for chunk in answer.iter_content(65536):
            body += chunk
            if len(body) > self._longest_answer or time.monotonic() > until:
                raise ValueError("too long an answer")
        return bytes(body)

    def _note_usage(self, answer: requests.Response) -> None:
        found = _USAGE.search(answer.headers.get("Sforce-Limit-Info", ""))
        if found:
            self.usage = Usage(used=int(found[1]), allowed=int(found[2]))


def _refusal(answer: requests.Response) -> OrgError:
    refusal = read_body(answer.status_code, answer.content)
    if refusal.kind is Kind.SESSION:
        return SessionExpired(refusal, answer.status_code)
    wait = retry_after(answer.headers.get("Retry-After", ""), datetime.now(UTC))
    return Refused(refusal, answer.status_code, retry_after=wait)


def retry_after(text: str, now: datetime) -> float | None:
    """Read Retry-After: seconds or a date; None when it says nothing of use."""
    text = text.strip()
    if text.isascii() and text.isdigit():
        return min(float(text), LONGEST_WAIT)
    try:
        wait = (parsedate_to_datetime(text) - now).total_seconds()
    except (ValueError, TypeError, OverflowError):
        return None
    return min(wait, LONGEST_WAIT) if wait > 0 else None


def _no_answer(error: Exception) -> NoAnswer:
    never_sent = _never_sent(error)
    message = (
        _("Salesforce could not be reached.")
        if never_sent
        else _("The answer did not arrive, so it is not known if the call took effect.")
    )
    refusal = Refusal(kind=Kind.TRANSIENT, code=_name(error), message=message)
    return NoAnswer(refusal, never_sent=never_sent)


def _never_sent(error: Exception) -> bool:
    # urllib3 says why it gave up: before the request went out, or after.
    reason = getattr(error.args[0], "reason", None) if error.args else None
    return isinstance(reason, NewConnectionError | ConnectTimeoutError | SSLError)


def _name(error: Exception) -> str:
    if isinstance(error, requests.Timeout):
        return "TIMEOUT"
    if isinstance(error, requests.exceptions.SSLError):
        return "TLS_FAILED"
    if isinstance(error, requests.ConnectionError):
        return "CONNECTION_BROKEN"
    return "ANSWER_UNREADABLE"
