"""What the OpenAPI document says of a mapping document. The rules themselves are in
`crm_mappings.plan`, which reads and refuses the bodies."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers

from crm_mappings import samples
from crm_mappings.models import FieldRule, Mapping, Step
from crm_mappings.plan.rules import Several
from surveys.bodies import Body


class FieldRuleDocument(serializers.Serializer[Any]):
    field = serializers.CharField(help_text="API name of the field.")
    value = serializers.DictField(
        help_text='Where the value comes from, e.g. {"question": "nps", "facet": '
        '"group"}, {"constant": "Web"} or {"template": "{{nps}}: {{why}}"}.'
    )
    table = serializers.DictField(
        child=serializers.CharField(),
        required=False,
        help_text="Answer → value in Salesforce.",
    )
    transforms = serializers.ListField(
        child=serializers.CharField(), required=False, help_text='e.g. "truncate:255".'
    )
    blank = serializers.ChoiceField(choices=FieldRule.Blank.values, required=False)
    default = serializers.CharField(required=False, allow_blank=True)
    overwrite = serializers.ChoiceField(
        choices=FieldRule.Overwrite.values, required=False
    )
    condition = serializers.JSONField(required=False, allow_null=True)


class StepDocument(serializers.Serializer[Any]):
    key = serializers.CharField()
    action = serializers.ChoiceField(choices=Step.Action.values)
    object = serializers.CharField(help_text="API name of the object.")
    find = serializers.ListField(
        child=serializers.DictField(),
        required=False,
        help_text='In order, e.g. {"record": "Case"} or {"email": "Email", "value": '
        "{…}}.",
    )
    no_match = serializers.ChoiceField(choices=Step.NoMatch.values, required=False)
    several = serializers.ChoiceField(
        choices=[choice.value for choice in Several], required=False
    )
    key_field = serializers.CharField(required=False, allow_null=True)
    duplicates = serializers.ChoiceField(
        choices=Step.Duplicates.values,
        required=False,
        help_text="What to do where a duplicate rule of the org warns.",
    )
    condition = serializers.JSONField(required=False, allow_null=True)
    fields = FieldRuleDocument(many=True, required=False)  # type: ignore[assignment]


class LiveRevision(serializers.Serializer[Any]):
    number = serializers.IntegerField()
    activated_at = serializers.DateTimeField()
    note = serializers.CharField(allow_blank=True)


class MappingState(serializers.Serializer[Any]):
    """What is said of a mapping, and ignored when it is written."""

    status = serializers.ChoiceField(choices=Mapping.Status.values, read_only=True)
    problem = serializers.CharField(read_only=True)
    live_revision = LiveRevision(read_only=True, allow_null=True)


class MappingDocument(MappingState):
    key = serializers.CharField()
    name = serializers.CharField(required=False)
    survey = serializers.CharField()
    connection = serializers.CharField()
    when = serializers.ChoiceField(choices=["completed"], required=False)
    condition = serializers.JSONField(required=False, allow_null=True)
    trusts_links = serializers.BooleanField(
        required=False,
        help_text="An open variable may choose the record. Allowed in the admin only.",
    )
    partial_after = serializers.IntegerField(
        required=False,
        help_text="Minutes without an answer after which an unfinished response is "
        "written; 0: only completed ones.",
    )
    on_erasure = serializers.ChoiceField(
        choices=["keep", "clear", "delete"],
        required=False,
        help_text="What becomes of what was written when the response is erased.",
    )
    steps = StepDocument(many=True)


class MappingSummary(MappingState):
    key = serializers.CharField()
    name = serializers.CharField()
    survey = serializers.CharField(source="survey.key")
    connection = serializers.CharField(source="connection.key")


class FindingDocument(serializers.Serializer[Any]):
    step = serializers.CharField(allow_null=True)
    field = serializers.CharField(allow_null=True)
    grade = serializers.ChoiceField(choices=["will_fail", "may_fail", "fine", "note"])
    message = serializers.CharField()
    hint = serializers.CharField(allow_blank=True)
    example = serializers.CharField(
        allow_blank=True, help_text="An answer that would fail."
    )


class Findings(serializers.Serializer[Any]):
    findings = FindingDocument(many=True)


class Refused(serializers.Serializer[Any]):
    """Problem details of a mapping that Salesforce would refuse."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    findings = FindingDocument(many=True)


class PreviewRequest(Body):
    """Exactly one of the first three."""

    response = serializers.UUIDField(required=False, help_text="A response's key.")
    latest = serializers.IntegerField(
        required=False,
        min_value=1,
        max_value=samples.MOST,
        help_text="So many of the responses that were completed last.",
    )
    made_up = serializers.BooleanField(
        required=False, help_text="An example answer to each question."
    )
    records = serializers.DictField(
        child=serializers.CharField(),
        required=False,
        help_text="For a made-up response: object → record id.",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if sum(bool(attrs.get(name)) for name in WAYS) != 1:
            raise serializers.ValidationError(
                _("Say exactly one of response, latest and made_up.")
            )
        return attrs


WAYS = ("response", "latest", "made_up")


class PreviewCall(serializers.Serializer[Any]):
    method = serializers.CharField()
    path = serializers.CharField()
    query = serializers.CharField(allow_blank=True)
    headers = serializers.DictField(allow_null=True)
    body = serializers.JSONField(allow_null=True)


class PreviewWrite(serializers.Serializer[Any]):
    step = serializers.CharField()
    action = serializers.CharField()
    object = serializers.CharField()
    record_id = serializers.CharField(allow_null=True)
    key_field = serializers.CharField(allow_null=True)
    key_value = serializers.JSONField(allow_null=True)
    fields = serializers.DictField()  # type: ignore[assignment]
    previous = serializers.DictField(allow_null=True)
    note = serializers.CharField(allow_blank=True)


class PreviewSkip(serializers.Serializer[Any]):
    step = serializers.CharField(allow_null=True)
    reason = serializers.CharField()


class PreviewProblem(serializers.Serializer[Any]):
    step = serializers.CharField()
    field = serializers.CharField(allow_null=True)
    code = serializers.CharField()
    message = serializers.CharField()


class PreviewFound(serializers.Serializer[Any]):
    """A record that was found for later steps; nothing is written to it."""

    step = serializers.CharField()
    object = serializers.CharField()
    record_id = serializers.CharField()
    note = serializers.CharField()


class PreviewOne(serializers.Serializer[Any]):
    response = serializers.UUIDField()
    writes = PreviewWrite(many=True)
    skipped = PreviewSkip(many=True)
    problems = PreviewProblem(many=True)
    found = PreviewFound(many=True)
    reads = PreviewCall(many=True)
    calls = PreviewCall(many=True)


class PreviewDocument(PreviewOne):
    """Of `latest`, all are in `previews`; else what stands beside it is the one."""

    previews = PreviewOne(many=True, required=False)


class RevisionDocument(LiveRevision):
    activated_by = serializers.CharField(source="activated_by.username", default=None)
    document = serializers.DictField()


class ActivateRequest(Body):
    note = serializers.CharField(required=False, allow_blank=True, max_length=500)


class RollBackRequest(ActivateRequest):
    revision = serializers.IntegerField(min_value=1)
