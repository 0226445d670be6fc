"""Putting back, giving up and backfills in the admin; alerts."""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.core import mail
from django.urls import reverse
from lxml import html

from crm_mappings.delivery import alerting, backfilling
from crm_mappings.models import Backfill, Connection, Watch, WriteBack
from surveys.models import Survey
from tests.factories.crm import (
    NOW,
    answered,
    case_step,
    completed,
    deliver,
    make_case,
    make_mapping,
    put_many,
    record_step,
)
from tests.factories.responses import STARTED, make_response
from tests.factories.wire import json_answer, scripted_server

pytestmark = pytest.mark.django_db
SAID = {"csat": 1, "nps": 1, "why": "too slow"}
LIST = "admin:crm_mappings_writeback_changelist"


@pytest.fixture
def client(admin_client):
    return admin_client


@pytest.fixture
def written(org, connection, version):
    make_mapping(connection, version, case_step())
    case = make_case(org.org, Priority="Low", Comments="as it was")
    completed(version, SAID, records={"Case": case})
    deliver()
    return case


def address(name):
    return reverse(f"admin:crm_mappings_writeback_{name}", args=[only().pk])


def only():
    return WriteBack.objects.get()


def test_the_page_of_an_undo_shows_before_written_and_now(client, org, written):
    org.org.update("Case", written, {"Comments": "by hand"})

    page = client.get(address("undo")).content.decode()

    assert "changed since" in page
    assert all(text in page for text in ("as it was", "too slow", "by hand"))
    assert "Put back</button>" not in page
    assert only().state == "written"


def test_an_undo_is_done_when_it_is_confirmed(client, org, written):
    page = client.get(address("undo")).content.decode()
    answer = client.post(address("undo"), {"confirmed": "yes"}, follow=True)

    assert "Put back</button>" in page
    assert "1 write-back is put back" in answer.content.decode()
    assert org.org.read("Case", written)["Comments"] == "as it was"
    assert only().state == "undone"


def test_made_records_are_deleted_only_when_the_box_is_ticked(
    client, org, connection, version
):
    make_mapping(connection, version, record_step())
    completed(version)
    deliver()

    client.post(address("undo"), {"confirmed": "yes"})
    assert len(org.org.query("SELECT Id FROM Tellback_Response__c")) == 1
    client.post(address("undo"), {"confirmed": "yes", "delete_created": "on"})
    assert org.org.query("SELECT Id FROM Tellback_Response__c") == []


def test_several_are_put_back_from_the_list(client, org, written):
    chosen = {"action": "undo_chosen", "_selected_action": [only().pk]}

    shown = client.post(reverse(LIST), chosen)
    client.post(reverse(LIST), {**chosen, "confirmed": "yes"})

    assert "as it was" in shown.content.decode()
    assert only().state == "undone"


def test_giving_up_asks_for_the_reason(client, connection, version):
    make_mapping(connection, version)
    completed(version)
    deliver()
    chosen = {"action": "give_up_chosen", "_selected_action": [only().pk]}

    asked = client.post(reverse(LIST), chosen)
    assert "Reason" in asked.content.decode()
    assert only().state == "held"
    client.post(reverse(LIST), {**chosen, "reason": "A test case"})

    assert (only().state, only().reason) == ("skipped", "A test case")
    assert "A test case" in client.get(reverse(LIST)).content.decode()


def test_all_that_the_list_shows_is_given_up_however_many(client, connection, version):
    mapping = make_mapping(connection, version)
    many = [answered(version, {"csat": 1}, at=STARTED) for _ in range(1_002)]
    put_many(mapping, many, state="held")
    other = make_mapping(connection, version)
    put_many(other, [answered(version, {"csat": 1}, at=STARTED)], state="held")
    listed = f"{reverse(LIST)}?mapping__id__exact={mapping.pk}"
    first = WriteBack.objects.order_by("-pk")[1].pk
    chosen = {
        "action": "give_up_chosen",
        "_selected_action": [first],
        "select_across": "1",
    }

    asked = html.fromstring(client.post(listed, chosen).content.decode())
    [form] = [one for one in asked.forms if "reason" in one.fields]
    told = client.post(listed, {**dict(form.fields), "reason": "A test"}, follow=True)

    assert "1002 write-backs are given up" in told.content.decode()
    assert [*WriteBack.objects.filter(state="held")] == [other.write_backs.get()]


def test_a_record_that_was_put_back_says_so(client, written):
    client.post(address("undo"), {"confirmed": "yes"})

    page = client.get(address("change")).content.decode()

    assert "Put back, " in page
    assert "<td>put back</td>" in page


def test_who_may_only_look_puts_nothing_back(client, written, django_user_model):
    user = django_user_model.objects.create_user("eve", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_writeback"))
    client.force_login(user)

    assert client.post(address("undo"), {"confirmed": "yes"}).status_code == 403
    assert client.post(address("give_up"), {"reason": "x"}).status_code == 403
    assert only().state == "written"


def test_the_log_shows_the_request_without_the_words(client, written):
    page = client.get(address("change")).content.decode()

    assert "text of 8 characters" in page


# -- backfills


def test_a_backfill_is_counted_begun_paused_and_resumed(client, connection, version):
    mapping = make_mapping(connection, version, record_step())
    make_response(version)
    add = reverse("admin:crm_mappings_backfill_add")
    asked = {"mapping": mapping.pk}
    for name in ("since_0", "since_1", "until_0", "until_1"):
        asked[name] = ""

    counted = client.post(add, {**asked, "count": ""})
    assert "1 response would be written" in counted.content.decode()
    preview = reverse("admin:crm_mappings_mapping_preview", args=[mapping.pk])
    assert preview in counted.content.decode()
    assert not Backfill.objects.exists()
    begun = client.post(add, {**asked, "begin": ""}, follow=True)
    assert "0 of 1" in begun.content.decode()
    backfill = Backfill.objects.get()
    for act, status in (("pause", "paused"), ("resume", "running")):
        client.post(reverse("admin:crm_mappings_backfill_act", args=[backfill.pk, act]))
        backfill.refresh_from_db()
        assert backfill.status == status

    listed = client.get(reverse("admin:crm_mappings_backfill_changelist"))
    assert "0 / 1" in listed.content.decode()
    assert backfilling.progress(backfill).to_do == 1


def test_a_span_in_which_nothing_can_lie_is_told_beside_its_box(
    client, connection, version
):
    mapping = make_mapping(connection, version, record_step())
    dates = {"since_0": "2026-02-02", "since_1": "00:00"}
    dates |= {"until_0": "2026-02-01", "until_1": "00:00"}
    asked = {"mapping": mapping.pk, "connection": connection.pk, **dates}

    for model in ("backfill", "undorun", "reconciliation"):
        add = reverse(f"admin:crm_mappings_{model}_add")
        page = client.post(add, {**asked, "count": ""}).content.decode()
        assert "This must be before the other date." in page


def test_only_mappings_of_surveys_that_one_sees_can_be_written_or_put_back(
    client, connection, version, django_user_model
):
    mapping = make_mapping(connection, version, record_step())
    Survey.objects.update(
        everyone="none", owner=django_user_model.objects.get(username="admin")
    )
    other = django_user_model.objects.create_user("eve", is_staff=True)
    acts = ("add_backfill", "change_writeback", "view_undorun", "view_backfill")
    other.user_permissions.set(Permission.objects.filter(codename__in=acts))
    client.force_login(other)
    dates = dict.fromkeys(("since_0", "since_1", "until_0", "until_1"), "")

    for model in ("backfill", "undorun"):
        add = reverse(f"admin:crm_mappings_{model}_add")
        page = client.post(add, {"mapping": mapping.pk, **dates}).content.decode()
        assert "not one of the available choices" in page


# -- alerts


@pytest.fixture
def watch():
    return Watch.objects.create(name="Operations", emails="ops@example.com")


def test_the_first_failure_of_a_kind_is_told_once(watch, connection, version):
    make_mapping(connection, version)
    completed(version)
    completed(version)
    deliver()

    assert alerting.check(now=NOW) == 1
    assert alerting.check(now=NOW + timedelta(minutes=1)) == 0
    assert alerting.check(now=NOW + timedelta(minutes=10)) == 0

    [sent] = mail.outbox
    assert sent.to == ["ops@example.com"]
    assert "2 write-backs" in sent.body
    assert "NO_MATCH" in sent.body


def test_a_backlog_and_a_silence_are_told_in_one_mail(watch, connection, version):
    Watch.objects.update(backlog_minutes=30, quiet_hours=1)
    make_mapping(connection, version)
    completed(version)
    WriteBack.objects.update(created_at=NOW - timedelta(hours=2))

    alerting.check(now=NOW)

    [sent] = mail.outbox
    assert "waiting for 120 minutes" in sent.body
    assert "No response has come for 1 hour." in sent.body


def test_a_connection_that_stands_still_is_told(watch, connection):
    Connection.objects.update(status=Connection.Status.PAUSED, problem="Log in again")

    alerting.check(now=NOW)

    assert "Log in again" in mail.outbox[0].body


def test_a_webhook_gets_a_signed_document(connection, version, settings):
    make_mapping(connection, version)
    completed(version)
    deliver()
    with scripted_server(json_answer({})) as server:
        settings.WEBHOOK_EXTRA_HOSTS = {server.origin}
        watch = Watch.objects.create(
            name="Hook", webhook_url=f"{server.origin}/hook", webhook_secret="secret"
        )
        alerting.check(now=NOW)
        [request] = server.requests

    digest = hmac.new(b"secret", request.body, hashlib.sha256).hexdigest()
    assert request.headers["Tellback-Signature"] == f"sha256={digest}"
    [alert] = json.loads(request.body)["alerts"]
    assert "NO_MATCH" in alert["text"]
    watch.refresh_from_db()
    assert watch.problem == ""


def test_a_webhook_that_fails_is_tried_again(connection, version, settings):
    make_mapping(connection, version)
    completed(version)
    deliver()
    with scripted_server(json_answer({}, status=500), json_answer({})) as server:
        settings.WEBHOOK_EXTRA_HOSTS = {server.origin}
        Watch.objects.create(name="Hook", webhook_url=f"{server.origin}/hook")
        assert alerting.check(now=NOW) == 0
        assert "500" in Watch.objects.get().problem
        assert alerting.check(now=NOW + timedelta(minutes=10)) == 1


def test_a_webhook_that_fails_repeats_no_mail(watch, connection, version, settings):
    make_mapping(connection, version)
    completed(version)
    deliver()
    answers = [json_answer({}, status=500), json_answer({})]
    with scripted_server(*answers) as server:
        settings.WEBHOOK_EXTRA_HOSTS = {server.origin}
        Watch.objects.update(webhook_url=f"{server.origin}/hook")
        for minutes in (0, 10, 20):
            alerting.check(now=NOW + timedelta(minutes=minutes))

        assert len(server.requests) == 2
    assert len(mail.outbox) == 1


def test_a_mail_that_cannot_be_sent_stops_nothing_else(watch, connection, settings):
    settings.EMAIL_BACKEND = "anymail.backends.test.EmailBackend"
    Watch.objects.update(emails="nobody@@example.com")
    Connection.objects.update(status=Connection.Status.PAUSED, problem="Log in again")

    assert alerting.check(now=NOW) == 0

    assert "could not be sent" in Watch.objects.get().problem


def test_an_alert_needs_somewhere_to_go(client):
    add = reverse("admin:crm_mappings_watch_add")
    asked = {"name": "A", "active": "on", "backlog_minutes": 30, "quiet_hours": 0}

    nowhere = client.post(add, asked).content.decode()
    plain = client.post(add, {**asked, "webhook_url": "http://example.com/"})
    client.post(add, {**asked, "emails": "a@example.com b@example.com"})

    assert "Name an e-mail address or a webhook" in nowhere
    assert "https address" in plain.content.decode()
    assert Watch.objects.get().emails == "a@example.com\nb@example.com"
