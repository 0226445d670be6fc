"""The pages of a survey: shown, filled in, turned, resumed and finished."""

from __future__ import annotations

import pytest

from responses.models import Response

pytestmark = pytest.mark.django_db


def test_first_page_is_shown_and_records_nothing_but_opened(
    client, link, invited, read
):
    page = read(client.get(link))

    assert page.response.status_code == 200
    assert page.one("//h1").text_content() == "How did we do?"
    assert not Response.objects.exists()
    invited.invitation.refresh_from_db()
    assert invited.invitation.opened_at
    assert invited.invitation.started_at is None
