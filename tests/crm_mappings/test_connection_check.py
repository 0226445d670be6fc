"""The table of rights: passed, failed or not needed, what to do and who does it."""

from __future__ import annotations

import io

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse
from lxml import etree

from crm_mappings import connections
from crm_mappings.models import Provisioning
from deployments.models import Trigger
from tests.factories.access import bearer, make_api_key
from tests.factories.crm import (
    NOW,
    case_step,
    logged_in_by_a_person,
    make_mapping,
    record_step,
    task_step,
)
from tests.factories.deployments import make_deployment, make_trigger

pytestmark = pytest.mark.django_db
SET = "{http://soap.sforce.com/2006/04/metadata}"


def lines(connection) -> dict[str, object]:
    found = connections.check(connection=connection, now=NOW)
    return {result.name: result for result in found}


@pytest.fixture
def listening(connection, version):
    deployment = make_deployment(version.survey)
    make_trigger(
        deployment,
        source=f"salesforce:{connection.key}",
        object="Case",
        name_field="Contact.Name",
    )
    return connection


def test_what_nothing_uses_is_not_needed_and_says_so(org, connection):
    told = lines(connection)

    for name in (
        *("Send Outbound Messages", "View All Users", "Customize Application"),
        *("View Setup and Configuration", "Manage Flow", "Password Never Expires"),
        "Modify Metadata Through Metadata API Functions",
    ):
        assert told[name].state == "not_needed", name
        assert told[name].detail
    assert told["API Enabled"].state == "pass"
    assert "OAuth" in told["Password Never Expires"].detail


def test_who_listens_needs_to_see_who_may_send(org, listening):
    told = lines(listening)

    for name in ("View All Users", "View Setup and Configuration"):
        assert told[name].state == "pass"
    assert told["Send Outbound Messages"].state == "pass"
    assert told["Manage Flow"].state == "not_needed"


@pytest.mark.parametrize(
    ("right", "label"),
    [
        ("ApiEnabled", "API Enabled"),
        ("ViewAllUsers", "View All Users"),
        ("ViewSetup", "View Setup and Configuration"),
    ],
)
def test_a_right_that_is_missing_fails_with_who_gives_it(org, listening, right, label):
    org.org.set_right(right, granted=False)

    line = lines(listening)[label]

    assert (line.state, line.passed) == ("fail", False)
    assert "permission set" in line.todo
    assert "administrator" in line.who


def test_what_a_trigger_reads_is_checked_on_related_objects_too(org, listening):
    org.org.hide_field("Contact", "Name")
    org.org.hide_field("Case", "ContactEmail")

    told = lines(listening)

    assert told["Case"].detail == "Missing: ContactEmail (not there, or not visible)"
    assert told["Contact"].detail == "Missing: Name (not there, or not visible)"


def test_who_asks_by_itself_needs_no_messages(org, listening):
    Trigger.objects.update(poll_minutes=5)
    org.org.set_right("EnableNotifications", granted=False)

    told = lines(listening)

    assert told["Send Outbound Messages"].state == "not_needed"
    assert "ask by themselves" in told["Send Outbound Messages"].detail
    assert told["View All Users"].state == "not_needed"
    assert told["Case"].state == "pass"


@pytest.mark.parametrize("kind", ["mapping", "trigger"])
def test_who_deploys_needs_the_rights_to_do_so(org, connection, kind):
    Provisioning.objects.create(
        connection=connection, kind=kind, due_at=NOW, created_at=NOW
    )
    org.org.set_right("ModifyMetadata", granted=False)

    told = lines(connection)

    metadata = told["Modify Metadata Through Metadata API Functions"]
    assert (metadata.state, bool(metadata.todo)) == ("fail", True)
    assert told["Customize Application"].state == "pass"
    flow = {"mapping": "not_needed", "trigger": "pass"}[kind]
    assert told["Manage Flow"].state == flow


def test_users_who_cannot_send_messages_are_named(org, listening):
    org.org.set_right("EnableNotifications", granted=False, user_id=org.org.admin_id)

    some = lines(listening)["Send Outbound Messages"]
    org.org.set_right("EnableNotifications", granted=False)
    none = lines(listening)["Send Outbound Messages"]

    assert (some.state, none.state) == ("pass", "fail")
    assert "1 of 2" in some.detail
    assert "Grace Hopper" in some.detail
    assert "agents who close cases" in some.todo


def test_each_object_is_checked_for_what_is_done_with_it(org, connection, version):
    make_mapping(connection, version, case_step(), task_step())
    org.org.withdraw_object("Case", "edit")
    org.org.withdraw_object("Task", "create")

    told = lines(connection)

    assert "edit" in told["Case"].detail
    assert "create" in told["Task"].detail
    assert (told["Case"].state, told["Task"].state) == ("fail", "fail")


def test_our_key_must_be_a_unique_external_id(org, connection, version):
    make_mapping(connection, version, record_step(key_field="Survey__c"))

    told = lines(connection)

    assert told["Tellback_Response__c.Survey__c"].state == "fail"
    assert "Unique" in told["Tellback_Response__c.Survey__c"].todo


def test_a_log_in_that_cannot_be_kept_is_told(org):
    connection = logged_in_by_a_person(org)
    assert lines(connection)["Stays logged in"].state == "pass"
    connection.refresh_token = ""

    line = lines(connection)["Stays logged in"]

    assert line.state == "fail"
    assert "refresh_token" in line.todo


def test_what_the_user_may_not_ask_is_one_failed_line_not_the_end(org, connection):
    org.org.hide_field("UserPermissionAccess", "PermissionsViewSetup")

    told = lines(connection)

    assert told["View Setup and Configuration"].state == "not_needed"
    assert told["API calls left today"].state == "pass"


# -- the permission set


def rights_of(body: bytes):
    root = etree.fromstring(body, etree.XMLParser(resolve_entities=False))
    objects = {
        node.findtext(f"{SET}object"): {
            child.tag.removeprefix(f"{SET}allow")
            for child in node
            if child.tag.startswith(f"{SET}allow") and child.text == "true"
        }
        for node in root.iter(f"{SET}objectPermissions")
    }
    fields = {
        node.findtext(f"{SET}field"): node.findtext(f"{SET}editable") == "true"
        for node in root.iter(f"{SET}fieldPermissions")
    }
    user = {node.findtext(f"{SET}name") for node in root.iter(f"{SET}userPermissions")}
    return objects, fields, user


def test_the_permission_set_holds_exactly_what_is_used(org, listening, version):
    by_mail = case_step(
        find=[{"field": "SuppliedEmail", "value": {"constant": "x@example.com"}}]
    )
    make_mapping(listening, version, by_mail, record_step())
    org.org.hide_field("Case", "Comments")

    body = connections.permission_set(connection=listening, now=NOW)
    objects, fields, user = rights_of(body)

    assert objects == {
        "Case": {"Read", "Edit"},
        "Contact": {"Read"},
        "Tellback_Response__c": {"Read", "Create"},
    }
    assert fields["Case.Comments"] is True
    assert fields["Case.SuppliedEmail"] is False
    assert fields["Case.ContactId"] is False
    assert fields["Tellback_Response__c.Tellback_Key__c"] is True
    assert "Case.Id" not in fields
    assert user == {"ApiEnabled", "ViewAllUsers", "ViewSetup"}


def test_what_a_later_step_reads_must_be_seen(org, listening, version):
    task = task_step(
        fields=[
            {"field": "WhatId", "value": {"step": "case"}},
            {"field": "Subject", "value": {"step": "case", "facet": "Reason"}},
        ]
    )
    make_mapping(listening, version, case_step(), task)

    _objects, fields, _user = rights_of(
        connections.permission_set(connection=listening, now=NOW)
    )

    assert fields["Case.Reason"] is False


def test_the_permission_set_is_downloaded(admin_client, connection, version):
    make_mapping(connection, version)
    url = reverse("admin:crm_mappings_connection_permission_set", args=[connection.pk])

    answer = admin_client.get(url)

    assert answer["Content-Type"] == "application/xml"
    assert ".permissionset-meta.xml" in answer["Content-Disposition"]
    assert b"<PermissionSet" in answer.content


def test_without_an_org_there_is_no_permission_set_but_a_reason(
    admin_client, org, connection, version
):
    make_mapping(connection, version)
    org.org.faults.unavailable = 5
    url = reverse("admin:crm_mappings_connection_permission_set", args=[connection.pk])

    answer = admin_client.get(url, follow=True)

    assert "maintenance" in answer.content.decode()


# -- the three doors


def test_the_page_says_all_three_words(admin_client, org, listening):
    org.org.set_right("ViewAllUsers", granted=False)
    url = reverse("admin:crm_mappings_connection_check", args=[listening.pk])

    body = admin_client.post(url).content.decode()

    for word in ("Pass", "Fail", "Not needed", "A Salesforce administrator"):
        assert word in body


def test_the_command_says_them_too_and_fails(org, listening):
    org.org.set_right("ViewAllUsers", granted=False)
    out = io.StringIO()

    with pytest.raises(CommandError, match="1 of"):
        call_command("check_connection", listening.key, stdout=out)

    for word in ("pass", "FAIL", "not needed"):
        assert word in out.getvalue()


def test_rest_says_them_too(client, org, listening):
    org.org.set_right("ViewAllUsers", granted=False)
    secret = make_api_key("mappings:write")
    answer = client.post(
        f"/api/v1/connections/{listening.key}/check/", headers=bearer(secret)
    )

    told = answer.json()
    states = {line["name"]: line["state"] for line in told["checks"]}
    assert told["passed"] is False
    assert states["View All Users"] == "fail"
    assert states["Manage Flow"] == "not_needed"
