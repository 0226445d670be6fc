"""Owns one worker at one claim: it asks, plans, sends and settles, mapping by mapping,
and whatever goes wrong with one stays there."""

from __future__ import annotations

import logging
import random
import uuid
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from crm_mappings import connections
from crm_mappings.connections import health
from crm_mappings.delivery import (
    backoff,
    budget,
    outbox,
    outcomes,
    rounds,
    settling,
    turns,
    unfinished,
)
from crm_mappings.delivery.jobs import Job
from crm_mappings.delivery.sending import OutOfTime, SchemaRefused, Sender
from crm_mappings.delivery.stopping import stop_mapping
from crm_mappings.models import Connection
from crm_mappings.plan import rules
from crm_mappings.plan.planner import Found, plan
from crm_mappings.plan.rules import MappingSpec
from crm_mappings.plan.schema import ObjectSchema
from crm_mappings.salesforce.client import OrgClient
from crm_mappings.salesforce.errors import Kind, OrgError, Refusal
from responses.models import Response

log = logging.getLogger(__name__)

JUST_NOW = timedelta(0)
Clock = Callable[[], datetime]
Act = Callable[[Connection, list[Job]], None]


def never() -> bool:
    return False


@dataclass(slots=True, kw_only=True)
class Desk:
    """One worker with one claim."""

    token: uuid.UUID
    clock: Clock
    rng: random.Random
    stop: Callable[[], bool] = never
    sender: Callable[..., Sender] = Sender
    # Clients by connection: one log-in serves all groups of a claim.
    orgs: dict[int, OrgClient] = field(default_factory=dict)
    # Connections that are not asked again for this claim, and why.
    stopped: dict[int, OrgError] = field(default_factory=dict)

    def work(self, jobs: list[Job], act: Act | None = None) -> None:
        """Bring one mapping's rows on, or do another `act` for them. Whatever goes
        wrong stays in this group."""
        connection = jobs[0].row.mapping.connection
        self._leave_out(jobs)
        try:
            if connection.pk in self.stopped:
                raise self.stopped[connection.pk]
            (act or self._work)(connection, jobs)
        except OrgError as error:
            if connection.pk not in self.stopped:
                health.failed(connection=connection, error=error, now=self.clock())
            self._stop(connection, jobs, error)
        except OutOfTime:
            self._give_back(jobs)
        except Exception:  # a fault of ours must not hold up other mappings' rows
            log.exception("Write-backs of %s failed", jobs[0].row.mapping)
        else:
            if connection.pk in self.orgs:
                health.worked(connection=connection, now=self.clock())
        kinds = Counter(job.outcome.kind for job in jobs if job.outcome)
        health.note(connection=connection, kinds=kinds, now=self.clock())
        self._settle(jobs)
        org = self.orgs.get(connection.pk)
        if org is not None:
            budget.note(connection=connection, org=org, now=self.clock())

    def close(self) -> None:
        for org in self.orgs.values():
            org.close()

    def _leave_out(self, jobs: list[Job]) -> None:
        """Settle what must not be sent, before anything is asked."""
        for job in jobs:
            if job.row.attempts > backoff.MOST_ATTEMPTS:
                job.outcome = outcomes.gave_up()
            elif not _is_there(job):
                job.outcome = outcomes.nothing_there()

    def _work(self, connection: Connection, jobs: list[Job]) -> None:
        if not any(job.open for job in jobs):
            return
        try:
            spec = rules.parse(jobs[0].row.revision.document)
        except rules.MappingError as error:
            refusal = Refusal(
                kind=Kind.SCHEMA, code="MAPPING_UNREADABLE", message=str(error)
            )
            raise SchemaRefused(refusal) from error
        if self.stop():
            raise OutOfTime
        org = self.org(connection)
        schemas = self._schemas(connection, spec, org, connections.MAX_AGE)
        mark = turns.last_record()
        self._plan(org, spec, schemas, jobs)
        if any(_schema_is_old(job) for job in jobs):
            # Perhaps only our description is old: ask anew before anything is held.
            schemas = self._schemas(connection, spec, org, JUST_NOW)
            old = [job for job in jobs if _schema_is_old(job)]
            for job in old:
                job.outcome = None
            self._plan(org, spec, schemas, old)
        self._stop_if_schema_changed(jobs)
        self._settle(jobs)
        self.sender(
            org=org,
            connection=connection,
            schemas=schemas,
            token=self.token,
            clock=self.clock,
            rng=self.rng,
            mark=mark,
            stop=self.stop,
        ).send(jobs)

    def org(self, connection: Connection) -> OrgClient:
        if connection.pk not in self.orgs:
            self.orgs[connection.pk] = connections.client(connection)
        return self.orgs[connection.pk]

    def _schemas(
        self,
        connection: Connection,
        spec: MappingSpec,
        org: OrgClient,
        max_age: timedelta,
    ) -> dict[str, ObjectSchema]:
        names = dict.fromkeys(step.object for step in spec.steps)
        try:
            return {
                name: connections.describe(
                    connection=connection,
                    object=name,
                    now=self.clock(),
                    max_age=max_age,
                    org=org,
                )
                for name in names
            }
        except OrgError as error:
            refusal = outcomes.of_write_call(error.refusal, error.status)
            if refusal.kind is Kind.SCHEMA:
                raise SchemaRefused(refusal) from error
            raise

    # -- asking and planning

    def _plan(
        self,
        org: OrgClient,
        spec: MappingSpec,
        schemas: dict[str, ObjectSchema],
        jobs: Sequence[Job],
    ) -> None:
        """Plan each job; a lookup that Salesforce refuses spoils only its own row."""
        asked = [job for job in jobs if job.open]
        try:
            answers = rounds.ask(org, spec, schemas, asked)
        except OrgError as error:
            asked = [job for job in asked if job.open]
            if error.kind is not Kind.DATA:
                raise
            if len(asked) == 1:
                asked[0].outcome = self._refused(asked[0], error.refusal)
                return
            middle = len(asked) // 2
            self._plan(org, spec, schemas, asked[:middle])
            self._plan(org, spec, schemas, asked[middle:])
            return
        for job, one in answers.items():
            self._plan_one(job, spec, schemas, one.found)

    def _plan_one(
        self,
        job: Job,
        spec: MappingSpec,
        schemas: dict[str, ObjectSchema],
        found: Found,
    ) -> None:
        try:
            job.follow(plan(job.read(), spec, schemas, found), schemas)
        except Exception:  # one response must not hold up the others
            log.exception("Write-back %s cannot be planned", job.row.pk)
            job.outcome = outcomes.our_fault()
            return
        assert job.plan is not None  # noqa: S101 - just made
        if job.plan.problems:
            job.outcome = outcomes.refused_by_plan(job.plan.problems)
        elif not job.todo:
            job.outcome = self._nothing_left(job)

    def _nothing_left(self, job: Job) -> outcomes.Outcome:
        assert job.plan is not None  # noqa: S101 - made by the caller
        if job.wrote:
            # An earlier attempt wrote all of it, and died before it could say so.
            return outcomes.written(job.plan, job.notes)
        return outcomes.skipped(job.plan)

    def _refused(
        self, job: Job, refusal: Refusal, retry_after: float | None = None
    ) -> outcomes.Outcome:
        return outcomes.refused(
            refusal,
            attempt=job.row.attempts,
            now=self.clock(),
            rng=self.rng,
            retry_after=retry_after,
        )

    # -- stopping

    def _give_back(self, jobs: Sequence[Job]) -> None:
        for job in jobs:
            if job.open:
                job.outcome = outcomes.not_yet(due_at=self.clock())

    def _stop_if_schema_changed(self, jobs: Sequence[Job]) -> None:
        old = next((job for job in jobs if _schema_is_old(job)), None)
        if old is not None and old.outcome is not None:
            raise SchemaRefused(
                Refusal(
                    kind=Kind.SCHEMA,
                    code=old.outcome.code,
                    message=old.outcome.message,
                )
            )

    def _stop(
        self, connection: Connection, jobs: Sequence[Job], error: OrgError
    ) -> None:
        """Give every row of the group that is still open what the error means."""
        refusal = error.refusal
        if refusal.kind is Kind.SESSION:
            # It came again after a fresh log-in: a person must look at it.
            refusal = replace(refusal, kind=Kind.CONNECTION)
        wait = self._pause(refusal.kind, error)
        for job in jobs:
            if job.open:
                job.outcome = self._refused(job, refusal, wait)
        self._settle(jobs)
        if wait or refusal.kind in {Kind.CONNECTION, Kind.BUDGET}:
            self.stopped[connection.pk] = error
        if wait:
            until = self.clock() + timedelta(seconds=wait)
            outbox.postpone(connection=connection, until=until)
        if refusal.kind is Kind.CONNECTION:
            connections.pause(connection=connection, problem=refusal.message)
        elif refusal.kind is Kind.SCHEMA:
            stop_mapping(jobs[0].row, refusal, now=self.clock())

    def _pause(self, kind: Kind, error: OrgError) -> float | None:
        """Return for how many seconds the whole org is left alone; None: it is not."""
        if isinstance(error, budget.ShareSpent):
            return None  # the claim knows, and lets new responses pass a backfill
        least = error.retry_after or 0
        if kind is Kind.BUDGET:
            return max(backoff.budget_pause(self.rng).total_seconds(), least)
        is_down = kind is Kind.TRANSIENT and error.status in {0, 429, 503}
        return max(backoff.OUTAGE.total_seconds(), least) if is_down else None

    def _settle(self, jobs: Sequence[Job]) -> None:
        settling.settle(jobs=jobs, token=self.token, now=self.clock())


def _schema_is_old(job: Job) -> bool:
    return bool(
        job.outcome
        and job.outcome.kind == Kind.SCHEMA
        and job.outcome.code.lower() in outcomes.SCHEMA_CODES
    )


def _is_there(job: Job) -> bool:
    """Say whether there are answers to write, half way where the mapping wants it."""
    status = job.row.response.status
    if status == Response.Status.IN_PROGRESS:
        return unfinished.waits_for(job.row.revision) is not None
    return status == Response.Status.COMPLETED
