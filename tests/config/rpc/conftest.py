"""What the tests of the three protocols share: data to ask for, and three callers."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.cache import cache

from deployments.models import Suppression
from tests.factories.access import make_api_key
from tests.factories.deployments import make_deployment, make_invitation
from tests.factories.responses import STARTED, make_response
from tests.factories.surveys import publish_survey


@dataclass
class Setting:
    """A survey that has been answered, and a key that may do everything."""

    address: str
    secret: str
    responses: list[str]
    invitation: str


@pytest.fixture
def setting(transactional_db, live_server, settings):
    settings.BASE_URL = live_server.url
    cache.clear()
    version = publish_survey()
    deployment = make_deployment(version.survey, key="case-closed", channel="links")
    invited = make_invitation(deployment, now=STARTED, name="Ada")
    sent = make_invitation(deployment, now=STARTED, email="grace@example.com")
    row = sent.invitation
    type(row).objects.filter(pk=row.pk).update(mail="sent", sent_at=STARTED)
    type(row).objects.update(expires_at=None)
    Suppression.objects.create(
        email="no@example.com", reason="opted_out", created_at=STARTED
    )
    answers = [{"csat": 4, "nps": 9, "topics": ["speed", "quality"]}, {"csat": 1}]
    rows = [
        make_response(version, one, started_at=STARTED + timedelta(hours=place))
        for place, one in enumerate(answers)
    ]
    rows.append(
        make_response(
            version,
            {"csat": 2, "why": "Ünïcode <&> ]]> 'quotes' \n two lines 😀"},
            started_at=STARTED + timedelta(hours=3),
            invitation=invited.invitation,
            deployment=deployment,
            records={"Case": "500x"},
            variables={"agent": "E-17"},
        )
    )
    return Setting(
        address=live_server.url,
        secret=make_api_key(),
        responses=[str(response.key) for response in rows],
        invitation=str(row.public_id),
    )


def tidy(value: Any) -> Any:
    """One spelling: no Nones, times to the second in UTC, JSON documents as objects."""
    if isinstance(value, dict):
        tidied = {name: tidy(item) for name, item in value.items()}
        for name in ("show_if", "more"):
            if isinstance(tidied.get(name), str):
                tidied[name] = json.loads(tidied[name])
        return {k: v for k, v in tidied.items() if v not in (None, [], {}, "")}
    if isinstance(value, list | tuple):
        return [tidy(item) for item in value]
    if isinstance(value, datetime):
        zoned = value if value.tzinfo else value.replace(tzinfo=UTC)
        return zoned.astimezone(UTC).replace(microsecond=0).isoformat()
    if isinstance(value, str) and len(value) > 18 and value[4:5] == value[7:8] == "-":
        return tidy(datetime.fromisoformat(value))
    return value
