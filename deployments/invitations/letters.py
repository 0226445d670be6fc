"""The two kinds of letter that are mailed: invitations, and what follows them up.

`mailing` knows how a letter is claimed, handed over and settled; here is what is due,
what speaks against it, how it reads, and what its sending means.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Protocol

from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from deployments import counting, emails, senders
from deployments.addresses import is_address
from deployments.handover import Deferred, Refused
from deployments.invitations import follow_ups
from deployments.invitations.milestones import cancel
from deployments.invitations.rechecking import Looked, Unread, look_again
from deployments.invitations.sharing import Shared
from deployments.models import Deployment, FollowUpMail, Invitation
from deployments.reading import told_of
from deployments.rules import caps
from deployments.rules.caps import subjects
from deployments.rules.events import reader
from deployments.rules.windows import next_moment
from deployments.signals import invitation_changed

Mail = Invitation.Mail
TEST_PAUSE = timedelta(minutes=30)


class NotNow(Exception):
    """Mails do not go out at this hour."""

    def __init__(self, opens_at: datetime) -> None:
        super().__init__(f"until {opens_at}")
        self.opens_at = opens_at


class NoReason(Exception):
    """There is no reason to write any more; the text says why."""


class Letters(Protocol):
    """One kind of letter; rows have the `mail…` columns."""

    def rows(self) -> QuerySet[Any]:
        """Every letter of the kind."""

    def waiting(self, now: datetime) -> QuerySet[Any]:
        """Those that are due, of deployments that are live."""

    def look_again(self, rows: list[Any], now: datetime) -> Looked:
        """What must be asked elsewhere, for all at once."""

    def invitation(self, row: Any) -> Invitation:
        """The invitation that the letter is about."""

    def load(self, held: QuerySet[Any], shared: Shared) -> Any:
        """The row as it is now, with all that its mail needs."""

    def message_id(self, row: Any) -> str: ...

    def check(self, row: Any, shared: Shared, now: datetime) -> None:
        """Raise `NotNow`, `NoReason`, `Deferred` or `Refused` if it must not go."""

    def build(self, row: Any) -> EmailMessage: ...

    def sent(self, row: Any, shared: Shared, now: datetime) -> None:
        """Say what follows, in the transaction that settles the row."""

    def stopped(self, row: Any, now: datetime) -> None: ...


class InvitationLetters:
    """The first mail."""

    def rows(self) -> QuerySet[Invitation]:
        return Invitation.objects.all()

    def waiting(self, now: datetime) -> QuerySet[Invitation]:
        return (
            Invitation.objects.filter(
                mail=Mail.WAITING,
                mail_due_at__lte=now,
                deployment__status=Deployment.Status.LIVE,
            )
            .exclude(deployment__in=senders.resting(now=now))
            .only("public_id", "message_id", "email", "deployment")
        )

    def look_again(self, rows: list[Invitation], now: datetime) -> Looked:
        return look_again(rows, now)

    def invitation(self, row: Invitation) -> Invitation:
        return row

    def load(self, held: QuerySet[Invitation], shared: Shared) -> Invitation:
        row = held.get()
        row.deployment = shared.deployment(row.deployment_id)
        return row

    def message_id(self, row: Invitation) -> str:
        return row.message_id or emails.message_id(row)

    def check(self, row: Invitation, shared: Shared, now: datetime) -> None:
        _check_moment(row, now)
        if problem := _why_not(row, shared, now) or _answered(row):
            raise Refused(problem)
        change = shared.looked.get(row.pk)
        if isinstance(change, Unread):
            raise Deferred(change.reason)
        if change:
            raise NoReason(change.reason)
        _keep_to_rate(row, shared, now)

    def build(self, row: Invitation) -> EmailMessage:
        return emails.build(row)

    def sent(self, row: Invitation, shared: Shared, now: datetime) -> None:
        row.mail, row.sent_at = Mail.SENT, now
        rules = shared.reminders(row.deployment_id)
        follow_ups.after_mail(invitation=row, rules=rules, now=now)
        invitation_changed.send(Invitation, invitation=row, milestone="sent")

    def stopped(self, row: Invitation, now: datetime) -> None:
        cancel(invitation=row, now=now)


class FollowUpLetters:
    """Reminders and thank-yous: whatever speaks against one stops it for good."""

    def rows(self) -> QuerySet[FollowUpMail]:
        return FollowUpMail.objects.all()

    def waiting(self, now: datetime) -> QuerySet[FollowUpMail]:
        return (
            FollowUpMail.objects.filter(
                mail=Mail.WAITING,
                mail_due_at__lte=now,
                invitation__deployment__status=Deployment.Status.LIVE,
            )
            .exclude(invitation__deployment__in=senders.resting(now=now))
            .select_related("invitation")
        )

    def look_again(self, rows: list[FollowUpMail], now: datetime) -> Looked:
        """Who would not be invited any more is not reminded either."""
        looked = look_again([row.invitation for row in rows], now)
        return {
            row.pk: looked[row.invitation_id]
            for row in rows
            if row.invitation_id in looked and row.invitation.completed_at is None
        }

    def invitation(self, row: FollowUpMail) -> Invitation:
        return row.invitation

    def load(self, held: QuerySet[FollowUpMail], shared: Shared) -> FollowUpMail:
        row = held.select_related("follow_up", "invitation").get()
        about = row.invitation
        about.deployment = shared.deployment(about.deployment_id)
        return row

    def message_id(self, row: FollowUpMail) -> str:
        return row.message_id or emails.message_id_of(row)

    def check(self, row: FollowUpMail, shared: Shared, now: datetime) -> None:
        invitation = row.invitation
        _check_moment(invitation, now)
        if problem := _why_not(invitation, shared, now) or _unwanted(row):
            raise NoReason(problem)
        change = shared.looked.get(row.pk)
        if isinstance(change, Unread):
            raise Deferred(change.reason)
        if change:
            raise NoReason(change.reason)
        _keep_to_rate(invitation, shared, now)
        _count(row, now)

    def build(self, row: FollowUpMail) -> EmailMessage:
        return emails.build(row.invitation, emails.follow_up_draft(row))

    def sent(
        self,
        row: FollowUpMail,
        shared: Shared,  # noqa: ARG002 - as for every kind of letter
        now: datetime,
    ) -> None:
        row.sent_at = now
        milestone = "reminded" if row.reminds else "thanked"
        invitation_changed.send(
            Invitation, invitation=row.invitation, milestone=milestone
        )

    def stopped(self, row: FollowUpMail, now: datetime) -> None:
        """Nothing follows."""


KINDS: tuple[Letters, ...] = (InvitationLetters(), FollowUpLetters())


def _why_not(invitation: Invitation, shared: Shared, now: datetime) -> str:
    """Look once more, right before the handover: much may have changed since."""
    if not invitation.is_test and (reason := shared.why_suppressed(invitation.email)):
        return _("The address is not to be asked any more: %(reason)s.") % {
            "reason": reason
        }
    if not is_address(emails.recipient(invitation)):
        return _("“%(address)s” is no e-mail address.") % {
            "address": emails.recipient(invitation)
        }
    if invitation.cancelled_at:
        return _("The invitation was cancelled before the mail could be sent.")
    if (
        invitation.expires_at
        and invitation.expires_at <= now
        and not invitation.completed_at
    ):
        return _("The link ended before the mail could be sent.")
    return ""


def _answered(invitation: Invitation) -> str:
    if invitation.completed_at:
        return _("The survey was answered before the mail could be sent.")
    return ""


def _unwanted(row: FollowUpMail) -> str:
    if row.invitation.bounced_at:
        return _("The first mail came back.")
    if row.follow_up and not row.follow_up.is_active:
        return _("The follow-up was switched off.")
    if row.reminds:
        return _answered(row.invitation)
    return "" if row.invitation.completed_at else _("Nothing was answered.")


def _check_moment(invitation: Invitation, now: datetime) -> None:
    """A mail that was held up meanwhile does not go out in the night either, and
    what waits for people does not go out during a test."""
    if invitation.deployment.test_mode and not invitation.is_test:
        raise NotNow(now + TEST_PAUSE)
    opens_at = next_moment(invitation.deployment.window, now, invitation.time_zone)
    if opens_at > now:
        raise NotNow(opens_at)


def _keep_to_rate(invitation: Invitation, shared: Shared, now: datetime) -> None:
    """The sender's domain may send so many mails an hour, and fewer while it is new."""
    sender_email = invitation.deployment.sender_email
    if not shared.is_limited(sender_email):
        return
    opens_at = senders.take(sender_email=sender_email, now=now)
    if opens_at:
        raise NotNow(opens_at)


@transaction.atomic
def _count(row: FollowUpMail, now: datetime) -> None:
    """Write it into the ledger, or say which limit it would break."""
    invitation = row.invitation
    if row.asks.exists():
        return  # an earlier try has counted it
    counting.lock(subjects(invitation.email, invitation.records).values())
    limits = [
        one for one in counting.caps_of(invitation.deployment) if one.counts_reminders
    ]
    asked = counting.count(
        limits, email=invitation.email, records=invitation.records, now=now
    )
    read = reader(told_of(invitation), now) if asked else None
    for one in asked:
        if read and caps.exceeded(one) and caps.applies(one.cap, read):
            raise NoReason(caps.reason(one))
    counting.note([invitation], now=now, follow_up=row)
