"""From a completed response to records in the org."""

from __future__ import annotations

import pytest

from crm_mappings.models import Attempt, WriteBack, WrittenRecord
from tests.factories.crm import (
    case_step,
    completed,
    deliver,
    make_case,
    make_mapping,
    only_write_back,
    record_step,
    task_step,
)

pytestmark = pytest.mark.django_db
State = WriteBack.State
UNHAPPY = {"csat": 2, "nps": 3, "topics": ["speed"], "why": "Too slow"}


def test_a_response_is_written_to_its_case(org, connection, version):
    make_mapping(connection, version)
    case = make_case(org.org, Priority="Low")
    completed(version, UNHAPPY, records={"Case": case})

    done = deliver()

    assert (done.claimed, done.written) == (1, 1)
    assert org.org.read("Case", case)["Priority"] == "High"
    row = only_write_back()
    assert (row.state, row.attempts, row.reason) == (State.WRITTEN, 1, "")
    record = WrittenRecord.objects.get()
    assert (record.object, record.record_id, record.created) == ("Case", case, False)
    assert record.fields["Priority"] == "High"
    assert record.previous["Priority"] == "Low"
    assert [entry.outcome for entry in Attempt.objects.all()] == ["written"]
