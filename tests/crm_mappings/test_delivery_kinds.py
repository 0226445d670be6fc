"""What steps can do besides writing one record: find or create, posts, files, events,
record types, and duplicates that an administrator lets pass."""

from __future__ import annotations

import base64

import pytest
from django.core.files.base import ContentFile

from crm_mappings import activation, delivery
from crm_mappings.delivery import erasing, forgetting
from crm_mappings.emulator.duplicates import DuplicateRule
from crm_mappings.emulator.record_types import add_record_type
from crm_mappings.models import Connection, WriteBack, WrittenRecord
from responses.models import Upload
from tests.factories.crm import (
    NOW,
    case_step,
    completed,
    deliver,
    make_case,
    make_mapping,
    only_write_back,
    task_step,
)
from tests.factories.surveys import publish_survey, survey_document

pytestmark = pytest.mark.django_db
State = WriteBack.State
MAIL = {"key": "mail", "kind": "email", "text": {"en": "Your e-mail?"}}
PHOTO = {"key": "photo", "kind": "file", "text": {"en": "A photo?"}}
NPS = {"key": "nps", "kind": "nps", "text": {"en": "Would you recommend us?"}}
CONTENT = b"%PDF-1.4 a receipt"


@pytest.fixture
def asking(db):
    pages = [{"key": "p1", "questions": [MAIL, PHOTO, NPS]}]
    return publish_survey(survey_document(pages=pages))


def find_contact(**more):
    return {
        "key": "contact",
        "action": "find",
        "object": "Contact",
        "find": [{"email": "Email", "value": {"question": "mail"}}],
        "no_match": "skip",
        **more,
    }


def create_lead(**more):
    return {
        "key": "lead",
        "action": "create",
        "object": "Lead",
        "condition": {"step": "contact", "op": "blank"},
        "fields": [
            {"field": "LastName", "value": {"constant": "Unknown"}},
            {"field": "Company", "value": {"constant": "Unknown"}},
            {"field": "Email", "value": {"question": "mail"}},
        ],
        **more,
    }


WHO = {
    "key": "task",
    "action": "create",
    "object": "Task",
    "fields": [
        {"field": "WhoId", "value": {"step": "contact", "or": "lead"}},
        {"field": "WhatId", "value": {"record": "Case"}},
        {"field": "Subject", "value": {"constant": "Call back"}},
    ],
}


def task_of(org):
    (task,) = org.org.query("SELECT WhoId, WhatId FROM Task")
    return task["WhoId"]


def test_a_contact_that_is_found_is_used(org, connection, asking):
    contact = org.org.insert("Contact", {"LastName": "L", "Email": "ada@example.com"})
    make_mapping(connection, asking, find_contact(), create_lead(), WHO)
    completed(asking, {"mail": "ADA@example.com"}, records={"Case": make_case(org.org)})

    assert deliver().written == 1
    assert task_of(org) == contact
    assert org.org.query("SELECT Id FROM Lead WHERE LastName = 'Unknown'") == []


def test_a_lead_is_made_where_there_is_no_contact(org, connection, asking):
    make_mapping(connection, asking, find_contact(), create_lead(), WHO)
    completed(asking, {"mail": "new@example.com"}, records={"Case": make_case(org.org)})

    assert deliver().written == 1
    (lead,) = org.org.query("SELECT Id, Email FROM Lead WHERE LastName = 'Unknown'")
    assert lead["Email"] == "new@example.com"
    assert task_of(org) == lead["Id"]


def test_a_post_goes_to_the_feed_of_the_record(org, connection, version):
    post = {
        "key": "post",
        "action": "create",
        "object": "FeedItem",
        "fields": [
            {"field": "ParentId", "value": {"step": "case"}},
            {"field": "Body", "value": {"template": "Scored {{nps}}: {{why}}"}},
        ],
    }
    make_mapping(connection, version, case_step(), post)
    case = make_case(org.org)
    completed(version, {"csat": 2, "nps": 3, "why": "Slow"}, records={"Case": case})

    assert deliver().written == 1
    (item,) = org.org.query("SELECT ParentId, Body, Type FROM FeedItem")
    assert (item["ParentId"], item["Body"]) == (case, "Scored 3: Slow")
    assert item["Type"] == "TextPost"


def a_file(response, content=CONTENT):
    upload = Upload.objects.create(
        response=response,
        question="photo",
        name="receipt.pdf",
        media_type="application/pdf",
        size=len(content),
        file=ContentFile(content, name="file.pdf"),
        created_at=NOW,
    )
    response.answers = {**response.answers, "photo": str(upload.key)}
    response.save(update_fields=["answers"])
    return upload


FILE = {
    "key": "file",
    "action": "create",
    "object": "ContentVersion",
    "condition": {"question": "photo", "op": "answered"},
    "fields": [
        {"field": "Title", "value": {"question": "photo", "facet": "name"}},
        {"field": "PathOnClient", "value": {"question": "photo", "facet": "name"}},
        {"field": "VersionData", "value": {"question": "photo", "facet": "id"}},
        {"field": "FirstPublishLocationId", "value": {"step": "case"}},
    ],
}


def test_a_file_is_linked_to_the_record(org, connection, asking):
    make_mapping(
        connection,
        asking,
        case_step(fields=[{"field": "NPS__c", "value": {"question": "nps"}}]),
        FILE,
    )
    case = make_case(org.org)
    response = completed(asking, {"nps": 3}, records={"Case": case})
    a_file(response)

    assert deliver().written == 1
    (version,) = org.org.query(
        "SELECT Title, VersionData, ContentSize, FileType, ContentDocumentId "
        "FROM ContentVersion"
    )
    assert base64.b64decode(version["VersionData"]) == CONTENT
    assert (version["Title"], version["FileType"]) == ("receipt.pdf", "PDF")
    assert version["ContentSize"] == len(CONTENT)
    links = org.org.query("SELECT LinkedEntityId FROM ContentDocumentLink")
    assert case in {link["LinkedEntityId"] for link in links}
    kept = WrittenRecord.objects.get(step="file")
    assert "VersionData" not in kept.fields
    assert "JVBER" not in str(list(only_write_back().log.values("exchange")))


ALONE = {**FILE, "fields": FILE["fields"][:3]}


def files_in(org):
    return org.org.query("SELECT Id FROM ContentDocument")


def test_a_file_is_taken_out_again_with_consent(org, connection, asking):
    make_mapping(connection, asking, ALONE)
    response = completed(asking, {"nps": 3}, records={"Case": make_case(org.org)})
    a_file(response)
    deliver()

    assert delivery.undo(write_backs=WriteBack.objects.all(), now=NOW).undone == 0
    assert len(files_in(org)) == 1
    done = delivery.undo(
        write_backs=WriteBack.objects.all(), now=NOW, delete_created=True
    )

    assert done.undone == 1
    assert files_in(org) == []


def test_the_file_of_an_erased_response_is_deleted(org, connection, asking):
    mapping = make_mapping(connection, asking, ALONE)
    revision = mapping.live_revision
    revision.document["on_erasure"] = "delete"
    revision.save(update_fields=["document"])
    response = completed(asking, {"nps": 3}, records={"Case": make_case(org.org)})
    a_file(response)
    deliver()

    forgetting.forget(response=response, now=NOW)

    assert erasing.erase_due(now=NOW) == 1
    assert files_in(org) == []


def test_a_file_that_is_gone_is_held_for_a_person(org, connection, asking):
    make_mapping(
        connection,
        asking,
        case_step(fields=[{"field": "NPS__c", "value": {"question": "nps"}}]),
        FILE,
    )
    response = completed(asking, {"nps": 3}, records={"Case": make_case(org.org)})
    upload = a_file(response)
    upload.file.storage.delete(upload.file.name)

    deliver()

    row = only_write_back()
    assert (row.state, row.error_code) == (State.HELD, "FILE_GONE")


def event(**more):
    return {
        "key": "told",
        "action": "create",
        "object": "Survey_Answered__e",
        "fields": [
            {"field": "Response_Key__c", "value": {"response": "key"}},
            {"field": "NPS__c", "value": {"question": "nps"}},
        ],
        **more,
    }


def test_an_event_is_published_and_never_read_again(org, connection, version):
    make_mapping(connection, version, case_step(), event())
    case = make_case(org.org)
    response = completed(version, {"csat": 2, "nps": 3}, records={"Case": case})

    assert deliver().written == 1
    (told,) = org.org.rows.table("Survey_Answered__e").live()
    assert told["Response_Key__c"] == str(response.key)
    record = WrittenRecord.objects.get(step="told")
    assert record.fields == {}
    look = delivery.look(write_backs=WriteBack.objects.all(), now=NOW)
    said = {one.record.step: one.message for one in look}
    assert "cannot be taken back" in said["told"]


@pytest.mark.parametrize("steps", [1, 2])
def test_a_duplicate_that_a_rule_warns_of_is_saved_where_that_is_allowed(
    org, connection, asking, steps
):
    org.org.add_duplicate_rule(
        DuplicateRule(object_name="Lead", fields=("Email",), allow_save=True)
    )
    known = {"LastName": "L", "Company": "C", "Email": "ada@example.com"}
    org.org.insert("Lead", known)
    more = [task_step()] if steps == 2 else []
    lead = create_lead(condition=None)
    mapping = make_mapping(connection, asking, lead, *more)
    completed(asking, {"mail": "ada@example.com"}, records={"Case": make_case(org.org)})
    deliver()
    row = only_write_back()
    assert (row.state, row.error_class) == (State.HELD, "duplicate")
    document = mapping.live_revision.document
    document["steps"][0]["duplicates"] = "save"
    mapping.live_revision.save(update_fields=["document"])

    delivery.send_again(write_backs=WriteBack.objects.all(), now=NOW)
    deliver()

    assert only_write_back().state == State.WRITTEN
    leads = org.org.query("SELECT Id FROM Lead WHERE Email = 'ada@example.com'")
    assert len(leads) == 2


def test_the_recipient_of_the_invitation_is_known_by_the_address(
    org, connection: Connection, asking
):
    found = find_contact(
        find=[{"email": "Email", "value": {"response": "recipient_email"}}]
    )
    make_mapping(connection, asking, found, create_lead(), WHO)
    completed(asking, {}, records={"Case": make_case(org.org)})

    # Nobody was invited: nothing to look for, and a lead is made.
    assert deliver().written == 1
    assert task_of(org).startswith("00Q")


def test_a_record_type_is_chosen_by_its_name(org, connection, version):
    add_record_type(org.org, "Case", "Complaint")
    wanted = add_record_type(org.org, "Case", "Praise")
    kind = {"field": "RecordTypeId", "value": {"question": "nps", "facet": "group"}}
    kind["table"] = {"promoter": "Praise", "detractor": "Complaint"}
    mapping = make_mapping(
        connection,
        version,
        case_step(
            fields=[kind], condition={"question": "nps", "op": "in", "value": [3, 10]}
        ),
    )
    case = make_case(org.org)
    completed(version, {"csat": 5, "nps": 10}, records={"Case": case})

    assert deliver().written == 1
    (told,) = org.org.query("SELECT RecordTypeId FROM Case")
    assert told["RecordTypeId"] == wanted
    findings = activation.check_document(
        mapping=mapping,
        document={**mapping.live_revision.document},
        now=NOW,
    )
    (doubt,) = (one for one in findings if one.field == "RecordTypeId")
    assert (doubt.grade, doubt.example) == ("may_fail", "passive")


def test_a_record_type_of_another_object_is_held(org, connection, version):
    add_record_type(org.org, "Case", "Complaint")
    other = add_record_type(org.org, "Contact", "Customer")
    kind = {"field": "RecordTypeId", "value": {"constant": other}}
    make_mapping(connection, version, case_step(fields=[kind]))
    completed(version, {"csat": 5}, records={"Case": make_case(org.org)})

    deliver()

    row = only_write_back()
    assert row.state == State.HELD
    assert "record type" in row.reason.lower()
