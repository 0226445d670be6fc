"""Makes invitations: each person asked once for each event, whoever asks how often."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from deployments import counting
from deployments.addresses import normal_address
from deployments.doorbell import ring
from deployments.links import hash_token, new_token
from deployments.models import Deployment, Invitation
from deployments.rules import Invitee
from deployments.rules.windows import next_moment
from deployments.signals import invitation_changed
from surveys.texts import storable, tidy
from surveys.wording import gettext as _

SEND_TASK = "deployments.tasks.send_invitations"
LONGEST = {"email": 254, "language": 16, "record_key": 100, "event_key": 200}


class UnusableInvitation(ValueError):
    """What was asked for cannot be stored; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Invited:
    invitation: Invitation
    token: str
    url: str
    created: bool


def tracking_url(token: str) -> str:
    return f"{settings.BASE_URL}/s/{token}/"


def invite(  # noqa: PLR0913 - the facts of one invitation, all by keyword
    *,
    deployment: Deployment,
    email: str,
    name: str = "",
    language: str = "",
    records: Mapping[str, str] | None = None,
    variables: Mapping[str, object] | None = None,
    record_key: str = "",
    event_key: str = "",
    now: datetime,
    send: bool,
) -> Invited:
    """Invite one person; the same record and event key again finds the same link."""
    invitee = Invitee(
        email=email,
        name=name,
        language=language,
        records=records or {},
        variables=variables or {},
        record_key=record_key,
        event_key=event_key,
    )
    return invite_many(deployment=deployment, invitees=[invitee], now=now, send=send)[0]


def invite_many(
    *,
    deployment: Deployment,
    invitees: Sequence[Invitee],
    now: datetime,
    send: bool,
    send_at: datetime | None = None,
    wake: bool = True,
) -> list[Invited]:
    """Invite all or, when one of them cannot be stored, nobody.

    The database decides who was first (its unique constraint), so two callers at
    the same moment get the same link, and only one of them `created`. `wake=False`
    is for a caller that rings once for many. Without `send_at` the mail goes out as soon
    as the deployment's window allows.
    """
    rows = [
        _row(
            deployment,
            invitee,
            now=now,
            send_at=_when(deployment, invitee, send_at or now) if send else None,
        )
        for invitee in invitees
    ]
    with transaction.atomic():
        Invitation.objects.bulk_create(rows, ignore_conflicts=True)
        invited = _what_is_stored(deployment, rows)
        new = [item.invitation for item in invited if item.created]
        counting.note(new, now=now)
        for item in invited:
            if item.created:
                invitation_changed.send(
                    Invitation, invitation=item.invitation, milestone="invited"
                )
        if send and wake and any(item.created for item in invited):
            ring(SEND_TASK)
    return invited


def _row(
    deployment: Deployment,
    invitee: Invitee,
    *,
    now: datetime,
    send_at: datetime | None,
) -> Invitation:
    if send_at and not invitee.email:
        raise UnusableInvitation(_("Without an e-mail address nothing can be sent."))
    token = new_token()
    row = Invitation(
        deployment=deployment,
        token=token,
        token_hash=hash_token(token),
        email=normal_address(invitee.email),
        name=" ".join(tidy(invitee.name).split())[:200],
        language=invitee.language,
        records=_storable(invitee.records),
        variables=_storable(invitee.variables),
        record_key=invitee.record_key,
        event_key=invitee.event_key,
        time_zone=invitee.time_zone,
        segment=" ".join(tidy(invitee.segment).split())[:100],
        is_test=deployment.test_mode,
        mail=Invitation.Mail.WAITING if send_at else Invitation.Mail.NONE,
        mail_due_at=send_at,
        created_at=now,
        expires_at=_end(deployment, send_at or now),
    )
    _check_texts(row)
    return row


def _check_texts(row: Invitation) -> None:
    for column, longest in LONGEST.items():
        value = getattr(row, column)
        if len(value) > longest:
            raise UnusableInvitation(
                _("%(column)s has more than %(longest)s characters.")
                % {"column": column, "longest": longest}
            )
        if not storable(value):
            raise UnusableInvitation(
                _("%(column)s has control characters in it.") % {"column": column}
            )


def _when(deployment: Deployment, invitee: Invitee, at: datetime) -> datetime:
    return next_moment(deployment.window, at, invitee.time_zone)


def _storable(values: Mapping[str, object]) -> dict[str, object]:
    """Texts without what no database can keep."""
    return {
        tidy(name): tidy(value) if isinstance(value, str) else value
        for name, value in values.items()
    }


def _end(deployment: Deployment, now: datetime) -> datetime | None:
    if not deployment.valid_days:
        return None
    return now + timedelta(days=deployment.valid_days)


def _what_is_stored(deployment: Deployment, rows: list[Invitation]) -> list[Invited]:
    """Pair each row with the one in the database: its own, or who came first."""
    own = {
        invitation.token_hash: invitation
        for invitation in Invitation.objects.filter(
            token_hash__in=[row.token_hash for row in rows]
        ).defer("token")
    }
    late = [row for row in rows if row.token_hash not in own]
    first = {
        (invitation.record_key, invitation.event_key): invitation
        for invitation in Invitation.objects.filter(
            deployment=deployment,
            is_test=deployment.test_mode,
            record_key__in={row.record_key for row in late},
            event_key__in={row.event_key for row in late},
        )
    }
    invited = []
    for row in rows:
        created = row.token_hash in own
        found = own[row.token_hash] if created else first[row.record_key, row.event_key]
        found.deployment = deployment
        if created:
            found.token = row.token
        invited.append(
            Invited(
                invitation=found,
                token=found.token,
                url=tracking_url(found.token),
                created=created,
            )
        )
    return invited
