"""What earlier steps found and made, used by later ones in a real delivery."""

from __future__ import annotations

import pytest

from crm_mappings import delivery
from crm_mappings.delivery import matching
from crm_mappings.models import WriteBack
from tests.factories.crm import (
    NOW,
    completed,
    deliver,
    make_case,
    make_mapping,
    only_write_back,
)
from tests.factories.surveys import publish_survey, survey_document

pytestmark = pytest.mark.django_db
State = WriteBack.State
MAIL = {"key": "mail", "kind": "email", "text": {"en": "Your e-mail?"}}
NPS = {"key": "nps", "kind": "nps", "text": {"en": "Would you recommend us?"}}

CONTACT = {
    "key": "contact",
    "action": "find",
    "object": "Contact",
    "find": [{"email": "Email", "value": {"question": "mail"}}],
    "no_match": "skip",
}
ACCOUNT = {
    "key": "account",
    "action": "update",
    "object": "Account",
    "find": [{"field": "Id", "value": {"step": "contact", "facet": "AccountId"}}],
    "no_match": "skip",
    "fields": [{"field": "Description", "value": {"template": "NPS {{nps}}"}}],
}
TASK = {
    "key": "task",
    "action": "create",
    "object": "Task",
    "condition": {"step": "contact", "facet": "outcome", "op": "eq", "value": "found"},
    "fields": [
        {"field": "WhoId", "value": {"step": "contact"}},
        {"field": "WhatId", "value": {"step": "contact", "facet": "AccountId"}},
        {
            "field": "Subject",
            "value": {"template": "Call {{step.contact.LastName}}: {{nps}}"},
        },
    ],
}


@pytest.fixture
def asking(db):
    pages = [{"key": "p1", "questions": [MAIL, NPS]}]
    return publish_survey(survey_document(pages=pages))


def people(org, *names):
    made = []
    for name in names:
        account = org.org.insert("Account", {"Name": f"{name} Ltd"})
        fields = {
            "LastName": name,
            "Email": f"{name.lower()}@example.com",
            "AccountId": account,
        }
        made.append((org.org.insert("Contact", fields), account))
    return made


def test_the_account_of_a_contact_is_found_and_written(org, connection, asking):
    (ada, acme), (bob, best) = people(org, "Ada", "Bob")
    make_mapping(connection, asking, CONTACT, ACCOUNT, TASK)
    for name in ("ada", "bob", "nobody"):
        answers = {"mail": f"{name}@example.com", "nps": 3}
        completed(asking, answers, records={"Case": make_case(org.org)})

    assert deliver().written == 2
    told = org.org.query("SELECT Id, Description FROM Account")
    said = {row["Id"]: row["Description"] for row in told}
    assert (said[acme], said[best]) == ("NPS 3", "NPS 3")
    tasks = org.org.query("SELECT WhoId, WhatId, Subject FROM Task")
    assert {(one["WhoId"], one["WhatId"], one["Subject"]) for one in tasks} == {
        (ada, acme, "Call Ada: 3"),
        (bob, best, "Call Bob: 3"),
    }
    assert WriteBack.objects.get(state=State.SKIPPED).reason


def test_a_preview_shows_every_round_of_questions(org, connection, asking):
    ((ada, acme),) = people(org, "Ada")
    mapping = make_mapping(connection, asking, CONTACT, ACCOUNT, TASK)
    response = completed(asking, {"mail": "ada@example.com", "nps": 3})

    seen = delivery.preview(
        response=response,
        document=mapping.live_revision.document,
        connection=connection,
        now=NOW,
    )

    asked = [call.query for call in seen.reads]
    assert ["Contact" in asked[0], "Account" in asked[1]] == [True, True]
    assert seen.plan.writes[0].record_id == acme
    (found,) = seen.plan.found
    assert (found.step, found.record_id) == ("contact", ada)
    assert "Email" in found.note
    assert "AccountId" in asked[0]


def test_a_step_refers_to_the_id_of_a_record_that_is_only_being_made(
    org, connection, asking
):
    lead = {
        "key": "lead",
        "action": "create",
        "object": "Lead",
        "fields": [
            {"field": "LastName", "value": {"constant": "Unknown"}},
            {"field": "Company", "value": {"constant": "Unknown"}},
        ],
    }
    task = {
        "key": "task",
        "action": "create",
        "object": "Task",
        "fields": [
            {"field": "WhoId", "value": {"step": "lead"}},
            {
                "field": "Subject",
                "value": {"template": "{{step.lead.LastName}} {{step.lead.outcome}}"},
            },
        ],
    }
    mapping = make_mapping(connection, asking, lead, task)
    response = completed(asking, {"mail": "ada@example.com", "nps": 3})
    document = mapping.live_revision.document
    seen = delivery.preview(
        response=response, document=document, connection=connection, now=NOW
    )
    body = seen.writes[0].body["graphs"][0]["compositeRequest"]
    assert body[1]["body"]["WhoId"] == "@{w0.id}"

    assert deliver().written == 1

    (made,) = org.org.query("SELECT WhoId, Subject FROM Task")
    assert made["Subject"] == "Unknown created"
    assert made["WhoId"].startswith("00Q")


def test_a_choice_of_a_person_leads_the_steps_after_it(org, connection, asking):
    ((ada, acme),) = people(org, "Ada")
    org.org.insert("Contact", {"LastName": "Twin", "Email": "ada@example.com"})
    make_mapping(connection, asking, CONTACT, ACCOUNT, TASK)
    completed(asking, {"mail": "ada@example.com", "nps": 3})
    deliver()
    row = only_write_back()
    assert (row.state, row.error_code) == (State.HELD, "SEVERAL_MATCHES")

    matching.choose(write_back=row, record_id=ada, remember=False, now=NOW)
    deliver()

    assert only_write_back().state == State.WRITTEN
    (told,) = org.org.query(f"SELECT Description FROM Account WHERE Id = '{acme}'")
    assert told["Description"] == "NPS 3"
