"""Rows: the fields the org fills, keys, conditional requests, describe."""

import pytest

from tests.factories.org import api


def test_name_is_put_together(org):
    record_id = org.insert("Contact", {"FirstName": "Ada", "LastName": "Lovelace"})

    assert org.read("Contact", record_id)["Name"] == "Ada Lovelace"


def test_case_takes_number_account_and_address_from_elsewhere(org):
    account = org.insert("Account", {"Name": "Acme"})
    person = {"LastName": "Lovelace", "Email": "ada@example.com", "AccountId": account}
    contact = org.insert("Contact", person)

    case = org.read("Case", org.insert("Case", {"ContactId": contact}))

    assert case["CaseNumber"] == "00001026"
    assert case["AccountId"] == account
    assert case["ContactEmail"] == "ada@example.com"
    assert case["Status"] == "New"


def test_closing_and_reopening_a_case(org):
    case = org.insert("Case", {})
    org.clock.advance(hours=1)

    org.update("Case", case, {"Status": "Closed"})
    closed = org.read("Case", case)
    org.update("Case", case, {"Status": "Working"})
    reopened = org.read("Case", case)

    assert closed["IsClosed"] is True
    assert closed["ClosedDate"] == "2026-11-21T10:00:00.000+0000"
    assert (reopened["IsClosed"], reopened["ClosedDate"]) == (False, None)


def test_opportunity_follows_its_stage(org):
    given = {"Name": "Renewal", "StageName": "Closed Won", "CloseDate": "2026-08-01"}

    record = org.read("Opportunity", org.insert("Opportunity", {**given, "Amount": 90}))

    assert record["IsWon"] is record["IsClosed"] is True
    assert record["Probability"] == 100.0
    assert record["ExpectedRevenue"] == 90.0
    assert record["Fiscal"] == "2026 3"


def test_task_that_is_completed(org):
    contact = org.insert("Contact", {"LastName": "L"})

    task = org.insert("Task", {"WhoId": contact, "Status": "Completed"})

    assert org.read("Task", task)["IsClosed"] is True
    assert org.read("Task", task)["CompletedDateTime"] is not None


def test_campaign_member_borrows_from_its_contact(org):
    campaign = org.insert("Campaign", {"Name": "Survey"})
    person = {"LastName": "L", "Email": "l@example.com", "HasOptedOutOfEmail": True}
    contact = org.insert("Contact", person)

    given = {"CampaignId": campaign, "ContactId": contact, "Status": "Responded"}
    member = org.read("CampaignMember", org.insert("CampaignMember", given))

    assert member["Email"] == "l@example.com"
    assert member["HasOptedOutOfEmail"] is True
    assert member["HasResponded"] is True
    assert member["FirstRespondedDate"] == "2026-11-21"


def test_response_without_a_name_is_named_for_its_id(org):
    record_id = org.insert("Tellback_Response__c", {})

    assert org.read("Tellback_Response__c", record_id)["Name"] == record_id[:15]


def test_who_and_when_are_kept(http, org):
    record_id = org.insert("Contact", {"LastName": "L"})
    org.clock.advance(minutes=5)

    http.patch(api(org, f"sobjects/Contact/{record_id}"), json={"Title": "x"})

    record = org.read("Contact", record_id)
    assert record["CreatedById"] == org.admin_id
    assert record["LastModifiedById"] == org.integration_id
    assert record["CreatedDate"] == "2026-11-21T09:00:00.000+0000"
    assert record["SystemModstamp"] == "2026-11-21T09:05:00.000+0000"


def test_deleting_a_contact_clears_lookups_and_takes_memberships_along(org):
    contact = org.insert("Contact", {"LastName": "L"})
    case = org.insert("Case", {"ContactId": contact})
    campaign = org.insert("Campaign", {"Name": "Survey"})
    org.insert("CampaignMember", {"CampaignId": campaign, "ContactId": contact})

    org.delete("Contact", contact)
    org.delete("Campaign", campaign)

    assert org.read("Case", case)["ContactId"] is None
    assert org.query("SELECT Id FROM CampaignMember") == []


def test_field_names_do_not_mind_case(http, org):
    answer = http.post(api(org, "sobjects/contact"), json={"lastname": "L"})

    assert org.read("Contact", answer.json()["id"])["LastName"] == "L"


def test_upsert_creates_then_updates(http, org):
    address = api(org, "sobjects/Contact/Tellback_Key__c/A%2F1%20x")

    first = http.patch(address, json={"LastName": "One"})
    second = http.patch(address, json={"LastName": "Two"})

    assert (first.status_code, first.json()["created"]) == (201, True)
    assert (second.status_code, second.json()["created"]) == (200, False)
    record = http.get(address).json()
    assert (record["LastName"], record["Tellback_Key__c"]) == ("Two", "A/1 x")
    assert http.delete(address).status_code == 204
    assert http.get(address).status_code == 404


def test_upsert_of_an_old_version_says_nothing(http, org):
    org.insert("Contact", {"LastName": "L", "Tellback_Key__c": "A"})
    address = api(org, "sobjects/Contact/Tellback_Key__c/A").replace("66.0", "42.0")

    answer = http.patch(address, json={"LastName": "M"})

    assert (answer.status_code, answer.content) == (204, b"")


def test_upsert_that_may_only_update(http, org):
    address = api(org, "sobjects/Contact/Tellback_Key__c/A?updateOnly=true")

    assert http.patch(address, json={"LastName": "L"}).status_code == 404
    assert org.query("SELECT Id FROM Contact") == []


def test_key_of_an_upsert_stays_out_of_the_body(http, org):
    address = api(org, "sobjects/Contact/Tellback_Key__c/A")

    answer = http.patch(address, json={"LastName": "L", "Tellback_Key__c": "A"})

    assert answer.status_code == 400
    expected = "The Tellback_Key__c field should not be specified in the sobject data."
    assert answer.json()[0]["message"] == expected


def test_fields_of_a_row_can_be_chosen(http, org):
    record_id = org.insert("Contact", {"LastName": "L"})

    answer = http.get(api(org, f"sobjects/Contact/{record_id}?fields=Name,Email"))

    assert list(answer.json()) == ["attributes", "Name", "Email"]


def test_newer_row_is_not_overwritten(http, org):
    record_id = org.insert("Contact", {"LastName": "L"})
    address = api(org, f"sobjects/Contact/{record_id}")
    seen = http.get(address).headers["Last-Modified"]
    org.clock.advance(seconds=2)
    org.update("Contact", record_id, {"Title": "Countess"})

    guard = {"If-Unmodified-Since": seen}
    answer = http.patch(address, json={"Title": "x"}, headers=guard)

    assert answer.status_code == 412
    assert answer.json()[0]["errorCode"] == "PRECONDITION_FAILED"


def test_account_is_guarded_by_its_tag(http, org):
    record_id = org.insert("Account", {"Name": "Acme"})
    address = api(org, f"sobjects/Account/{record_id}")
    tag = {"If-Match": http.get(address).headers["ETag"]}

    first = http.patch(address, json={"Site": "A"}, headers=tag)
    second = http.patch(address, json={"Site": "B"}, headers=tag)

    assert (first.status_code, second.status_code) == (204, 412)


@pytest.mark.parametrize("path", ["sobjects/Contact/describe", "sobjects/"])
def test_describe_that_did_not_change_answers_304(http, org, path):
    first = http.get(api(org, path))
    since = {"If-Modified-Since": first.headers["Last-Modified"]}

    same = http.get(api(org, path), headers=since)
    org.clock.advance(hours=1)
    org.hide_field("Contact", "Title")
    changed = http.get(api(org, path), headers=since)

    assert (same.status_code, same.content) == (304, b"")
    assert changed.status_code == 200


def test_describe_by_its_tag(http, org):
    address = api(org, "sobjects/Contact/describe")
    tag = http.get(address).headers["ETag"]

    assert http.get(address, headers={"If-None-Match": tag}).status_code == 304


def test_every_call_is_counted(http, org):
    for _ in range(3):
        answer = http.get(api(org, "limits"))

    assert answer.headers["Sforce-Limit-Info"] == "api-usage=3/15000"
    assert answer.json()["DailyApiRequests"] == {"Max": 15000, "Remaining": 14997}
    org.clock.advance(hours=25)
    again = http.get(api(org, "limits"))
    assert again.status_code == 401  # the session ended with the day


def test_used_up_calls_come_back_after_a_day(org):
    from tests.factories.org import logged_in

    org.usage.daily_limit = 1

    first = logged_in(org).get(api(org, "limits"))
    second = logged_in(org).get(api(org, "limits"))
    org.clock.advance(hours=24)
    third = logged_in(org).get(api(org, "limits"))

    assert [each.status_code for each in (first, second, third)] == [200, 403, 200]
    assert second.json()[0]["errorCode"] == "REQUEST_LIMIT_EXCEEDED"


def test_answers_are_pretty_when_asked(http, org):
    record_id = org.insert("Contact", {"LastName": "L"})
    address = api(org, f"sobjects/Contact/{record_id}?fields=Id")

    plain = http.get(address).text
    pretty = http.get(address, headers={"X-PrettyPrint": "1"}).text

    assert f'"Id":"{record_id}"' in plain
    assert f'  "Id" : "{record_id}"\n' in pretty


def test_resources_name_the_identity(http, org):
    told = http.get(api(org, "")).json()

    assert told["query"] == "/services/data/v66.0/query"
    assert told["identity"].endswith(f"/id/{org.org_id}/{org.integration_id}")


def test_deleted_rows_can_be_asked_for(http, org):
    record_id = org.insert("Contact", {"LastName": "L"})
    org.delete("Contact", record_id)
    span = {"start": "2026-11-21T00:00:00Z", "end": "2026-11-22T00:00:00Z"}

    gone = http.get(api(org, "sobjects/Contact/deleted"), params=span).json()

    assert [each["id"] for each in gone["deletedRecords"]] == [record_id]


def test_controlled_fields_can_be_added(http, org):
    from crm_mappings.emulator.schema.fields import text

    org.insert("Contact", {"LastName": "L"})
    marks = {"unique": True, "external_id": True, "id_lookup": True}
    org.add_field("Contact", text("Badge__c", "Badge", 20, **marks))

    address = api(org, "sobjects/Contact/Badge__c/B1")
    assert http.patch(address, json={"LastName": "M"}).status_code == 201
    found = org.query("SELECT LastName, Badge__c FROM Contact ORDER BY LastName")
    assert [each["Badge__c"] for each in found] == [None, "B1"]
