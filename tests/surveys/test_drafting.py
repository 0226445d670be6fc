from __future__ import annotations

from typing import Any

import pytest

from surveys import definition, drafting, publishing
from surveys.definition import DefinitionError
from surveys.models import Choice, Page, Question, Survey
from tests.factories.surveys import (
    NOW,
    csat,
    make_survey,
    nps,
    publish_survey,
    survey_document,
    topics,
    why,
)

pytestmark = pytest.mark.django_db


def ids(model: Any) -> dict[str, int]:
    return dict(model.objects.values_list("key", "pk"))


def test_a_draft_says_what_its_document_said() -> None:
    survey = make_survey()

    assert definition.parse(drafting.draft_document(survey)) == definition.parse(
        survey_document()
    )
    assert survey.status == Survey.Status.DRAFT


def test_a_bad_document_changes_nothing() -> None:
    make_survey()

    with pytest.raises(DefinitionError):
        make_survey(survey_document(title={"en": "New"}, pages=[]))

    assert Survey.objects.get().title["en"] == "How did we do?"
    assert Question.objects.count() == 4


def test_rows_whose_keys_stay_keep_their_ids() -> None:
    make_survey()
    pages, questions, choices = ids(Page), ids(Question), ids(Choice)
    document = survey_document(
        title={"en": "Changed"},
        pages=[
            {"key": "p2", "questions": [why(), nps(text={"en": "Moved here"})]},
            {
                "key": "p3",
                "questions": [
                    topics(
                        choices=[
                            {"key": "price", "label": {"en": "Price"}, "score": 2},
                            {"key": "speed", "label": {"en": "Pace"}},
                        ]
                    )
                ],
            },
        ],
    )

    survey = make_survey(document)

    assert ids(Question) == {key: questions[key] for key in ("why", "nps", "topics")}
    assert ids(Page)["p2"] == pages["p2"]
    assert set(ids(Page)) == {"p2", "p3"}
    assert ids(Choice)["speed"] == choices["speed"]
    assert survey.title == {"en": "Changed"}
    assert definition.parse(drafting.draft_document(survey)) == definition.parse(
        document
    )


def test_a_key_that_stands_twice_in_the_draft_is_kept_once() -> None:
    survey = make_survey()
    second = survey.pages.get(key="p2")
    Question.objects.create(page=second, key="csat", kind="nps", text={"en": "Twice"})

    make_survey(survey_document())

    assert Question.objects.filter(key="csat").count() == 1


def test_a_broken_draft_counts_as_changed() -> None:
    version = publish_survey()
    version.survey.pages.all().delete()

    assert drafting.has_changes(version.survey)


def test_options_that_do_not_fit_the_kind_are_left_out_of_the_draft() -> None:
    survey = make_survey(
        survey_document(pages=[{"key": "p1", "questions": [csat(), topics()]}])
    )
    Question.objects.filter(key="topics").update(kind="short_text", options={"min": 1})

    document = drafting.draft_document(survey)

    assert document["pages"][0]["questions"][1].keys() == {
        "key",
        "kind",
        "text",
        "required",
    }


def test_a_rating_that_becomes_nps_leaves_its_ends_behind() -> None:
    survey = make_survey(
        survey_document(pages=[{"key": "p1", "questions": [csat(min=1, max=7)]}])
    )
    Question.objects.update(kind="nps")

    version = publishing.publish(survey=survey, now=NOW)

    assert publishing.compiled(version.pk).question("csat").max == 10
