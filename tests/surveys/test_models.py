from __future__ import annotations

import pytest
from django.db import IntegrityError

from surveys.models import Choice, Survey
from tests.factories.surveys import NOW, make_survey, publish_survey

pytestmark = pytest.mark.django_db


def test_rows_are_named_for_people() -> None:
    version = publish_survey()
    survey = version.survey

    assert str(survey) == "How did we do?"
    assert str(Survey(key="untitled")) == "untitled"
    assert str(version) == f"{survey.pk} v1"
    assert str(survey.pages.get(key="p1")) == f"{survey.pk}/p1"
    assert str(Choice.objects.get(key="speed")) == "speed"


def test_a_number_is_given_to_one_version_alone() -> None:
    version = publish_survey()

    with pytest.raises(IntegrityError):
        version.survey.versions.create(number=1, definition={}, published_at=NOW)


def test_a_key_stands_once_on_a_page() -> None:
    page = make_survey().pages.get(key="p1")

    with pytest.raises(IntegrityError):
        page.questions.create(key="nps", kind="nps")
