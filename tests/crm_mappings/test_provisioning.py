"""A managed mapping in an org: proposed, validated, deployed, verified, written."""

import io
import zipfile
from datetime import timedelta

import pytest
from lxml import etree

from crm_mappings import activation, connections, documents, provisioning
from crm_mappings.models import Mapping, Provisioning
from crm_mappings.plan.managed import State as FieldState
from crm_mappings.provisioning import CannotPropose, CannotStart, drafting, starting
from surveys.models import Survey
from tests.factories.crm import NOW, completed, deliver, make_case
from tests.factories.deployments import make_deployment, make_trigger
from tests.factories.kinds import of_kind
from tests.factories.surveys import publish_survey, survey_document

RECORDS = ["Case", "Contact", "Account"]
State = Provisioning.State


@pytest.fixture
def bare(org):
    """An org that has never heard of Tellback."""
    org.org.remove_object("Tellback_Response__c")
    return org


def start(version, connection, **options):
    given = {"records": RECORDS, "now": NOW, **options}
    return provisioning.start(survey=version.survey, connection=connection, **given)


def carry(row, *, turns=20):
    """Let time pass until it has ended."""
    now = NOW
    for _turn in range(turns):
        now += timedelta(minutes=5)
        provisioning.carry_on(now=now)
        row.refresh_from_db()
        if not row.under_way:
            return row
    raise AssertionError(f"it does not end: {row.state} {row.message}")


def deployed(version, connection, **options):
    row = carry(start(version, connection, **options))
    assert row.state == State.DONE, (row.message, row.problems)
    return row


def test_the_proposal_says_what_is_there_and_what_would_come(bare, version, connection):
    proposal = provisioning.propose(
        survey=version.survey, connection=connection, records=RECORDS, now=NOW
    )

    assert [one.exists for one in proposal.objects] == [False, True, True]
    assert proposal.count(FieldState.EXISTS) == 0
    assert not Provisioning.objects.exists()


def test_validating_says_that_it_would_work_and_changes_nothing(
    bare, version, connection
):
    row = carry(start(version, connection, check_only=True))

    assert row.state == State.DONE
    assert row.mapping is None
    assert not bare.org.catalogue.has("Tellback_Response__c")


def test_deploying_makes_all_of_it_and_a_mapping_that_can_go_live(
    bare, version, connection
):
    row = deployed(version, connection)

    assert row.components == row.deployed > 10
    findings = activation.check(mapping=row.mapping, now=NOW)
    assert not list(filter(activation.will_fail, findings))
    assert row.mapping.status == Mapping.Status.DRAFT
    activation.activate(mapping=row.mapping, now=NOW)


def test_what_is_answered_stands_in_the_org(bare, version, connection):
    row = deployed(version, connection)
    activation.activate(mapping=row.mapping, now=NOW)
    account = bare.org.insert("Account", {"Name": "Acme"})
    contact = bare.org.insert("Contact", {"LastName": "Lovelace", "AccountId": account})
    case = make_case(bare.org, ContactId=contact)
    records = {"Case": case, "Contact": contact, "Account": account}

    completed(version, {"csat": 4, "nps": 9, "topics": ["speed"]}, records=records)
    deliver()

    [answer] = bare.org.query(
        "SELECT Name, Survey__c, Score__c, NPS__c, NPS_Group__c, CSAT__c, Topics__c, "
        "Case__c, Contact__r.LastName, Status__c FROM Tellback_Response__c"
    )
    assert answer["NPS__c"] == answer["Score__c"] == 9
    assert answer["NPS_Group__c"] == "promoter"
    assert answer["Topics__c"] == "speed"
    assert answer["Case__c"] == case
    assert answer["Contact__r"]["LastName"] == "Lovelace"
    for name, key in (("Contact", contact), ("Account", account)):
        kept = bare.org.read(name, key)
        assert kept["Tellback_Last_NPS__c"] == 9
        assert kept["Tellback_Last_NPS_Group__c"] == "promoter"
        assert kept["Tellback_Last_NPS_Date__c"]


def test_running_it_again_changes_nothing(bare, version, connection):
    first = deployed(version, connection)
    before = documents.mapping_document(first.mapping)

    again = deployed(version, connection)

    assert again.files == {}
    assert again.deploy_id == ""
    assert again.mapping == first.mapping
    assert documents.mapping_document(again.mapping) == before
    assert Mapping.objects.count() == 1


def test_what_people_changed_in_the_mapping_stays(bare, version, connection):
    row = deployed(version, connection)
    rule = row.mapping.steps.get(key="response").rules.get(field="Survey__c")
    rule.value = {"constant": "Ours"}
    rule.save(update_fields=["value"])
    row.mapping.steps.get(key="last_nps_account").delete()

    deployed(version, connection)

    steps = row.mapping.steps.values_list("key", flat=True)
    assert "last_nps_account" in steps  # what is missing comes again
    found = row.mapping.steps.get(key="response").rules.get(field="Survey__c")
    assert found.value == {"constant": "Ours"}


def test_a_new_question_gets_its_field_and_its_rule(bare, version, connection):
    row = deployed(version, connection)
    pages = survey_document()["pages"]
    asked = [*pages[0]["questions"], of_kind("date", "next_time")]
    pages = [{**pages[0], "questions": asked}, *pages[1:]]
    newer = publish_survey(survey_document(pages=pages))

    again = deployed(newer, connection)

    assert list(again.files) == [
        "package.xml",
        "objects/Tellback_Response__c.object",
        "permissionsets/Tellback_Responses.permissionset",
    ]
    fields = row.mapping.steps.get(key="response").rules
    assert fields.filter(field="Next_Time__c").exists()
    seen = connections.describe(
        connection=connection, object="Tellback_Response__c", now=NOW
    )
    assert "NPS__c" in seen.fields  # the permission set still shows the others


def test_an_object_that_is_there_is_taken_as_it_is(org, version, connection):
    row = deployed(version, connection)

    body = row.files["objects/Tellback_Response__c.object"]
    assert "nameField" not in body
    assert "Survey_Key__c" in body
    assert "<fullName>Survey__c" not in body
    assert row.mapping.steps.get(key="response").key_field == "Tellback_Key__c"


def test_a_refusal_is_told_component_by_component(bare, version, connection):
    row = start(version, connection)
    path = "objects/Tellback_Response__c.object"
    files = {**row.files, path: row.files[path].replace(">Url<", ">Feeling<")}
    Provisioning.objects.filter(pk=row.pk).update(files=files)

    carry(row)

    assert row.state == State.FAILED
    assert {"Tellback_Response__c.Link__c", "Tellback_Responses"} >= {
        problem["name"] for problem in row.problems
    }
    assert not bare.org.catalogue.has("Tellback_Response__c")


def test_without_the_right_to_change_metadata_it_says_what_to_do(
    bare, version, connection
):
    for name in ("ModifyMetadata", "ModifyAllData"):
        bare.org.set_right(name, granted=False)

    row = carry(start(version, connection))

    assert row.state == State.FAILED
    assert "Modify Metadata" in row.message
    for name in ("ModifyMetadata", "ModifyAllData"):
        bare.org.set_right(name, granted=True)
    assert provisioning.go_on(row=row, now=NOW)
    assert carry(row).state == State.DONE


def test_when_the_user_may_not_assign_an_administrator_does_and_it_goes_on(
    bare, version, connection
):
    bare.org.set_right("AssignPermissionSets", granted=False)
    row = carry(start(version, connection))
    assert row.state == State.FAILED
    assert "Tellback Responses" in row.message
    assert row.deployed_at is not None
    [given] = bare.org.query(
        "SELECT Id FROM PermissionSet WHERE Name = 'Tellback_Responses'"
    )
    bare.org.set_right("AssignPermissionSets", granted=True, user_id=bare.org.admin_id)
    bare.org.insert(
        "PermissionSetAssignment",
        {"AssigneeId": bare.org.integration_id, "PermissionSetId": given["Id"]},
    )

    provisioning.go_on(row=row, now=NOW)

    assert carry(row).state == State.DONE
    assert row.mapping is not None


def test_an_outage_costs_a_delay(bare, version, connection):
    row = start(version, connection)
    bare.org.faults.unavailable = 2

    provisioning.carry_on(now=NOW)
    row.refresh_from_db()

    assert row.under_way
    assert "tried again" in row.message
    assert carry(row).state == State.DONE


def test_a_long_deploy_outlives_an_outage(bare, version, connection):
    row = start(version, connection)
    provisioning.carry_on(now=NOW)
    Provisioning.objects.filter(pk=row.pk).update(tries=50)
    bare.org.faults.unavailable = 2

    assert carry(row).state == State.DONE


def test_an_org_that_is_down_for_good_needs_a_person(bare, version, connection):
    row = start(version, connection)
    bare.org.faults.unavailable = 100

    carry(row, turns=60)

    assert row.state == State.FAILED
    bare.org.faults.unavailable = 0
    provisioning.go_on(row=row, now=NOW)
    assert carry(row).state == State.DONE


def test_a_lost_answer_costs_another_deploy_and_no_more(bare, version, connection):
    row = start(version, connection)
    bare.org.faults.drop_after_commit = 1

    assert carry(row).state == State.DONE


def test_one_worker_has_it_at_a_time(bare, version, connection):
    row = start(version, connection)
    Provisioning.objects.filter(pk=row.pk).update(due_at=NOW + timedelta(minutes=1))

    assert provisioning.carry_on(now=NOW) == 0


def test_a_second_one_waits_for_the_first(bare, version, connection):
    start(version, connection)

    with pytest.raises(CannotStart):
        start(version, connection)


def test_it_can_be_cancelled_before_and_while_salesforce_is_at_work(
    bare, version, connection
):
    waiting = start(version, connection)
    assert provisioning.cancel(row=waiting, now=NOW)
    waiting.refresh_from_db()
    assert waiting.state == State.CANCELLED

    sent = start(version, connection)
    provisioning.carry_on(now=NOW)
    sent.refresh_from_db()
    assert provisioning.cancel(row=sent, now=NOW)
    assert carry(sent).state == State.CANCELLED
    assert not bare.org.catalogue.has("Tellback_Response__c")


def test_what_is_done_cannot_be_cancelled(bare, version, connection):
    row = deployed(version, connection)

    assert not provisioning.cancel(row=row, now=NOW)


def test_a_survey_that_cannot_be_read_is_not_proposed(bare, connection):
    survey = Survey.objects.create(key="empty", default_language="en")

    with pytest.raises(CannotPropose, match="Finish the questions"):
        provisioning.propose(survey=survey, connection=connection, records=[], now=NOW)


def test_the_records_come_from_what_triggers_tie_to_the_survey(version):
    deployment = make_deployment(version.survey)
    make_trigger(deployment, object="Opportunity", records={"Order__c": "Order__c"})

    choices, chosen = provisioning.record_choices(version.survey)

    assert {"Opportunity", "Order__c"} <= set(chosen)
    assert {"Case", "Contact", "Account", "Lead"} <= set(choices)


@pytest.mark.parametrize("source", [False, True])
def test_an_administrator_gets_the_same_as_a_package(bare, version, connection, source):
    proposal = provisioning.propose(
        survey=version.survey, connection=connection, records=RECORDS, now=NOW
    )

    body = provisioning.package(proposal, source=source)

    assert body == provisioning.package(proposal, source=source)
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        names = archive.namelist()
        for name in names:
            if name.endswith("xml"):
                etree.fromstring(archive.read(name))
    there = "force-app/main/default/objects/Tellback_Response__c"
    assert (f"{there}/fields/NPS__c.field-meta.xml" in names) is source
    assert ("package.xml" in names) is not source


def test_joining_adds_only_what_lacks():
    rule = {"field": "A__c", "value": {"constant": 1}}
    other = {"field": "B__c", "value": {"constant": 2}}
    one = {"key": "one", "object": "Case", "fields": [rule]}
    two = {"key": "two", "object": "Case", "fields": [other]}
    proposed = {"steps": [{**one, "fields": [{**rule, "value": 3}, other]}, two]}

    joined = drafting.joined({"steps": [one]}, proposed)

    assert joined["steps"] == [{**one, "fields": [rule, other]}, two]
    assert drafting.joined(joined, proposed) == joined


def test_of_two_who_start_at_the_same_moment_the_database_takes_one(
    bare, version, connection
):
    row = start(version, connection)
    late = {"survey": row.survey, "connection": connection, "kind": row.kind}

    with pytest.raises(CannotStart, match="already"):
        starting._begun(**late, due_at=NOW, created_at=NOW)

    assert Provisioning.objects.count() == 1


def test_what_failed_does_not_go_on_beside_another_that_is_under_way(
    bare, version, connection
):
    failed = start(version, connection)
    Provisioning.objects.update(state=State.FAILED)
    start(version, connection)

    assert not provisioning.go_on(row=failed, now=NOW)
    failed.refresh_from_db()
    assert failed.state == State.FAILED
