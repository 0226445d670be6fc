"""To whom, when and how a survey is sent, and every decision on the way."""

from deployments.models.caps import Ask, AskSubject, Cap
from deployments.models.contacts import Contact
from deployments.models.decisions import TriggerDecision
from deployments.models.deployments import Deployment
from deployments.models.follow_ups import FollowUp, FollowUpMail
from deployments.models.invitations import Invitation
from deployments.models.lists import PeopleList
from deployments.models.mailings import Mailing
from deployments.models.polls import Poll
from deployments.models.senders import SenderDomain
from deployments.models.suppressions import BlockedDomain, Suppression
from deployments.models.triggers import Trigger, TriggerEvent

__all__ = [
    "Ask",
    "AskSubject",
    "BlockedDomain",
    "Cap",
    "Contact",
    "Deployment",
    "FollowUp",
    "FollowUpMail",
    "Invitation",
    "Mailing",
    "PeopleList",
    "Poll",
    "SenderDomain",
    "Suppression",
    "Trigger",
    "TriggerDecision",
    "TriggerEvent",
]
