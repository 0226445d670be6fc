"""Nothing goes live that the org would refuse; what goes live is frozen."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model

from crm_mappings import activation, documents
from crm_mappings.models import Mapping
from crm_mappings.plan.differing import as_drafted, differences
from tests.factories.crm import (
    NOW,
    case_step,
    completed,
    deliver,
    make_case,
    make_connection,
    only_write_back,
    task_step,
)
from tests.factories.surveys import make_survey, survey_document


def save(connection, survey, *steps):
    return documents.save_document(
        document={
            "key": "csat-to-case",
            "survey": survey.key,
            "connection": connection.key,
            "steps": list(steps) or [case_step()],
        }
    )


def failing(findings):
    return [finding for finding in findings if finding.grade == "will_fail"]


def test_activation_freezes_the_draft_as_the_first_revision(connection, version):
    mapping = save(connection, version.survey)
    user = get_user_model().objects.create_user("ada")

    revision = activation.activate(mapping=mapping, now=NOW, user=user)

    mapping.refresh_from_db()
    assert mapping.status == Mapping.Status.ACTIVE
    assert mapping.live_revision == revision
    assert (revision.number, revision.activated_by) == (1, user)
    assert revision.document == documents.mapping_document(mapping)


def test_new_records_get_our_key_wherever_the_object_has_a_field_for_it(
    org, connection, version
):
    mapping = save(connection, version.survey, task_step())

    revision = activation.activate(mapping=mapping, now=NOW)

    (step,) = revision.document["steps"]
    assert step["key_field"] == "Tellback_Key__c"
    completed(version, records={"Case": make_case(org.org)})
    org.org.faults.drop_after_commit = 1
    assert deliver().waiting == 1
    assert deliver(now=NOW + timedelta(hours=1)).written == 1
    (task,) = org.org.query("SELECT Tellback_Key__c FROM Task")
    assert task["Tellback_Key__c"]
    assert only_write_back().attempts == 2


def test_a_key_that_was_chosen_by_itself_is_no_change_of_the_draft(connection, version):
    mapping = save(connection, version.survey, task_step())
    live = activation.activate(mapping=mapping, now=NOW).document
    draft = documents.mapping_document(mapping)

    assert draft["steps"][0]["key_field"] is None
    assert differences(as_drafted(live, draft), draft) == []
    other = {**draft, "steps": [{**draft["steps"][0], "key_field": "Other__c"}]}
    assert [one.what for one in differences(as_drafted(live, other), other)] == [
        "Key field"
    ]


def test_each_activation_gets_the_next_number(connection, version):
    mapping = save(connection, version.survey)

    numbers = [activation.activate(mapping=mapping, now=NOW).number for _ in range(3)]

    assert numbers == [1, 2, 3]


def test_activation_clears_what_was_wrong(connection, version):
    mapping = save(connection, version.survey)
    Mapping.objects.update(status=Mapping.Status.PAUSED, problem="A field is gone.")

    activation.activate(mapping=mapping, now=NOW)

    mapping.refresh_from_db()
    assert (mapping.status, mapping.problem) == (Mapping.Status.ACTIVE, "")


def test_a_field_that_the_org_does_not_have_is_refused(connection, version):
    rule = {"field": "Nowhere__c", "value": {"question": "csat"}}
    mapping = save(connection, version.survey, case_step(fields=[rule]))

    with pytest.raises(activation.MappingRefused) as error:
        activation.activate(mapping=mapping, now=NOW)

    found = failing(error.value.findings)
    assert [(one.step, one.field) for one in found] == [("case", "Nowhere__c")]
    assert "Nowhere__c" in str(error.value)
    mapping.refresh_from_db()
    assert (mapping.status, mapping.live_revision) == (Mapping.Status.DRAFT, None)


def test_a_refused_activation_leaves_the_live_revision_running(connection, version):
    mapping = save(connection, version.survey)
    live = activation.activate(mapping=mapping, now=NOW)
    rule = {"field": "Nowhere__c", "value": {"question": "csat"}}
    save(connection, version.survey, case_step(fields=[rule]))

    with pytest.raises(activation.MappingRefused):
        activation.activate(mapping=mapping, now=NOW)

    mapping.refresh_from_db()
    assert (mapping.status, mapping.live_revision) == (Mapping.Status.ACTIVE, live)


def test_an_object_that_is_not_there_is_said_of_its_step(connection, version):
    mapping = save(connection, version.survey, case_step(object="Nowhere__c"))

    (finding,) = activation.check(mapping=mapping, now=NOW)

    assert (finding.step, finding.grade) == ("case", "will_fail")
    assert "Nowhere__c" in finding.message


def test_a_connection_that_is_not_logged_in_is_said(org, version):
    mapping = save(make_connection(org), version.survey)

    (finding,) = activation.check(mapping=mapping, now=NOW)

    assert finding.grade == "will_fail"
    assert "Case" in finding.message


def test_an_unpublished_survey_is_refused(connection):
    mapping = save(connection, make_survey(survey_document()))

    (finding,) = activation.check(mapping=mapping, now=NOW)

    assert finding.grade == "will_fail"
    assert "not published" in finding.message


def test_an_unfinished_draft_is_told_where_it_is_unfinished(connection, version):
    mapping = documents.begin(
        key="new",
        name="New",
        survey=version.survey,
        connection=connection,
        object="Case",
        record="Case",
    )

    (finding,) = activation.check(mapping=mapping, now=NOW)

    assert (finding.step, finding.field) == ("case", None)
    with pytest.raises(activation.MappingRefused):
        activation.activate(mapping=mapping, now=NOW)


def test_what_is_wrong_with_a_rule_names_its_field(connection, version):
    mapping = save(connection, version.survey)
    mapping.steps.get().rules.filter(field="Comments").update(blank="default")

    (finding,) = activation.check(mapping=mapping, now=NOW)

    assert (finding.step, finding.field) == ("case", "Comments")


def test_only_an_active_mapping_is_paused(connection, version):
    mapping = save(connection, version.survey)
    assert not activation.pause(mapping=mapping)
    activation.activate(mapping=mapping, now=NOW)

    assert activation.pause(mapping=mapping)

    mapping.refresh_from_db()
    assert mapping.status == Mapping.Status.PAUSED
    assert mapping.live_revision.number == 1
