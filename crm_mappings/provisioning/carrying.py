"""Owns the way of a deploy from row to row: sent, followed, the user given access,
looked at again, and the mapping made. A worker that dies costs a delay."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from django.utils.translation import gettext as _

from crm_mappings import connections, packages
from crm_mappings.models import Provisioning
from crm_mappings.packages import PackageError
from crm_mappings.plan.managed import State as FieldState
from crm_mappings.provisioning import drafting, granting
from crm_mappings.provisioning.messages import wish
from crm_mappings.provisioning.proposing import CannotPropose, propose
from crm_mappings.salesforce import metadata
from crm_mappings.salesforce.client import OrgClient
from crm_mappings.salesforce.errors import Kind, OrgError
from crm_mappings.salesforce.metadata import Progress

LEASE: Final = timedelta(minutes=3)
# Asked again soon, and ever more slowly.
POLLS: Final = (1, 1, 2, 3, 5, 10, 15, 30)
SOON: Final = timedelta(seconds=5)
# Six hours of them, as the last are half a minute apart.
MOST_POLLS: Final = 720
LONGEST_WAIT: Final = 300
MOST_TRIES: Final = 12
PASSING: Final = frozenset({Kind.TRANSIENT, Kind.LOCK, Kind.BUDGET})
State = Provisioning.State


def carry_on(*, now: datetime) -> int:
    """Bring every row that is due on by one state; return how many there were."""
    due = Provisioning.objects.filter(state__in=Provisioning.UNDER_WAY, due_at__lte=now)
    carried = 0
    for row in due.select_related(
        "connection", "survey", "trigger__deployment"
    ).order_by("due_at"):
        mine = Provisioning.objects.filter(
            pk=row.pk, state=row.state, due_at=row.due_at
        ).update(due_at=now + LEASE)
        if mine:
            _carry(row, now)
            carried += 1
    return carried


def due_soon(*, now: datetime) -> bool:
    """Say whether it is worth waiting for the next one."""
    rows = Provisioning.objects.filter(state__in=Provisioning.UNDER_WAY)
    return rows.filter(due_at__lte=now + SOON).exists()


def _carry(row: Provisioning, now: datetime) -> None:
    acts: dict[str, Callable[[Provisioning, OrgClient, datetime], None]] = {
        State.WAITING: _send,
        State.SENT: _follow,
        State.GRANTING: _grant,
        State.VERIFYING: _verify,
    }
    try:
        org = connections.client(row.connection)
        try:
            acts[row.state](row, org, now)
        finally:
            org.close()
    except OrgError as error:
        _stumble(row, error, now)
    except (CannotPropose, PackageError) as error:
        _fail(row, str(error), now)


def _send(row: Provisioning, org: OrgClient, now: datetime) -> None:
    files = _files(row)
    if not files:
        if row.check_only:
            _end(row, _("Everything is there already."), now)
        else:
            _keep(row, now, state=State.GRANTING, deployed_at=now)
        return
    told = metadata.deploy(org, metadata.zipped(files), check_only=row.check_only)
    _keep(row, now, state=State.SENT, deploy_id=told.id, tries=0, message="")


def _files(row: Provisioning) -> dict[str, str]:
    """The messages of a trigger hold a secret, so they are made only now."""
    if row.trigger is None:
        return dict(row.files)
    return packages.files(wish(row.trigger, row.connection))


def _follow(row: Provisioning, org: OrgClient, now: datetime) -> None:
    told = metadata.follow(org, row.deploy_id)
    numbers = {
        "components": told.components or row.components,
        "deployed": told.deployed,
    }
    if not told.done:
        if row.tries > MOST_POLLS:
            _fail(row, _("Salesforce has not ended this deployment in six hours."), now)
            return
        # How often it was asked says how long to wait.
        wait = POLLS[min(row.tries, len(POLLS) - 1)]
        _keep(row, now, wait=wait, tries=row.tries + 1, message="", **numbers)
        return
    if told.status == "Canceled":
        _keep(row, now, state=State.CANCELLED, ended_at=now, **numbers)
    elif not told.success:
        _refused(row, told, now)
    elif row.check_only:
        _keep(row, now, **numbers)
        _end(row, _("Salesforce would accept all of it. Nothing was changed."), now)
    else:
        _keep(row, now, state=State.GRANTING, deployed_at=now, tries=0, **numbers)


def _refused(row: Provisioning, told: Progress, now: datetime) -> None:
    problems = [
        {"name": one.name, "kind": one.kind, "problem": one.problem}
        for one in told.problems
    ]
    text = told.message or _(
        "Salesforce refused it, and changed nothing. Each reason stands below."
    )
    _keep(
        row,
        now,
        state=State.FAILED,
        problems=problems,
        message=text,
        ended_at=now,
        deployed=0,
    )


def _grant(row: Provisioning, org: OrgClient, now: datetime) -> None:
    if row.kind == Provisioning.Kind.TRIGGER:
        _end(row, _("Salesforce tells Tellback from now on."), now)
        return
    connections.forget(connection=row.connection)
    granting.assign(org, row.connection)
    _keep(row, now, state=State.VERIFYING)


def _verify(row: Provisioning, _org: OrgClient, now: datetime) -> None:
    """Describe everything again: only what the user sees can be written."""
    if row.survey is None:
        _fail(row, _("The survey is gone."), now)
        return
    proposal = propose(
        survey=row.survey,
        connection=row.connection,
        records=row.records,
        now=now,
    )
    unseen = [
        f"{one.name}.{field.name}"
        for one in proposal.objects
        for field in one.fields
        if field.state is not FieldState.EXISTS or not field.open
    ]
    if unseen or not proposal.complete:
        _fail(row, granting.unseen_text(unseen), now)
        return
    row.mapping = drafting.draft(
        survey=row.survey, connection=row.connection, proposal=proposal
    )
    row.save(update_fields=["mapping"])
    _end(row, _("Everything is there, and the mapping is made."), now)


def _stumble(row: Provisioning, error: OrgError, now: datetime) -> None:
    """What passes is waited for; the rest is for a person."""
    # What Salesforce is at work on goes on there, however long it is not to be reached.
    most = MOST_POLLS if row.state == State.SENT else MOST_TRIES
    if error.kind not in PASSING or row.tries > most:
        _fail(row, granting.explained(error), now)
        return
    text = _("%(why)s It is tried again.") % {"why": error.refusal.message}
    _keep(
        row,
        now,
        wait=min(30 * (row.tries + 1), LONGEST_WAIT),
        tries=row.tries + 1,
        message=text,
    )


def _fail(row: Provisioning, message: str, now: datetime) -> None:
    _keep(row, now, state=State.FAILED, message=message, ended_at=now)


def _end(row: Provisioning, message: str, now: datetime) -> None:
    _keep(row, now, state=State.DONE, message=message, ended_at=now, problems=[])


def _keep(row: Provisioning, now: datetime, *, wait: int = 0, **values: object) -> None:
    """Write what is known now, and when it is looked at again."""
    row.due_at = now + timedelta(seconds=wait)
    for name, value in values.items():
        setattr(row, name, value)
    row.save(update_fields=["due_at", *values])
