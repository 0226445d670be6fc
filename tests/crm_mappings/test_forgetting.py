"""What the outbox keeps of a response is gone when the response is erased."""

from __future__ import annotations

import uuid

import pytest

from crm_mappings import delivery
from crm_mappings.delivery import outbox
from crm_mappings.models import WriteBack, WrittenRecord
from responses.erasure import erase
from tests.factories.crm import NOW, Mapping, MappingRevision, make_connection, served
from tests.factories.responses import make_response
from tests.factories.surveys import publish_survey

pytestmark = pytest.mark.django_db


@pytest.fixture
def row():
    version = publish_survey()
    with served() as org:
        connection = make_connection(org)
    mapping = Mapping.objects.create(
        key="m", name="m", survey=version.survey, connection=connection
    )
    revision = MappingRevision.objects.create(
        mapping=mapping, number=1, document={}, activated_at=NOW
    )
    return WriteBack.objects.create(
        response=make_response(version),
        mapping=mapping,
        revision=revision,
        due_at=NOW,
        created_at=NOW,
        before={"case": {"Comments": "secret"}},
        in_doubt=[{"step": "task", "fields": {"Subject": "secret"}}],
    )


@pytest.mark.parametrize("state", ["waiting", "held"])
def test_what_waits_is_not_sent_any_more(row, state):
    WriteBack.objects.update(state=state)

    erase(response=row.response, now=NOW)

    row.refresh_from_db()
    assert (row.state, row.error_code) == ("skipped", "RESPONSE_ERASED")
    assert (row.before, row.in_doubt) == ({}, [])
    rows = WriteBack.objects.all()
    assert delivery.send_again(write_backs=rows, now=NOW) == 0


def test_who_is_sending_cannot_settle_it(row):
    token = uuid.uuid4()
    WriteBack.objects.update(state="sending", lease_token=token)

    erase(response=row.response, now=NOW)

    assert not outbox.held_by(token).exists()


def test_what_was_written_is_known_by_its_record_alone(row):
    WriteBack.objects.update(state="written")
    WrittenRecord.objects.create(
        write_back=row,
        step="case",
        object="Case",
        record_id="500",
        created=False,
        fields={"Comments": "secret"},
        previous={"Comments": "before"},
        written_at=NOW,
    )

    erase(response=row.response, now=NOW)

    record = WrittenRecord.objects.get()
    assert (record.record_id, record.fields, record.previous) == ("500", {}, None)
    assert WriteBack.objects.get().state == "written"
