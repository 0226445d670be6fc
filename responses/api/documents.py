"""How a response reads in the API."""

from __future__ import annotations

from django.db.models import QuerySet
from rest_framework import serializers

from responses.models import Response
from responses.quality import Flag
from surveys.sharing import seen


class ResponseSerializer(serializers.ModelSerializer[Response]):
    """One response; answers are canonical values by question key."""

    survey = serializers.CharField(source="survey.key", read_only=True)
    version = serializers.IntegerField(source="version.number", read_only=True)
    deployment = serializers.CharField(
        source="deployment.key", read_only=True, allow_null=True, default=None
    )
    invitation = serializers.UUIDField(
        source="invitation.public_id", read_only=True, allow_null=True, default=None
    )
    email = serializers.EmailField(
        source="invitation.email", read_only=True, allow_null=True, default=None
    )
    test = serializers.BooleanField(source="is_test", read_only=True)
    answers = serializers.DictField(read_only=True)
    quality = serializers.ListField(
        source="flags",
        read_only=True,
        child=serializers.ChoiceField(choices=list(Flag)),
        help_text="Signs that the answers were not thought about; none is good.",
    )
    records = serializers.DictField(child=serializers.CharField(), read_only=True)
    variables = serializers.DictField(read_only=True)

    class Meta:
        model = Response
        fields = (
            "key",
            "survey",
            "version",
            "status",
            "test",
            "language",
            "deployment",
            "invitation",
            "email",
            "answers",
            "records",
            "variables",
            "quality",
            "started_at",
            "updated_at",
            "completed_at",
        )
        read_only_fields = fields


def rows() -> QuerySet[Response]:
    """Those of surveys that the key's maker may see."""
    rows = Response.objects.select_related(
        "survey", "version", "deployment", "invitation"
    ).defer("invitation__token", "version__definition")
    return seen(rows, "survey")
