"""What the OpenAPI document says of managed mappings: what is asked, what is proposed,
and how far a set-up of an org is."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from crm_mappings.models import Provisioning
from crm_mappings.plan.managed import State
from crm_mappings.plan.sources import API_NAME


class Asked(serializers.Serializer[Any]):
    """For which survey, at which org."""

    survey = serializers.CharField(help_text="The key of the survey.")
    connection = serializers.CharField(help_text="The key of the connection.")
    records = serializers.ListField(
        child=serializers.RegexField(rf"\A{API_NAME.pattern}"),
        required=False,
        max_length=20,
        help_text="The objects that responses are about, e.g. Case; without: what the "
        "survey's triggers tie, Account and Contact.",
    )


class PackageRequest(Asked):
    source = serializers.BooleanField(  # type: ignore[assignment]
        required=False,
        help_text="As a project for `sf project deploy start`, not as it is deployed.",
    )


class DeployRequest(Asked):
    validate_only = serializers.BooleanField(
        required=False, help_text="Ask Salesforce whether it would take it; no more."
    )


class FieldProposal(serializers.Serializer[Any]):
    name = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    type = serializers.CharField(source="wish.type")
    state = serializers.ChoiceField(
        choices=[state.value for state in State], source="state.value"
    )
    writable = serializers.BooleanField(
        source="open", help_text="The connection's user sees it and may write it."
    )
    instead_of = serializers.ListField(
        child=serializers.CharField(),
        help_text="Fields that have its name and are of another type.",
    )


class ObjectProposal(serializers.Serializer[Any]):
    name = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    exists = serializers.BooleanField()
    fields = FieldProposal(many=True)  # type: ignore[assignment]


class ProposalDocument(serializers.Serializer[Any]):
    survey = serializers.CharField()
    records = serializers.ListField(child=serializers.CharField())
    complete = serializers.BooleanField(help_text="Nothing is left to be created.")
    objects = ObjectProposal(many=True)
    left_out = serializers.ListField(child=serializers.CharField())


class SetUpProblem(serializers.Serializer[Any]):
    name = serializers.CharField()
    kind = serializers.CharField()
    problem = serializers.CharField()


class SetUp(serializers.ModelSerializer[Provisioning]):
    """A set-up of an org on its way; `state` ends as done, failed or cancelled."""

    survey = serializers.CharField(source="survey.key")
    connection = serializers.CharField(source="connection.key")
    validate_only = serializers.BooleanField(source="check_only")
    under_way = serializers.BooleanField()
    records = serializers.ListField(child=serializers.CharField())
    problems = SetUpProblem(many=True)
    mapping = serializers.CharField(
        source="mapping.key",
        default=None,
        allow_null=True,
        help_text="The draft that was made when all was there.",
    )

    class Meta:
        model = Provisioning
        fields = (
            *("id", "survey", "connection", "records", "validate_only", "state"),
            *("under_way", "components", "deployed", "message", "problems"),
            *("mapping", "created_at", "ended_at"),
        )
        read_only_fields = fields
