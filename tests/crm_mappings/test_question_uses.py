"""A designer learns which live mappings read a question before it goes."""

from __future__ import annotations

import pytest

from crm_mappings.models import Connection, Mapping
from crm_mappings.question_uses import question_uses
from surveys import publishing, uses
from surveys.models import Question
from tests.factories.crm import NOW, case_step, make_mapping, record_step
from tests.factories.surveys import publish_survey

pytestmark = pytest.mark.django_db


def make_connection() -> Connection:
    return Connection.objects.create(key="org", name="Org", hook_secret_hash="x")


def told(survey):
    return sorted((use.question, use.choice) for use in question_uses(survey))


def test_every_way_to_read_a_question_is_told():
    version = publish_survey()
    step = case_step(
        find=[{"email": "ContactEmail", "value": {"question": "why"}}],
        condition={"question": "nps", "op": "le", "value": 6},
        fields=[
            {"field": "A", "value": {"template": "{{csat}} of {{survey.title}}"}},
            {
                "field": "B",
                "value": {"question": "topics"},
                "table": {"speed": "Response time"},
            },
            {
                "field": "C",
                "value": {"constant": "x"},
                "condition": {
                    "question": "topics",
                    "facet": "has:quality",
                    "op": "eq",
                    "value": True,
                },
            },
        ],
    )
    mapping = make_mapping(make_connection(), version, step)

    assert told(version.survey) == [
        ("csat", ""),
        ("nps", ""),
        ("topics", ""),
        ("topics", "quality"),
        ("topics", "speed"),
        ("why", ""),
    ]
    use = next(use for use in question_uses(version.survey) if use.question == "csat")
    assert use.link == f"/admin/crm_mappings/mapping/{mapping.pk}/change/"
    assert use.where == f"Mapping “{mapping}”: Case.A"


def test_a_question_whose_words_are_written_is_used():
    version = publish_survey()
    step = case_step(
        fields=[
            {"field": "A", "value": {"question": "csat", "facet": "question_text"}},
            {"field": "B", "value": {"template": "{{nps.question_text}}"}},
        ]
    )
    make_mapping(make_connection(), version, step)

    assert told(version.survey) == [("csat", ""), ("nps", "")]


def test_only_active_mappings_are_told_as_they_went_live():
    version = publish_survey()
    mapping = make_mapping(make_connection(), version, record_step())
    # The draft's rules are not what runs.
    mapping.steps.all().delete()
    assert told(version.survey) == [("csat", "")]

    Mapping.objects.update(status=Mapping.Status.PAUSED)
    assert told(version.survey) == []


def test_a_revision_of_another_form_stops_no_publishing():
    version = publish_survey()
    mapping = make_mapping(make_connection(), version)
    revision = mapping.live_revision
    revision.document = {"steps": "of another form"}
    revision.save(update_fields=["document"])

    assert told(version.survey) == []


def test_a_question_that_a_live_mapping_reads_must_be_let_go():
    version = publish_survey()
    make_mapping(make_connection(), version, record_step())
    Question.objects.filter(key="csat").delete()

    with pytest.raises(publishing.QuestionsInUse, match="csat"):
        publishing.publish(survey=version.survey, now=NOW)
    assert [use.question for use in uses.uses_of(version.survey)] == ["csat"]
