"""Everybody of a list is asked again and again, a share of them each week."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deployments.models import Deployment, Invitation, Mailing, PeopleList
from deployments.recurring import ask_due, is_turn, week_of, weeks_of_a_round
from deployments.sources import PersonRef
from tests.factories.deployments import NOW, make_deployment
from tests.factories.feeds import shop

WEEK = timedelta(days=7)


@pytest.fixture
def feed():
    with shop() as feed:
        feed.records = {
            f"c{number}": {"Email": f"p{number}@example.com", "Name": f"P{number}"}
            for number in range(40)
        }
        yield feed


@pytest.fixture
def people(survey, feed):
    deployment = make_deployment(survey, channel=Deployment.Channel.RECURRING)
    return PeopleList.objects.create(
        deployment=deployment,
        name="Customers",
        source="shop:main",
        kind="query",
        what="all",
        every_months=1,
        opt_out_field="",
    )


def asked():
    return Counter(Invitation.objects.values_list("email", flat=True))


def test_everybody_is_asked_once_in_a_round(people):
    for week in range(weeks_of_a_round(people)):
        assert ask_due(now=NOW + week * WEEK) == 1

    assert len(asked()) == 40
    assert set(asked().values()) == {1}
    sizes = Mailing.objects.values_list("invited", flat=True)
    assert all(2 <= size <= 20 for size in sizes)


def test_the_next_round_asks_them_again(people):
    for week in range(3 * weeks_of_a_round(people)):
        ask_due(now=NOW + week * WEEK)

    assert set(asked().values()) == {3}


def test_a_week_asks_once_however_often_it_is_looked_at(people):
    ask_due(now=NOW)
    before = asked()

    assert ask_due(now=NOW + timedelta(hours=1)) == 0
    PeopleList.objects.update(due_at=NOW)
    ask_due(now=NOW + timedelta(hours=2))

    assert asked() == before


def test_who_is_new_comes_in_with_his_own_week(people, feed):
    ask_due(now=NOW)
    feed.records |= {
        f"n{number}": {"Email": f"n{number}@example.com"} for number in range(40)
    }
    for week in range(1, 1 + weeks_of_a_round(people)):
        ask_due(now=NOW + week * WEEK)

    assert {f"n{number}@example.com" for number in range(40)} <= set(asked())


def test_weeks_that_were_missed_are_caught_up_with(people):
    ask_due(now=NOW)

    ask_due(now=NOW + 3 * WEEK)

    assert Mailing.objects.count() == 4
    assert len(asked()) == 40


def test_a_list_that_cannot_be_read_is_tried_again(people, feed):
    feed.away = True

    assert ask_due(now=NOW) == 0

    people.refresh_from_db()
    assert "closed" in people.error
    feed.away = False
    assert ask_due(now=NOW + timedelta(hours=2)) == 1
    people.refresh_from_db()
    assert people.error == ""


@pytest.mark.parametrize("paused", ["deployment", "list"])
def test_nobody_is_asked_while_it_rests(people, paused):
    if paused == "list":
        PeopleList.objects.update(is_active=False)
    else:
        Deployment.objects.update(status=Deployment.Status.PAUSED)

    assert ask_due(now=NOW) == 0
    assert not Invitation.objects.exists()


def test_the_share_of_a_week_is_asked_in_the_hours_of_the_deployment(people):
    Deployment.objects.update(send_days=[5])

    ask_due(now=NOW)  # a Monday

    assert {one.mail_due_at.isoweekday() for one in Invitation.objects.all()} == {5}


@given(st.text(min_size=1, max_size=20), st.integers(1, 60))
@settings(deadline=None, max_examples=50)
def test_each_record_has_one_week_in_a_round(record_id, months):
    people = PeopleList(pk=1, every_months=months)
    ref = PersonRef(object="Contact", record_id=record_id)
    first = week_of(NOW.date())
    weeks = range(first, first + weeks_of_a_round(people))

    assert sum(is_turn(people, ref, week) for week in weeks) == 1


@pytest.mark.parametrize("outage", [range(0), range(200, 227)])
def test_in_a_year_everybody_is_asked_every_three_months(people, feed, outage):
    """Looked at each day; for so many days nobody looks, and some join later."""
    PeopleList.objects.update(every_months=3)
    feed.records = {key: feed.records[key] for key in list(feed.records)[:8]}
    for day in range(366):
        if day == 150:
            feed.records["late"] = {"Email": "late@example.com"}
        if day not in outage:
            ask_due(now=NOW + timedelta(days=day))

    round_ = timedelta(weeks=13)
    slack = timedelta(days=len(outage) and len(outage) + 7)
    times = defaultdict(list)
    for email, at in Invitation.objects.order_by("created_at").values_list(
        "email", "created_at"
    ):
        times[email].append(at)
    assert len(times) == 9
    for email, asked_at in times.items():
        came = NOW + timedelta(days=150 if email.startswith("late") else 0)
        assert asked_at[0] - came <= round_ + slack
        assert NOW + timedelta(days=365) - asked_at[-1] <= round_ + slack
        gaps = [later - first for first, later in pairwise(asked_at)]
        assert all(abs(gap - round_) <= slack for gap in gaps)
