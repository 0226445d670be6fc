"""Putting back a whole run: looked at first, then done piece by piece."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils.module_loading import import_string
from django_q.models import OrmQ

from crm_mappings import tasks
from crm_mappings.delivery import forgetting
from crm_mappings.delivery.beginning import CannotBegin
from crm_mappings.delivery.undoing import runs
from crm_mappings.delivery.undoing.acts import pieces
from crm_mappings.models import (
    Attempt,
    Backfill,
    UndoFinding,
    UndoRun,
    WriteBack,
    WrittenRecord,
)
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

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(hours=3)
ADD = "admin:crm_mappings_undorun_add"


@pytest.fixture
def mapping(connection, version):
    return make_mapping(connection, version)


def said(version, case, word, day=0):
    return completed(
        version,
        {"csat": 1, "nps": 1, "why": word},
        records={"Case": case},
        started_at=STARTED + timedelta(days=day),
    )


@pytest.fixture
def cases(org, mapping, version):
    """Three cases, each written once; all of them had the same words before."""
    made = [make_case(org.org, Priority="Low", Comments="as it was") for _ in range(3)]
    for case in made:
        said(version, case, "too slow")
    deliver()
    return made


def carry(now=LATER, pieces_left=1000):
    turns = iter(range(pieces_left - 1))
    return runs.carry_on(clock=lambda: now, stop=lambda: next(turns, None) is None)


def looked_at(mapping, **about):
    run = runs.look_over(mapping=mapping, now=LATER, **about)
    carry()
    return UndoRun.objects.get(pk=run.pk)


def words(org, cases):
    return [org.org.read("Case", case)["Comments"] for case in cases]


def test_a_run_is_looked_at_before_anything_is_changed(org, mapping, cases):
    org.org.update("Case", cases[0], {"Comments": "by hand"})

    run = looked_at(mapping)

    assert (run.status, run.total) == ("ready", 3)
    assert run.seen == {"restore": 2, "changed": 1}
    finding = run.findings.get()
    assert (finding.record_id, finding.names) == (cases[0], ["Comments"])
    assert words(org, cases) == ["by hand", "too slow", "too slow"]
    assert not WrittenRecord.objects.exclude(undone_at=None).exists()


def test_what_was_looked_at_is_put_back_and_what_others_changed_is_left(
    org, mapping, cases
):
    org.org.update("Case", cases[0], {"Comments": "by hand"})
    run = looked_at(mapping)

    assert runs.begin(run=run, delete_created=False, now=LATER)
    assert not carry()

    run.refresh_from_db()
    assert (run.status, run.ended_at) == ("done", LATER)
    assert run.done == {"restore": 2, "changed": 1}
    assert run.findings.get().names == ["Comments"]
    assert words(org, cases) == ["by hand", "as it was", "as it was"]
    assert sorted(WriteBack.objects.values_list("state", flat=True)) == [
        *("undone", "undone", "written")
    ]


def test_made_records_are_deleted_only_with_consent(org, connection, version):
    mapping = make_mapping(connection, version, record_step())
    completed(version)
    deliver()

    for consent, fate, left in ((False, "keep", 1), (True, "delete", 0)):
        run = looked_at(mapping)
        assert run.seen == {"delete": 1}
        runs.begin(run=run, delete_created=consent, now=LATER)
        carry()
        run.refresh_from_db()
        assert run.done == {fate: 1}
        assert len(org.org.query("SELECT Id FROM Tellback_Response__c")) == left


def test_what_is_written_after_the_look_is_no_part_of_it(org, mapping, cases, version):
    run = looked_at(mapping)
    said(version, cases[0], "again", day=1)
    deliver(now=LATER + timedelta(minutes=1))

    runs.begin(run=run, delete_created=False, now=LATER)
    carry()

    run.refresh_from_db()
    assert run.done == {"restore": 2, "changed": 1}
    assert words(org, cases) == ["again", "as it was", "as it was"]


def test_only_what_was_written_in_the_span_is_put_back(org, mapping, version):
    case, other = (make_case(org.org, Comments="as it was") for _ in range(2))
    said(version, case, "one")
    deliver()
    said(version, other, "two", day=1)
    deliver(now=NOW + timedelta(hours=1))

    run = looked_at(mapping, since=NOW + timedelta(minutes=30))
    runs.begin(run=run, delete_created=False, now=LATER)
    carry()

    assert words(org, [case, other]) == ["one", "as it was"]


def test_all_that_was_written_to_one_record_comes_in_one_piece(
    org, mapping, version, cases
):
    for day in (1, 2):
        said(version, cases[1], f"day {day}", day=day)
        deliver(now=NOW + timedelta(minutes=day))

    found = list(pieces(WrittenRecord.objects.all(), most=1))

    assert [{record.record_id for record in piece} for piece in found] == [
        {case} for case in sorted(cases)
    ]
    [several] = [piece for piece in found if len(piece) == 3]
    assert [record.fields["Comments"] for record in several] == [
        *("day 2", "day 1", "too slow")
    ]
    run = looked_at(mapping)
    assert run.seen == {"restore": 5}
    runs.begin(run=run, delete_created=False, now=LATER)
    carry()
    assert words(org, cases) == ["as it was"] * 3


def test_a_response_of_two_records_is_undone_with_the_last_of_them(
    org, connection, version
):
    mapping = make_mapping(connection, version, case_step(), record_step())
    case = make_case(org.org, Comments="as it was")
    said(version, case, "x")
    deliver()

    run = looked_at(mapping)
    runs.begin(run=run, delete_created=False, now=LATER)
    carry()
    assert WriteBack.objects.get().state == "written"
    run = looked_at(mapping)
    runs.begin(run=run, delete_created=True, now=LATER)
    carry()

    assert WriteBack.objects.get().state == "undone"
    outcomes = Attempt.objects.order_by("pk").values_list("outcome", flat=True)
    assert list(outcomes)[-2:] == ["undo_refused", "undone"]


# -- paused, cancelled, taken over


def many(version, mapping, count=202):
    """More than one piece of the doing."""
    put_many(
        mapping,
        [answered(version, {"csat": 1, "nps": 1}, at=STARTED) for _ in range(count)],
    )
    while deliver().claimed:
        pass


@pytest.fixture
def long_run(org, connection, version):
    mapping = make_mapping(connection, version, record_step())
    many(version, mapping)
    run = looked_at(mapping)
    runs.begin(run=run, delete_created=True, now=LATER)
    return run


def left_in(org):
    return len(org.org.query("SELECT Id FROM Tellback_Response__c"))


def test_a_long_run_goes_on_where_its_piece_ended(org, long_run):
    assert carry(pieces_left=2)
    long_run.refresh_from_db()
    assert (long_run.status, runs.progress(long_run), left_in(org)) == (
        *("running", 200, 2),
    )

    assert runs.pause(run=long_run)
    assert not carry()
    assert left_in(org) == 2
    assert runs.resume(run=long_run, now=LATER)
    assert not runs.resume(run=long_run, now=LATER)
    assert not carry()

    long_run.refresh_from_db()
    assert (long_run.status, long_run.done) == ("done", {"delete": 202})
    assert left_in(org) == 0


def test_what_is_cancelled_half_way_leaves_the_rest_as_it_was_written(org, long_run):
    carry(pieces_left=2)

    assert runs.cancel(run=long_run, now=LATER)
    assert not runs.cancel(run=long_run, now=LATER)
    assert not carry()

    assert left_in(org) == 2
    assert WriteBack.objects.filter(state="undone").count() == 200


def test_a_worker_that_died_leaves_its_run_to_the_next(org, mapping, cases):
    run = looked_at(mapping)
    runs.begin(run=run, delete_created=False, now=LATER)
    # It had put one back, and died before it could say so.
    UndoRun.objects.update(due_at=LATER + runs.LEASE, lease_token="1" * 32)
    org.org.update("Case", cases[0], {"Priority": "Low", "Comments": "as it was"})

    carry()
    assert words(org, cases) == ["as it was", "too slow", "too slow"]
    carry(now=LATER + runs.LEASE)

    run.refresh_from_db()
    assert (run.status, run.done) == ("done", {"restore": 2, "already": 1})
    assert words(org, cases) == ["as it was"] * 3


def test_what_was_settled_was_counted_however_a_worker_ends(org, mapping, cases):
    run = looked_at(mapping)
    runs.begin(run=run, delete_created=False, now=LATER)

    class Killed(Exception):
        pass

    def clock():
        if words(org, cases) == ["as it was"] * 3:
            raise Killed
        return LATER

    with pytest.raises(Killed):
        runs.carry_on(clock=clock, stop=lambda: False)
    assert not WrittenRecord.objects.exclude(undone_at=None).exists()
    carry(now=LATER + runs.LEASE)

    run.refresh_from_db()
    assert (run.status, run.done) == ("done", {"already": 3})
    assert WriteBack.objects.filter(state="undone").count() == 3


def test_one_that_comes_back_late_counts_nothing_twice(mapping, cases):
    run = looked_at(mapping)
    runs.begin(run=run, delete_created=False, now=LATER)
    run = UndoRun.objects.get()
    assert runs._claim(run, LATER)
    records = list(WrittenRecord.objects.all())

    carry(now=LATER + runs.LEASE)

    assert not runs._keep(run, records, [], LATER)
    run.refresh_from_db()
    assert (run.status, run.done) == ("done", {"restore": 3})


def test_an_org_that_is_down_is_asked_again(org, mapping, cases):
    run = runs.look_over(mapping=mapping, now=LATER)
    org.org.faults.unavailable = 9

    assert not carry()
    run.refresh_from_db()
    assert run.problem
    assert run.status == "looking"

    org.org.faults.clear()
    carry(now=LATER + runs.TRY_AGAIN)
    run.refresh_from_db()
    assert (run.problem, run.status) == ("", "ready")


def test_the_workers_are_woken_for_it(mapping, cases, settings):
    runs.look_over(mapping=mapping, now=LATER)

    assert import_string(runs.PUT_BACK) is tasks.put_back
    assert runs.PUT_BACK in settings.SWEEP_TASKS
    rung = [task.func() for task in OrmQ.objects.order_by("pk")]
    assert rung[-1] == runs.PUT_BACK


# -- what cannot be undone


def test_what_cannot_be_undone_is_told(connection, mapping, version, cases):
    def refused(**about):
        with pytest.raises(CannotBegin) as told:
            runs.look_over(**{"mapping": mapping, "now": LATER, **about})
        return told.value.field

    backfill = Backfill.objects.create(mapping=mapping, created_at=NOW)
    other = make_mapping(connection, version)

    assert refused(mapping=other) == ""
    assert refused(since=LATER) == "since"
    assert refused(backfill=backfill) == "backfill"
    assert refused(mapping=other, backfill=backfill) == "backfill"
    Backfill.objects.update(status=Backfill.Status.DONE)
    backfill.refresh_from_db()
    assert refused(backfill=backfill) == ""
    runs.look_over(mapping=mapping, now=LATER)
    assert refused() == "mapping"
    assert UndoRun.objects.count() == 1


def test_one_that_was_cancelled_makes_room(mapping, cases):
    run = looked_at(mapping)
    runs.cancel(run=run, now=LATER)

    assert not runs.begin(run=run, delete_created=False, now=LATER)
    assert looked_at(mapping).status == "ready"


def test_the_words_of_a_refusal_go_when_the_response_is_erased(mapping, cases):
    row = WriteBack.objects.first()
    run = looked_at(mapping)
    UndoFinding.objects.create(
        run=run, write_back=row, fate="refused", message="No: too slow"
    )

    forgetting.forget(response=row.response, now=LATER)

    assert UndoFinding.objects.get().message == ""


# -- doors


def at(name, *args):
    return reverse(f"admin:crm_mappings_{name}", args=args)


def test_a_backfill_is_put_back_in_the_admin(admin_client, org, connection, version):
    mapping = make_mapping(connection, version, record_step())
    make_response(version)
    backfill = Backfill.objects.create(mapping=mapping, total=1, created_at=NOW)
    tasks.deliver()
    Backfill.objects.update(status="done")

    offered = admin_client.get(at("backfill_change", backfill.pk)).content.decode()
    link = f"{reverse(ADD)}?mapping={mapping.pk}&amp;backfill={backfill.pk}"
    assert link in offered
    form = {"mapping": mapping.pk, "backfill": backfill.pk}
    form |= dict.fromkeys(("since_0", "since_1", "until_0", "until_1"), "")
    begun = admin_client.post(reverse(ADD), form, follow=True)
    assert "Being looked at" in begun.content.decode()
    run = UndoRun.objects.get()
    tasks.put_back()
    page = admin_client.get(at("undorun_change", run.pk)).content.decode()
    assert "Delete the record that Tellback made, too" in page
    admin_client.post(
        at("undorun_act", run.pk, "begin"), {"delete_created": "on"}, follow=True
    )
    tasks.put_back()

    page = admin_client.get(at("undorun_change", run.pk)).content.decode()
    assert "1 of 1 records" in page
    assert "1 / 1" in admin_client.get(at("undorun_changelist")).content.decode()
    assert left_in(org) == 0


def test_the_page_shows_what_is_not_put_back_and_why(admin_client, org, mapping, cases):
    org.org.update("Case", cases[0], {"Comments": "by hand"})
    run = looked_at(mapping)

    page = admin_client.get(at("undorun_change", run.pk)).content.decode()

    assert "Changed since by somebody else: Comments. It is left as it is." in page
    assert at("writeback_undo", run.findings.get().write_back_id) in page
    runs.pause(run=run)
    late = admin_client.post(at("undorun_act", run.pk, "pause"), follow=True)
    assert "That was too late" in late.content.decode()


def test_what_is_wrong_stands_beside_its_box(admin_client, mapping, cases):
    form = {"mapping": mapping.pk, "backfill": ""}
    form |= {"since_0": "2099-01-01", "since_1": "00:00", "until_0": "", "until_1": ""}

    page = admin_client.post(reverse(ADD), form).content.decode()

    assert "This must be before the other date." in page
    assert not UndoRun.objects.exists()


def test_more_than_a_page_can_take_is_led_to_the_run(admin_client, mapping, version):
    put_many(
        mapping,
        [answered(version, {"csat": 1}, at=STARTED) for _ in range(501)],
        state="written",
    )
    chosen = {"action": "undo_chosen", "select_across": "1", "_selected_action": ["1"]}

    answer = admin_client.post(at("writeback_changelist"), chosen)

    assert answer.url == f"{reverse(ADD)}?mapping={mapping.pk}"


def test_who_may_only_look_undoes_no_run(client, django_user_model, mapping, cases):
    from django.contrib.auth.models import Permission

    run = looked_at(mapping)
    user = django_user_model.objects.create_user("eve", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_undorun"))
    client.force_login(user)

    assert client.get(at("undorun_change", run.pk)).status_code == 200
    assert client.post(at("undorun_act", run.pk, "begin")).status_code == 403
    assert client.get(reverse(ADD)).status_code == 403
    run.refresh_from_db()
    assert run.status == "ready"
