"""Owns what is wrong on purpose: the troubles that a test or a drill switches on."""

from collections import deque
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any

from crm_mappings.emulator.clock import Clock
from crm_mappings.emulator.refusals import Refusal
from crm_mappings.emulator.rows import Row


class ConnectionDropped(Exception):
    """The answer is never sent: the connection closes instead."""


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

    def take(self, name: str) -> bool:
        """Use up one of the counted troubles."""
        left = getattr(self, name)
        if left > 0:
            setattr(self, name, left - 1)
        return bool(left > 0)

    def clear(self) -> None:
        for name, value in asdict(Faults()).items():
            setattr(self, name, value)

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
