"""Pictures of choices: read, kept once, sent safely, carried in documents, uploaded."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from lxml import html

from surveys import (
    comparing,
    definition,
    drafting,
    duplicating,
    keeping,
    picture_store,
    pictures,
    publishing,
)
from surveys.definition import DefinitionError
from surveys.models import Choice, Question, StoredPicture
from tests.factories.access import bearer, make_api_key
from tests.factories.kinds import CHOICES, of_kind
from tests.factories.pictures import HOSTILE, address, drawing, pictured
from tests.factories.surveys import NOW, make_survey, publish_survey, survey_document
from tests.factories.themes import PNG

DOT = pictures.from_bytes(PNG)


def document(choices: list[dict[str, Any]] | None = None, **said: Any) -> Any:
    asked = {"display": "image", "choices": choices or pictured(CHOICES), **said}
    question = of_kind("single_choice", "colour", **asked)
    return survey_document(pages=[{"key": "p1", "questions": [question]}])


def problems(document: Any) -> dict[str, str]:
    with pytest.raises(DefinitionError) as caught:
        definition.parse(document)
    start = "pages[0].questions[0]."
    return {one.path.removeprefix(start): one.message for one in caught.value.problems}


def images(document: Any) -> list[str]:
    choices = document["pages"][0]["questions"][0]["choices"]
    return [choice["image"] for choice in choices]


# ------------------------------------------------------------------ definition


def test_a_definition_holds_the_name_of_a_picture_and_not_its_bytes() -> None:
    found = definition.parse(document([{**CHOICES[0], "image": address()}]))

    canonical = definition.to_document(found)

    assert images(canonical) == [DOT.name]
    assert definition.parse(canonical) == found


def test_choices_that_are_shown_by_pictures_each_need_one() -> None:
    first, *others = pictured(CHOICES)

    assert set(problems(document([first, CHOICES[1], others[1]]))) == {
        "choices[1].image"
    }
    definition.parse(document([first, CHOICES[1]], display="list"))


@pytest.mark.parametrize("data", HOSTILE)
def test_what_is_no_plain_picture_is_refused_at_its_choice(data: bytes) -> None:
    choices = [CHOICES[0], {**CHOICES[1], "image": address(data)}]

    assert set(problems(document(choices, display="list"))) == {"choices[1].image"}


@pytest.mark.parametrize("image", ["https://x.example/a.png", "../a.png", 7, ["a"]])
def test_a_picture_is_never_fetched_from_elsewhere(image: Any) -> None:
    found = problems(document([{**CHOICES[0], "image": image}]))

    assert "data:image/png" in found["choices[0].image"]


@pytest.mark.parametrize("kind", ["multiple_choice", "ranking"])
def test_only_a_single_choice_has_pictures(kind: str) -> None:
    question = of_kind(kind, "colour", choices=pictured(CHOICES))
    found = problems(survey_document(pages=[{"key": "p1", "questions": [question]}]))

    assert set(found) == {f"choices[{place}].image" for place in range(3)}


def test_another_picture_is_a_change_of_its_choice() -> None:
    old, new = (
        definition.to_document(
            definition.parse(document([{**CHOICES[0], "image": image}]))
        )
        for image in (drawing("red"), drawing("blue"))
    )

    (change,) = comparing.compare(old, new).changes

    assert (change.key, [one.part for one in change.details]) == ("red", ["image"])


# -------------------------------------------------------------- kept and carried


@pytest.mark.django_db
def test_a_picture_is_kept_once_and_a_version_keeps_its_own() -> None:
    version = publish_survey(document())
    again = [{**choice, "image": drawing("red")} for choice in CHOICES]
    survey = make_survey(document(again))

    assert StoredPicture.objects.count() == 3
    assert drafting.has_changes(survey)
    assert len(set(images(version.definition))) == 3
    assert all(picture_store.find(name) for name in images(version.definition))
    assert all(len(name) < 40 for name in images(version.definition))

    drafting.restore(version=version)
    assert not drafting.has_changes(survey)


@pytest.mark.django_db
def test_a_survey_carries_its_pictures_and_comes_back_the_same() -> None:
    survey = make_survey(document())
    kept = keeping.survey_document(survey)
    assert images(kept) == [drawing(one["key"]) for one in CHOICES]

    survey.delete()
    StoredPicture.objects.all().delete()
    back = keeping.save_document(document=kept)

    assert keeping.survey_document(back) == kept


@pytest.mark.django_db
def test_a_name_is_taken_where_its_picture_is_and_refused_elsewhere() -> None:
    survey = make_survey(document())
    named = drafting.draft_document(survey)
    assert keeping.save_document(document=named) == survey

    stranger = document([{**CHOICES[1], "image": f"{1:032}.png"}])
    with pytest.raises(DefinitionError) as caught:
        keeping.save_document(document=stranger)

    assert [one.path for one in caught.value.problems] == [
        "pages[0].questions[0].choices[0].image"
    ]
    assert images(drafting.draft_document(survey)) == images(named)


@pytest.mark.django_db
def test_copies_show_the_same_pictures() -> None:
    survey = make_survey(document())
    question = Question.objects.get()

    duplicating.duplicate_question(question=question)
    duplicating.duplicate_survey(survey=survey)

    assert Choice.objects.exclude(picture=None).count() == 12
    assert StoredPicture.objects.count() == 3


@pytest.mark.django_db
def test_another_kind_leaves_the_pictures_aside() -> None:
    survey = make_survey(document())
    Question.objects.update(kind="multiple_choice")

    publishing.publish(survey=survey, now=NOW)

    assert Choice.objects.exclude(picture=None).count() == 3


# -------------------------------------------------------------------- addresses


@pytest.mark.django_db
@pytest.mark.parametrize("image", [address(), drawing("red")])
def test_a_picture_is_sent_for_ever_and_can_do_nothing(
    client: Client, image: str
) -> None:
    picture = pictures.from_text(image)
    answer = client.get(f"/pictures/{picture_store.keep(picture)}")

    assert answer.content == picture.data
    assert answer["Content-Type"] == picture.media_type
    assert "immutable" in answer["Cache-Control"]
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer["Content-Security-Policy"]


@pytest.mark.django_db
@pytest.mark.parametrize("name", [DOT.name, "a.png", "..", f"{0:032}.exe"])
def test_what_is_no_picture_here_is_not_found(client: Client, name: str) -> None:
    assert client.get(f"/pictures/{name}").status_code == 404


# ------------------------------------------------------------------------ admin


def post(client: Client, question: Question, **values: Any) -> Any:
    choices = list(question.choices.order_by("position"))
    rows = {
        f"choices-{number}-{name}": value
        for number, choice in enumerate(choices)
        for name, value in (
            ("id", str(choice.pk)),
            ("question", str(question.pk)),
            ("key", choice.key),
            ("label_en", choice.label["en"]),
        )
    }
    form = {
        "page": str(question.page_id),
        "key": question.key,
        "kind": question.kind,
        "text_en": "Which?",
        "display": "image",
        "choices-TOTAL_FORMS": str(len(choices)),
        "choices-INITIAL_FORMS": str(len(choices)),
    }
    where = f"/admin/surveys/question/{question.pk}/change/"
    return client.post(where, {**form, **rows, **values})


@pytest.fixture
def question() -> Question:
    make_survey(document(CHOICES, display="list"))
    return Question.objects.get()


@pytest.mark.django_db
def test_a_picture_is_uploaded_shown_and_removed(
    admin_client: Client, question: Question
) -> None:
    upload = {"choices-0-image": SimpleUploadedFile("red.exe", PNG)}
    answer = post(admin_client, question, **upload)
    assert answer.status_code == 302
    first = question.choices.get(key="red")
    assert first.picture_id == DOT.name
    question.refresh_from_db()
    assert question.options["display"] == "image"

    page = html.fromstring(
        admin_client.get(f"/admin/surveys/question/{question.pk}/change/").content
    )
    assert page.xpath("//form[@enctype='multipart/form-data']")
    assert page.xpath("//span[@class='picture']/img/@src") == [f"/pictures/{DOT.name}"]

    assert post(admin_client, question).status_code == 302
    assert question.choices.get(key="red").picture_id == DOT.name

    removal = {"choices-0-image-remove": "on"}
    assert post(admin_client, question, **removal).status_code == 302
    assert question.choices.get(key="red").picture_id is None


@pytest.mark.django_db
@pytest.mark.parametrize("data", [one for one in HOSTILE if one])
def test_a_file_that_is_no_plain_picture_is_refused_at_its_choice(
    admin_client: Client, question: Question, data: bytes
) -> None:
    upload = {"choices-1-image": SimpleUploadedFile("green.png", data)}

    answer = post(admin_client, question, **upload)

    formset = answer.context["inline_admin_formsets"][0].formset
    assert [set(errors) for errors in formset.errors] == [set(), {"image"}, set()]
    assert not StoredPicture.objects.exists()


@pytest.mark.django_db
def test_publishing_says_which_choice_lacks_its_picture(
    admin_client: Client, question: Question
) -> None:
    upload = {"choices-0-image": SimpleUploadedFile("red.png", PNG)}
    post(admin_client, question, **upload)
    survey = question.page.survey

    with pytest.raises(DefinitionError) as caught:
        publishing.publish(survey=survey, now=NOW)

    paths = [one.path.rpartition("choices")[2] for one in caught.value.problems]
    assert paths == ["[1].image", "[2].image"]
    shown = admin_client.get(f"/admin/surveys/survey/{survey.pk}/preview/")
    assert f'src="/pictures/{DOT.name}"' in shown.content.decode()


# ------------------------------------------------------------------------- REST


@pytest.mark.django_db
def test_the_api_carries_pictures() -> None:
    client = Client(headers=bearer(make_api_key()))
    made = client.post("/api/v1/surveys/", document(), content_type="application/json")
    assert made.status_code == 201, made.content
    where = f"/api/v1/surveys/{made.json()['key']}/"

    read = client.get(where).json()
    again = client.put(where, read, content_type="application/json")

    assert images(read) == [drawing(one["key"]) for one in CHOICES]
    assert again.json() == read
