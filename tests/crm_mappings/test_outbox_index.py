"""However many rows wait, a claim reads a bounded piece of one index."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from crm_mappings.delivery import outbox
from crm_mappings.models import Connection, WriteBack
from responses.models import Response
from tests.factories.crm import NOW, make_mapping
from tests.factories.surveys import publish_survey

pytestmark = pytest.mark.django_db
MAPPINGS, RESPONSES = 20, 1000
WHOLE_TABLE = ("Seq Scan on crm_mappings_writeback", "SCAN crm_mappings_writeback\n")


@pytest.fixture
def crowd():
    """20,000 rows, a quarter of them waiting."""
    version = publish_survey()
    connection = Connection.objects.create(
        key="org", name="Org", status=Connection.Status.CONNECTED
    )
    responses = Response.objects.bulk_create(
        Response(
            survey=version.survey,
            version=version,
            status=Response.Status.COMPLETED,
            answers={},
            language="en",
            started_at=NOW,
            updated_at=NOW,
            completed_at=NOW,
        )
        for _number in range(RESPONSES)
    )
    for number in range(MAPPINGS):
        mapping = make_mapping(connection, version)
        WriteBack.objects.bulk_create(
            WriteBack(
                response=response,
                mapping=mapping,
                revision=mapping.live_revision,
                state="written" if number % 4 else "waiting",
                due_at=NOW - timedelta(seconds=place),
                created_at=NOW,
            )
            for place, response in enumerate(responses)
        )
    with database.cursor() as cursor:
        cursor.execute("ANALYZE")


def plan_of(sql: str) -> str:
    how = "EXPLAIN " if database.vendor == "postgresql" else "EXPLAIN QUERY PLAN "
    with database.cursor() as cursor:
        cursor.execute(how + sql)
        return "\n".join(str(row[-1]) for row in cursor.fetchall()) + "\n"


def test_a_claim_walks_the_index_of_what_is_due(crowd):
    with CaptureQueriesContext(
        database,
    ) as asked:
        claimed = outbox.claim(now=NOW, limit=200)

    assert len(claimed.rows) == 200
    searched = [
        query["sql"]
        for query in asked
        if query["sql"].startswith("SELECT") and "LIMIT 200" in query["sql"]
    ]
    assert searched
    for sql in searched:
        plan = plan_of(sql)
        assert "write_back_claimed" in plan, plan
        assert "TEMP B-TREE" not in plan, plan
        assert "Sort" not in plan, plan


def test_no_query_of_a_claim_reads_the_whole_table(crowd):
    with CaptureQueriesContext(database) as asked:
        outbox.claim(now=NOW, limit=200)

    for query in asked:
        if "crm_mappings_writeback" in query["sql"] and "SAVEPOINT" not in query["sql"]:
            plan = plan_of(query["sql"])
            assert not any(words in plan for words in WHOLE_TABLE), plan
