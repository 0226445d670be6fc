from __future__ import annotations

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from surveys.models import Page, Question, Survey
from surveys.translating import fingerprint
from tests.factories.surveys import make_survey

pytestmark = pytest.mark.django_db


def address(survey: Survey, rest: str = "") -> str:
    return f"/admin/surveys/survey/{survey.pk}/translate/{rest}"


def upload(data: bytes, name: str = "texts.csv") -> dict[str, SimpleUploadedFile]:
    return {"file": SimpleUploadedFile(name, data)}


def test_both_languages_stand_side_by_side_with_how_far_they_are(
    designer: Client,
) -> None:
    page = designer.get(address(make_survey())).content.decode()

    assert 'lang="en" dir="ltr"' in page
    assert "Wie zufrieden sind Sie?</textarea>" in page
    assert "100 % (7 of 7)" in page


def test_a_new_language_from_right_to_left(designer: Client) -> None:
    survey = make_survey()

    page = designer.get(address(survey, "?to=ar")).content.decode()
    answer = designer.post(
        address(survey, "?to=ar"),
        {
            "text-survey/title": "كيف كان؟",
            "seen-text-survey/title": fingerprint(""),
        },
        follow=True,
    )

    assert 'lang="ar" dir="rtl"' in page
    assert "0 % (0 of 7)" in page
    assert "1 text saved." in answer.content.decode()
    survey.refresh_from_db()
    assert survey.title["ar"] == "كيف كان؟"
    assert "14 % (1 of 7)" in answer.content.decode()


@pytest.mark.parametrize("code", ["English!", "x", "en", ""])
def test_what_is_no_other_language_is_not_opened(designer: Client, code: str) -> None:
    page = designer.get(address(make_survey()), {"to": code}).content.decode()

    assert 'lang="de" dir="ltr"' in page
    assert ("is no language code" in page) == (code in {"English!", "x"})


def test_what_another_wrote_is_shown_and_mine_stays(designer: Client) -> None:
    survey = make_survey()
    form = {
        "text-survey/title": "Meins",
        "seen-text-survey/title": fingerprint("Wie war's?"),
        "text-question/csat/text": "y" * 5001,
        "seen-text-question/csat/text": fingerprint("Wie zufrieden sind Sie?"),
    }
    Survey.objects.update(title={"en": "How did we do?", "de": "Ihres"})

    answer = designer.post(address(survey, "?to=de"), form)

    page = answer.content.decode()
    assert answer.status_code == 409
    assert "Somebody else changed this text" in page
    assert "Meins</textarea>" in page
    assert "Ihres" in page
    assert "Use at most 5000 characters." in page
    form = {
        "text-survey/title": "Meins",
        "seen-text-survey/title": fingerprint("Ihres"),
    }
    designer.post(address(survey, "?to=de"), form)
    assert Survey.objects.get().title["de"] == "Meins"


def test_only_what_is_missing_can_be_shown(designer: Client) -> None:
    survey = make_survey()
    Question.objects.filter(key="csat").update(text={"en": "Only English"})

    page = designer.get(address(survey, "?to=de&missing=1")).content.decode()

    assert "Only English" in page
    assert page.count("<textarea") == 1


def test_many_texts_are_shown_in_pages(designer: Client) -> None:
    survey = make_survey()
    page = Page.objects.get(key="p2")
    Question.objects.bulk_create(
        Question(page=page, key=f"q{n}", kind="nps", text={"en": f"Q {n}"}, position=n)
        for n in range(300)
    )

    first = designer.get(address(survey, "?to=fr")).content.decode()
    second = designer.get(address(survey, "?to=fr&page=2")).content.decode()

    assert first.count("<textarea") == 200
    assert second.count("<textarea") == 107


@pytest.mark.parametrize("kind", ["xliff", "csv"])
def test_a_language_goes_out_and_comes_back_as_a_file(
    designer: Client, kind: str
) -> None:
    survey = make_survey()

    sent = designer.get(address(survey, f"export/?to=de&format={kind}"))
    body = sent.content.replace(b"Wie war's?", b"Wie lief es?")
    report = designer.post(address(survey, "import/?to=de"), upload(body))

    assert "attachment; filename=" in sent["Content-Disposition"]
    assert "1 text taken" in report.content.decode()
    assert "6 texts were the same already" in report.content.decode()
    assert Survey.objects.get().title["de"] == "Wie lief es?"


def test_the_report_names_what_was_left_out(designer: Client) -> None:
    rows = [b"id,en,fr", b"survey/title,Old,Bonjour"]
    rows += [f"gone/{n},,Non".encode() for n in range(25)]

    page = designer.post(
        address(make_survey(), "import/?to=fr"), upload(b"\n".join(rows))
    ).content.decode()

    assert "this survey has no such text" in page
    assert "and 5 more" in page
    assert "has changed since: check it" in page


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({}, "Choose a file first"),
        (upload(b"\xff\xfe"), "CSV UTF-8"),
        (upload(b"<!DOCTYPE x><xliff/>", "a.xlf"), "DTD"),
        (upload(b"x" * 5_000_001), "larger than 5 MB"),
    ],
)
def test_a_bad_file_is_refused_in_words(
    designer: Client, form: dict[str, SimpleUploadedFile], words: str
) -> None:
    survey = make_survey()
    for file in form.values():
        file.seek(0)

    answer = designer.post(address(survey, "import/?to=de"), form, follow=True)

    assert words in answer.content.decode()


def test_who_may_only_look_translates_nothing() -> None:
    survey = make_survey()
    user = get_user_model().objects.create_user("bob", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_survey"))
    client = Client()
    client.force_login(user)

    page = client.get(address(survey, "?to=de")).content.decode()

    assert "Wie war&#x27;s?" in page
    assert "<textarea" not in page
    assert client.post(address(survey, "?to=de")).status_code == 403
    assert client.post(address(survey, "import/")).status_code == 403
    assert client.get(address(survey, "export/?to=de")).status_code == 200
