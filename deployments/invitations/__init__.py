"""Owns an invitation from the first link to the last milestone.

`inviting` makes it once, `milestones` finds it and moves it on, `mailing` mails it,
`reminding` lets it be mailed again, `forgetting` takes the person out.
"""

from deployments.invitations.forgetting import forget
from deployments.invitations.inviting import (
    SEND_TASK,
    Invited,
    UnusableInvitation,
    invite,
    invite_many,
    tracking_url,
)
from deployments.invitations.machines import note_following, note_machine
from deployments.invitations.mailing import send_again, send_waiting
from deployments.invitations.milestones import (
    InvitationCancelled,
    InvitationClosed,
    InvitationExpired,
    UnknownToken,
    cancel,
    expire_due,
    find,
    look_up,
    mark_answered,
    mark_completed,
    mark_delivered,
    mark_opened,
    mark_opted_out,
    mark_read,
    mark_started,
)
from deployments.invitations.opting_out import has_opted_out, opt_out
from deployments.invitations.reminding import NoReminder, remind

__all__ = [
    "SEND_TASK",
    "InvitationCancelled",
    "InvitationClosed",
    "InvitationExpired",
    "Invited",
    "NoReminder",
    "UnknownToken",
    "UnusableInvitation",
    "cancel",
    "expire_due",
    "find",
    "forget",
    "has_opted_out",
    "invite",
    "invite_many",
    "look_up",
    "mark_answered",
    "mark_completed",
    "mark_delivered",
    "mark_opened",
    "mark_opted_out",
    "mark_read",
    "mark_started",
    "note_following",
    "note_machine",
    "opt_out",
    "remind",
    "send_again",
    "send_waiting",
    "tracking_url",
]
