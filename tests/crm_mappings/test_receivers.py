"""A completed response reaches the outbox, whatever Salesforce does."""

from __future__ import annotations

import pytest
from django_q.models import OrmQ

from crm_mappings.models import Connection, Mapping, WriteBack
from responses.models import Response
from tests.factories.crm import make_mapping, record_step
from tests.factories.deployments import make_deployment
from tests.factories.responses import STARTED, submit_response

pytestmark = pytest.mark.django_db


def test_completing_a_response_puts_it_into_the_outbox(connection, version):
    mapping = make_mapping(connection, version)

    response = submit_response(version)

    row = WriteBack.objects.get()
    assert (row.response, row.mapping) == (response, mapping)
    assert row.revision == mapping.live_revision
    assert (row.state, row.attempts) == ("waiting", 0)
    assert row.due_at == row.created_at == STARTED
    assert [task.func() for task in OrmQ.objects.all()] == [
        "crm_mappings.tasks.deliver"
    ]


def test_there_is_a_row_for_each_live_mapping(connection, version):
    make_mapping(connection, version)
    make_mapping(connection, version, record_step())
    make_mapping(connection, version, status=Mapping.Status.DRAFT)

    submit_response(version)

    assert WriteBack.objects.count() == 2


def test_nothing_of_salesforce_costs_the_respondent_an_answer(org, connection, version):
    mapping = make_mapping(connection, version)
    mapping.live_revision.document = {"nonsense": True}
    mapping.live_revision.save(update_fields=["document"])
    Connection.objects.update(status="paused", instance_url="", access_token="")
    org.org.calls.clear()

    response = submit_response(version)

    assert Response.objects.get(pk=response.pk).status == "completed"
    assert WriteBack.objects.count() == 1
    assert not org.org.calls.calls


def test_a_survey_without_a_mapping_wakes_nobody(version):
    submit_response(version)

    assert not WriteBack.objects.exists()
    assert not OrmQ.objects.exists()


def test_answers_of_a_test_are_told_only_when_asked(connection, version):
    make_mapping(connection, version)
    deployment = make_deployment(version.survey)

    submit_response(version, deployment=deployment, is_test=True)
    assert not WriteBack.objects.exists()
    deployment.writes_tests = True
    deployment.save(update_fields=["writes_tests"])
    submit_response(version, deployment=deployment, is_test=True)

    assert WriteBack.objects.count() == 1
    assert Response.objects.written_back().count() == 2


def test_an_anonymous_response_is_written_to_no_record_of_a_person(connection, version):
    by_record = make_mapping(connection, version)
    creating = make_mapping(connection, version, record_step())

    submit_response(version, is_anonymous=True)

    rows = {row.mapping: row for row in WriteBack.objects.all()}
    assert rows[by_record].state == "skipped"
    assert "anonymous" in rows[by_record].reason
    assert rows[creating].state == "waiting"
