"""The messages of a trigger, deployed from here: the org tells from then on."""

from datetime import timedelta

import pytest
from django.urls import reverse

from crm_mappings import connections, provisioning
from crm_mappings.models import Provisioning
from crm_mappings.provisioning import CannotStart
from tests.factories.crm import NOW
from tests.factories.deployments import make_deployment, make_trigger

State = Provisioning.State
CLOSED = {"field": "Status", "op": "eq", "value": "Closed"}


@pytest.fixture(autouse=True)
def secure(settings):
    settings.BASE_URL = "https://tellback.example"


@pytest.fixture
def trigger(version, connection):
    connections.describe(connection=connection, object="Case", now=NOW)
    return make_trigger(
        make_deployment(version.survey),
        source=f"salesforce:{connection.key}",
        condition=CLOSED,
        when="becomes",
        name_field="",
    )


def start(trigger, connection, **options):
    return provisioning.start_messages(
        trigger=trigger, connection=connection, now=NOW, **options
    )


def carried(row):
    now = NOW
    while row.under_way:
        now += timedelta(minutes=5)
        provisioning.carry_on(now=now)
        row.refresh_from_db()
    return row


def test_the_org_tells_of_what_the_trigger_asks_for(org, connection, trigger):
    row = carried(start(trigger, connection))

    assert row.state == State.DONE, (row.message, row.problems)
    [(_action, rule)] = org.org.outbound.rules()
    assert rule.object == "Case"
    assert rule.endpoint == connections.hook_url(connection)
    assert rule.except_user == connection.username
    case = org.org.insert("Case", {"Subject": "Printer", "Origin": "Email"})
    assert list(org.org.outbound.notifications) == []
    org.org.update("Case", case, {"Status": "Closed"})
    assert len(list(org.org.outbound.notifications)) == 1


def test_the_secret_address_is_not_kept_beside_it(connection, trigger):
    row = start(trigger, connection)

    assert row.files == {}
    assert row.components == 2


def test_validating_leaves_the_org_as_it_is(org, connection, trigger):
    row = carried(start(trigger, connection, check_only=True))

    assert row.state == State.DONE
    assert org.org.outbound.rules() == []


def test_what_the_org_refuses_is_told(org, connection, trigger):
    type(connection).objects.filter(pk=connection.pk).update(
        username="nobody@x.example"
    )

    row = carried(start(trigger, connection))

    assert row.state == State.FAILED
    assert any("no User named" in one["problem"] for one in row.problems)


def test_one_at_a_time(connection, trigger):
    start(trigger, connection)

    with pytest.raises(CannotStart):
        start(trigger, connection)


def test_the_page_of_the_set_up_deploys_it(admin_client, org, connection, trigger):
    shown = admin_client.get(reverse("salesforce-setup", args=[trigger.pk]))
    answer = admin_client.post(reverse("salesforce-deploy", args=[trigger.pk]))

    assert "Deploy to Salesforce" in shown.content.decode()
    row = Provisioning.objects.get()
    assert answer.url == reverse(
        "admin:crm_mappings_provisioning_change", args=[row.pk]
    )
    carried(row)
    followed = admin_client.get(answer.url).content.decode()
    assert "Salesforce tells Tellback from now on" in followed


def test_without_https_it_says_why_not(admin_client, settings, connection, trigger):
    settings.BASE_URL = "http://127.0.0.1:8000"

    answer = admin_client.post(
        reverse("salesforce-deploy", args=[trigger.pk]), follow=True
    )

    assert "https addresses only" in answer.content.decode()
    assert not Provisioning.objects.exists()


def test_it_takes_a_post_and_the_right(client, connection, trigger):
    address = reverse("salesforce-deploy", args=[trigger.pk])

    assert client.get(address).status_code == 405
    assert client.post(address).status_code == 302
    assert not Provisioning.objects.exists()
