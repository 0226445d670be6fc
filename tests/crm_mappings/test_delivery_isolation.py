"""What is broken stays where it is: one response, one mapping, one connection."""

from __future__ import annotations

import pytest

from crm_mappings import connections
from crm_mappings.delivery.delivered import NotAccountedFor, count
from crm_mappings.delivery.jobs import Entry, Job
from crm_mappings.delivery.outcomes import Outcome
from crm_mappings.delivery.sendable import is_sendable
from crm_mappings.models import Connection, Mapping, WriteBack
from crm_mappings.plan.planner import StepRef, Write
from responses.models import Response
from surveys.models import SurveyVersion
from tests.factories.crm import (
    NOW,
    case_step,
    completed,
    connected,
    deliver,
    make_case,
    make_mapping,
    record_step,
    served,
)

pytestmark = pytest.mark.django_db


def believe(connection: Connection, object_: str, field: str, **facts: object) -> None:
    """Let our description of a field be other than the org's."""
    connections.describe(connection=connection, object=object_, now=NOW)
    row = connection.descriptions.get(object=object_)
    for described in row.describe["fields"]:
        if described["name"] == field:
            described.update(facts)
    row.save(update_fields=["describe"])


def test_a_response_that_cannot_be_read_holds_up_no_other(connection, version):
    make_mapping(connection, version, record_step())
    broken = SurveyVersion.objects.create(
        survey=version.survey, number=2, definition={}, published_at=NOW
    )
    completed(broken)
    completed(version)

    done = deliver()

    assert (done.written, done.held) == (1, 1)
    row = WriteBack.objects.get(state="held")
    assert row.error_code == "INTERNAL_ERROR"
    assert "log" in row.reason


def test_a_response_that_was_reopened_is_not_written(org, connection, version):
    make_mapping(connection, version, record_step())
    response = completed(version)
    Response.objects.filter(pk=response.pk).update(
        status=Response.Status.IN_PROGRESS, completed_at=None
    )
    org.org.calls.clear()

    assert deliver().skipped == 1

    assert WriteBack.objects.get().error_code == "NO_RESPONSE"
    assert not org.org.calls.calls


def test_a_question_that_is_refused_holds_only_its_own_row(org, connection, version):
    find = [{"field": "ContactId", "value": {"question": "why"}}]
    make_mapping(connection, version, case_step(find=find, several="newest"))
    believe(connection, "Case", "ContactId", type="string", length=80)
    contact = org.org.insert("Contact", {"LastName": "Lovelace"})
    make_case(org.org, ContactId=contact)
    unhappy = {"csat": 1, "nps": 1}
    for word in (contact, "nobody", contact):
        completed(version, {**unhappy, "why": word})

    done = deliver()

    assert (done.written, done.skipped, done.held) == (1, 1, 1)
    assert WriteBack.objects.get(state="held").error_class == "data"


def test_a_key_field_that_is_none_stops_the_mapping(org, connection, version):
    step = record_step(
        key_field="Survey__c",
        fields=[{"field": "Score__c", "value": {"question": "csat"}}],
    )
    make_mapping(connection, version, step)
    completed(version)
    completed(version)

    assert deliver().held == 2

    assert Mapping.objects.get().status == Mapping.Status.PAUSED
    assert set(WriteBack.objects.values_list("error_class", flat=True)) == {"schema"}


def test_a_stopped_mapping_does_not_stop_its_neighbour(org, connection, version):
    make_mapping(connection, version, record_step(object="Gone__c"))
    make_mapping(connection, version, record_step())
    completed(version)

    done = deliver()

    assert (done.written, done.held) == (1, 1)


def test_a_connection_that_does_not_work_does_not_stop_another(
    org, connection, version, settings
):
    with served(client_secret="other") as other:
        settings.SALESFORCE_EXTRA_HOSTS = [org.url, other.url]
        second = connected(other)
        make_mapping(connection, version, record_step())
        make_mapping(connection, version, case_step())
        make_mapping(second, version, record_step())
        org.org.client.client_secret = "changed"
        org.org.clock.advance(hours=24)
        org.org.calls.clear()
        completed(version)

        done = deliver()

    assert (done.written, done.waiting) == (1, 2)
    states = dict(Connection.objects.values_list("key", "status"))
    assert states == {connection.key: "paused", second.key: "connected"}
    # The second mapping of the connection was not even tried.
    assert len(org.org.calls.calls) == 2


@pytest.mark.parametrize("value", [float("nan"), StepRef(step="never"), object()])
def test_a_value_that_cannot_be_sent_is_a_fault_of_ours(value):
    write = Write(step="s", action="create", object="Case", fields={"X": value})
    entry = Entry(job=Job(row=WriteBack(pk=1)), write=write)

    assert not is_sendable(entry)
    assert entry.job.outcome.code == "INTERNAL_ERROR"


def test_rows_that_are_not_accounted_for_are_an_error():
    lost = Job(row=WriteBack(pk=1), outcome=Outcome(state="nowhere"))

    with pytest.raises(NotAccountedFor):
        count([lost])
