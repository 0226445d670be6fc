"""Who may tell something at a hook: the address, the one before it, a certificate."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from crm_mappings import connections
from crm_mappings.models import Connection
from deployments.models import TriggerEvent
from tests.factories.messages import message, notification

pytestmark = pytest.mark.django_db
FINGERPRINT = "AB:CD:EF:01"


def post(client, connection, **headers):
    url = connections.hook_url(connection).partition("://")[2].partition("/")[2]
    body = message(notification(), org=connection.org_id)
    return client.post(f"/{url}", body, content_type="text/xml", headers=headers)


def test_both_addresses_are_taken_while_they_overlap(client, connection):
    before = Connection.objects.get(pk=connection.pk)

    connections.rotate_hook(connection=connection, now=timezone.now())

    assert connections.hook_url(before) != connections.hook_url(connection)
    assert post(client, before).status_code == 200
    assert post(client, connection).status_code == 200


def test_the_former_address_ends_with_its_time(client, connection):
    before = Connection.objects.get(pk=connection.pk)

    connections.rotate_hook(
        connection=connection, now=timezone.now() - timedelta(days=8)
    )

    assert post(client, before).status_code == 404
    assert post(client, connection).status_code == 200
    assert connections.former_hook_until(connection, timezone.now()) is None


def test_the_former_address_can_be_refused_at_once(client, connection):
    before = Connection.objects.get(pk=connection.pk)
    connections.rotate_hook(connection=connection, now=timezone.now())

    connections.end_overlap(connection=connection)

    assert post(client, before).status_code == 404


def test_an_address_before_the_former_one_is_over(client, connection):
    first = Connection.objects.get(pk=connection.pk)
    for _turn in range(2):
        connections.rotate_hook(connection=connection, now=timezone.now())

    assert post(client, first).status_code == 404


def test_the_page_of_the_connection_makes_a_new_address(admin_client, connection):
    before = connection.hook_secret
    base = f"/admin/crm_mappings/connection/{connection.pk}/"

    admin_client.post(f"{base}rotate_hook/")
    page = admin_client.get(f"{base}change/").content.decode()
    now = Connection.objects.get()

    assert now.hook_secret != before
    assert "The former address is taken until" in page
    admin_client.post(f"{base}end_overlap/")
    assert Connection.objects.get().hook_secret_before_hash == ""


def test_a_certificate_is_compared_where_one_is_asked_for(client, connection, settings):
    settings.CLIENT_CERTIFICATE_HEADER = "X-Client-Cert"
    Connection.objects.update(hook_certificate=FINGERPRINT)

    assert post(client, connection).status_code == 403
    assert post(client, connection, X_Client_Cert="ff").status_code == 403
    assert not TriggerEvent.objects.exists()
    assert "certificate" in Connection.objects.get().hook_problem
    assert post(client, connection, X_Client_Cert="abcdef01").status_code == 200
    assert Connection.objects.get().hook_problem == ""


def test_a_subject_may_be_written_with_spaces(client, connection, settings):
    settings.CLIENT_CERTIFICATE_HEADER = "X-Client-Cert"
    Connection.objects.update(hook_certificate="CN=proxy.salesforce.com, O=Salesforce")

    shown = "CN=proxy.salesforce.com,O=Salesforce"

    assert post(client, connection, X_Client_Cert=shown).status_code == 200


def test_without_a_setting_no_header_is_believed(client, connection):
    Connection.objects.update(hook_certificate=FINGERPRINT)

    answer = post(client, connection, X_Client_Cert=FINGERPRINT)

    assert answer.status_code == 403
    assert b"CLIENT_CERTIFICATE_HEADER" in answer.content
