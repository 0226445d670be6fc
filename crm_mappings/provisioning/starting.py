"""Owns how a deploy begins, is cancelled, and goes on after a person has acted."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from crm_mappings import connections, packages
from crm_mappings.models import Connection, Provisioning
from crm_mappings.plan.managed import Proposal
from crm_mappings.provisioning.messages import wish
from crm_mappings.provisioning.proposing import propose
from crm_mappings.salesforce import managed_package, metadata
from crm_mappings.salesforce.errors import OrgError
from deployments.doorbell import ring
from deployments.models import Trigger
from surveys.models import Survey

PROVISION = "crm_mappings.tasks.provision"
UNDER_WAY = gettext_noop("It is being deployed already. Wait until that has ended.")
State = Provisioning.State


class CannotStart(Exception):
    """There is one under way already, or nothing to deploy to."""


def start(
    *,
    survey: Survey,
    connection: Connection,
    records: Sequence[str],
    now: datetime,
    check_only: bool = False,
    user: User | None = None,
) -> Provisioning:
    """Put the package of a managed mapping on its way; the workers carry it.

    Raises `CannotStart`, `CannotPropose` and `OrgError`.
    """
    _refuse_second(survey=survey, connection=connection)
    proposal = propose(survey=survey, connection=connection, records=records, now=now)
    row = _begun(
        kind=Provisioning.Kind.MAPPING,
        connection=connection,
        survey=survey,
        records=list(proposal.records),
        check_only=check_only,
        files=_files(proposal),
        components=_components(proposal),
        due_at=now,
        created_at=now,
        created_by=user,
    )
    ring(PROVISION)
    return row


def start_messages(
    *,
    trigger: Trigger,
    connection: Connection,
    now: datetime,
    check_only: bool = False,
    user: User | None = None,
) -> Provisioning:
    """Put the messages of a trigger on their way; the workers carry them.

    Raises `CannotStart` and `PackageError`.
    """
    _refuse_second(trigger=trigger, connection=connection)
    # Said at once, not by a worker.
    count = len(packages.files(wish(trigger, connection))) - 1
    row = _begun(
        kind=Provisioning.Kind.TRIGGER,
        connection=connection,
        trigger=trigger,
        check_only=check_only,
        components=count,
        due_at=now,
        created_at=now,
        created_by=user,
    )
    ring(PROVISION)
    return row


def cancel(*, row: Provisioning, now: datetime) -> bool:
    """Stop it, unless it has done its work; False: it was too late."""
    stoppable = Provisioning.objects.filter(
        pk=row.pk, state__in=[State.WAITING, State.SENT]
    )
    if row.deploy_id and row.state == State.SENT:
        try:
            metadata.cancel(connections.client(row.connection), row.deploy_id)
        except OrgError:
            return False  # it has ended there; the next look says how
        return stoppable.update(due_at=now) == 1
    return stoppable.update(state=State.CANCELLED, ended_at=now) == 1


def go_on(*, row: Provisioning, now: datetime) -> bool:
    """Take it up where it stopped, after a person has put right what was wrong."""
    failed = Provisioning.objects.filter(pk=row.pk, state=State.FAILED)
    state = State.GRANTING if row.deployed_at else State.WAITING
    try:
        with transaction.atomic():
            taken = failed.update(
                state=state,
                problems=[],
                message="",
                tries=0,
                due_at=now,
                ended_at=None,
                deploy_id=row.deploy_id if row.deployed_at else "",
            )
    except IntegrityError:
        return False  # another one for the same is under way
    ring(PROVISION)
    return taken == 1


def watch(*, row: Provisioning, now: datetime) -> None:
    """Whoever watches keeps the workers at it."""
    if row.under_way and row.due_at <= now:
        ring(PROVISION)


def latest(survey: Survey, connection: Connection) -> Provisioning | None:
    rows = Provisioning.objects.filter(survey=survey, connection=connection)
    return rows.order_by("-pk").first()


def _refuse_second(**named: object) -> None:
    """Say it before the org is asked; who comes in between is told by the database."""
    rows = Provisioning.objects.filter(**named, state__in=Provisioning.UNDER_WAY)
    if rows.exists():
        raise CannotStart(_(UNDER_WAY))


def _begun(**values: object) -> Provisioning:
    try:
        with transaction.atomic():
            return Provisioning.objects.create(**values)
    except IntegrityError as error:
        raise CannotStart(_(UNDER_WAY)) from error


def _files(proposal: Proposal) -> dict[str, str]:
    return {} if proposal.complete else managed_package.files(proposal)


def _components(proposal: Proposal) -> int:
    if proposal.complete:
        return 0
    new = sum(len(one.new) for one in proposal.objects)
    objects = sum(not one.exists for one in proposal.objects)
    return new + objects + 1
