"""Pages for what goes wrong outside surveys: in plain words, in the reader's language."""

from __future__ import annotations

import pytest
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.http import Http404
from django.test import Client, RequestFactory
from django.utils import translation
from django.views import defaults

PAGES = {
    400: lambda request: defaults.bad_request(request, SuspiciousOperation("x")),
    403: lambda request: defaults.permission_denied(request, PermissionDenied("x")),
    404: lambda request: defaults.page_not_found(request, Http404("x")),
    500: defaults.server_error,
}


@pytest.mark.parametrize(
    ("language", "status", "words"),
    [
        ("en", 400, "This could not be read"),
        ("en", 403, "This page is not open to you"),
        ("en", 404, "There is no such page"),
        ("en", 500, "Something is wrong on our side"),
        ("de", 400, "Das konnte nicht gelesen werden"),
        ("de", 403, "Diese Seite ist für Sie nicht zugänglich"),
        ("de", 404, "Diese Seite gibt es nicht"),
        ("de", 500, "Bei uns stimmt etwas nicht"),
    ],
)
def test_what_went_wrong_is_said_in_the_readers_language(language, status, words):
    with translation.override(language):
        answer = PAGES[status](RequestFactory().get("/x"))

    text = answer.content.decode()
    assert answer.status_code == status
    assert words in text
    assert f'<html lang="{language}" dir="ltr">' in text


@pytest.mark.parametrize("status", PAGES)
def test_error_pages_need_nothing_that_the_security_policy_forbids(status):
    text = PAGES[status](RequestFactory().get("/x")).content.decode()

    assert "<script" not in text
    assert "style=" not in text
    assert "http" not in text


def test_an_unknown_address_answers_with_the_page(client, db):
    answer = client.get("/nowhere/", headers={"Accept-Language": "de"})

    assert answer.status_code == 404
    assert "Diese Seite gibt es nicht" in answer.text


def test_a_form_that_came_without_its_proof_says_what_to_do(db):
    strict = Client(enforce_csrf_checks=True)

    answer = strict.post("/admin/login/", {}, headers={"Accept-Language": "de"})

    assert answer.status_code == 403
    assert "laden Sie die Seite neu" in answer.text
    assert "style=" not in answer.text
