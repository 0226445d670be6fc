"""A ready-made survey brings its deployment along: a click makes it, as a draft."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client

from crm_mappings.models import Connection
from crm_mappings.provisioning import record_choices
from deployments import documents, going_live
from deployments.models import Deployment, Trigger
from deployments.suggesting import set_up
from surveys import beginning, conditions, ready_made
from surveys.models import Survey
from surveys.ready_made import KEYS
from tests.factories.surveys import make_survey

pytestmark = pytest.mark.django_db
CATALOGUE = ready_made.catalogue()


def begun(key: str = "support_satisfaction") -> Survey:
    return beginning.begin(ready_made=ready_made.find(key), language="en")


def address(survey: Survey) -> str:
    return f"/admin/deployments/deployment/suggested/{survey.pk}/"


def connected() -> None:
    Connection.objects.create(
        key="production",
        name="Production",
        login_url="https://acme.my.salesforce.com",
        status=Connection.Status.CONNECTED,
    )


@pytest.mark.parametrize("one", CATALOGUE, ids=KEYS)
def test_what_it_suggests_is_a_sound_deployment(one) -> None:
    survey = begun(one.key)

    row = set_up(survey=survey, suggested=one, language="de")

    assert row.name == one.name["de"]
    assert row.status == Deployment.Status.DRAFT
    written = documents.deployment_document(row)
    for trigger in written.get("triggers", []):
        trigger.setdefault("source", "salesforce:production")
        trigger.setdefault("email_field", "Email__c")
        conditions.parse(trigger["condition"])
        assert trigger["object"] in one.records
        assert set(trigger.get("records", {})) <= {*one.records}
        assert set(trigger.get("variables", {})) <= {v["key"] for v in survey.variables}
    documents.save_document(document=written)
    assert row.triggers.count() == len(one.ask.get("triggers", []))


@pytest.mark.parametrize("one", CATALOGUE, ids=KEYS)
def test_the_managed_mapping_begins_with_its_records(one) -> None:
    choices, chosen = record_choices(begun(one.key))

    assert {*one.records} <= {*chosen} <= {*choices}


def test_a_click_on_the_survey_makes_the_deployment_and_its_trigger(
    admin_client: Client,
) -> None:
    survey = begun()
    change = f"/admin/surveys/survey/{survey.pk}/change/"
    assert address(survey) in admin_client.get(change).content.decode()

    answer = admin_client.post(address(survey))

    row = Deployment.objects.get()
    assert answer.url == f"/admin/deployments/deployment/{row.pk}/change/"
    shown = admin_client.get(answer.url).content.decode()
    assert "Choose its source" in shown
    assert "Publish the survey" in shown
    trigger = Trigger.objects.get()
    assert (trigger.object, trigger.email_field) == ("Case", "ContactEmail")
    page = f"/admin/deployments/trigger/{trigger.pk}/change/"
    assert admin_client.get(page).status_code == 200
    assert address(survey) not in admin_client.get(change).content.decode()


def test_the_only_org_that_is_connected_is_its_source() -> None:
    connected()

    row = set_up(survey=begun(), suggested=CATALOGUE[0], language="en")

    trigger = row.triggers.get()
    assert trigger.source == "salesforce:production"
    assert not [one for one in going_live.trigger_problems(trigger) if "source" in one]


def test_a_web_form_has_its_short_address_at_once() -> None:
    found = ready_made.find("lead_form")

    row = set_up(survey=begun("lead_form"), suggested=found, language="en")

    assert row.channel == Deployment.Channel.WEB
    assert row.short_code


def test_who_may_not_add_deployments_is_offered_nothing(client: Client) -> None:
    user = User.objects.create_user("ben", is_staff=True)
    seen = Permission.objects.filter(codename="view_survey")
    user.user_permissions.set(seen)
    client.force_login(user)
    survey = begun()
    change = client.get(f"/admin/surveys/survey/{survey.pk}/change/")

    assert address(survey) not in change.content.decode()
    assert client.post(address(survey)).status_code == 403


def test_only_a_post_for_a_ready_made_survey_does_it(admin_client: Client) -> None:
    own = make_survey()

    assert admin_client.get(address(own)).status_code == 405
    assert admin_client.post(address(own)).status_code == 404
    assert not Deployment.objects.exists()
