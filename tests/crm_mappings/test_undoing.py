"""Putting back what was written, and giving up what was not."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm_mappings import delivery
from crm_mappings.delivery.comparing import same
from crm_mappings.delivery.undoing import Fate, words
from crm_mappings.delivery.undoing.acts import asking, putting_back
from crm_mappings.emulator.faults import ValidationRule
from crm_mappings.emulator.schema import fields as kinds
from crm_mappings.models import Attempt, WriteBack, WrittenRecord
from tests.factories.crm import (
    NOW,
    case_step,
    completed,
    deliver,
    make_case,
    make_mapping,
    only_write_back,
    record_step,
)
from tests.factories.responses import STARTED

LATER = NOW + timedelta(hours=3)
everything = WriteBack.objects.all
database = pytest.mark.django_db


def said(version, case, word, day=0):
    return completed(
        version,
        {"csat": 1, "nps": 1, "why": word},
        records={"Case": case},
        started_at=STARTED + timedelta(days=day),
    )


@pytest.fixture
def case(org) -> str:
    return make_case(org.org, Priority="Low", Comments="as it was")


def undo(**options):
    return delivery.undo(write_backs=everything(), now=LATER, **options)


@database
def test_an_update_is_put_back(org, connection, version, case):
    make_mapping(connection, version)
    said(version, case, "x")
    deliver()

    done = undo()

    assert (done.undone, done.left) == (1, 0)
    row = org.org.read("Case", case)
    assert (row["Priority"], row["Comments"]) == ("Low", "as it was")
    assert only_write_back().state == "undone"
    assert WrittenRecord.objects.get().undone_at == LATER
    assert Attempt.objects.order_by("pk").last().outcome == "undone"


@database
def test_a_field_that_somebody_has_changed_since_is_shown_and_left(
    org, connection, version, case
):
    make_mapping(connection, version)
    said(version, case, "x")
    deliver()
    org.org.update("Case", case, {"Comments": "by hand"})

    [finding] = delivery.look(write_backs=everything(), now=LATER)
    done = undo()

    assert finding.fate is Fate.CHANGED
    [changed] = finding.changed
    assert (changed.name, changed.before, changed.wrote, changed.holds) == (
        *("Comments", "as it was", "x", "by hand"),
    )
    assert "Comments" in words(finding)
    assert (done.undone, done.left) == (0, 1)
    row = org.org.read("Case", case)
    assert (row["Priority"], row["Comments"]) == ("High", "by hand")
    assert only_write_back().state == "written"
    assert Attempt.objects.order_by("pk").last().outcome == "undo_refused"


@database
def test_a_run_about_one_record_is_put_back_to_what_was_before_it(
    org, connection, version, case
):
    make_mapping(connection, version)
    for day, word in enumerate(("one", "two", "three")):
        said(version, case, word, day)
        deliver(now=NOW + timedelta(minutes=day))

    assert undo().undone == 3

    assert org.org.read("Case", case)["Comments"] == "as it was"


@database
def test_an_answer_that_a_newer_one_has_overwritten_cannot_be_put_back_alone(
    org, connection, version, case
):
    make_mapping(
        connection,
        version,
        case_step(fields=[{"field": "Comments", "value": {"question": "why"}}]),
    )
    old = said(version, case, "one", 0)
    deliver()
    said(version, case, "two", 1)
    deliver()

    done = delivery.undo(write_backs=everything().filter(response=old), now=LATER)

    assert (done.undone, done.left) == (0, 1)
    assert org.org.read("Case", case)["Comments"] == "two"


FIELDS = [
    (
        kinds.moment("Spelt__c", "Spelt"),
        "2026-01-02T03:04:05.678Z",
        "2025-12-31T10:00:00Z",
    ),
    (kinds.day("Spelt__c", "Spelt"), "2026-01-02", "2025-12-31"),
    (kinds.number("Spelt__c", "Spelt", 18, 2, type="currency"), 12.345, 7.5),
    (kinds.pick("Spelt__c", "Spelt", "Yes,No", restricted=True), "Yes", "No"),
    (
        kinds.picks("Spelt__c", "Spelt", "a,b,c", restricted=True),
        "c;a",
        "b",
    ),
    (kinds.text("Spelt__c", "Spelt", 20), "space at the end  ", "before"),
    (kinds.text("Spelt__c", "Spelt", 5), "much too long", "short"),
    (kinds.check("Spelt__c", "Spelt"), True, False),
    (kinds.area("Spelt__c", "Spelt", 255), "two\r\nlines \n", "one"),
]


@database
@pytest.mark.parametrize(
    ("field", "wrote", "before"), FIELDS, ids=lambda one: getattr(one, "type", "")
)
def test_how_an_org_spells_what_we_wrote_is_no_change_of_somebody_else(
    org, connection, version, field, wrote, before
):
    org.org.add_field("Case", field)
    case = make_case(org.org, Spelt__c=before)
    was = org.org.read("Case", case)["Spelt__c"]
    rule = {"field": "Spelt__c", "value": {"constant": wrote}}
    if field.length == 5:
        rule["transforms"] = ["truncate:5"]
    make_mapping(connection, version, case_step(fields=[rule]))
    said(version, case, "x")
    assert deliver().written == 1
    assert org.org.read("Case", case)["Spelt__c"] != was

    done = undo()

    assert [finding.fate for finding in done.findings] == [Fate.RESTORE]
    assert org.org.read("Case", case)["Spelt__c"] == was


@database
def test_a_record_that_was_made_is_deleted_only_with_consent(org, connection, version):
    make_mapping(connection, version, record_step())
    completed(version)
    deliver()

    assert undo().count(Fate.KEEP) == 1
    assert len(org.org.query("SELECT Id FROM Tellback_Response__c")) == 1
    assert only_write_back().state == "written"

    assert undo(delete_created=True).undone == 1
    assert org.org.query("SELECT Id FROM Tellback_Response__c") == []
    assert only_write_back().state == "undone"


@database
def test_a_record_that_was_made_and_then_changed_is_not_deleted(
    org, connection, version
):
    make_mapping(connection, version, record_step())
    completed(version)
    deliver()
    record = WrittenRecord.objects.get()
    org.org.update(record.object, record.record_id, {"Score__c": 1})

    assert undo(delete_created=True).count(Fate.CHANGED) == 1
    assert len(org.org.query("SELECT Id FROM Tellback_Response__c")) == 1


@database
def test_undoing_twice_does_nothing_more(org, connection, version, case):
    make_mapping(connection, version)
    said(version, case, "x")
    deliver()
    undo()

    assert undo().findings == []


@database
def test_what_another_has_put_back_meanwhile_is_not_put_back_again(
    org, connection, version, case
):
    make_mapping(connection, version)
    said(version, case, "one")
    deliver()
    read = list(WrittenRecord.objects.all())
    undo()

    with (
        asking(connection, LATER) as client,
        putting_back(
            org=client, connection=connection, records=read, now=LATER
        ) as findings,
    ):
        assert findings == []


@database
def test_a_record_that_the_org_will_not_take_back_is_told(
    org, connection, version, case
):
    make_mapping(connection, version)
    said(version, case, "x")
    deliver()
    org.org.add_validation_rule(
        ValidationRule(object_name="Case", field="Priority", value="Low", message="No")
    )

    [finding] = undo().findings

    assert (finding.fate, finding.message) == (Fate.REFUSED, "No")
    assert only_write_back().state == "written"


@database
def test_what_was_undone_can_be_written_again(org, connection, version, case):
    make_mapping(connection, version)
    said(version, case, "x")
    deliver()
    undo()
    org.org.update("Case", case, {"Comments": "by hand"})

    assert delivery.send_again(write_backs=everything(), now=LATER) == 1
    assert deliver(now=LATER).written == 1

    assert org.org.read("Case", case)["Comments"] == "x"
    assert WrittenRecord.objects.get().previous["Comments"] == "by hand"


@database
def test_a_write_back_is_given_up_with_the_reason(connection, version):
    make_mapping(connection, version)
    completed(version)
    deliver()

    count = delivery.give_up(write_backs=everything(), reason="A test", now=LATER)

    row = only_write_back()
    assert (count, row.state, row.error_code) == (1, "skipped", "GIVEN_UP")
    assert row.reason == "A test"
    assert Attempt.objects.order_by("pk").last().outcome == "given_up"
    assert deliver(now=LATER).claimed == 0


@database
def test_what_is_written_is_not_given_up(org, connection, version):
    make_mapping(connection, version, record_step())
    completed(version)
    deliver()

    assert delivery.give_up(write_backs=everything(), reason="x", now=LATER) == 0


# -- what is the same


@pytest.mark.parametrize(
    ("wrote", "holds"),
    [
        (None, ""),
        (5, 5.0),
        ("a\nb ", "a\r\nb"),
        ("quality;speed", "speed;quality"),
        ("2026-01-02T03:04:05.000Z", "2026-01-02T03:04:05.000+0000"),
        ("2026-01-02T03:04:05.678Z", "2026-01-02T03:04:05.000+0000"),
        ("2026-01-02T03:04:05+02:00", "2026-01-02T01:04:05.000+0000"),
        ("001ak00000OQTie", "001ak00000OQTieAAH"),
        ("Ada@Example.com", "ada@example.com"),
        ("12 &lt; 13<br>it's", "12 &lt; 13<br />it&#39;s"),
        (1234.5, 1234.50),
        ("quality; speed", "speed;quality"),
        (True, True),
    ],
)
def test_an_org_spells_values_in_its_own_way(wrote, holds):
    assert same(wrote, holds)


@pytest.mark.parametrize(
    ("wrote", "holds"),
    [
        ("2026-01-02T03:04:05Z", "2026-01-02T03:04:06.000+0000"),
        ("Ada", "ada"),
        (12.34, 12.35),
        (None, 0),
        (5, 6),
        ("a", "b"),
        (True, 1),
        ("5", 5),
        ("a;b", "a"),
        (False, None),
    ],
)
def test_what_differs_is_not_the_same(wrote, holds):
    assert not same(wrote, holds)


@settings(deadline=None)
@given(st.none() | st.booleans() | st.integers() | st.text())
def test_every_value_is_the_same_as_itself(value):
    assert same(value, value)
