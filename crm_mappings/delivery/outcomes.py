"""Owns what becomes of one write-back after one attempt, by the kind of error. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random
from typing import Any

from crm_mappings.delivery import backoff
from crm_mappings.plan.planner import Problem, WritePlan
from crm_mappings.salesforce.errors import TRIES, Kind, Refusal
from surveys.wording import gettext as _

WRITTEN, HELD, SKIPPED, WAITING = "written", "held", "skipped", "waiting"

# What the planner says when the organisation has changed under the mapping.
SCHEMA_CODES = frozenset(
    {"unknown_object", "unknown_field", "not_allowed", "not_writable"}
)
_SPENT_NOTHING = frozenset({Kind.CONNECTION, Kind.SESSION, Kind.BUDGET})
_HOLDS = frozenset({Kind.DATA, Kind.SCHEMA, Kind.DUPLICATE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """A state, and the words for it."""

    state: str
    kind: str = ""
    code: str = ""
    message: str = ""
    rule: dict[str, Any] | None = None
    # When it is tried again.
    due_at: datetime | None = None
    # False: the attempt does not count, since it was not the row's fault.
    spent: bool = True


def written(plan: WritePlan, left_out: Sequence[str] = ()) -> Outcome:
    notes = dict.fromkeys(write.note for write in plan.writes if write.note)
    skips = dict.fromkeys([*(skip.reason for skip in plan.skipped), *left_out])
    return Outcome(state=WRITTEN, message=" ".join([*notes, *skips]))


def overtaken(left_out: Sequence[str]) -> Outcome:
    """Skip what newer responses have written already."""
    message = " ".join(dict.fromkeys(left_out))
    return Outcome(state=SKIPPED, code="NEWER_WRITTEN", message=message)


def not_yet(*, due_at: datetime) -> Outcome:
    """Let a row wait a moment that is no fault of its own; nothing is spent."""
    return Outcome(state=WAITING, due_at=due_at, spent=False)


def skipped(plan: WritePlan) -> Outcome:
    reasons = dict.fromkeys(skip.reason for skip in plan.skipped)
    return Outcome(
        state=SKIPPED,
        code="NOTHING_TO_WRITE",
        message=" ".join(reasons) or _("The mapping writes nothing for this response."),
    )


def refused_by_plan(problems: tuple[Problem, ...]) -> Outcome:
    """Hold what the planner refuses; the first problem names the rule."""
    first = next((p for p in problems if p.code in SCHEMA_CODES), problems[0])
    kind = Kind.SCHEMA if first.code in SCHEMA_CODES else Kind.DATA
    return Outcome(
        state=HELD,
        kind=kind.value,
        code=first.code.upper(),
        message=" ".join(dict.fromkeys(problem.message for problem in problems)),
        rule={"step": first.step, "field": first.field},
    )


def held(
    *,
    code: str,
    message: str,
    kind: Kind = Kind.DATA,
    rule: dict[str, Any] | None = None,
) -> Outcome:
    return Outcome(state=HELD, kind=kind.value, code=code, message=message, rule=rule)


def gave_up() -> Outcome:
    return held(
        code="GAVE_UP",
        message="The worker stopped each time while it wrote this; look at its log.",
    )


def nothing_there() -> Outcome:
    return Outcome(
        state=SKIPPED,
        code="NO_RESPONSE",
        message="The response has no answers any more: it was erased or reopened.",
    )


def our_fault() -> Outcome:
    return held(
        code="INTERNAL_ERROR",
        message=_(
            "Tellback could not work out what to write. That is a fault of "
            "Tellback's; the log of the worker tells more."
        ),
    )


def refused(
    refusal: Refusal,
    *,
    attempt: int,
    now: datetime,
    rng: Random,
    rule: dict[str, Any] | None = None,
    retry_after: float | None = None,
) -> Outcome:
    """Return what a refusal by Salesforce means for a row at its `attempt`th try."""
    outcome = Outcome(
        state=HELD,
        kind=refusal.kind.value,
        code=refusal.code,
        message=refusal.message,
        rule=rule,
    )
    most = 1 if refusal.kind in _HOLDS else backoff.MOST_ATTEMPTS
    least = timedelta(seconds=retry_after or 0)
    if refusal.kind is Kind.BUDGET:
        until = now + max(backoff.budget_pause(rng), least)
        return replace(outcome, state=WAITING, due_at=until, spent=False)
    if refusal.kind in _SPENT_NOTHING:
        return replace(outcome, state=WAITING, due_at=now, spent=False)
    if attempt >= TRIES.get(refusal.code, most):
        return outcome
    pause = backoff.pause(kind=refusal.kind, attempt=attempt, rng=rng)
    return replace(outcome, state=WAITING, due_at=now + max(pause, least))


def of_record(refusal: Refusal) -> Refusal:
    """Judge an error inside a collection: one record cannot stop a connection."""
    if refusal.kind in {Kind.CONNECTION, Kind.SESSION}:
        return replace(refusal, kind=Kind.DATA)
    return refusal


def of_write_call(refusal: Refusal, status: int) -> Refusal:
    """Judge the refusal of a whole write: a path that does not exist, or that nothing
    can be written to, is no record, but an object or a key field."""
    if status in {404, 405} and refusal.kind is Kind.DATA:
        return replace(refusal, kind=Kind.SCHEMA)
    return refusal
