"""An org, a survey and a live mapping, for the tests of this room."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from crm_mappings.models import Connection
from surveys.models import SurveyVersion
from tests.factories.crm import ServedOrg, connected, served
from tests.factories.surveys import publish_survey


@pytest.fixture
def org(settings) -> Iterator[ServedOrg]:
    with served() as running:
        settings.SALESFORCE_EXTRA_HOSTS = [running.url]
        yield running


@pytest.fixture
def connection(org: ServedOrg, db: None) -> Connection:
    return connected(org)


@pytest.fixture
def version(db: None) -> SurveyVersion:
    return publish_survey()
