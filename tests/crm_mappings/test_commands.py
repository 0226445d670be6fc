"""What an operator does at the command line."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from crm_mappings import tasks
from crm_mappings.delivery import backfilling
from crm_mappings.models import Backfill, WriteBack, WrittenRecord
from tests.factories.crm import (
    completed,
    deliver,
    make_case,
    make_mapping,
    record_step,
)
from tests.factories.responses import make_response

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def wide(monkeypatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")


def run(*arguments: str) -> str:
    out = StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue()


def test_the_status_counts_by_state_and_says_what_to_do(org, connection, version):
    make_mapping(connection, version)
    completed(version)
    completed(version)
    deliver(limit=1)

    told = run("write_backs", "status")

    assert "NO_MATCH" in told
    assert "waiting" in told
    assert "send it again" in told


def test_draining_sends_everything_that_is_due(org, connection, version):
    make_mapping(connection, version, record_step())
    for _ in range(3):
        completed(version)

    told = run("write_backs", "drain")

    assert "3 taken: 3 written, 0 held" in told
    assert set(WriteBack.objects.values_list("state", flat=True)) == {"written"}


def test_draining_nothing_says_so(db):
    assert "0 taken" in run("write_backs", "drain")


def test_held_ones_are_sent_again_by_mapping_and_error(connection, version):
    first = make_mapping(connection, version)
    make_mapping(connection, version)
    completed(version)
    deliver()

    assert "1 write-backs" in run("write_backs", "retry", "--mapping", first.key)
    assert "0 write-backs" in run("write_backs", "retry", "--error", "OTHER")
    assert "1 write-backs" in run("write_backs", "retry", "--error", "NO_MATCH")


def test_held_ones_are_sent_again_by_id(connection, version):
    make_mapping(connection, version)
    completed(version)
    deliver()
    [row] = WriteBack.objects.all()

    assert "0 write-backs" in run("write_backs", "retry", str(row.pk + 1))
    assert "1 write-backs" in run("write_backs", "retry", str(row.pk))


def test_a_mapping_that_is_not_there_is_told(db):
    with pytest.raises(CommandError, match="no mapping 'gone'"):
        run("write_backs", "retry", "--mapping", "gone")


def test_a_sound_connection_passes(connection):
    told = run("check_connection", connection.key)

    assert "pass" in told
    assert "FAIL" not in told
    assert "Tellback Demo" in told


def test_a_connection_with_a_missing_permission_fails(org, connection, version):
    make_mapping(connection, version)
    org.org.hide_field("Case", "Comments")

    with pytest.raises(CommandError, match="1 of"):
        run("check_connection", connection.key)


def test_a_connection_that_is_not_there_is_told_with_those_that_are(connection):
    with pytest.raises(CommandError, match=connection.key):
        run("check_connection", "gone")


def test_the_task_brings_everything_to_salesforce(org, connection, version):
    make_mapping(connection, version)
    for _ in range(3):
        case = make_case(org.org)
        completed(version, {"csat": 1, "nps": 1, "why": "x"}, records={"Case": case})

    tasks.deliver()

    assert set(WriteBack.objects.values_list("state", flat=True)) == {"written"}
    assert org.org.read("Case", case)["Priority"] == "High"


# -- putting back, giving up, earlier responses, comparing


@pytest.fixture
def written(org, connection, version):
    mapping = make_mapping(connection, version, record_step())
    completed(version)
    deliver()
    return mapping


def test_undo_shows_first_and_deletes_only_with_consent(org, written):
    key = str(WriteBack.objects.get().pk)

    assert "It stays unless" in run("write_backs", "undo", key, "--dry-run")
    assert "0 write-backs are put back, 1 are left" in run("write_backs", "undo", key)
    told = run("write_backs", "undo", key, "--delete-created")

    assert "1 write-backs are put back, 0 are left" in told
    assert org.org.query("SELECT Id FROM Tellback_Response__c") == []


def test_undo_wants_to_know_what(db):
    with pytest.raises(CommandError, match="Say what"):
        run("write_backs", "undo")


def test_a_whole_run_is_undone_by_its_backfill_or_its_mapping(org, connection, version):
    mapping = make_mapping(connection, version, record_step())
    make_response(version)
    run("write_backs", "backfill", mapping.key)
    completed(version)
    run("write_backs", "drain")
    made = Backfill.objects.get()

    one = ("undo", "--backfill", str(made.pk), "--delete-created")
    told = run("write_backs", *one)
    assert "1/1" in told
    assert "1 write-backs are put back, 0 are left" in told
    assert len(org.org.query("SELECT Id FROM Tellback_Response__c")) == 1
    all_ = ("undo", "--mapping", mapping.key, "--since", "2020-01-01")
    run("write_backs", *all_, "--delete-created")

    assert org.org.query("SELECT Id FROM Tellback_Response__c") == []


def test_a_backfill_is_paused_and_resumed_by_command(connection, version):
    mapping = make_mapping(connection, version, record_step())
    make_response(version)
    backfilling.start(mapping=mapping, now=timezone.now())

    assert "Paused." in run("write_backs", "backfill", mapping.key, "--pause")
    assert Backfill.objects.get().status == "paused"
    assert "It goes on." in run("write_backs", "backfill", mapping.key, "--resume")
    assert Backfill.objects.get().status == "running"


def test_giving_up_keeps_the_reason(connection, version):
    make_mapping(connection, version)
    completed(version)
    deliver()

    told = run("write_backs", "give-up", "--reason", "A test")

    assert "1 write-backs are given up" in told
    assert WriteBack.objects.get().reason == "A test"


def test_a_backfill_counts_and_then_writes(org, connection, version):
    mapping = make_mapping(connection, version, record_step())
    for _ in range(3):
        make_response(version)

    counted = run("write_backs", "backfill", mapping.key, "--dry-run")
    assert not WriteBack.objects.exists()
    told = run("write_backs", "backfill", mapping.key, "--since", "2020-01-01")

    assert "3 completed responses, 3 of them not in" in " ".join(counted.split())
    assert "3/3" in told
    assert "3 written, 0 held" in told


def test_a_backfill_of_nothing_says_so(connection, version):
    mapping = make_mapping(connection, version, record_step())

    with pytest.raises(CommandError, match="Every response"):
        run("write_backs", "backfill", mapping.key)
    with pytest.raises(CommandError, match="under way"):
        run("write_backs", "backfill", mapping.key, "--pause")


def test_comparing_tells_and_repairs(org, written):
    record = WrittenRecord.objects.get()
    WrittenRecord.objects.update(written_at=timezone.now())
    org.org.delete(record.object, record.record_id)

    told = run("write_backs", "reconcile", "--repair", "missing")

    assert "1 write-backs of" in told
    assert WriteBack.objects.get().state == "waiting"
