"""The admin of write-backs: what did not reach Salesforce, why, and again."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.urls import reverse
from django.utils import timezone
from lxml import html

from crm_mappings.models import WriteBack
from tests.factories.crm import (
    case_step,
    completed,
    deliver,
    make_case,
    make_mapping,
    task_step,
)

LIST = "admin:crm_mappings_writeback_changelist"


def page(row):
    return reverse("admin:crm_mappings_writeback_change", args=[row.pk])


def again(row):
    return reverse("admin:crm_mappings_writeback_send_again", args=[row.pk])


def document(answer):
    assert answer.status_code == 200
    return html.fromstring(answer.content.decode())


def text(answer):
    return " ".join(document(answer).text_content().split())


@pytest.fixture
def written(org, connection, version):
    """A written one: an updated case and a new task."""
    make_mapping(connection, version, case_step(), task_step(), key="sound")
    case = make_case(org.org, Priority="Low")
    completed(version, {"why": "Slow"}, records={"Case": case})
    deliver()
    return WriteBack.objects.get(mapping__key="sound")


@pytest.fixture
def refused(org, connection, version):
    """One whose field Salesforce refuses by a rule of its own."""
    make_mapping(connection, version, key="refused")
    completed(version, {"why": "Slow"}, records={"Case": "500000000000001AAA"})
    deliver()
    return WriteBack.objects.get(mapping__key="refused", state="held")


def test_the_list_links_to_the_records(admin_client, written):
    links = document(admin_client.get(reverse(LIST))).xpath("//td//a/@href")

    ids = [record.record_id for record in written.records.all()]
    instance = written.mapping.connection.instance_url
    assert {f"{instance}/{id_}" for id_ in ids} <= set(links)


def test_the_list_says_what_is_wrong_in_plain_words(admin_client, refused):
    listed = text(admin_client.get(reverse(LIST)))

    assert "There is no such record" in listed
    assert refused.reason[:60] in listed


def test_the_counts_lead_to_what_they_count(admin_client, refused, written):
    (link,) = document(admin_client.get(reverse(LIST))).xpath(
        "//ul[@class='tb-counts']//a/@href"
    )

    rows = document(admin_client.get(reverse(LIST) + link)).xpath(
        "//table[@id='result_list']/tbody/tr"
    )

    assert len(rows) == 1
    assert "error_code__exact=NO_MATCH" in link


@pytest.mark.parametrize(
    ("age", "hours", "found"),
    [
        *[("hour", 0, 0), ("hour", 2, 1), ("day", 2, 0), ("day", 25, 1)],
        *[("week", 25, 0), ("week", 24 * 8, 1), ("year", 0, 1)],
    ],
)
def test_the_list_is_narrowed_to_what_is_old(admin_client, refused, age, hours, found):
    created = timezone.now() - timedelta(hours=hours)
    WriteBack.objects.update(created_at=created)

    listed = document(admin_client.get(reverse(LIST), {"age": age}))

    assert len(listed.xpath("//table[@id='result_list']/tbody/tr")) == found
    assert "Older than a week" in listed.text_content()


def test_nothing_open_is_said(admin_client, written):
    assert "is in Salesforce" in text(admin_client.get(reverse(LIST)))


def test_a_written_one_shows_the_values_before_and_after(admin_client, written):
    shown = text(admin_client.get(page(written)))

    assert "Low High" in shown
    assert "new record" in shown
    assert "Call back" in shown


def test_a_held_one_says_why_and_what_to_do(admin_client, refused):
    WriteBack.objects.filter(pk=refused.pk).update(
        error_class="data",
        error_code="FIELD_CUSTOM_VALIDATION_EXCEPTION",
        reason="Say why the case is closed.",
        rule={"step": "case", "field": "Priority"},
    )

    answer = admin_client.get(page(refused))

    assert "Salesforce refused this record" in text(answer)
    assert "What to do:" in text(answer)
    assert "FIELD_CUSTOM_VALIDATION_EXCEPTION" in text(answer)
    editor = reverse("admin:crm_mappings_mapping_change", args=[refused.mapping_id])
    links = document(answer).xpath("//a/@href")
    assert f"{editor}#at-case-Priority" in links


def test_the_rule_of_a_step_without_a_field_is_linked(admin_client, refused):
    WriteBack.objects.filter(pk=refused.pk).update(rule={"step": "case"})

    links = document(admin_client.get(page(refused))).xpath("//a/@href")

    assert any(link.endswith("#at-case") for link in links)


def test_the_attempts_are_listed(admin_client, refused):
    log = document(admin_client.get(page(refused))).xpath(
        "//section[@aria-labelledby='tb-log']//tbody/tr"
    )

    assert len(log) == refused.log.count() > 0


def test_the_action_sends_again(admin_client, refused, written):
    chosen = {"action": "send_again", "_selected_action": [refused.pk, written.pk]}

    answer = admin_client.post(reverse(LIST), chosen, follow=True)

    refused.refresh_from_db()
    written.refresh_from_db()
    assert (refused.state, written.state) == ("waiting", "written")
    assert "1 write-back is sent again." in text(answer)


def test_what_is_written_is_not_sent_again(admin_client, written):
    chosen = {"action": "send_again", "_selected_action": [written.pk]}

    answer = admin_client.post(reverse(LIST), chosen, follow=True)

    assert "None of them can be sent again" in text(answer)


def test_one_is_sent_again_from_its_page(admin_client, refused):
    admin_client.post(again(refused))

    refused.refresh_from_db()
    assert refused.state == "waiting"
    assert not document(admin_client.get(page(refused))).xpath(
        f"//form[@action='{again(refused)}']"
    )


@pytest.fixture
def reader(client, db):
    user = get_user_model().objects.create_user("reader", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_writeback"))
    client.force_login(user)
    return client


def test_who_may_only_look_cannot_send_again(reader, refused):
    assert "Send again" not in text(reader.get(page(refused)))
    assert reader.post(again(refused)).status_code == 403
    chosen = {"action": "send_again", "_selected_action": [refused.pk]}
    reader.post(reverse(LIST), chosen)

    refused.refresh_from_db()
    assert refused.state == "held"


def test_who_may_send_again_may_look(client, refused):
    user = get_user_model().objects.create_user("sender", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="change_writeback"))
    client.force_login(user)

    assert "Send again" in text(client.get(page(refused)))


def test_who_may_not_look_sees_nothing(client, refused):
    client.force_login(get_user_model().objects.create_user("x", is_staff=True))

    assert client.get(page(refused)).status_code == 403


def test_sending_again_is_posted(admin_client, refused):
    assert admin_client.get(again(refused)).status_code == 403


def test_one_that_is_not_there_is_not_found(admin_client):
    url = reverse("admin:crm_mappings_writeback_change", args=[7])

    assert admin_client.get(url).status_code == 404


def test_nothing_is_made_changed_or_deleted_by_hand(admin_client, refused):
    add = "/admin/crm_mappings/writeback/add/"
    delete = f"/admin/crm_mappings/writeback/{refused.pk}/delete/"

    assert admin_client.get(add).status_code == 403
    assert admin_client.post(delete, {"post": "yes"}).status_code == 403
