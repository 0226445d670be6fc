from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.test import Client

from surveys import drafting
from surveys.models import Choice, Page, Question, Survey
from tests.factories.surveys import make_survey, publish_survey, survey_document

pytestmark = pytest.mark.django_db
BASE = "/admin/surveys"
NO_CHOICES = {"choices-TOTAL_FORMS": "0", "choices-INITIAL_FORMS": "0"}


def question_form(page: Page, **values: Any) -> dict[str, Any]:
    return {
        "page": page.pk,
        "kind": "nps",
        "text_en": "Would you recommend us?",
        "show_if-join": "all",
        **NO_CHOICES,
        **values,
    }


def choice_rows(*labels: str, **values: Any) -> dict[str, Any]:
    rows = {"choices-TOTAL_FORMS": str(len(labels)), "choices-INITIAL_FORMS": "0"}
    for number, label in enumerate(labels):
        rows[f"choices-{number}-label_en"] = label
    return {**rows, **values}


def text_of(answer: Any) -> str:
    return re.sub(r"\s+", " ", answer.content.decode())


def test_the_empty_list_says_what_to_do(designer: Client) -> None:
    assert "No surveys yet" in text_of(designer.get(f"{BASE}/survey/"))


def test_surveys_are_listed_and_found_by_title(designer: Client) -> None:
    publish_survey()
    make_survey(survey_document(key="other", title={"en": "Renewal"}))

    page = text_of(designer.get(f"{BASE}/survey/?q=war"))

    assert "support-csat" in page
    assert "other" not in page.split('id="result_list"')[1]


def test_a_survey_is_made_with_a_proposed_key_and_a_first_page(
    designer: Client,
) -> None:
    answer = designer.post(
        f"{BASE}/survey/add/",
        {
            "title_en": "Case closed",
            "title_de": "Fall gelöst",
            "default_language": "en",
            "variables-0-label": "Account manager",
            "variables-0-open": "on",
            "variables-1-label": "",
            "variables-1-key": "",
        },
    )

    survey = Survey.objects.get()
    assert answer.url == f"{BASE}/survey/{survey.pk}/change/"
    assert survey.key == "case-closed"
    assert survey.title == {"en": "Case closed", "de": "Fall gelöst"}
    assert survey.variables == [
        {"key": "account_manager", "label": "Account manager", "open": True}
    ]
    assert survey.pages.get().key == "page_1"
    assert "Add a question" in text_of(designer.get(answer.url))


def test_what_was_typed_stays_when_something_is_wrong(designer: Client) -> None:
    answer = designer.post(
        f"{BASE}/survey/add/",
        {
            "title_de": "Nur auf Deutsch",
            "default_language": "en",
            "thanks_de": "Vielen Dank",
            "variables-0-label": "Agent",
            "variables-0-key": "Agent!",
        },
    )

    page = text_of(answer)
    assert answer.status_code == 200
    assert "Write the text in English too" in page
    assert "Nur auf Deutsch" in page
    assert "Vielen Dank" in page
    assert 'value="Agent!"' in page
    assert not Survey.objects.exists()


def test_texts_in_further_languages_are_kept(designer: Client) -> None:
    survey = make_survey(survey_document(title={"en": "Hello", "fr": "Bonjour"}))

    page = text_of(designer.get(f"{BASE}/survey/{survey.pk}/change/"))

    assert 'name="title_fr" id="id_title_fr" value="Bonjour"' in page


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ({"variables-0-key": "nps"}, "is the key of a question already"),
        ({"variables-0-key": "a", "variables-1-key": "a"}, "is there twice"),
        ({"variables-0-key": "a", "variables-0-label": "x" * 201}, "at most 200"),
    ],
)
def test_variables_are_checked(
    designer: Client, rows: dict[str, str], words: str
) -> None:
    survey = make_survey()

    answer = designer.post(
        f"{BASE}/survey/{survey.pk}/change/",
        {"title_en": "Hi", "default_language": "en", "key": "support-csat", **rows},
    )

    assert words in text_of(answer)


def test_the_outline_shows_rules_in_words(designer: Client) -> None:
    survey = make_survey()

    page = text_of(designer.get(f"{BASE}/survey/{survey.pk}/change/"))

    assert "only if “Would you recommend us?” is at most 6" in page
    assert "This survey is a draft" in page
    assert "Speed, Quality" in page


def test_publishing_from_the_admin(designer: Client) -> None:
    survey = make_survey()

    answer = designer.post(f"{BASE}/survey/{survey.pk}/publish/", follow=True)

    survey.refresh_from_db()
    assert "Version 1 is live" in text_of(answer)
    assert survey.live_version.published_by.username == "ada"


def test_publishing_says_what_is_in_the_way(designer: Client) -> None:
    survey = make_survey()
    Choice.objects.all().delete()
    question = Question.objects.get(key="topics")

    answer = designer.post(f"{BASE}/survey/{survey.pk}/publish/")

    page = text_of(answer)
    assert answer.status_code == 400
    assert "Give at least one choice" in page
    assert f'href="{BASE}/question/{question.pk}/change/"' in page


def test_problems_of_pages_and_of_the_survey_lead_there(designer: Client) -> None:
    survey = make_survey()
    Survey.objects.update(title={"de": "Nur deutsch"})
    Question.objects.filter(page__key="p2").delete()
    page = Page.objects.get(key="p2")

    shown = text_of(designer.post(f"{BASE}/survey/{survey.pk}/publish/"))

    assert f'href="{BASE}/page/{page.pk}/change/"' in shown
    assert f'href="{BASE}/survey/{survey.pk}/change/">Nur deutsch</a>' in shown


def test_a_changed_kind_is_refused_in_words(designer: Client) -> None:
    survey = publish_survey().survey
    Question.objects.filter(key="csat").update(kind="nps")

    answer = designer.post(f"{BASE}/survey/{survey.pk}/publish/", follow=True)

    assert "was published as “Rating”" in text_of(answer)


def test_closing_and_opening_again(designer: Client) -> None:
    survey = publish_survey().survey

    closed = designer.post(f"{BASE}/survey/{survey.pk}/close/", follow=True)
    opened = designer.post(f"{BASE}/survey/{survey.pk}/publish/", follow=True)

    assert "takes no more answers" in text_of(closed)
    assert "Open again" in text_of(closed)
    assert "Version 1 is live" in text_of(opened)


def test_unpublished_changes_are_told(designer: Client) -> None:
    survey = publish_survey().survey
    Question.objects.filter(key="csat").update(text={"en": "Happy?"})

    page = text_of(designer.get(f"{BASE}/survey/{survey.pk}/change/"))

    assert "changes that are not published" in page


def test_arrows_move_questions_and_pages(designer: Client) -> None:
    survey = make_survey()
    move = f"{BASE}/survey/{survey.pk}/move/"
    nps, second = Question.objects.get(key="nps"), Page.objects.get(key="p2")

    designer.post(move, {"move": f"question:{nps.pk}:up"})
    designer.post(move, {"move": f"page:{second.pk}:up"})

    document = drafting.draft_document(survey)
    assert [page["key"] for page in document["pages"]] == ["p2", "p1"]
    assert document["pages"][1]["questions"][0]["key"] == "nps"


@pytest.mark.parametrize(
    "move", ["", "page:x:up", "page:1:left", "survey:1:up", "page:999:up", "page:²:up"]
)
def test_a_wrong_move_is_not_found(designer: Client, move: str) -> None:
    survey = make_survey()

    answer = designer.post(f"{BASE}/survey/{survey.pk}/move/", {"move": move})

    assert answer.status_code == 404


def test_a_move_stays_in_its_survey(designer: Client) -> None:
    survey = make_survey()
    other = make_survey(survey_document(key="other"))
    page = other.pages.get(key="p2")

    answer = designer.post(
        f"{BASE}/survey/{survey.pk}/move/", {"move": f"page:{page.pk}:up"}
    )

    assert answer.status_code == 404


@pytest.mark.parametrize("word", ["publish", "close", "move"])
def test_changes_are_posted_alone(designer: Client, word: str) -> None:
    survey = make_survey()

    assert designer.get(f"{BASE}/survey/{survey.pk}/{word}/").status_code == 405
    assert designer.post(f"{BASE}/survey/0/{word}/").status_code == 404


def test_who_may_only_look_changes_nothing() -> None:
    survey = make_survey()
    user = get_user_model().objects.create_user("bob", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_survey"))
    client = Client()
    client.force_login(user)

    page = text_of(client.get(f"{BASE}/survey/{survey.pk}/change/"))

    assert "Would you recommend us?" in page
    assert 'name="move"' not in page
    assert client.post(f"{BASE}/survey/{survey.pk}/publish/").status_code == 403
    assert client.post(f"{BASE}/survey/{survey.pk}/move/").status_code == 403
    assert client.get(f"{BASE}/survey/{survey.pk}/preview/").status_code == 200
    user.user_permissions.clear()
    assert client.get(f"{BASE}/survey/{survey.pk}/preview/").status_code == 403


def test_the_preview_shows_every_question_in_the_language(designer: Client) -> None:
    survey = make_survey(survey_document(thanks={"en": "Thanks", "de": "Danke"}))

    page = text_of(designer.get(f"{BASE}/survey/{survey.pk}/preview/?language=de"))

    assert "Wie zufrieden sind Sie?" in page
    assert "Qualität" in page
    assert "Danke" in page
    other = text_of(designer.get(f"{BASE}/survey/{survey.pk}/preview/?language=x"))
    assert "How satisfied are you?" in other


def test_a_question_is_added_with_its_choices(designer: Client) -> None:
    survey = make_survey()
    page = survey.pages.get(key="p2")

    answer = designer.post(
        f"{BASE}/question/add/?page={page.pk}",
        question_form(
            page,
            kind="single_choice",
            text_en="Which plan?",
            **choice_rows("Free", "Pro", "Pro!"),
        ),
    )

    question = Question.objects.get(key="which_plan")
    assert answer.url == f"{BASE}/survey/{survey.pk}/change/#outline"
    assert question.position == 1
    assert list(
        question.choices.order_by("position").values_list("key", "position")
    ) == [("free", 0), ("pro", 1), ("pro_2", 2)]


def test_the_options_of_the_kind_are_kept(designer: Client) -> None:
    page = make_survey().pages.get(key="p1")

    designer.post(
        f"{BASE}/question/add/",
        question_form(
            page,
            kind="rating",
            key="effort",
            min="0",
            max="7",
            min_label_en="hard",
            required="on",
            position="5",
        ),
    )

    question = Question.objects.get(key="effort")
    assert question.options == {"min": 0, "max": 7, "min_label": {"en": "hard"}}
    assert question.position == 5


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"kind": "rating", "min": "5", "max": "5"}, "must be below the highest"),
        ({"kind": "rating", "min": "0", "max": "50"}, "at most 21 steps"),
        ({"kind": "rating", "max": "x"}, "Enter a number"),
        ({"key": "csat"}, "is the key of another question or variable"),
        ({"key": "agent"}, "is the key of another question or variable"),
        ({"key": "Ä"}, "lower-case letters"),
        ({"text_en": ""}, "This field is required"),
        ({"text_en": "", "text_de": "Nur"}, "Write the text in English too"),
        ({"text_en": "x" * 5001}, "at most 5000"),
        ({"page": ""}, "This field is required"),
        ({"page": "999"}, "Select a valid choice"),
        (
            {"kind": "single_choice", **choice_rows("A", "B")}
            | {"choices-0-key": "a", "choices-1-key": "a"},
            "Please correct the duplicate",
        ),
        (
            {"kind": "single_choice", **choice_rows("")} | {"choices-0-label_de": "Ja"},
            "Write the text in English too",
        ),
    ],
)
def test_a_question_is_checked(
    designer: Client, values: dict[str, str], words: str
) -> None:
    page = make_survey().pages.get(key="p1")

    answer = designer.post(f"{BASE}/question/add/", question_form(page) | values)

    assert answer.status_code == 200
    assert words in text_of(answer)
    assert Question.objects.count() == 4


def test_a_statement_is_never_required(designer: Client) -> None:
    page = make_survey().pages.get(key="p1")

    designer.post(
        f"{BASE}/question/add/",
        question_form(page, kind="statement", key="intro", required="on"),
    )

    assert not Question.objects.get(key="intro").required


def test_save_and_add_another_stays_on_the_page(designer: Client) -> None:
    page = make_survey().pages.get(key="p1")

    answer = designer.post(
        f"{BASE}/question/add/", question_form(page, _addanother="1", key="again")
    )

    assert answer.url == f"{BASE}/question/add/?page={page.pk}"
    assert "Page 1" in text_of(designer.get(answer.url))


def test_published_keys_and_kinds_stay(designer: Client) -> None:
    survey = publish_survey().survey
    question = Question.objects.get(key="topics")
    speed = question.choices.get(key="speed")
    rows = {
        "choices-TOTAL_FORMS": "2",
        "choices-INITIAL_FORMS": "1",
        "choices-0-id": speed.pk,
        "choices-0-question": question.pk,
        "choices-0-label_en": "Pace",
        "choices-0-key": "pace",
        "choices-1-question": question.pk,
        "choices-1-label_en": "Price",
    }

    designer.post(
        f"{BASE}/question/{question.pk}/change/",
        question_form(question.page, key="about", kind="nps", **rows),
    )
    designer.post(
        f"{BASE}/survey/{survey.pk}/change/",
        {"title_en": "New", "default_language": "en", "key": "renamed"},
    )

    question.refresh_from_db()
    speed.refresh_from_db()
    survey.refresh_from_db()
    assert (question.key, question.kind) == ("topics", "multiple_choice")
    assert (speed.key, speed.label) == ("speed", {"en": "Pace"})
    assert question.choices.filter(key="price").exists()
    assert (survey.key, survey.title) == ("support-csat", {"en": "New"})


def test_a_rule_is_chosen_in_rows(designer: Client) -> None:
    page = make_survey().pages.get(key="p2")

    designer.post(
        f"{BASE}/question/add/",
        question_form(
            page,
            key="more",
            **{
                "show_if-join": "any",
                "show_if-0-what": "question|nps",
                "show_if-0-op": "le",
                "show_if-0-value": "6",
                "show_if-1-what": "question|topics",
                "show_if-1-op": "contains",
                "show_if-1-value": "Quality",
                "show_if-2-what": "",
                "show_if-2-op": "",
                "show_if-2-value": "",
            },
        ),
    )

    assert Question.objects.get(key="more").show_if == {
        "any": [
            {"question": "nps", "op": "le", "value": 6},
            {"question": "topics", "op": "contains", "value": "quality"},
        ]
    }


def test_a_rule_reads_earlier_questions_alone(designer: Client) -> None:
    nps = Question.objects.get(page__survey=make_survey(), key="nps")

    page = text_of(designer.get(f"{BASE}/question/{nps.pk}/change/"))
    answer = designer.post(
        f"{BASE}/question/{nps.pk}/change/",
        question_form(
            nps.page,
            **{"show_if-0-what": "question|why", "show_if-0-op": "answered"},
        ),
    )

    assert 'value="question|csat"' in page
    assert 'value="question|why"' not in page
    assert "Row 1: “why” cannot be read here" in text_of(answer)
    assert 'value="question|why" selected' in text_of(answer)


def test_a_page_is_added_behind_the_others(designer: Client) -> None:
    survey = make_survey()
    form = text_of(designer.get(f"{BASE}/page/add/?survey={survey.pk}"))

    designer.post(
        f"{BASE}/page/add/?survey={survey.pk}",
        {"survey": survey.pk, "title_en": "Last words", "show_if-join": "all"},
    )

    page = survey.pages.get(key="last_words")
    assert page.position == 2
    assert 'value="question|why"' in form


def test_a_page_without_a_title_gets_a_numbered_key(designer: Client) -> None:
    survey = make_survey()

    designer.post(f"{BASE}/page/add/", {"survey": survey.pk, "show_if-join": "all"})

    assert survey.pages.filter(key="page_3").exists()


def test_a_page_needs_a_survey(designer: Client) -> None:
    answer = designer.post(f"{BASE}/page/add/", {"show_if-join": "all"})

    assert "This field is required" in text_of(answer)


def test_editing_a_page_goes_back_to_the_outline(designer: Client) -> None:
    survey = make_survey()
    page = survey.pages.get(key="p2")

    answer = designer.post(
        f"{BASE}/page/{page.pk}/change/",
        {
            "survey": survey.pk,
            "title_en": "What went wrong",
            "key": "p2",
            "position": "1",
            "show_if-join": "all",
        },
    )

    page.refresh_from_db()
    assert answer.url == f"{BASE}/survey/{survey.pk}/change/#outline"
    assert page.title == {"en": "What went wrong"}
    assert page.show_if is None


def test_deleting_a_question_goes_back_to_the_survey(designer: Client) -> None:
    survey = make_survey()
    question = Question.objects.get(key="why")

    answer = designer.post(f"{BASE}/question/{question.pk}/delete/", {"post": "yes"})

    assert answer.url == f"{BASE}/survey/{survey.pk}/change/"
    assert not Question.objects.filter(key="why").exists()


def test_parts_have_no_list_of_their_own(designer: Client) -> None:
    assert designer.get(f"{BASE}/question/").url == f"{BASE}/survey/"
    assert designer.get(f"{BASE}/page/").url == f"{BASE}/survey/"


@pytest.mark.parametrize("query", ["", "?page=999", "?page=x", "?page=²"])
def test_adding_a_question_without_a_page_offers_all(
    designer: Client, query: str
) -> None:
    make_survey()

    page = text_of(designer.get(f"{BASE}/question/add/{query}"))

    assert "How did we do? › Page 1" in page


def test_no_page_holds_inline_scripts_or_styles(designer: Client) -> None:
    survey = publish_survey().survey
    question = Question.objects.get(key="topics")

    for address in (
        f"{BASE}/survey/",
        f"{BASE}/survey/{survey.pk}/change/",
        f"{BASE}/survey/{survey.pk}/preview/",
        f"{BASE}/question/{question.pk}/change/",
        f"{BASE}/page/{question.page_id}/change/",
    ):
        page = text_of(designer.get(address))
        assert not re.search(r"<script(?![^>]*\bsrc=)(?![^>]*json)[^>]*>", page)
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=", page)
