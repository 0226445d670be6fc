"""Outbound messages, from the POST to the stored event."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.db import connection as database
from django.test import Client, RequestFactory
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crm_mappings import connections, feeds
from crm_mappings.emulator.outbound.rules import OutboundMessageRule, When
from crm_mappings.emulator.outbound.sending import Sender
from crm_mappings.models import Connection
from crm_mappings.salesforce.outbound_message import LARGEST
from crm_mappings.views import salesforce_hook
from deployments import sources
from deployments.models import TriggerEvent
from tests.factories.crm import NOW, make_case, make_connection
from tests.factories.messages import message, notification

pytestmark = pytest.mark.django_db
CAPTURED = (
    Path(__file__).resolve().parents[3] / "shared" / "data" / "salesforce" / "outbound"
)
BOMB = '<!DOCTYPE b [<!ENTITY a "aaaaaaaaaa">]>'


@pytest.fixture
def hook(connection: Connection) -> str:
    return connections.hook_url(connection).partition("://")[2].partition("/")[2]


def post(client: Client, hook: str, body: bytes, **headers: str):
    return client.post(
        f"/{hook}", body, content_type="text/xml; charset=utf-8", headers=headers
    )


def ours(connection: Connection, *notifications: str) -> bytes:
    return message(*(notifications or (notification(),)), org=connection.org_id)


def test_a_message_is_stored_and_then_acknowledged(client, hook, connection):
    answer = post(client, hook, ours(connection), SOAPAction='""')

    assert answer.status_code == 200
    assert answer["Content-Type"] == "text/xml; charset=utf-8"
    assert b"<Ack>true</Ack>" in answer.content
    event = TriggerEvent.objects.get()
    assert event.source == f"salesforce:{connection.key}"
    assert event.event_id == "04lxx0000000000AAA"
    assert (event.object, event.record_id) == ("Case", "500xx000003DGb2AAG")
    assert event.fields["Subject"] == "Printer"


@pytest.mark.parametrize(
    ("name", "changed"),
    [
        ("create-account", datetime(2026, 9, 8, 23, 40, 33, tzinfo=UTC)),
        ("null-field-omitted", datetime(2026, 9, 9, 19, 1, 52, tzinfo=UTC)),
    ],
)
def test_a_message_that_salesforce_has_sent_is_taken(
    client, hook, connection, name, changed
):
    if not CAPTURED.exists():
        pytest.skip(f"no captured messages at {CAPTURED}")
    body = (CAPTURED / f"amp-2026-{name}.xml").read_bytes()
    Connection.objects.update(org_id="00Dxx0000001gPFEAY")

    answers = [post(client, hook, body) for _turn in range(5)]

    assert {answer.status_code for answer in answers} == {200}
    event = TriggerEvent.objects.get()
    assert event.object == "Account"
    assert event.record_id.startswith("001xx000003DGb")
    assert event.event_id.startswith("04lxx")
    assert event.occurred_at == changed


def test_the_moment_of_the_event_is_when_the_record_changed(client, hook, connection):
    stamp = "<sf:LastModifiedDate>2026-09-08T23:40:33.000Z</sf:LastModifiedDate>"

    post(client, hook, ours(connection, notification(stamp)))

    moment = datetime(2026, 9, 8, 23, 40, 33, tzinfo=UTC)
    assert TriggerEvent.objects.get().occurred_at == moment


@pytest.mark.parametrize("stamp", ["yesterday", "2026-99-99T00:00:00Z", "2026-01-01"])
def test_a_moment_that_is_none_does_not_matter(client, hook, connection, stamp):
    field = f"<sf:LastModifiedDate>{stamp}</sf:LastModifiedDate>"

    answer = post(client, hook, ours(connection, notification(field)))

    assert answer.status_code == 200
    assert TriggerEvent.objects.get().occurred_at is None


def test_a_message_that_comes_twice_is_stored_once(client, hook, connection):
    for _ in range(2):
        assert post(client, hook, ours(connection)).status_code == 200

    assert TriggerEvent.objects.count() == 1


def test_a_message_that_comes_half_known_stores_the_other_half(
    client, hook, connection
):
    post(client, hook, ours(connection))

    both = ours(connection, notification(), notification(number=1))
    post(client, hook, both)

    assert TriggerEvent.objects.count() == 2


def test_values_have_the_types_of_the_object(client, hook, org, connection):
    connections.describe(connection=connection, object="Case", now=NOW)
    connections.describe(connection=connection, object="Opportunity", now=NOW)
    fields = "<sf:IsClosed>true</sf:IsClosed><sf:Subject>true</sf:Subject>"
    post(client, hook, ours(connection, notification(fields)))
    deal = notification("<sf:Amount>1.05E4</sf:Amount>", number=1)
    post(client, hook, ours(connection, deal.replace("sf:Case", "sf:Opportunity")))

    case, opportunity = TriggerEvent.objects.order_by("pk")
    assert case.fields["IsClosed"] is True
    assert case.fields["Subject"] == "true"
    assert opportunity.fields["Amount"] == 10_500


def test_without_a_description_true_is_a_checkbox(client, hook, connection):
    fields = "<sf:IsClosed>true</sf:IsClosed><sf:Amount>5</sf:Amount>"

    post(client, hook, ours(connection, notification(fields)))

    stored = TriggerEvent.objects.get().fields
    assert stored["IsClosed"] is True
    assert stored["Amount"] == "5"


def test_a_number_that_is_none_stays_a_text(client, hook, connection):
    connections.describe(connection=connection, object="Opportunity", now=NOW)
    for number, text in enumerate(["NaN", "INF", "many", "1e999"]):
        deal = notification(f"<sf:Amount>{text}</sf:Amount>", number=number)
        body = ours(connection, deal.replace("sf:Case", "sf:Opportunity"))
        assert post(client, hook, body).status_code == 200

    stored = {event.fields["Amount"] for event in TriggerEvent.objects.all()}
    assert stored == {"NaN", "INF", "many", "1e999"}


def test_a_record_id_of_fifteen_characters_is_stored_with_eighteen(
    client, hook, connection
):
    short = notification().replace("500xx000003DGb2AAG", "500xx000003DGb2")

    post(client, hook, ours(connection, short))

    assert TriggerEvent.objects.get().record_id == "500xx000003DGb2AAG"


def test_the_short_id_of_the_organisation_is_the_same_organisation(
    client, hook, connection
):
    body = message(notification(), org=connection.org_id[:15])

    assert post(client, hook, body).status_code == 200


def test_another_organisation_is_refused_and_the_connection_tells(
    client, hook, connection
):
    answer = post(client, hook, message(notification(), org="00DTb0000000002MAA"))

    assert answer.status_code == 403
    assert not TriggerEvent.objects.exists()
    assert "00DTb0000000002" in Connection.objects.get().hook_problem


def test_the_note_goes_when_a_good_message_comes(client, hook, connection):
    post(client, hook, message(notification(), org="00DTb0000000002MAA"))

    post(client, hook, ours(connection))

    assert Connection.objects.get().hook_problem == ""


def test_a_connection_that_has_not_logged_in_refuses_and_says_so(client, org):
    connection = make_connection(org)
    hook = f"hooks/salesforce/{connection.hook_secret}/"

    answer = post(client, hook, message(notification(), org=org.org.org_id))

    assert answer.status_code == 403
    assert "Connect it" in Connection.objects.get().hook_problem


def test_an_unknown_secret_is_not_found(client, connection):
    answer = post(client, f"hooks/salesforce/{'x' * 43}/", ours(connection))

    assert answer.status_code == 404
    assert not TriggerEvent.objects.exists()


@pytest.mark.parametrize("method", ["get", "put", "patch", "delete", "head"])
def test_only_a_post_is_taken(client, hook, method):
    answer = getattr(client, method)(f"/{hook}")

    assert answer.status_code == 405
    assert answer["Allow"] == "POST"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"garbage",
        b"<a/>",
        message(),
        message(notification(), before=BOMB),
        message(notification(), before=BOMB).decode().encode("utf-16"),
        b"\xff" * 100,
    ],
)
def test_garbage_is_refused_with_the_reason(client, hook, body):
    answer = post(client, hook, body)

    assert answer.status_code == 400
    assert answer.content
    assert not TriggerEvent.objects.exists()


def test_a_record_id_that_cannot_be_is_refused(client, hook, connection):
    wrong = notification().replace("500xx000003DGb2AAG", "500xx000003DGb2ZZZ")

    assert post(client, hook, ours(connection, wrong)).status_code == 400


def test_the_secret_of_a_hook_is_not_logged(client, hook, connection, caplog):
    for body in (b"garbage", message(notification()), b"x" * 2_000_000):
        post(client, hook, body)
    client.get(f"/{hook}")
    with database.cursor() as cursor:
        cursor.execute("ALTER TABLE deployments_triggerevent RENAME TO gone")
    post(client, hook, ours(connection))

    assert connection.hook_secret not in caplog.text


def test_a_message_that_is_too_large_is_refused_unread(client, hook):
    answer = post(client, hook, b"x" * 5_000_000)

    assert answer.status_code == 413


def test_a_message_that_lies_about_its_size_is_cut(hook, connection):
    """Without a length, no more is read than the cap."""
    secret = connection.hook_secret
    read: list[int] = []

    class Endless:
        def read(self, size: int = -1) -> bytes:
            read.append(size)
            return b"x" * size

    request = RequestFactory().post(f"/{hook}", b"", content_type="text/xml")
    request._stream = Endless()
    answer = salesforce_hook(request, secret=secret)

    assert answer.status_code == 413
    assert read == [LARGEST + 1]


def test_a_message_of_the_largest_size_is_read(client, hook, connection):
    body = ours(connection)
    padded = body.replace(b"Printer", b"P" * (LARGEST - len(body) + 7))
    assert len(padded) == LARGEST

    assert post(client, hook, padded).status_code in {200, 400}


def test_a_message_that_cannot_be_stored_is_to_be_sent_again(client, hook, connection):
    with database.cursor() as cursor:
        cursor.execute("ALTER TABLE deployments_triggerevent RENAME TO gone")

    answer = post(client, hook, ours(connection))

    assert answer.status_code == 500
    assert b"Ack" not in answer.content


def test_a_paused_connection_still_takes_messages(client, hook, connection):
    connections.pause(connection=connection, problem="x")

    assert post(client, hook, ours(connection)).status_code == 200


def test_events_of_the_org_itself_arrive(org, connection, live_server, settings):
    """The emulated org sends over HTTP, as the real one does."""
    path = connections.hook_url(connection).removeprefix(settings.BASE_URL)
    org.org.add_outbound_rule(
        OutboundMessageRule(
            name="Closed",
            object="Case",
            fields=("Id", "Status", "IsClosed", "LastModifiedDate"),
            endpoint=f"{live_server.url}{path}",
            when=When(event="updated", fields=("Status",), becomes="Closed"),
        )
    )
    case = make_case(org.org)
    org.org.update("Case", case, {"Status": "Closed"})

    Sender(org.org, timeout=10).send_due()

    event = TriggerEvent.objects.get()
    assert (event.record_id, event.fields["IsClosed"]) == (case, True)
    assert org.org.outbound.pending() == []


@settings(
    deadline=None,
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(body=st.binary(max_size=400))
def test_any_bytes_get_an_answer(client, hook, body):
    assert post(client, hook, body).status_code == 400


# -- as a source of events


def test_every_connection_is_a_source(connection):
    value = f"salesforce:{connection.key}"

    assert (value, connection.name) in sources.all_choices()
    assert isinstance(sources.get(value), feeds.SalesforceSource)


def test_a_source_tells_what_is_known_of_the_org(org, connection):
    source, value = feeds.SalesforceSource(), f"salesforce:{connection.key}"
    assert list(source.objects(value)) == []
    assert list(source.fields(value, "Case")) == []
    connections.list_objects(connection=connection, now=NOW)
    connections.describe(connection=connection, object="Case", now=NOW)
    org.org.calls.clear()

    assert ("Case", "Case") in source.objects(value)
    assert ("Subject", "Subject") in source.fields(value, "Case")
    assert not org.org.calls.calls


def test_a_source_that_is_gone_tells_nothing(db):
    source = feeds.SalesforceSource()

    assert list(source.objects("salesforce:gone")) == []
    assert list(source.fields("salesforce:gone", "Case")) == []
