"""Themes over REST: set up as documents, for who may do it in the admin."""

from __future__ import annotations

import json

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group

from surveys.models import Theme
from surveys.theming import save_document
from surveys.theming import theme_document as document_of
from tests.factories.access import bearer, make_api_key
from tests.factories.surveys import publish_survey
from tests.factories.themes import make_theme, theme_document

pytestmark = pytest.mark.django_db
SCOPES = ("surveys:read", "surveys:write")


@pytest.fixture
def call(client):
    def call(method, path="", body=None, *, key=None, **headers):
        told = {"data": json.dumps(body), "content_type": "application/json"}
        named = {name.replace("_", "-"): text for name, text in headers.items()}
        return getattr(client, method)(
            f"/api/v1/themes/{path}",
            **({} if method == "get" else told),
            headers=bearer(key or make_api_key(*SCOPES)) | named,
        )

    return call


def test_a_theme_is_the_document_that_apply_reads(call):
    made = call("post", body=theme_document())

    assert made.status_code == 201, made.content
    assert made.json() == theme_document() == document_of(Theme.objects.get())
    assert call("get", "acme/").json() == theme_document()
    assert call("get").json()["results"] == [{"key": "acme", "name": "Acme"}]


def test_what_was_read_can_be_sent_back_changed(call):
    call("post", body=theme_document())
    read = call("get", "acme/")
    before = Theme.objects.get().fingerprint

    answer = call("put", "acme/", {**read.json(), "font": "serif"}, If_Match="*")

    assert answer.json() == {**read.json(), "font": "serif"}
    assert Theme.objects.get().fingerprint != before
    late = call("put", "acme/", read.json(), If_Match=read["ETag"])
    assert late.status_code == 412


def test_what_is_left_out_is_as_it_usually_is(call):
    make_theme()

    bare = {"key": "acme", "name": "Acme"}

    assert call("put", "acme/", {"name": "Acme"}).json() == bare
    assert Theme.objects.get().logo == ""


def test_a_survey_takes_the_theme_by_its_key(client, call):
    version = publish_survey()
    call("post", body=theme_document())
    url = f"/api/v1/surveys/{version.survey.key}/"
    headers = bearer(make_api_key(*SCOPES))
    read = client.get(url, headers=headers).json()

    client.put(
        url,
        {**read, "theme": "acme"},
        content_type="application/json",
        headers=headers,
    )

    assert client.get(url, headers=headers).json()["theme"] == "acme"


def test_a_key_that_is_taken_is_told(call):
    make_theme()

    answer = call("post", body=theme_document(name="Another"))

    assert answer.status_code == 409
    assert "Change it by PUT" in answer.json()["title"]
    assert Theme.objects.get().name == "Acme"


@pytest.mark.parametrize(
    ("wrong", "place", "word"),
    [
        ({"key": "Not a key"}, "key", "lower-case"),
        ({"name": ""}, "name", "up to 200"),
        ({"name": 7}, "name", "up to 200"),
        ({"colours": {"light": {"accent": "#ffff00"}}}, "colours.light.accent", "#"),
        ({"colours": {"light": {"accent": "red"}}}, "colours.light.accent", "#0b5c4d"),
        ({"logo": "https://example.com/logo.png"}, "logo", ""),
        ({"logo_text": {}}, "logo_text", "logo"),
        ({"font": "comic"}, "font", ""),
        ({"updated_at": "today"}, "updated_at", ""),
    ],
)
def test_what_is_wrong_is_named(call, wrong, place, word):
    answer = call("post", body=theme_document(**wrong))

    assert answer.status_code == 400, answer.content
    (error,) = answer.json()["errors"]
    assert error["path"] == place
    assert word in error["message"]
    assert not Theme.objects.exists()


@pytest.mark.parametrize("body", [[], 3, "text", None])
def test_no_object_is_no_theme(call, body):
    make_theme()

    assert call("post", body=body).status_code == 400
    assert call("put", "acme/", body).status_code == 400


def test_a_body_that_is_too_large_is_refused(call, settings):
    body = theme_document(footer={"en": "a" * settings.DATA_UPLOAD_MAX_MEMORY_SIZE})

    assert call("post", body=body).status_code == 413


def test_another_key_than_that_of_the_address_is_refused(call):
    make_theme()

    answer = call("put", "acme/", theme_document(key="another"))

    assert answer.json()["errors"][0]["path"] == "key"
    assert call("put", "nowhere/", {}).status_code == 404
    assert call("get", "nowhere/").status_code == 404


@pytest.mark.parametrize(
    ("role", "made", "changed"),
    [("Survey designer", 201, 200), ("CRM admin", 403, 403), ("Analyst", 403, 403)],
)
def test_a_key_sets_up_what_its_maker_may(call, role, made, changed):
    user = get_user_model().objects.create_user("maker")
    user.groups.set(Group.objects.filter(name=role))
    key = make_api_key(*SCOPES, created_by=user)
    save_document(document={"key": "kept", "name": "Kept"})

    assert call("post", body=theme_document(), key=key).status_code == made
    answer = call("put", "kept/", {"name": "Changed"}, key=key)

    assert answer.status_code == changed
    if changed == 403:
        assert "surveys.change_theme" in answer.json()["title"]
        assert Theme.objects.get().name == "Kept"


def test_a_call_that_comes_twice_makes_one(call):
    key = make_api_key(*SCOPES)
    first, again = (
        call("post", body=theme_document(), key=key, Idempotency_Key="once")
        for _ in range(2)
    )

    assert again.json() == first.json()
    assert again["Idempotency-Replayed"] == "true"
