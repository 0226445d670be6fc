"""The admin of themes: what is typed is checked, kept and shown beside the form."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from surveys import theming
from surveys.models import Theme
from tests.factories.surveys import make_survey
from tests.factories.themes import PNG, make_theme

pytestmark = pytest.mark.django_db

FORM = {
    "name": "Acme",
    "appearance": "auto",
    "font": "serif",
    "progress": "words",
    "paging": "pages",
    "light_accent": "#b3410b",
    "light_paper": "#fbfaf8",
    "light_sheet": "#ffffff",
    "light_ink": "#1c2421",
    "follows": "on",
    "footer_en": "Acme Ltd",
    "links-0-label_en": "Privacy",
    "links-0-url": "https://example.com/privacy",
}


def post(client: Client, theme: Theme | None = None, **parts: Any) -> Any:
    name = "change" if theme else "add"
    address = reverse(f"admin:surveys_theme_{name}", args=[theme.pk] if theme else [])
    return client.post(address, {**FORM, **parts})


def test_a_theme_is_made_and_keeps_only_what_is_not_usual(designer: Client) -> None:
    answer = post(designer)

    assert answer.status_code == 302
    theme = Theme.objects.get()
    assert theme.key == "acme"
    assert theming.theme_document(theme) == {
        "key": "acme",
        "name": "Acme",
        "colours": {"light": {"accent": "#b3410b"}},
        "font": "serif",
        "progress": "words",
        "footer": {"en": "Acme Ltd"},
        "links": [{"label": {"en": "Privacy"}, "url": "https://example.com/privacy"}],
    }


def test_a_colour_that_nobody_can_read_is_refused_at_its_field(
    designer: Client,
) -> None:
    answer = post(designer, light_accent="#ffcc00")

    errors = answer.context["adminform"].form.errors
    assert set(errors) == {"light_accent"}
    assert "4.5 : 1" in errors["light_accent"][0]
    assert not Theme.objects.exists()


def test_a_logo_is_taken_kept_and_removed(designer: Client) -> None:
    file = SimpleUploadedFile("logo.exe", PNG)
    post(designer, logo_file=file, logo_text_en="Acme")
    theme = Theme.objects.get()
    assert theme.logo.startswith("data:image/png;base64,")

    post(designer, theme, key="acme", logo_text_en="Acme")
    theme.refresh_from_db()
    assert theme.logo

    post(designer, theme, key="acme", logo_remove="on")
    theme.refresh_from_db()
    assert theme.logo == ""


def test_what_is_no_picture_is_refused_at_the_logo(designer: Client) -> None:
    answer = post(designer, logo_file=SimpleUploadedFile("logo.png", b"<html>"))

    assert set(answer.context["adminform"].form.errors) == {"logo_file"}


def test_what_is_typed_is_shown_before_it_is_saved(designer: Client) -> None:
    theme = make_theme()
    query = {**FORM, "theme": theme.pk, "light_accent": "#ffcc00", "shown": "light"}

    page = designer.get(reverse("admin:surveys_theme_preview"), query)
    style = designer.get(reverse("admin:surveys_theme_stylesheet"), query)

    assert "Would you recommend us?" in page.content.decode()
    assert "Acme Ltd" in page.content.decode()
    assert "--accent:#ffcc00" in style.content.decode()
    assert "color-scheme:light;" in style.content.decode()


def test_a_preview_may_stand_in_our_own_pages_alone(designer: Client) -> None:
    page = designer.get(reverse("admin:surveys_theme_preview"))
    form = designer.get(reverse("admin:surveys_theme_add"))

    assert page["X-Frame-Options"] == "SAMEORIGIN"
    assert "frame-ancestors 'self'" in page["Content-Security-Policy"]
    assert "frame-src 'self'" in form["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in form["Content-Security-Policy"]


@pytest.mark.parametrize("name", ["preview", "stylesheet"])
@pytest.mark.parametrize(
    "query", [{"theme": "x" * 30}, {"name": "a", "light_accent": "red", "font": "?"}]
)
def test_nonsense_is_shown_as_the_usual_look(designer, name, query) -> None:
    answer = designer.get(reverse(f"admin:surveys_theme_{name}"), query)

    assert answer.status_code == 200


def test_only_people_who_may_see_themes_see_a_preview(client: Client) -> None:
    user = get_user_model().objects.create_user("bo", is_staff=True)
    client.force_login(user)
    for name in ("preview", "stylesheet"):
        answer = client.get(reverse(f"admin:surveys_theme_{name}"))
        assert answer.status_code == 403

    user.groups.add(Group.objects.get(name="Survey designer"))
    assert client.get(reverse("admin:surveys_theme_add")).status_code == 200
    assert client.get(reverse("admin:surveys_theme_preview")).status_code == 200


def test_the_list_shows_colours_and_how_many_surveys_use_them(designer: Client) -> None:
    survey = make_survey()
    survey.theme = make_theme()
    survey.save(update_fields=["theme"])

    page = designer.get(reverse("admin:surveys_theme_changelist")).content.decode()

    assert 'fill="#b3410b"' in page
    assert '<td class="field-used">1</td>' in page


def test_a_theme_in_use_is_not_deleted(designer: Client) -> None:
    survey = make_survey()
    survey.theme = make_theme()
    survey.save(update_fields=["theme"])

    designer.post(
        reverse("admin:surveys_theme_delete", args=[survey.theme_id]), {"post": "yes"}
    )

    assert Theme.objects.exists()
