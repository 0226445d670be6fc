"""The match inbox: a person says which record is meant, once or for good."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse

from crm_mappings.delivery import matching
from crm_mappings.delivery.matching import NoQuestion, NotThere
from crm_mappings.models import RememberedMatch, WriteBack
from tests.factories.crm import (
    NOW,
    case_step,
    completed,
    deliver,
    make_case,
    make_connection,
    make_mapping,
    only_write_back,
)

pytestmark = pytest.mark.django_db
ADA = "Ada@Example.com"


def contact_step(**overrides):
    return {
        "key": "person",
        "action": "update",
        "object": "Contact",
        "find": [{"email": "Email", "value": {"variable": "mail"}}],
        "fields": [{"field": "Description", "value": {"question": "why"}}],
        **overrides,
    }


def said(version, words="Thanks", mail=ADA, **fields):
    answers = {"csat": 1, "nps": 1, "why": words}
    return completed(version, answers, variables={"mail": mail}, **fields)


@pytest.fixture
def two(org):
    """Two contacts with one address."""
    return [
        org.org.insert("Contact", {"LastName": name, "Email": "ada@example.com"})
        for name in ("Lovelace", "Byron")
    ]


@pytest.fixture
def held(org, connection, version, two):
    make_mapping(connection, version, contact_step())
    said(version)
    deliver()
    row = only_write_back()
    assert (row.state, row.error_code) == ("held", "SEVERAL_MATCHES")
    return row


def text_on(org, record_id):
    return org.org.read("Contact", record_id)["Description"]


def url(name, *args):
    return reverse(f"admin:crm_mappings_writeback_{name}", args=args)


# -- the engine


def test_the_candidates_are_there_with_what_tells_them_apart(org, held, two):
    question = matching.ask(write_back=held, now=NOW)

    assert [one.id for one in question.candidates] == two
    names = [one.values["Name"] for one in question.candidates]
    assert names == ["Lovelace", "Byron"]
    assert question.looked_for == (("Email", ADA),)
    labels = [label for _path, label in question.lines]
    assert {"Email", "Owner", "Created Date"} <= set(labels)


def test_the_chosen_record_is_written_and_no_other(org, held, two):
    chosen = two[1]

    assert not matching.choose(
        write_back=held, record_id=chosen, remember=False, now=NOW
    )
    assert deliver().written == 1

    assert [text_on(org, one) for one in two] == [None, "Thanks"]
    assert "Chosen by a person" in only_write_back().log.last().message
    assert not RememberedMatch.objects.exists()


def test_a_choice_that_is_not_remembered_is_asked_again(version, held, two):
    matching.choose(write_back=held, record_id=two[0], remember=False, now=NOW)
    deliver()
    said(version, "Again")

    assert deliver().held == 1


def test_a_remembered_choice_is_for_that_address_in_any_spelling(
    org, version, held, two
):
    matching.choose(write_back=held, record_id=two[1], remember=True, now=NOW)
    said(version, "Again", mail="ADA@example.com")
    said(version, "Nobody", mail="nobody@example.com")

    done = deliver()

    assert (done.written, done.held) == (1, 1)
    assert [text_on(org, one) for one in two] == [None, "Again"]
    assert RememberedMatch.objects.get().value == "ada@example.com"


def test_others_that_wait_for_the_same_address_go_with_it(org, version, held, two):
    said(version, "Second")
    said(version, "Other", mail="charles@example.com")
    deliver()

    more = matching.choose(write_back=held, record_id=two[0], remember=True, now=NOW)
    deliver()

    assert more == 1
    assert matching.waiting().count() == 1
    assert text_on(org, two[0]) == "Second"


def test_a_record_that_the_response_is_about_comes_before_what_is_remembered(
    org, connection, version, two
):
    make_mapping(
        connection,
        version,
        contact_step(find=[{"record": "Contact"}, *contact_step()["find"]]),
    )
    RememberedMatch.objects.create(
        connection=connection,
        object="Contact",
        field="Email",
        value="ada@example.com",
        record_id=two[1],
        chosen_at=NOW,
    )
    said(version, "About me", records={"Contact": two[0]})
    said(version, "By mail")

    assert deliver().written == 2

    assert [text_on(org, one) for one in two] == ["About me", "By mail"]


def test_a_remembered_record_that_is_gone_is_asked_for_again(org, version, held, two):
    matching.choose(write_back=held, record_id=two[1], remember=True, now=NOW)
    org.org.delete("Contact", two[1])
    said(version, "Again")

    deliver()

    assert text_on(org, two[0]) == "Again"


def test_what_one_connection_remembers_is_nothing_to_another(
    org, connection, version, two
):
    RememberedMatch.objects.create(
        connection=make_connection(org),
        object="Contact",
        field="Email",
        value="ada@example.com",
        record_id=two[1],
        chosen_at=NOW,
    )
    make_mapping(connection, version, contact_step())
    said(version)

    assert deliver().held == 1


def test_where_none_fits_a_person_finds_the_record_by_words(
    org, connection, version, two
):
    make_mapping(connection, version, contact_step(no_match="fail"))
    said(version, mail="new@example.com")
    deliver()
    row = only_write_back()

    assert matching.ask(write_back=row, now=NOW).candidates == ()
    found = matching.ask(write_back=row, now=NOW, words="lovel")
    assert [one.id for one in found.candidates] == two[:1]
    assert matching.ask(write_back=row, now=NOW, words="%_'").candidates == ()
    matching.choose(write_back=row, record_id=two[0], remember=True, now=NOW)
    deliver()
    assert text_on(org, two[0]) == "Thanks"


@pytest.mark.parametrize("record_id", ["", "nonsense", "003000000000001AAA"])
def test_what_is_no_record_cannot_be_chosen(held, record_id):
    with pytest.raises(NotThere):
        matching.choose(write_back=held, record_id=record_id, remember=True, now=NOW)

    assert only_write_back().choices == {}
    assert not RememberedMatch.objects.exists()


def test_a_record_of_another_object_cannot_be_chosen(org, held):
    with pytest.raises(NotThere):
        matching.choose(
            write_back=held, record_id=make_case(org.org), remember=True, now=NOW
        )


def test_what_waits_for_nothing_has_no_question(org, connection, version):
    make_mapping(connection, version, case_step())
    completed(version, records={"Case": make_case(org.org)})
    deliver()

    with pytest.raises(NoQuestion):
        matching.ask(write_back=only_write_back(), now=NOW)


# -- the screens


def test_the_inbox_leads_to_the_candidates_and_on(admin_client, org, held, two):
    listed = admin_client.get(reverse("admin:crm_mappings_writeback_changelist"))
    assert "Open the match inbox" in listed.content.decode()
    inbox = admin_client.get(url("matches")).content.decode()
    assert url("match", held.pk) in inbox
    page = admin_client.get(url("match", held.pk)).content.decode()
    assert "Lovelace" in page
    assert "Byron" in page
    assert "ada@example.com" in page

    answer = admin_client.post(
        url("match", held.pk), {"record": two[0], "remember": "on"}, follow=True
    )

    assert "being written to the chosen record" in answer.content.decode()
    assert "Nothing waits here" in answer.content.decode()
    kept = RememberedMatch.objects.get()
    assert (kept.record_id, kept.chosen_by.username) == (two[0], "admin")


def test_a_wrong_id_is_told_and_nothing_is_sent(admin_client, held):
    answer = admin_client.post(url("match", held.pk), {"other": "xyz"}, follow=True)

    assert "Choose a record" in answer.content.decode()
    assert only_write_back().state == "held"


def test_an_org_that_is_down_is_told(admin_client, org, held):
    org.org.faults.unavailable = 5

    answer = admin_client.get(url("match", held.pk), follow=True)

    assert "maintenance" in answer.content.decode()


def test_who_may_only_look_cannot_choose(client, django_user_model, held, two):

    reader = django_user_model.objects.create_user("r", password="r", is_staff=True)
    looks = Permission.objects.filter(codename="view_writeback")
    reader.user_permissions.set(looks)
    client.force_login(reader)

    assert client.get(url("matches")).status_code == 200
    assert client.get(url("match", held.pk)).status_code == 403
    posted = client.post(url("match", held.pk), {"record": two[0]})
    assert posted.status_code == 403
    assert WriteBack.objects.get().state == "held"
