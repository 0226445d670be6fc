"""What we say we wrote, beside what the org holds."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse
from django.utils import timezone
from lxml import html

from crm_mappings import delivery
from crm_mappings.delivery import reconciling
from crm_mappings.models import (
    Connection,
    Reconciliation,
    ReconciliationFinding,
    WriteBack,
    WrittenRecord,
)
from crm_mappings.nights import next_night
from surveys.models import Survey
from tests.factories.crm import (
    NOW,
    case_step,
    completed,
    deliver,
    make_case,
    make_mapping,
    record_step,
)
from tests.factories.responses import STARTED
from tests.factories.surveys import publish_survey, survey_document

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(hours=3)
SAID = {"csat": 1, "nps": 1, "why": "x"}


def compare(connection):
    return reconciling.reconcile(
        connection=connection,
        since=NOW - timedelta(days=1),
        until=LATER,
        clock=lambda: LATER,
    )


def counts(told):
    return told.checked, told.missing, told.changed, told.duplicate


def test_what_is_as_it_was_written_is_no_finding(org, connection, version):
    make_mapping(connection, version, record_step(), case_step())
    completed(version, SAID, records={"Case": make_case(org.org)})
    deliver()

    told = compare(connection)

    assert counts(told) == (2, 0, 0, 0)
    assert (told.ended_at, told.problem) == (LATER, "")


def test_a_record_that_somebody_has_deleted_is_missing_and_is_made_again(
    org, connection, version
):
    make_mapping(connection, version, record_step())
    completed(version)
    deliver()
    record = WrittenRecord.objects.get()
    org.org.delete(record.object, record.record_id)

    told = compare(connection)
    repaired = reconciling.repair(reconciliation=told, kinds=["missing"], now=LATER)

    assert counts(told) == (1, 1, 0, 0)
    assert told.findings.get().record_id == record.record_id
    assert repaired == 1
    assert deliver(now=LATER).written == 1
    assert len(org.org.query("SELECT Id FROM Tellback_Response__c")) == 1


def test_a_field_that_somebody_has_changed_is_told_and_left_unless_chosen(
    org, connection, version
):
    make_mapping(connection, version)
    case = make_case(org.org)
    completed(version, SAID, records={"Case": case})
    deliver()
    org.org.update("Case", case, {"Comments": "by hand"})

    told = compare(connection)

    assert counts(told) == (1, 0, 1, 0)
    assert told.findings.get().names == ["Comments"]
    assert reconciling.repair(reconciliation=told, kinds=["missing"], now=LATER) == 0
    assert reconciling.repair(reconciliation=told, kinds=["changed"], now=LATER) == 1
    deliver(now=LATER)
    assert org.org.read("Case", case)["Comments"] == "x"


def test_what_a_newer_response_has_written_is_no_change(org, connection, version):
    make_mapping(connection, version)
    case = make_case(org.org)
    for day, word in enumerate(("old", "new")):
        started = STARTED + timedelta(days=day)
        answers = {**SAID, "why": word}
        completed(version, answers, records={"Case": case}, started_at=started)
        deliver(now=NOW + timedelta(minutes=day))

    assert counts(compare(connection)) == (2, 0, 0, 0)


def test_a_second_record_with_our_key_is_a_duplicate(org, connection, version):
    make_mapping(connection, version, record_step())
    completed(version)
    deliver()
    record = WrittenRecord.objects.get()
    table = org.org.rows.table(record.object)
    table.put({**table.rows[record.record_id], "Id": "a00000000000999AAA"})

    told = compare(connection)

    assert told.duplicate == 1
    assert "a00000000000999AAA" in told.findings.get().names


def test_what_was_put_back_is_not_compared(org, connection, version):
    make_mapping(connection, version)
    completed(version, SAID, records={"Case": make_case(org.org)})
    deliver()
    delivery.undo(write_backs=WriteBack.objects.all(), now=LATER)

    assert counts(compare(connection)) == (0, 0, 0, 0)


def test_an_org_that_does_not_answer_is_told(org, connection, version):
    make_mapping(connection, version, record_step())
    completed(version)
    deliver()
    org.org.faults.unavailable = 9

    assert "busy" in compare(connection).problem


def test_each_connection_is_compared_once_a_night(connection):
    assert reconciling.reconcile_nightly(now=NOW) == 1
    assert reconciling.reconcile_nightly(now=LATER) == 0
    tonight = next_night(NOW)
    assert Connection.objects.get().reconcile_due_at == tonight
    assert reconciling.reconcile_nightly(now=tonight) == 1
    Connection.objects.update(status=Connection.Status.PAUSED)
    assert reconciling.reconcile_nightly(now=NOW + timedelta(days=2)) == 0
    assert Reconciliation.objects.count() == 2


def test_a_run_on_demand_does_not_stand_for_that_of_the_night(connection):
    compare(connection)

    assert reconciling.reconcile_nightly(now=LATER) == 1


def test_an_org_that_is_down_by_night_is_asked_an_hour_later(org, connection, version):
    make_mapping(connection, version, record_step())
    completed(version)
    deliver()
    org.org.faults.unavailable = 9

    reconciling.reconcile_nightly(now=LATER)

    assert Connection.objects.get().reconcile_due_at == LATER + reconciling.TRY_AGAIN
    org.org.faults.clear()
    assert reconciling.reconcile_nightly(now=LATER + reconciling.TRY_AGAIN) == 1
    assert Reconciliation.objects.order_by("pk").last().checked == 1


def test_a_long_run_goes_on_where_its_part_ended(org, connection, version):
    make_mapping(connection, version, record_step())
    for _ in range(5):
        completed(version)
    deliver()
    gone = WrittenRecord.objects.order_by("pk").last()
    org.org.delete(gone.object, gone.record_id)
    run = reconciling.begin(
        connection=connection, since=NOW - timedelta(days=1), until=LATER, now=LATER
    )

    seen = []
    for _ in range(4):
        run = Reconciliation.objects.get(pk=run.pk)
        reconciling.carry_on(run=run, clock=lambda: LATER, stop=lambda: True, batch=2)
        seen.append((run.checked, run.missing, run.ended_at is not None))

    assert seen == [(2, 0, False), (4, 0, False), (5, 1, False), (5, 1, True)]


def test_a_run_that_another_worker_has_is_left_until_its_lease_ends(connection):
    run = reconciling.begin(connection=connection, since=NOW, until=LATER, now=NOW)
    Reconciliation.objects.update(carried_at=NOW)
    Connection.objects.update(reconcile_due_at=NOW + timedelta(days=1))

    assert reconciling.reconcile_nightly(now=NOW + timedelta(minutes=1)) == 0
    assert reconciling.reconcile_nightly(now=NOW + reconciling.LEASE) == 1
    run.refresh_from_db()
    assert run.ended_at


def test_a_worker_that_was_slow_counts_nothing_twice(org, connection, version):
    make_mapping(connection, version, record_step())
    for _ in range(3):
        completed(version)
    deliver()
    for record in WrittenRecord.objects.all():
        org.org.delete(record.object, record.record_id)
    run = reconciling.begin(
        connection=connection, since=NOW - timedelta(days=1), until=LATER, now=LATER
    )
    slow = Reconciliation.objects.get()

    reconciling.carry_on(run=run, clock=lambda: LATER, stop=lambda: True, batch=2)
    reconciling.carry_on(run=slow, clock=lambda: LATER, stop=lambda: True, batch=2)
    run.refresh_from_db()

    assert (run.checked, run.missing, run.ended_at) == (2, 2, None)
    assert run.findings.count() == 2


# -- the screens


def url(name, *args):
    return reverse(f"admin:crm_mappings_reconciliation_{name}", args=args)


def test_a_span_is_compared_on_demand(admin_client, org, connection, version):
    make_mapping(connection, version)
    case = make_case(org.org)
    completed(version, SAID, records={"Case": case})
    deliver()
    org.org.update("Case", case, {"Comments": "by hand"})
    given = {
        "connection": connection.pk,
        "since_0": "2026-11-20",
        "since_1": "00:00",
        "until_0": "2026-11-22",
        "until_1": "00:00",
    }

    begun = admin_client.post(url("add"), given, follow=True).content.decode()
    reconciling.reconcile_nightly(now=LATER)
    run = Reconciliation.objects.order_by("pk").first()
    told = admin_client.get(url("change", run.pk)).content.decode()

    assert "Under way" in begun
    assert "Something differs" in told
    assert "Comments" in told


def test_only_what_is_chosen_is_repaired(admin_client, org, connection, version):
    make_mapping(connection, version)
    cases = [make_case(org.org) for _ in range(2)]
    for case in cases:
        completed(version, SAID, records={"Case": case})
    deliver()
    for case in cases:
        org.org.update("Case", case, {"Comments": "by hand"})
    run = compare(connection)

    wanted = run.findings.last()
    ticked = {"finding": [wanted.pk]}
    answer = admin_client.post(url("repair", run.pk), ticked, follow=True)
    deliver(now=timezone.now())

    assert "1 write-back is written again" in answer.content.decode()
    assert "written again</span>" in answer.content.decode()
    told = [org.org.read("Case", case)["Comments"] for case in cases]
    chosen = cases.index(wanted.record_id)
    assert told[chosen] == "x"
    assert told[1 - chosen] == "by hand"


def test_dates_the_wrong_way_round_are_refused_beside_their_box(
    admin_client, connection
):
    given = {
        "connection": connection.pk,
        "since_0": "2026-11-22",
        "since_1": "00:00",
        "until_0": "2026-11-20",
        "until_1": "00:00",
    }

    answer = admin_client.post(url("add"), given)

    assert "must be before" in answer.content.decode()
    assert not Reconciliation.objects.exists()


def test_who_may_only_look_repairs_nothing(client, django_user_model, connection):
    run = compare(connection)
    reader = django_user_model.objects.create_user("r", password="r", is_staff=True)
    looks = Permission.objects.filter(codename="view_reconciliation")
    reader.user_permissions.set(looks)
    client.force_login(reader)

    assert client.get(url("change", run.pk)).status_code == 200
    assert client.get(url("add")).status_code == 403
    assert client.post(url("repair", run.pk), {"finding": ["0"]}).status_code == 403


def somebody_sees(survey, client, users):
    """Log in somebody who may repair, and sees one survey and no other."""
    owner, other = (users.objects.create_user(name) for name in "ab")
    Survey.objects.exclude(pk=survey and survey.pk).update(owner=owner, everyone="none")
    other.is_staff = True
    other.save(update_fields=["is_staff"])
    rights = ("view_reconciliation", "change_writeback")
    other.user_permissions.set(Permission.objects.filter(codename__in=rights))
    client.force_login(other)


def test_what_is_about_a_hidden_survey_is_neither_shown_nor_repaired(
    client, django_user_model, org, connection, version
):
    make_mapping(connection, version)
    completed(version, SAID, records={"Case": (case := make_case(org.org))})
    deliver()
    org.org.update("Case", case, {"Comments": "by hand"})
    run = compare(connection)
    somebody_sees(None, client, django_user_model)

    shown = client.get(url("change", run.pk)).content.decode()
    client.post(url("repair", run.pk), {"every": "changed"})
    client.post(url("repair", run.pk), {"finding": [run.findings.get().pk]})

    assert case not in shown
    assert "All is as it was written" in shown
    assert run.findings.get().repaired_at is None


def test_only_what_was_found_of_surveys_that_one_sees_is_counted(
    client, admin_client, django_user_model, org, connection, version
):
    other = publish_survey(survey_document(key="other"))
    for of_survey, times in ((version, 1), (other, 2)):
        make_mapping(connection, of_survey, record_step())
        for _ in range(times):
            completed(of_survey)
    deliver()
    for record in WrittenRecord.objects.all():
        org.org.delete(record.object, record.record_id)
    run = compare(connection)
    somebody_sees(version.survey, client, django_user_model)

    def told(of_client):
        listed = of_client.get(url("changelist")).content.decode()
        head = html.fromstring(of_client.get(url("change", run.pk)).content)
        facts = head.xpath("//dl/div/dd[not(*)]/text()")[1:5]
        return re.findall(r"\d / \d / \d", listed), facts

    assert told(admin_client) == (["3 / 0 / 0"], ["3", "3", "0", "0"])
    assert told(client) == (["1 / 0 / 0"], ["3", "1", "0", "0"])


def test_every_finding_is_kept_and_can_be_repaired_at_once(
    admin_client, org, connection, version
):
    make_mapping(connection, version, record_step())
    for _ in range(3):
        completed(version)
    deliver()
    for record in WrittenRecord.objects.all():
        org.org.delete(record.object, record.record_id)
    run = compare(connection)

    asked = {"every": "missing"}
    done = admin_client.post(url("repair", run.pk), asked, follow=True)

    assert run.findings.count() == run.missing == 3
    assert "3 write-backs are written again" in done.content.decode()
    assert not run.findings.filter(repaired_at=None).exists()


def test_findings_are_paged_through_to_the_last(admin_client, org, connection, version):
    make_mapping(connection, version, record_step())
    completed(version)
    deliver()
    run = compare(connection)
    ReconciliationFinding.objects.bulk_create(
        ReconciliationFinding(
            reconciliation=run,
            kind="missing",
            write_back=WriteBack.objects.get(),
            object="Case",
            record_id=f"500{number:012}AAA",
        )
        for number in range(250)
    )

    last = admin_client.get(url("change", run.pk), {"p": 3}).content.decode()

    assert "201–250 of 250" in last
    assert "500000000000249AAA" in last


def test_only_one_kind_is_shown_where_that_is_wanted(
    admin_client, org, connection, version
):
    make_mapping(connection, version, record_step(), case_step())
    case = make_case(org.org)
    completed(version, SAID, records={"Case": case})
    deliver()
    gone = WrittenRecord.objects.get(object="Tellback_Response__c")
    org.org.delete(gone.object, gone.record_id)
    org.org.update("Case", case, {"Comments": "by hand"})
    run = compare(connection)

    told = admin_client.get(url("change", run.pk), {"kind": "changed"})

    assert case in told.content.decode()
    assert gone.record_id not in told.content.decode()


def test_what_was_found_is_forgotten_after_three_months(connection):
    compare(connection)

    reconciling.reconcile_nightly(now=LATER + reconciling.KEPT + timedelta(days=1))

    assert Reconciliation.objects.count() == 1


@pytest.mark.parametrize("model", ["reconciliation", "backfill"])
def test_the_calendar_knows_its_words_before_it_is_drawn(admin_client, model):
    page = admin_client.get(reverse(f"admin:crm_mappings_{model}_add")).content

    assert 0 < page.index(b"jsi18n") < page.index(b"calendar.js")
