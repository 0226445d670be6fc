"""A mapping on its way from a sandbox to production."""

import pytest
from django.urls import reverse

from crm_mappings import activation, connections, documents, promoting
from crm_mappings.models import Mapping
from tests.factories.crm import (
    NOW,
    case_step,
    connected,
    record_step,
    served,
    task_step,
)
from tests.factories.org import make_org
from tests.factories.plan import CASE, CONTACT

RECORD_TYPES = {"sandbox": "012000000000111AAA", "production": "012000000000222AAA"}


@pytest.fixture
def production(org, settings):
    other = make_org(org_id="00DTb0000000009")
    with served(other) as running:
        settings.SALESFORCE_EXTRA_HOSTS = [org.url, running.url]
        yield running


@pytest.fixture
def target(production, db):
    return connected(production, key="live", name="Live")


def save(version, connection, *steps, key="csat-to-case"):
    return documents.save_document(
        document={
            "key": key,
            "name": "CSAT onto the case",
            "survey": version.survey.key,
            "connection": connection.key,
            "steps": list(steps) or [case_step()],
        }
    )


def failing(promotion):
    return [one.message for one in promotion.findings if activation.will_fail(one)]


def test_a_mapping_comes_to_the_other_org_as_a_draft(version, connection, target):
    mapping = save(version, connection)

    made = promoting.promote(mapping=mapping, connection=target, now=NOW)

    assert (made.connection, made.status) == (target, Mapping.Status.DRAFT)
    before, after = (documents.mapping_document(one) for one in (mapping, made))
    assert after["steps"] == before["steps"]
    activation.activate(mapping=made, now=NOW)


def test_a_key_that_was_chosen_by_itself_is_chosen_anew_at_the_other_org(
    version, connection, target
):
    mapping = save(version, connection, task_step())
    activation.activate(mapping=mapping, now=NOW)
    mapping.refresh_from_db()

    promotion = promoting.propose(mapping=mapping, connection=target, now=NOW)

    assert promotion.document["steps"][0]["key_field"] is None
    assert not promotion.draft_differs


def test_the_second_time_it_is_the_same_mapping_and_the_difference_is_told(
    version, connection, target
):
    mapping = save(version, connection)
    first = promoting.promote(mapping=mapping, connection=target, now=NOW)
    changed = save(version, connection, case_step(no_match="skip"))

    promotion = promoting.propose(mapping=changed, connection=target, now=NOW)

    assert promotion.target == first
    assert [(one.before, one.after) for one in promotion.changes] == [("fail", "skip")]
    assert promoting.promote(mapping=changed, connection=target, now=NOW) == first
    assert Mapping.objects.count() == 2


def test_what_runs_is_carried_over_not_the_draft(version, connection, target):
    mapping = save(version, connection)
    activation.activate(mapping=mapping, now=NOW)
    save(version, connection, case_step(no_match="skip"))
    mapping.refresh_from_db()

    promotion = promoting.propose(mapping=mapping, connection=target, now=NOW)

    assert promotion.document["steps"][0]["no_match"] == "fail"
    assert promotion.draft_differs


def test_what_the_other_org_lacks_is_said_before(
    version, connection, production, target
):
    production.org.remove_object("Tellback_Response__c")
    mapping = save(version, connection, record_step())

    promotion = promoting.propose(mapping=mapping, connection=target, now=NOW)

    assert promotion.will_fail
    assert "Tellback_Response__c" in failing(promotion)[0]


def described(connection, record_type):
    """Give the connection's kept description of cases a record type."""
    connections.describe(connection=connection, object="Case", now=NOW)
    row = connection.descriptions.get(object="Case")
    row.describe["recordTypeInfos"].append(
        {
            "recordTypeId": record_type,
            "name": "Feedback",
            "developerName": "Feedback",
            "active": True,
            "available": True,
        }
    )
    row.describe["fields"].append(
        {"name": "RecordTypeId", "type": "reference", "referenceTo": ["RecordType"]}
        | {"label": "Record Type ID", "createable": True, "updateable": True}
    )
    row.save(update_fields=["describe"])


def typed_step(record_type):
    rule = {"field": "RecordTypeId", "value": {"constant": record_type}}
    return case_step(fields=[rule])


def test_a_record_type_is_led_to_the_one_of_the_same_name(version, connection, target):
    described(connection, RECORD_TYPES["sandbox"])
    described(target, RECORD_TYPES["production"])
    mapping = save(version, connection, typed_step(RECORD_TYPES["sandbox"]))

    promotion = promoting.propose(mapping=mapping, connection=target, now=NOW)

    [rule] = promotion.document["steps"][0]["fields"]
    assert rule["value"] == {"constant": RECORD_TYPES["production"]}
    [kept] = mapping.steps.get().rules.all()
    assert kept.value == {"constant": RECORD_TYPES["sandbox"]}


def test_a_record_of_the_one_org_is_no_record_of_the_other(version, connection, target):
    described(connection, RECORD_TYPES["sandbox"])
    mapping = save(version, connection, typed_step("012000000000333AAA"))

    promotion = promoting.propose(mapping=mapping, connection=target, now=NOW)

    assert any("record of the other organisation" in one for one in failing(promotion))


@pytest.mark.parametrize(
    "more",
    [
        {"find": [{"field": "Id", "value": {"constant": CASE}}]},
        {"find": [{"field": "ContactId", "value": {"constant": CONTACT}}]},
        {
            "fields": [
                {
                    "field": "ContactId",
                    "value": {"record": "Contact"},
                    "blank": "default",
                    "default": CONTACT,
                }
            ]
        },
        {
            "fields": [
                {
                    "field": "ContactId",
                    "value": {"question": "topics"},
                    "table": {"speed": CONTACT},
                }
            ]
        },
    ],
)
def test_no_id_of_the_one_org_is_carried_wherever_it_stands(
    version, connection, target, more
):
    mapping = save(version, connection, case_step(**more))

    promotion = promoting.propose(mapping=mapping, connection=target, now=NOW)

    (said,) = (one for one in failing(promotion) if "the other organisation" in one)
    assert CASE in said or CONTACT in said


def test_a_text_that_looks_like_an_id_is_carried_as_it_is(version, connection, target):
    rule = {"field": "Comments", "value": {"constant": CASE}}
    mapping = save(version, connection, case_step(fields=[rule]))

    promotion = promoting.propose(mapping=mapping, connection=target, now=NOW)

    assert not promotion.will_fail


def test_it_is_not_promoted_to_where_it_is(version, connection):
    mapping = save(version, connection)

    with pytest.raises(promoting.CannotPromote):
        promoting.propose(mapping=mapping, connection=connection, now=NOW)


def test_the_page_shows_the_difference_and_saves_the_draft(
    admin_client, version, connection, target
):
    mapping = save(version, connection)
    url = reverse("admin:crm_mappings_mapping_promote", args=[mapping.pk])

    assert admin_client.get(url).status_code == 200
    shown = admin_client.get(url, {"connection": target.key}).content.decode()
    answer = admin_client.post(f"{url}?connection={target.key}")

    assert "A new mapping" in shown
    assert "Proved" in shown
    made = Mapping.objects.get(connection=target)
    assert answer.url == reverse("admin:crm_mappings_mapping_change", args=[made.pk])
    assert str(made.pk) != str(mapping.pk)


def test_the_page_is_for_who_may_make_mappings(client, version, connection):
    mapping = save(version, connection)
    url = reverse("admin:crm_mappings_mapping_promote", args=[mapping.pk])

    assert client.get(url).status_code == 302
