"""Owns the shape of sObject Collections: requests of up to 200 records, and one
result for each, in order. A call answers 200 even when every record failed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from crm_mappings.salesforce.errors import Kind, NoAnswer, Refusal, read_error
from surveys.wording import gettext as _

LARGEST = 200
LARGEST_RETRIEVE = 2000
# Save a record although a duplicate rule warns; what blocks is refused all the same.
SAVE_DUPLICATES = {"Sforce-Duplicate-Rule-Header": "allowSave=true"}

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordResult:
    """What became of one record of a call."""

    id: str | None
    success: bool
    created: bool
    errors: tuple[Refusal, ...] = ()


class UnreadableAnswer(NoAnswer):
    """An answer that is not what Salesforce answers."""

    def __init__(self) -> None:
        super().__init__(
            Refusal(
                kind=Kind.TRANSIENT,
                code="ANSWER_UNREADABLE",
                message=_("Salesforce's answer could not be read."),
            )
        )


def chunks(values: Sequence[T], size: int = LARGEST) -> Iterator[Sequence[T]]:
    for start in range(0, len(values), size):
        yield values[start : start + size]


def body(
    object_: str, records: Iterable[Mapping[str, object]], *, all_or_none: bool = False
) -> dict[str, Any]:
    return {
        "allOrNone": all_or_none,
        "records": [{"attributes": {"type": object_}, **record} for record in records],
    }


def results(answer: object, *, expected: int, creating: bool) -> list[RecordResult]:
    """Read a collections answer; raise `UnreadableAnswer` unless it adds up."""
    if not isinstance(answer, list) or len(answer) != expected:
        raise UnreadableAnswer
    return [_result(element, creating=creating) for element in answer]


def _result(element: object, *, creating: bool) -> RecordResult:
    if not isinstance(element, Mapping):
        raise UnreadableAnswer
    success = element.get("success") is True
    record_id = element.get("id")
    if success and not isinstance(record_id, str):
        raise UnreadableAnswer
    return RecordResult(
        id=record_id if isinstance(record_id, str) else None,
        success=success,
        created=success and bool(element.get("created", creating)),
        errors=() if success else _errors(element.get("errors")),
    )


def _errors(value: object) -> tuple[Refusal, ...]:
    listed = value if isinstance(value, list) and value else [None]
    return tuple(read_error(element) for element in listed)


def as_object(answer: object) -> dict[str, Any]:
    if not isinstance(answer, dict):
        raise UnreadableAnswer
    return answer


def as_rows(value: object) -> list[dict[str, Any]]:
    if not isinstance(value, list):
        raise UnreadableAnswer
    return [row for row in value if isinstance(row, dict)]
