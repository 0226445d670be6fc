"""Sandboxes: a set-up copied to another org, and bound anew after a refresh."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse

from crm_mappings import connections, drift, rebinding
from crm_mappings.connections import WrongOrganisation
from crm_mappings.models import Connection, Mapping
from crm_mappings.salesforce.errors import OrgError
from deployments.models import Trigger
from tests.factories.crm import (
    NOW,
    allow,
    connected,
    logged_in_by_a_person,
    make_mapping,
    served,
)
from tests.factories.deployments import make_deployment, make_trigger

pytestmark = pytest.mark.django_db
REFRESHED = "00DTb0000000009"


@pytest.fixture
def sandbox(settings, db):
    with served(sandbox=True) as org:
        settings.SALESFORCE_EXTRA_HOSTS = [org.url]
        yield org


def act(client, row, name, data=None):
    url = reverse(f"admin:crm_mappings_connection_{name}", args=[row.pk])
    return client.post(url, data or {}, follow=True)


def test_after_a_refresh_nothing_is_written_until_it_is_bound_anew(sandbox):
    connection = connected(sandbox)
    before = connection.org_id
    sandbox.org.refresh_sandbox(REFRESHED)

    with pytest.raises(WrongOrganisation):
        connections.client(connection).organization()
    with pytest.raises(WrongOrganisation):
        connections.connect(connection=connection, now=NOW)

    row = Connection.objects.get()
    assert row.org_id == before
    assert row.found_org_id.startswith(REFRESHED)


def test_one_click_binds_anew_and_says_what_fits_no_more(
    admin_client, sandbox, version
):
    connection = connected(sandbox)
    mapping = make_mapping(connection, version)
    drift.look(connection=connection, now=NOW)
    sandbox.org.clock.advance(hours=1)
    sandbox.org.hide_field("Case", "Comments")
    sandbox.org.refresh_sandbox(REFRESHED)
    act(admin_client, connection, "connect")
    page = reverse("admin:crm_mappings_connection_change", args=[connection.pk])
    offered = admin_client.get(page).content.decode()

    told = act(admin_client, connection, "rebind").content.decode()

    assert "Bind it anew" in offered
    row = Connection.objects.get()
    assert row.org_id.startswith(REFRESHED)
    assert (row.status, row.found_org_id) == ("connected", "")
    assert "Comments" in told
    assert "Comments" in Mapping.objects.get(pk=mapping.pk).problem


def test_where_everything_fits_it_says_so(admin_client, sandbox):
    connection = connected(sandbox)
    sandbox.org.refresh_sandbox(REFRESHED)

    assert (
        "Everything still fits"
        in act(admin_client, connection, "rebind").content.decode()
    )


def test_a_person_binds_anew_by_logging_in(admin_client, sandbox):
    connection = logged_in_by_a_person(sandbox)
    sandbox.org.refresh_sandbox(REFRESHED)
    start = reverse("salesforce-login", args=[connection.pk])

    plain = admin_client.get(allow(admin_client.get(start)["Location"]), follow=True)
    assert "another Salesforce organisation" in plain.content.decode()
    away = admin_client.get(f"{start}?rebind=1")
    told = admin_client.get(allow(away["Location"]), follow=True)

    assert "Bound anew" in told.content.decode()
    assert Connection.objects.get().org_id.startswith(REFRESHED)


def test_a_sandboxs_set_up_is_never_turned_on_production(sandbox, settings):
    connection = connected(sandbox)
    with served(org_id="00DTb0000000002") as production:
        settings.SALESFORCE_EXTRA_HOSTS = [sandbox.url, production.url]
        connection.login_url = production.url

        with pytest.raises(OrgError, match="production"):
            rebinding.rebind(connection=connection, now=NOW)

    assert Connection.objects.get().org_id == sandbox.org.org_id


def test_a_copy_has_the_set_up_and_no_log_in(admin_client, org, connection, version):
    kept = make_mapping(connection, version, key="csat")
    step = kept.steps.create(key="case", object="Case", find=[{"record": "Case"}])
    step.rules.create(field="Comments", value={"question": "why"})
    trigger = make_trigger(
        make_deployment(version.survey),
        source=f"salesforce:{connection.key}",
        poll_minutes=10,
    )
    connection.tell = "crm@example.com"
    connection.save(update_fields=["tell"])

    act(
        admin_client,
        connection,
        "clone",
        {"name": "UAT", "key": "uat", "login_url": org.url},
    )

    copy = Connection.objects.get(key="uat")
    assert (copy.status, copy.access_token, copy.org_id) == ("new", "", "")
    assert copy.client_secret == connection.client_secret
    assert copy.tell == "crm@example.com"
    assert copy.hook_secret != connection.hook_secret
    [mapping] = copy.mappings.all()
    assert (mapping.key, mapping.status) == ("csat-uat", "draft")
    assert mapping.live_revision is None
    [copied] = mapping.steps.all()
    assert [rule.field for rule in copied.rules.all()] == ["Comments"]
    assert kept.steps.get().rules.count() == 1
    twin = Trigger.objects.get(source="salesforce:uat")
    assert (twin.is_active, twin.poll_minutes) == (False, 10)
    assert twin.deployment == trigger.deployment
    assert Trigger.objects.get(pk=trigger.pk).is_active


def test_a_trigger_that_reads_what_is_not_there_is_named(
    admin_client, sandbox, version
):
    connection = connected(sandbox)
    make_trigger(
        make_deployment(version.survey),
        source=f"salesforce:{connection.key}",
        name_field="Contact.Name",
        variables={"product": "Product_Line__c"},
    )
    sandbox.org.refresh_sandbox(REFRESHED)

    told = act(admin_client, connection, "rebind").content.decode()

    assert "1 trigger does not fit any more" in told
    assert "Case.Product_Line__c" in told
    assert "Contact.Name" not in told


@pytest.mark.parametrize(
    "wrong",
    [
        {"key": "Not A Key"},
        {"login_url": "https://evil.example"},
        {"name": ""},
        {"key": "taken"},
    ],
)
def test_a_copy_that_cannot_be_is_refused_beside_its_box(
    admin_client, org, connection, wrong
):
    connected(org, key="taken")
    given = {"name": "UAT", "key": "uat", "login_url": org.url} | wrong

    answer = act(admin_client, connection, "clone", given)

    assert "errorlist" in answer.content.decode()
    assert not Connection.objects.filter(key="uat").exists()


def test_the_keys_of_copied_mappings_are_free(connection, version):
    make_mapping(connection, version, key="csat-uat")

    assert rebinding.free_key("csat", "uat") == "csat-uat-2"
    assert len(rebinding.free_key("x" * 50, "y" * 50)) <= 50


def test_the_first_look_after_binding_anew_is_in_the_night_too(sandbox):
    connection = connected(sandbox)

    assert drift.look_at_due(now=NOW) == 1
    assert drift.look_at_due(now=NOW + timedelta(days=1)) == 1
    assert connection.pk
