"""The lines that PostgreSQL writes itself are those that we would write."""

from __future__ import annotations

import csv
import io
import json
from datetime import timedelta

import pytest
from django.db import connection
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from responses.dump import writing
from responses.dump.positions import number_all
from responses.dump.reading import Part
from responses.erasure import erase
from responses.models import Response
from tests.factories.deployments import make_deployment, make_invitation
from tests.factories.responses import STARTED, make_response
from tests.factories.surveys import publish_survey

pytestmark = pytest.mark.skipif(
    connection.vendor != "postgresql", reason="Only PostgreSQL writes lines itself."
)
START = [
    "",
    "=",
    "+",
    "-",
    "@",
    "\t",
    "\r",
    "\n",
    " ",
    "\u00a0",
    "\u200b",
    "\ufeff",
    "＝",
]
# No text column holds U+0000, and no JSON half a character.
TEXT = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]))
TYPED = st.builds(
    lambda start, rest: start + rest,
    st.sampled_from([*START, '["a", "b"]', '["=1"]', "[1", '"', "-5", "+1.50", "-5x"]),
    TEXT.map(lambda text: text[:20]),
)
OTHER = st.fixed_dictionaries({"other": TYPED})
ANSWERS = st.fixed_dictionaries(
    {},
    optional={
        "csat": st.integers(-5, 5) | st.floats(-99, 99).map(lambda n: round(n, 3)),
        "nps": st.none() | st.booleans() | st.integers(0, 10),
        "topics": st.lists(st.sampled_from(["speed", "quality"]) | OTHER, max_size=3),
        "why": TYPED,
    },
)
# What systems hand over is whatever they like.
HANDED = (
    st.none()
    | st.booleans()
    | st.integers(-5, 5)
    | TYPED
    | st.lists(TYPED | OTHER, max_size=3)
    | st.dictionaries(TYPED, TYPED, max_size=2)
)


def written(part, survey, **looks):
    look = writing.Looks(**looks)
    both = [
        b"".join(
            piece.data
            for piece in writing.pieces(
                part, survey=survey, looks=look, may_straight=may
            )
        ).decode()
        for may in (True, False)
    ]
    if look.format == "csv":
        return [list(csv.reader(io.StringIO(text, newline=""))) for text in both]
    return [[json.loads(line) for line in text.split("\n")[:-1]] for text in both]


def check(survey, **part):
    part = Part(survey_id=survey.pk, until=number_all(), **part)
    for looks in (
        {"format": "ndjson"},
        {"format": "csv"},
        {"format": "csv", "fields": ("answer.why", "email")},
    ):
        ours, theirs = written(part, survey, **looks)
        assert ours == theirs
    return ours


class TestAnswers(TestCase):
    @given(answers=st.lists(ANSWERS, min_size=1, max_size=6), agent=HANDED, name=TYPED)
    @settings(deadline=None, max_examples=40, phases=[Phase.explicit, Phase.generate])
    def test_whatever_was_answered(self, answers, agent, name):
        version = publish_survey()
        for one in answers:
            make_response(
                version, one, variables={"agent": agent}, records={"Case": name}
            )

        check(version.survey)


@pytest.mark.django_db
def test_invitations_moments_and_statuses():
    version = publish_survey()
    deployment = make_deployment(version.survey)
    invited = make_invitation(deployment, email="Ada+1@example.com")
    moment = STARTED + timedelta(microseconds=120)
    make_response(
        version,
        started_at=moment,
        invitation=invited.invitation,
        deployment=deployment,
        language="de-AT",
        quality="too_fast;bot",
    )
    make_response(version, status=Response.Status.SCREENED_OUT)
    make_response(version, completed=False)
    make_response(version, is_test=True)

    assert len(check(version.survey)) == 2
    assert len(check(version.survey, statuses=("completed", "screened_out"))) == 3
    assert len(check(version.survey, statuses=("screened_out",))) == 2
    assert len(check(version.survey, limit=1)) == 2
    assert len(check(version.survey, tests=True)) == 3
    assert len(check(version.survey, completed_after=STARTED + timedelta(days=1))) == 1


@pytest.mark.django_db
@pytest.mark.parametrize("gone", [0, 3, 4, 6])
def test_stretches_with_and_without_changes(gone):
    version = publish_survey()
    made = [make_response(version, {"csat": 1}) for _ in range(4)]
    number_all()
    for response in made[:gone]:
        erase(response=response, now=STARTED)
    number_all()
    made += [make_response(version) for _ in range(9)]

    check(version.survey, chunk=3, changes=True)
    check(version.survey, chunk=3)
    check(version.survey, chunk=3, limit=7)
