"""The survey document for the OpenAPI description; `definition.parse` checks it."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from surveys.definition import Kind
from surveys.definition.blocks import PLACES
from surveys.definition.flow import MOST_RESPONSES
from surveys.definition.kinds import (
    CONTACT_KINDS,
    DISPLAYS,
    FILE_TYPES,
    ICONS,
    MOST_COLUMNS,
)
from surveys.models import Survey, key_validator, survey_key_validator


def texts(help_text: str, *, required: bool = False) -> serializers.DictField:
    return serializers.DictField(
        child=serializers.CharField(), required=required, help_text=help_text
    )


def key(help_text: str) -> serializers.RegexField:
    return serializers.RegexField(key_validator.regex, help_text=help_text)


@extend_schema_field(
    {
        "type": "object",
        "nullable": True,
        "example": {"question": "nps", "op": "le", "value": 6},
    }
)
class RuleField(serializers.JSONField):
    """A rule: a comparison, or {"all": […]}, {"any": […]}, {"not": …} around some."""


RULE_HELP = "Shown only if this rule holds; it reads earlier questions and variables."


class VariableDocument(serializers.Serializer[Any]):
    key = key("Name of the variable.")
    label = serializers.CharField(required=False)  # type: ignore[assignment]
    open = serializers.BooleanField(
        required=False, help_text="Whoever follows a link may set it in its query."
    )


class ChoiceDocument(serializers.Serializer[Any]):
    key = key("Kept in answers; unique in the question.")
    label = texts("Language to text.", required=True)  # type: ignore[assignment]
    score = serializers.FloatField(required=False, allow_null=True)
    exclusive = serializers.BooleanField(
        required=False, help_text="Of a multiple choice: chosen alone."
    )
    image = serializers.CharField(
        required=False,
        help_text=(
            "Of a single choice: its picture as `data:image/png;base64,…` (PNG, JPEG, "
            "WebP, GIF or SVG, up to 200 KB), or the name of one that is here. "
            "Versions say the name; the picture is at `/pictures/NAME`."
        ),
    )


class RowDocument(serializers.Serializer[Any]):
    key = key("Kept in answers; unique in the matrix.")
    label = texts("Language to text.", required=True)  # type: ignore[assignment]


class FieldDocument(serializers.Serializer[Any]):
    key = key("Kept in answers; unique in the question.")
    label = texts("Language to text.", required=True)  # type: ignore[assignment]
    kind = serializers.ChoiceField(
        choices=[kind.value for kind in CONTACT_KINDS], required=False
    )
    required = serializers.BooleanField(required=False)  # type: ignore[assignment]


class QuestionDocument(serializers.Serializer[Any]):
    key = key("Name in data, mappings and exports; unique in the survey.")
    kind = serializers.ChoiceField(choices=[kind.value for kind in Kind])
    text = texts("Language to text.", required=True)
    help = texts("Language to text.")
    required = serializers.BooleanField(required=False)  # type: ignore[assignment]
    choices = ChoiceDocument(many=True, required=False)
    show_if = RuleField(required=False, allow_null=True, help_text=RULE_HELP)
    min = serializers.FloatField(
        required=False, help_text="Of a rating (1), number or slider (0)."
    )
    max = serializers.FloatField(
        required=False, help_text="Of a rating (5), number or slider (100)."
    )
    min_label = texts("Language to text, of NPS, ratings and sliders.")
    max_label = texts("Language to text, of NPS, ratings and sliders.")
    icons = serializers.ChoiceField(
        choices=ICONS, required=False, help_text="Of a rating."
    )
    step = serializers.FloatField(
        required=False, help_text="Of a number or slider, counted from `min`."
    )
    unit = texts("Language to text, of a number or slider.")
    max_length = serializers.IntegerField(required=False, help_text="Of texts.")
    pattern = serializers.CharField(
        required=False,
        help_text=(
            "Of a short text: a regular expression that all of it must fit, of "
            "classes, groups, alternatives and counts."
        ),
    )
    pattern_hint = texts("Language to text: what the answer must look like.")
    other = serializers.BooleanField(
        required=False,
        help_text='Of choices: one that is written in, kept as {"other": "text"}.',
    )
    other_label = texts("Language to text.")
    display = serializers.ChoiceField(
        choices=DISPLAYS,
        required=False,
        help_text="Of a single choice; `image` shows the pictures of its choices.",
    )
    columns = serializers.IntegerField(
        required=False, min_value=1, max_value=MOST_COLUMNS, help_text="Of choices."
    )
    random = serializers.BooleanField(
        required=False, help_text="Choices, or the rows of a matrix, by chance."
    )
    rows = RowDocument(many=True, required=False, help_text="Of a matrix.")
    fields = FieldDocument(  # type: ignore[assignment]
        many=True, required=False, help_text="Of a contact."
    )
    earliest = serializers.CharField(
        required=False, help_text="Of a date, time or both; ISO 8601, no zone."
    )
    latest = serializers.CharField(
        required=False, help_text="Of a date, time or both; ISO 8601, no zone."
    )
    max_size = serializers.IntegerField(
        required=False, help_text="Of a file, in megabytes."
    )
    types = serializers.ListField(
        child=serializers.ChoiceField(choices=FILE_TYPES),
        required=False,
        help_text="Of a file: what it may hold.",
    )


class WayDocument(serializers.Serializer[Any]):
    go_to = serializers.CharField(
        required=False, help_text="The key of a later page; or say one of the ends."
    )
    end = serializers.BooleanField(required=False)
    screen_out = serializers.BooleanField(required=False)
    text = texts("Closing text of this end.")

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """`if` is a word of Python's own."""
        rule = RuleField(required=False, allow_null=True, help_text="Blank: always.")
        return {"if": rule, **super().get_fields()}


class QuotaDocument(serializers.Serializer[Any]):
    key = key("Unique in the survey.")
    limit = serializers.IntegerField(min_value=1, max_value=MOST_RESPONSES)
    when_full = serializers.ChoiceField(choices=["screen_out", "close"], required=False)
    text = texts("Closing text of who is screened out.")

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        rule = RuleField(required=False, allow_null=True, help_text="Blank: everybody.")
        return {"if": rule, **super().get_fields()}


class PageDocument(serializers.Serializer[Any]):
    key = key("Unique in the survey.")
    title = texts("Language to text.")
    show_if = RuleField(required=False, allow_null=True, help_text=RULE_HELP)
    questions = QuestionDocument(many=True)
    next = WayDocument(
        many=True, required=False, help_text="The first whose rule holds is taken."
    )
    random = serializers.BooleanField(
        required=False, help_text="Its questions come in an order by chance."
    )
    place = serializers.ChoiceField(
        choices=PLACES,
        required=False,
        help_text=(
            "`random`: changes places by chance with neighbours that say so too; "
            "`follows`: stays behind the page before it."
        ),
    )


class SurveyDocument(serializers.Serializer[Any]):
    key = serializers.RegexField(survey_key_validator.regex)
    title = texts("Language to text.", required=True)
    default_language = serializers.CharField(required=False, max_length=16)
    variables = VariableDocument(many=True, required=False)
    pages = PageDocument(many=True)
    thanks = texts("Shown behind the last page; language to text.")
    screened_out = texts("Shown to who is screened out; language to text.")
    quotas = QuotaDocument(many=True, required=False)


class KeptSurvey(SurveyDocument):
    """A survey as it is sent: beside what is frozen, its theme."""

    theme = serializers.CharField(
        required=False, max_length=50, help_text="The key of a theme."
    )


class SurveyDetail(KeptSurvey):
    status = serializers.ChoiceField(choices=Survey.Status.choices, read_only=True)
    version = serializers.IntegerField(
        read_only=True, allow_null=True, help_text="Number of the live version."
    )


class SurveySummary(serializers.Serializer[Any]):
    key = serializers.CharField()
    title = texts("Language to text.", required=True)
    status = serializers.ChoiceField(choices=Survey.Status.choices)
    version = serializers.IntegerField(allow_null=True)


class SurveyPage(serializers.Serializer[Any]):
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = SurveySummary(many=True)


class Version(serializers.Serializer[Any]):
    number = serializers.IntegerField()
    published_at = serializers.DateTimeField()
    definition = SurveyDocument()


class VersionPage(serializers.Serializer[Any]):
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = Version(many=True)
