"""The log names no token with which somebody could answer or tell us something."""

from __future__ import annotations

import io
import logging
from logging.config import DictConfigurator

import pytest
from django.conf import settings

from deployments.links import new_token
from tests.factories.responses import link_to, pages
from tests.factories.surveys import csat, survey_document


@pytest.fixture
def written():
    """What the log of the settings writes, line by line."""
    handler = logging.StreamHandler(io.StringIO())
    line = dict(settings.LOGGING["formatters"]["line"])
    handler.setFormatter(DictConfigurator({}).configure_formatter(line))
    root = logging.getLogger()
    root.addHandler(handler)
    yield handler.stream.getvalue
    root.removeHandler(handler)


@pytest.mark.django_db
def test_a_page_that_was_refused_is_logged_without_its_token(client, written):
    link = link_to(survey_document(pages=pages([csat()])))

    client.post(link, {"page": "p1"})
    client.get(f"{link}opt-out/")
    client.post(link, {"page": "nowhere"})

    assert "Unprocessable Entity: /s/…/" in written()
    assert "Bad Request: /s/…/" in written()
    assert link.split("/")[2] not in written()


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("/s/{token}/", "/s/…/"),
        ("/s/{token}/{token}/thanks/", "/s/…/thanks/"),
        ("/s/{token}/opt-out/", "/s/…/opt-out/"),
        ("/w/feedback/{token}/erase/", "/w/feedback/…/erase/"),
        ("/embed/feedback/{token}/", "/embed/feedback/…/"),
        ("/preview/feedback:1xYz23:{token}/", "/preview/…/"),
        ("/hooks/salesforce/{token}", "/hooks/salesforce/…"),
        ("/w/feedback/", "/w/feedback/"),
        ("/admin/surveys/survey/", "/admin/surveys/survey/"),
    ],
)
def test_tokens_are_blotted_out_wherever_they_stand(written, address, said):
    token = new_token()
    log = logging.getLogger("django.request")

    log.warning("Not Found: %s", address.format(token=token))
    try:
        raise LookupError(address.format(token=token))
    except LookupError:
        log.exception("Failed")

    assert token not in written()
    assert f"Not Found: {said}\n" in written()
    assert f"LookupError: {said}\n" in written()
