"""What the OpenAPI document says of a deployment document. The rules themselves are in
`deployments.documents`, which reads and refuses the bodies."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from deployments.documents import PARTS, columns_of, columns_of_part
from deployments.models import Cap, Deployment, FollowUp, PeopleList, Trigger
from deployments.rules.coherence import TEXTS
from deployments.rules.spans import UNITS


def texts(name: str) -> serializers.DictField:
    child = serializers.CharField(max_length=TEXTS[name], allow_blank=True)
    return serializers.DictField(
        child=child, required=False, help_text=_("Language to text.")
    )


def names(help_text: Any) -> serializers.DictField:
    child = serializers.CharField(max_length=200, allow_blank=True)
    return serializers.DictField(child=child, required=False, help_text=help_text)


def condition() -> serializers.JSONField:
    return serializers.JSONField(
        required=False, allow_null=True, help_text=_("None: always.")
    )


def span() -> serializers.IntegerField:
    return serializers.IntegerField(required=False, min_value=1, max_value=3650)


@extend_schema_field({"type": ["string", "null"], "examples": ["09:00:00"]})
class ClockField(serializers.TimeField):
    """A time of day, in the time zone of the deployment."""


class TriggerDocument(serializers.ModelSerializer[Trigger]):
    condition = condition()
    records = names(_("Object to the field with the id of the record."))
    variables = names(_("Variable of the survey to the field that fills it."))
    share = serializers.FloatField(
        required=False, min_value=0, max_value=100, help_text=_("Percent asked.")
    )

    class Meta:
        model = Trigger
        fields = [one.name for one in columns_of_part(Trigger)]


class FollowUpDocument(serializers.ModelSerializer[FollowUp]):
    subject, body = texts("subject"), texts("body")

    class Meta:
        model = FollowUp
        fields = [one.name for one in columns_of_part(FollowUp)]


class PeopleListDocument(serializers.ModelSerializer[PeopleList]):
    records = names(_("Object to the field with the id of the record."))
    variables = names(_("Variable of the survey to the field that fills it."))

    class Meta:
        model = PeopleList
        fields = [one.name for one in columns_of_part(PeopleList)]


class CapDocument(serializers.ModelSerializer[Cap]):
    """How far it looks back is said once: 90 days where nothing is said."""

    condition = condition()
    hours, days, weeks, months = span(), span(), span(), span()

    class Meta:
        model = Cap
        fields = [*(one.name for one in columns_of_part(Cap)), *UNITS]


class DeploymentSummary(serializers.ModelSerializer[Deployment]):
    survey = serializers.CharField(source="survey.key", read_only=True)

    class Meta:
        model = Deployment
        fields = ["key", "name", "survey", "channel", "status"]
        read_only_fields = fields


class DeploymentDocument(serializers.ModelSerializer[Deployment]):
    """What is as it is by default is left out, in both directions."""

    key = serializers.SlugField(max_length=50)
    survey = serializers.CharField(max_length=50, help_text=_("A survey's key."))
    status = serializers.ChoiceField(
        choices=Deployment.Status.choices,
        read_only=True,
        help_text=_("Changed by `activate` and `pause` alone."),
    )
    subject, body = texts("subject"), texts("body")
    closed_message, purpose = texts("closed_message"), texts("purpose")
    privacy_notice = texts("privacy_notice")
    send_from, send_until = ClockField(required=False), ClockField(required=False)
    send_days = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=7),
        required=False,
        help_text=_("From 1, Monday; none: every day."),
    )
    holidays = serializers.ListField(child=serializers.DateField(), required=False)
    end_hosts = serializers.ListField(child=serializers.CharField(), required=False)
    embed_sites = serializers.ListField(child=serializers.CharField(), required=False)
    triggers = TriggerDocument(many=True, required=False)
    follow_ups = FollowUpDocument(many=True, required=False)
    lists = PeopleListDocument(many=True, required=False)
    caps = CapDocument(many=True, required=False)

    class Meta:
        model = Deployment
        fields = [
            *("key", "survey", "status"),
            *(one.name for one in columns_of() if one.name != "key"),
            *PARTS,
        ]
