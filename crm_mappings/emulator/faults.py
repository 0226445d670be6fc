"""Owns what is wrong on purpose: the troubles that a test or a drill switches on."""

from collections import deque
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime, timedelta
from typing import Any

from crm_mappings.emulator.clock import Clock
from crm_mappings.emulator.refusals import Refusal
from crm_mappings.emulator.rows import Row
from crm_mappings.emulator.wire.exchange import Answer, page


class ConnectionDropped(Exception):
    """The answer is never sent: the connection closes instead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenError:
    """An answer of the token endpoint that is no token, in one of its shapes."""

    error: str
    description: str = ""
    shape: str = "object"  # or "list" (as REST says it) or "html"
    status: int = 400

    def answer(self) -> Answer:
        if self.shape == "html":
            return page("<html><body>Down for maintenance</body></html>", self.status)
        named = {"errorCode": self.error, "message": self.description}
        told = {"error": self.error, "error_description": self.description}
        document = [named] if self.shape == "list" else told
        return Answer(status=self.status, document=document)


@dataclass(slots=True, kw_only=True)
class Faults:
    """Counters count down with each call that they spoil."""

    unavailable: int = 0  # calls that answer 503 with an HTML page
    server_errors: int = 0  # calls that answer 500 UNKNOWN_EXCEPTION
    request_limit: int = 0  # calls that answer 403 REQUEST_LIMIT_EXCEEDED
    drop_after_commit: int = 0  # writes that are done but never answered
    drop_before_commit: int = 0  # writes that are neither done nor answered
    latency_ms: int = 0  # each call takes this much longer
    locks: dict[str, int] = field(default_factory=dict)  # record id: writes refused
    whole_call_errors: bool = False  # one unreadable record fails a whole collection
    outbound_duplicates: int = 0  # deliveries that are sent twice
    not_modified: int = 0  # descriptions that answer 304, whatever has changed
    api_disabled: int = 0  # calls that answer 403 API_DISABLED_FOR_ORG
    policy_errors: int = 0  # calls that a transaction security policy blocks
    retry_after: int = 0  # seconds that a 503 asks to wait; 0: it does not say
    bad_signatures: int = 0  # tokens that another secret has signed
    instance_url: str = ""  # what tokens name as the org's address instead
    token_errors: list[TokenError] = field(default_factory=list)  # in this order

    def take_token_error(self) -> TokenError | None:
        return self.token_errors.pop(0) if self.token_errors else None

    def take(self, name: str) -> bool:
        """Use up one of the counted troubles."""
        left = getattr(self, name)
        if left > 0:
            setattr(self, name, left - 1)
        return bool(left > 0)

    def clear(self) -> None:
        fresh = Faults()
        for each in fields(self):
            setattr(self, each.name, getattr(fresh, each.name))

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    def guard_locks(self, _object_name: str, _before: Row | None, after: Row) -> None:
        """A locked row refuses writes to itself and to rows that point at it."""
        touched = {value for value in after.values() if isinstance(value, str)}
        for record_id in sorted(touched & self.locks.keys()):
            self.locks[record_id] -= 1
            if self.locks[record_id] <= 0:
                del self.locks[record_id]
            raise Refusal(
                "UNABLE_TO_LOCK_ROW",
                "unable to obtain exclusive access to this record or 1 records: "
                f"{record_id}",
                (),
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class ValidationRule:
    """An admin's rule: refuses a row whose field has the value."""

    object_name: str
    field: str
    value: Any
    message: str

    def guard(self, object_name: str, _before: Row | None, after: Row) -> None:
        if object_name == self.object_name and after.get(self.field) == self.value:
            code = "FIELD_CUSTOM_VALIDATION_EXCEPTION"
            raise Refusal(code, self.message, (self.field,))


class Usage:
    """The API calls of the last 24 hours."""

    def __init__(self, clock: Clock, daily_limit: int) -> None:
        self._clock = clock
        self.daily_limit = daily_limit
        self._calls: deque[datetime] = deque()

    def count(self) -> int:
        oldest = self._clock.now() - timedelta(hours=24)
        while self._calls and self._calls[0] <= oldest:
            self._calls.popleft()
        return len(self._calls)

    def spend(self) -> bool:
        """Note a call; false when there is none left."""
        if self.count() >= self.daily_limit:
            return False
        self._calls.append(self._clock.now())
        return True

    def header(self) -> str:
        return f"api-usage={self.count()}/{self.daily_limit}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    number: int
    at: datetime
    method: str
    path: str
    query: str
    status: int
    user_agent: str
    error: str | None = None
    request_id: str = ""

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "at": self.at.isoformat()}


class CallLog:
    """The last calls, newest last."""

    def __init__(self, size: int = 2000) -> None:
        self.calls: deque[Call] = deque(maxlen=size)
        self._number = 0

    def note(self, **seen: Any) -> None:
        self._number += 1
        self.calls.append(Call(number=self._number, **seen))

    def clear(self) -> None:
        self.calls.clear()
