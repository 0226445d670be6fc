"""Texts of a draft: every one is found, and none is lost when people meet."""

from __future__ import annotations

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth import get_user_model

from surveys import drafting, translating
from surveys.models import Page, Question, Survey
from surveys.translating import Incoming, Submitted, fingerprint, sheet, xliff
from tests.factories.surveys import csat, make_survey, survey_document

pytestmark = pytest.mark.django_db


def titled():
    return make_survey(
        survey_document(
            thanks={"en": "Thanks"},
            pages=[
                {
                    "key": "p1",
                    "title": {"en": "You"},
                    "questions": [
                        csat(help={"en": "Stars"}, max_label={"en": "very"}),
                        *survey_document()["pages"][0]["questions"][2:],
                    ],
                }
            ],
        )
    )


def by_id(survey):
    stored = Survey.objects.get(pk=survey.pk)
    return {unit.id: dict(unit.texts) for unit in translating.units(stored)}


def submitted(text, before=""):
    return Submitted(text=text, seen=fingerprint(before))


def test_every_text_is_found_in_the_order_of_reading():
    assert list(by_id(titled())) == [
        "survey/title",
        "survey/thanks",
        "page/p1/title",
        "question/csat/text",
        "question/csat/help",
        "question/csat/options/max_label",
        "question/topics/text",
        "choice/topics/speed/label",
        "choice/topics/quality/label",
    ]


def test_texts_deep_in_options_are_found_by_their_keys():
    survey = titled()
    rows = [{"key": "r1", "label": {"en": "Speed"}}, {"label": {"en": "Price"}}]
    Question.objects.filter(key="csat").update(options={"rows": rows, "min": 1})

    found = by_id(survey)

    assert found["question/csat/options/rows/r1/label"] == {"en": "Speed"}
    assert found["question/csat/options/rows/1/label"] == {"en": "Price"}
    translating.take(
        survey=survey,
        incoming=[
            Incoming(
                id="question/csat/options/rows/r1/label", language="de", text="Tempo"
            )
        ],
    )
    options = Question.objects.get(key="csat").options
    assert options["rows"][0]["label"] == {"en": "Speed", "de": "Tempo"}
    assert options["min"] == 1


def test_progress_counts_texts_that_are_there():
    units = translating.units(titled())

    german = translating.progress("de", units)

    assert (german.done, german.of, german.percent) == (5, 9, 55)
    assert translating.progress("en", units).percent == 100
    assert translating.progress("fr", units).done == 0
    assert translating.languages_of(titled(), units) == ["en", "de"]


def test_saved_texts_are_written_and_told():
    survey = titled()
    user = get_user_model().objects.create_user("ada")
    before = survey.updated_at

    saved = translating.save_texts(
        survey=survey,
        language="ar",
        submitted={
            "survey/title": submitted("  كيف كان؟ "),
            "choice/topics/speed/label": submitted("السرعة"),
            "page/p1/title": submitted(""),
            "no/such/text": submitted("x"),
        },
        user=user,
    )

    found = by_id(survey)
    survey.refresh_from_db()
    assert sorted(saved.changed) == ["choice/topics/speed/label", "survey/title"]
    assert found["survey/title"]["ar"] == "كيف كان؟"
    assert found["choice/topics/speed/label"]["en"] == "Speed"
    assert survey.updated_at > before
    assert LogEntry.objects.get(user=user).change_message == "Texts in ar changed."


def test_a_text_is_cleared_by_leaving_it_blank():
    survey = titled()

    translating.save_texts(
        survey=survey,
        language="de",
        submitted={"survey/title": submitted(" ", "Wie war's?")},
    )

    assert by_id(survey)["survey/title"] == {"en": "How did we do?"}


def test_what_another_wrote_meanwhile_is_kept():
    survey = titled()
    first = {"survey/title": submitted("Erste", "Wie war's?")}
    second = {
        "survey/title": submitted("Zweite", "Wie war's?"),
        "survey/thanks": submitted("Danke"),
        # Not touched by the second: what the first wrote is not put back.
        "question/csat/text": submitted(
            "Wie zufrieden sind Sie?", "Wie zufrieden sind Sie?"
        ),
    }
    first["question/csat/text"] = submitted("Zufrieden?", "Wie zufrieden sind Sie?")

    translating.save_texts(survey=survey, language="de", submitted=first)
    saved = translating.save_texts(survey=survey, language="de", submitted=second)

    found = by_id(survey)
    assert saved.conflicts == {"survey/title": "Erste"}
    assert saved.changed == ["survey/thanks"]
    assert found["survey/title"]["de"] == "Erste"
    assert found["question/csat/text"]["de"] == "Zufrieden?"


def test_a_text_that_is_too_long_is_not_saved():
    survey = titled()

    saved = translating.save_texts(
        survey=survey, language="de", submitted={"survey/title": submitted("x" * 501)}
    )

    assert saved.too_long == {"survey/title": 500}


def test_a_file_is_taken_with_a_report_of_everything():
    survey = titled()

    report = translating.take(
        survey=survey,
        incoming=[
            Incoming(id="survey/title", language="fr", text="Ça va ?", source="Old"),
            Incoming(id="survey/title", language="fr", text="Encore"),
            Incoming(id="survey/title", language="de", text="Wie war's?"),
            Incoming(id="survey/title", language="en", text="Mine"),
            Incoming(id="survey/thanks", language="fr", text=""),
            Incoming(id="page/p1/title", language="fr", text="y" * 501),
            Incoming(id="question/gone/text", language="fr", text="Quoi ?"),
        ],
    )

    assert report.taken == ["survey/title"]
    assert report.outdated == ["survey/title"]
    assert report.twice == ["survey/title"]
    assert report.own == ["survey/title"]
    assert report.too_long == ["page/p1/title"]
    assert report.unknown == ["question/gone/text"]
    assert (report.same, report.blank) == (1, 1)
    assert by_id(survey)["survey/title"]["en"] == "How did we do?"
    assert by_id(survey)["survey/title"]["fr"] == "Ça va ?"


@pytest.mark.parametrize("kind", ["xliff", "csv"])
def test_an_exported_file_changes_nothing_when_it_comes_back(kind):
    survey = titled()
    before = drafting.draft_document(survey)
    units = translating.units(survey)
    if kind == "xliff":
        data = xliff.write(units, survey="s", source="en", target="de")
        incoming = xliff.read(data)
    else:
        incoming = sheet.read(sheet.write(units, languages=["en", "de"]), own="en")

    report = translating.take(survey=survey, incoming=incoming)

    assert (report.same, report.blank, report.taken) == (5, 4, [])
    assert drafting.draft_document(survey) == before


def test_keys_that_stand_twice_are_left_to_the_outline():
    survey = titled()
    page = Page.objects.create(survey=survey, key="p9", position=9)
    Question.objects.create(page=page, key="csat", kind="nps", text={"en": "Again"})

    assert "question/csat/text" not in by_id(survey)
    assert "survey/title" in by_id(survey)


def test_a_large_survey_asks_the_database_little(django_assert_max_num_queries):
    survey = titled()
    page = survey.pages.get()
    Question.objects.bulk_create(
        Question(page=page, key=f"q{n}", kind="nps", text={"en": f"Q {n}"}, position=n)
        for n in range(300)
    )

    with django_assert_max_num_queries(4):
        assert len(translating.units(Survey.objects.get())) > 300
