"""The admin's first page: what needs a person, the first steps, the last week."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AnonymousUser, Group
from django.utils import timezone

from config.home import home_of
from config.models import Heartbeat
from crm_mappings.models import Connection, Mapping, MappingRevision, WriteBack
from deployments.models import Invitation, TriggerEvent
from tests.factories.deployments import NOW, make_deployment, make_invitation
from tests.factories.responses import make_response
from tests.factories.surveys import make_survey, publish_survey

pytestmark = pytest.mark.django_db


@pytest.fixture
def boss():
    return get_user_model().objects.create_superuser("boss")


def make_connection(**fields):
    defaults = {"key": "production", "name": "Production", "login": "jwt_bearer"}
    defaults["hook_secret_hash"] = fields.get("key", "production")
    return Connection.objects.create(**defaults | fields)


def words(home):
    return [str(need.words) for need in home.needs]


def test_an_empty_installation_is_shown_its_first_steps_with_where_to_go(admin_client):
    page = admin_client.get("/admin/")

    assert "First steps" in page.text
    for path in (
        "/admin/surveys/survey/add/",
        "/admin/crm_mappings/connection/add/",
        "/admin/deployments/deployment/add/",
        "/admin/crm_mappings/mapping/add/",
    ):
        assert f'<a href="{path}">' in page.text


def test_a_step_is_done_once_its_thing_is_live_and_goes_to_the_list(boss):
    publish_survey()

    first, second, *_rest = home_of(boss, now=NOW).steps

    assert first.done
    assert first.url == "/admin/surveys/survey/"
    assert not second.done


def test_the_steps_go_away_when_all_are_done(boss):
    version = publish_survey()
    make_deployment(version.survey)
    connection = make_connection(status=Connection.Status.CONNECTED)
    Mapping.objects.create(
        key="csat",
        survey=version.survey,
        connection=connection,
        status=Mapping.Status.ACTIVE,
    )

    assert home_of(boss, now=NOW).steps == ()


def test_what_stands_still_is_told_with_its_reason_and_where_to_act(boss):
    connection = make_connection(
        status=Connection.Status.PAUSED, problem="The log-in was revoked."
    )
    mapping = Mapping.objects.create(
        key="csat",
        name="Answers",
        survey=make_survey(),
        connection=connection,
        status=Mapping.Status.ACTIVE,
        problem="Case.NPS__c is gone.",
    )

    home = home_of(boss, now=NOW)

    assert words(home)[:2] == [
        "The connection “Production” is paused: The log-in was revoked.",
        "The mapping “Answers” stands still: Case.NPS__c is gone.",
    ]
    assert [need.url for need in home.needs][:2] == [
        f"/admin/crm_mappings/connection/{connection.pk}/change/",
        f"/admin/crm_mappings/mapping/{mapping.pk}/change/",
    ]


def test_what_waits_is_counted_and_its_link_shows_just_these(boss, client):
    version = publish_survey()
    mapping = Mapping.objects.create(
        key="csat", survey=version.survey, connection=make_connection()
    )
    revision = MappingRevision.objects.create(
        mapping=mapping, number=1, document={}, activated_at=NOW
    )
    for _each in range(2):
        WriteBack.objects.create(
            response=make_response(version),
            mapping=mapping,
            revision=revision,
            state=WriteBack.State.HELD,
            due_at=NOW,
            created_at=NOW,
        )
    stuck = make_invitation(make_deployment(version.survey)).invitation
    Invitation.objects.filter(pk=stuck.pk).update(mail=Invitation.Mail.UNKNOWN)
    TriggerEvent.objects.create(
        source="rest",
        event_id="1",
        object="Case",
        record_id="1",
        received_at=NOW,
        due_at=NOW,
        state=TriggerEvent.State.FAILED,
    )

    needs = home_of(boss, now=NOW).needs[:3]

    assert [str(need.words) for need in needs] == [
        "2 responses are not in Salesforce and wait for a person.",
        "1 invitation was perhaps not sent.",
        "1 event could not be decided.",
    ]
    client.force_login(boss)
    for need, count in zip(needs, (2, 1, 1), strict=True):
        page = client.get(need.url)
        assert page.context["cl"].result_count == count


def test_silent_workers_are_told_to_who_can_start_them(boss):
    assert "No worker" in words(home_of(boss, now=NOW))[-1]

    Heartbeat.objects.create(beaten_at=NOW - timedelta(minutes=1))

    assert words(home_of(boss, now=NOW)) == []


def test_the_week_counts_what_is_younger_than_seven_days(boss):
    version = publish_survey()
    make_invitation(make_deployment(version.survey), now=NOW)
    make_response(version, started_at=NOW)
    make_response(version, started_at=NOW, completed=False)
    make_response(version, started_at=NOW - timedelta(days=8))

    figures = home_of(boss, now=NOW + timedelta(hours=1)).figures

    assert [(str(one.name), one.count) for one in figures] == [
        ("invited", 1),
        ("started", 2),
        ("completed", 1),
        ("written to Salesforce", 0),
    ]


def test_nobody_is_told_of_what_they_may_not_see():
    make_connection(status=Connection.Status.PAUSED, problem="revoked")
    analyst = get_user_model().objects.create_user("ana", is_staff=True)
    analyst.groups.add(Group.objects.get(name="Analyst"))

    for user in (analyst, AnonymousUser()):
        home = home_of(user, now=timezone.now())
        assert home.needs == ()
        assert home.steps == ()
    assert [str(one.name) for one in home_of(analyst, now=NOW).figures] == [
        "invited",
        "started",
        "completed",
    ]


def test_the_page_costs_a_bounded_number_of_queries(
    admin_client, django_assert_max_num_queries
):
    for number in range(10):
        make_connection(
            key=f"org-{number}", status=Connection.Status.PAUSED, problem="revoked"
        )

    with django_assert_max_num_queries(22):
        page = admin_client.get("/admin/")

    assert page.text.count("is paused") == 5
