"""The pages of a managed mapping: the proposal, the deploy that is followed."""

from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.urls import reverse
from lxml import html

from crm_mappings import provisioning
from crm_mappings.admin.provisionings import propose_url
from crm_mappings.models import Provisioning
from tests.factories.crm import NOW, make_connection

RECORDS = ["Case", "Contact"]
State = Provisioning.State


@pytest.fixture
def bare(org):
    org.org.remove_object("Tellback_Response__c")
    return org


@pytest.fixture
def url(version, connection):
    return propose_url(version.survey.key, connection.key, RECORDS)


def read(answer):
    assert answer.status_code == 200, answer.content[:2000]
    return html.fromstring(answer.content.decode())


def words(page):
    return " ".join(page.find(".//*[@id='content-main']").text_content().split())


def carried(row):
    now = NOW
    while row.under_way:
        now += timedelta(minutes=5)
        provisioning.carry_on(now=now)
        row.refresh_from_db()
    return row


def page_of(row):
    return reverse("admin:crm_mappings_provisioning_change", args=[row.pk])


def test_the_list_of_mappings_leads_to_it(admin_client):
    listed = read(admin_client.get(reverse("admin:crm_mappings_mapping_changelist")))

    assert reverse("admin:crm_mappings_mapping_propose") in listed.xpath("//a/@href")


def test_a_survey_in_the_address_is_chosen_with_its_only_connection(
    admin_client, bare, version, connection
):
    address = reverse("admin:crm_mappings_mapping_propose")

    page = read(admin_client.get(address, {"survey": version.survey.key}))

    chosen = page.xpath("//option[@selected]/@value")
    assert chosen == [version.survey.key, connection.key]
    assert page.xpath("//input[@name='record'][@checked]/@value") == [
        "Account",
        "Contact",
    ]
    assert not any("describe" in call.path for call in bare.org.calls.calls)


def test_before_anybody_was_asked_the_usual_records_are_taken(
    admin_client, bare, version, connection
):
    address = propose_url(version.survey.key, connection.key)

    first = read(admin_client.get(address))
    none = read(admin_client.get(f"{address}&chosen=1"))

    ticked = "//input[@name='record'][@checked]/@value"
    assert first.xpath(ticked) == ["Account", "Contact"]
    assert none.xpath(ticked) == []


def test_an_unknown_survey_is_not_an_error(admin_client, db):
    address = reverse("admin:crm_mappings_mapping_propose")

    page = read(admin_client.get(address, {"survey": "nobody", "connection": "none"}))

    assert len(page.xpath("//*[@class='errorlist']")) == 2


def test_the_proposal_shows_each_field_and_whether_it_is_there(admin_client, org, url):
    page = read(admin_client.get(url))

    rows = {
        row.xpath("string(th//code)"): " ".join(row.text_content().split())
        for row in page.xpath("//table[contains(@class,'tb-proposed')]/tbody/tr")
    }
    assert rows["Survey__c"].endswith("there")
    assert rows["NPS__c"].endswith("create")
    assert "add 1 value" in rows["Status__c"]
    assert "Would you recommend us? · group" in rows["NPS_Group__c"]
    assert "Look-up to Case" in rows["Case__c"]


def test_deploying_leads_to_a_page_that_follows_it(admin_client, bare, url):
    answer = admin_client.post(url, {"deploy": ""})

    row = Provisioning.objects.get()
    assert answer.url == page_of(row)
    page = read(admin_client.get(answer.url))
    assert page.xpath("//noscript/meta/@http-equiv") == ["refresh"]
    assert page.xpath("//li[@aria-current='step']")
    carried(row)
    done = read(admin_client.get(answer.url))
    assert not done.xpath("//noscript/meta")
    editor = reverse("admin:crm_mappings_mapping_change", args=[row.mapping_id])
    assert editor in done.xpath("//a/@href")
    assert admin_client.get(editor).status_code == 200


def test_validating_leads_on_to_deploying(admin_client, bare, url):
    admin_client.post(url, {"validate": ""})
    row = carried(Provisioning.objects.get())

    page = read(admin_client.get(page_of(row)))

    assert "Salesforce would accept all of it" in words(page)
    [form] = page.xpath("//form[.//button[@name='deploy']]")
    admin_client.post(form.get("action"), {"deploy": ""})
    assert Provisioning.objects.filter(check_only=False).count() == 1


def test_a_second_press_leads_to_the_one_that_runs(admin_client, bare, url):
    admin_client.post(url, {"deploy": ""})
    answer = admin_client.post(url, {"deploy": ""}, follow=True)

    assert Provisioning.objects.count() == 1
    assert "being deployed" in words(read(answer)) or "deployed already" in str(
        answer.content
    )


def test_what_failed_says_why_and_goes_on(admin_client, bare, url):
    for name in ("ModifyMetadata", "ModifyAllData"):
        bare.org.set_right(name, granted=False)
    admin_client.post(url, {"deploy": ""})
    row = carried(Provisioning.objects.get())
    page = read(admin_client.get(page_of(row)))
    assert "may not change the set-up" in words(page)
    for name in ("ModifyMetadata", "ModifyAllData"):
        bare.org.set_right(name, granted=True)

    act = reverse("admin:crm_mappings_provisioning_act", args=[row.pk, "go-on"])
    admin_client.post(act)
    row.refresh_from_db()

    assert carried(row).state == State.DONE


def test_it_can_be_cancelled(admin_client, bare, url):
    admin_client.post(url, {"deploy": ""})
    row = Provisioning.objects.get()
    act = reverse("admin:crm_mappings_provisioning_act", args=[row.pk, "cancel"])

    admin_client.post(act)

    row.refresh_from_db()
    assert row.state == State.CANCELLED
    assert "stopped here" in words(read(admin_client.get(page_of(row))))


@pytest.mark.parametrize(("source", "name"), [("", "package"), ("&source=1", "source")])
def test_the_package_can_be_downloaded(admin_client, bare, url, source, name):
    address = url.replace("/propose/", "/propose/package.zip")

    answer = admin_client.get(address + source)

    assert answer["Content-Type"] == "application/zip"
    assert f"-{name}.zip" in answer["Content-Disposition"]
    assert answer.content.startswith(b"PK")


def test_an_org_that_cannot_be_reached_is_said_in_words(admin_client, version, org):
    lone = make_connection(org)

    page = read(admin_client.get(propose_url(version.survey.key, lone.key, RECORDS)))

    assert "has not logged in yet" in words(page)


def test_who_may_not_make_mappings_sees_none_of_it(client, bare, url):
    user = get_user_model().objects.create_user("ada", password="x", is_staff=True)
    client.force_login(user)
    assert client.get(url).status_code == 403

    user.user_permissions.add(Permission.objects.get(codename="add_mapping"))
    client.force_login(get_user_model().objects.get(pk=user.pk))
    page = read(client.get(url))
    assert not page.xpath("//button[@name='deploy']")
    assert client.post(url, {"deploy": ""}).status_code == 403


def test_the_list_of_deploys_is_only_read(admin_client, bare, url):
    admin_client.post(url, {"deploy": ""})

    listed = read(
        admin_client.get(reverse("admin:crm_mappings_provisioning_changelist"))
    )

    assert "Waiting to be sent" in words(listed)
    added = reverse("admin:crm_mappings_provisioning_add")
    assert added not in listed.xpath("//a/@href")
