"""The REST door of this room: deployments, and whom they ask."""

from __future__ import annotations

from django.urls import path

from deployments.api.contacts import Contacts
from deployments.api.deployments import (
    DeploymentActivate,
    DeploymentDetail,
    DeploymentList,
    DeploymentPause,
)
from deployments.api.explanations import Explanations
from deployments.api.invitations import InvitationDetail, Invitations, Reminder
from deployments.api.limits import LimitDetail, LimitList
from deployments.api.links import TrackingLinks
from deployments.api.mailings import MailingDetail, MailingList
from deployments.api.statistics import SendStatistics
from deployments.api.suppressions import UnsubscribedAddresses
from deployments.api.trigger_events import TriggerEvents

routes = [
    path("tracking-links/", TrackingLinks.as_view(), name="tracking-links"),
    path("invitations/", Invitations.as_view(), name="invitations"),
    path("invitations/<uuid:key>/", InvitationDetail.as_view(), name="invitation"),
    path("invitations/<uuid:key>/remind/", Reminder.as_view(), name="remind"),
    path("deployments/", DeploymentList.as_view(), name="deployments"),
    path("deployments/<slug:key>/", DeploymentDetail.as_view(), name="deployment"),
    path(
        "deployments/<slug:key>/activate/",
        DeploymentActivate.as_view(),
        name="deployment-activate",
    ),
    path(
        "deployments/<slug:key>/pause/",
        DeploymentPause.as_view(),
        name="deployment-pause",
    ),
    path(
        "deployments/<slug:key>/statistics/",
        SendStatistics.as_view(),
        name="send-statistics",
    ),
    path("deployments/<slug:key>/contacts/", Contacts.as_view(), name="contacts"),
    path("deployments/<slug:key>/mailings/", MailingList.as_view(), name="mailings"),
    path(
        "deployments/<slug:key>/mailings/<int:pk>/",
        MailingDetail.as_view(),
        name="mailing",
    ),
    path("limits/", LimitList.as_view(), name="limits"),
    path("limits/<slug:key>/", LimitDetail.as_view(), name="limit"),
    path(
        "unsubscribed-addresses/",
        UnsubscribedAddresses.as_view(),
        name="unsubscribed-addresses",
    ),
    path("explanations/", Explanations.as_view(), name="explanations"),
    path("trigger-events/", TriggerEvents.as_view(), name="trigger-events"),
]
