"""A theme's files: at addresses that change with them, and safe to open."""

from __future__ import annotations

import pytest
from django.test import Client

from surveys import theming
from surveys.models import Survey
from tests.factories.surveys import make_survey
from tests.factories.themes import PNG, make_theme

pytestmark = pytest.mark.django_db


def test_the_stylesheet_is_kept_for_ever_until_it_changes(client: Client) -> None:
    first = make_theme()
    answer = client.get(f"/look/acme-{first.fingerprint}.css")
    assert answer["Content-Type"] == "text/css; charset=utf-8"
    assert "immutable" in answer["Cache-Control"]
    assert "--accent:#b3410b" in answer.content.decode()

    second = make_theme(colours={"light": {"accent": "#7a1fa2"}})
    stale = client.get(f"/look/acme-{first.fingerprint}.css")

    assert second.fingerprint != first.fingerprint
    assert "immutable" not in stale["Cache-Control"]
    assert "--accent:#7a1fa2" in stale.content.decode()


def test_the_logo_is_sent_as_a_picture_that_can_do_nothing(client: Client) -> None:
    theme = make_theme()

    answer = client.get(f"/look/acme-{theme.fingerprint}.png")

    assert answer.content == PNG
    assert answer["Content-Type"] == "image/png"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer["Content-Security-Policy"]


@pytest.mark.parametrize(
    "name", ["acme.css", "other-0123456789abcdef.css", "acme-{}.svg", "acme-{}.exe"]
)
def test_what_is_not_there_is_not_found(client: Client, name: str) -> None:
    theme = make_theme()

    assert client.get(f"/look/{name.format(theme.fingerprint)}").status_code == 404


def test_a_page_view_asks_nothing_beyond_the_survey_and_its_theme(
    django_assert_num_queries,
) -> None:
    survey = make_survey()
    survey.theme = make_theme()
    survey.save(update_fields=["theme"])
    look, name = theming.look_of(survey)

    survey = Survey.objects.select_related("theme").defer("theme__logo").get()
    with django_assert_num_queries(0):
        again, same = theming.look_of(survey)

    assert (again, same) == (look, name)
    survey.theme = None
    with django_assert_num_queries(0):
        assert theming.look_of(survey)[1] == ""
