"""Whatever Salesforce refuses, the emulated org refuses in the same words."""

import pytest

from crm_mappings.emulator.duplicates import DuplicateRule
from crm_mappings.emulator.faults import ValidationRule
from tests.factories.org import api

MISSING_ID = "003000000000009AAA"


def create(http, org, name, **body):
    return http.post(api(org, f"sobjects/{name}"), json=body)


def refused(answer, status, code):
    """The only error of an answer."""
    assert answer.status_code == status, answer.text
    (error,) = answer.json()
    assert error["errorCode"] == code
    return error


def test_required_field_is_missed(http, org):
    error = refused(create(http, org, "Contact"), 400, "REQUIRED_FIELD_MISSING")

    assert error["message"] == "Required fields are missing: [LastName]"
    assert error["fields"] == ["LastName"]


def test_blank_text_is_no_value_for_a_required_field(http, org):
    answer = create(http, org, "Contact", LastName="   ")

    refused(answer, 400, "REQUIRED_FIELD_MISSING")


def test_required_field_cannot_be_cleared(http, org):
    record_id = org.insert("Contact", {"LastName": "Lovelace"})

    address = api(org, f"sobjects/Contact/{record_id}")
    answer = http.patch(address, json={"LastName": None})

    refused(answer, 400, "REQUIRED_FIELD_MISSING")
    assert org.read("Contact", record_id)["LastName"] == "Lovelace"


def test_checkbox_need_not_be_given(http, org):
    answer = create(http, org, "Contact", LastName="Lovelace")

    assert answer.status_code == 201
    record = org.read("Contact", answer.json()["id"])
    assert record["HasOptedOutOfEmail"] is False


def test_checkbox_refuses_null(http, org):
    answer = create(http, org, "Contact", LastName="L", HasOptedOutOfEmail=None)

    error = refused(answer, 400, "INVALID_TYPE_ON_FIELD_IN_RECORD")
    assert error["fields"] == ["HasOptedOutOfEmail"]


def test_text_is_too_long(http, org):
    answer = create(http, org, "Case", Survey_Comment__c="x" * 256)

    error = refused(answer, 400, "STRING_TOO_LONG")
    expected = f"Survey Comment: data value too large: {'x' * 256} (max length=255)"
    assert error["message"] == expected
    assert error["fields"] == ["Survey_Comment__c"]


def test_longest_text_is_accepted(http, org):
    answer = create(http, org, "Case", Survey_Comment__c="ä" * 255)

    assert answer.status_code == 201


def test_restricted_picklist_refuses_a_strange_value(http, org):
    answer = create(http, org, "Case", NPS_Group__c="Fan")

    error = refused(answer, 400, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST")
    assert error["message"] == "NPS Group: bad value for restricted picklist field: Fan"


def test_open_picklist_takes_any_value(http, org):
    answer = create(http, org, "Case", Origin="Pigeon")

    assert answer.status_code == 201
    assert org.read("Case", answer.json()["id"])["Origin"] == "Pigeon"


def test_multiple_picklist_checks_each_part(http, org):
    answer = create(http, org, "Case", Topics__c="Price;Weather")

    error = refused(answer, 400, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST")
    assert error["message"].endswith(": Weather")


def test_multiple_picklist_keeps_its_parts(http, org):
    answer = create(http, org, "Case", Topics__c="Price; Quality;Price")

    record = org.read("Case", answer.json()["id"])
    assert record["Topics__c"] == "Price;Quality"


def test_an_unknown_field_is_refused_by_name(http, org):
    answer = create(http, org, "Contact", LastName="L", Shoe_Size__c=46)

    error = refused(answer, 400, "INVALID_FIELD")
    expected = "No such column 'Shoe_Size__c' on sobject of type Contact"
    assert error == {"message": expected, "errorCode": "INVALID_FIELD"}


def test_unknown_object_is_not_found(http, org):
    refused(create(http, org, "Shoe__c"), 404, "NOT_FOUND")


@pytest.mark.parametrize(
    "field", ["IsClosed", "CaseNumber", "ContactEmail", "CreatedDate"]
)
def test_read_only_field_cannot_be_written(http, org, field):
    answer = create(http, org, "Case", **{field: "x"})

    error = refused(answer, 400, "INVALID_FIELD_FOR_INSERT_UPDATE")
    assert error["message"].startswith(f"Unable to create/update fields: {field}. ")
    assert error["fields"] == [field]


def test_every_read_only_field_is_named(http, org):
    answer = create(http, org, "Case", IsClosed=True, CaseNumber="1")

    error = refused(answer, 400, "INVALID_FIELD_FOR_INSERT_UPDATE")
    assert error["fields"] == ["IsClosed", "CaseNumber"]


def test_compound_name_cannot_be_written(http, org):
    answer = create(http, org, "Contact", LastName="L", Name="Ada L")

    refused(answer, 400, "INVALID_FIELD_FOR_INSERT_UPDATE")


def test_id_is_given_by_the_org(http, org):
    answer = create(http, org, "Contact", LastName="L", Id=MISSING_ID)

    refused(answer, 400, "INVALID_FIELD_FOR_INSERT_UPDATE")


def test_id_in_the_body_of_an_update(http, org):
    record_id = org.insert("Contact", {"LastName": "L"})

    address = api(org, f"sobjects/Contact/{record_id}")
    error = refused(http.patch(address, json={"Id": record_id}), 400, "INVALID_FIELD")

    expected = "The Id field should not be specified in the sobject data."
    assert error["message"] == expected


def test_a_malformed_reference_is_refused(http, org):
    answer = create(http, org, "Case", ContactId="ada")

    error = refused(answer, 400, "MALFORMED_ID")
    assert error["message"] == "Contact ID: id value of incorrect type: ada"


def test_reference_to_an_object_of_another_kind(http, org):
    account = org.insert("Account", {"Name": "Acme"})

    answer = create(http, org, "Case", ContactId=account)

    refused(answer, 400, "FIELD_INTEGRITY_EXCEPTION")


def test_polymorphic_reference_to_a_wrong_kind(http, org):
    contact = org.insert("Contact", {"LastName": "L"})

    error = refused(create(http, org, "Task", WhatId=contact), 400, "MALFORMED_ID")

    assert error["message"].startswith("Related To ID: id value of incorrect type: 003")


def test_reference_to_a_missing_row(http, org):
    answer = create(http, org, "Case", ContactId=MISSING_ID)

    error = refused(answer, 400, "INVALID_CROSS_REFERENCE_KEY")
    assert error["message"] == "invalid cross reference id"


def test_reference_to_a_deleted_row(http, org):
    contact = org.insert("Contact", {"LastName": "L"})
    org.delete("Contact", contact)

    answer = create(http, org, "Case", ContactId=contact)

    refused(answer, 400, "ENTITY_IS_DELETED")


def test_fifteen_character_ids_are_accepted_and_answered_with_eighteen(http, org):
    contact = org.insert("Contact", {"LastName": "L"})

    answer = create(http, org, "Case", ContactId=contact[:15])

    record = http.get(api(org, f"sobjects/Case/{answer.json()['id'][:15]}")).json()
    assert record["ContactId"] == contact
    assert len(record["Id"]) == 18


@pytest.mark.parametrize(
    "given", ["badone", "a@b", "a b@example.com", "@example.com", "a@example..com"]
)
def test_wrong_email_address(http, org, given):
    answer = create(http, org, "Contact", LastName="L", Email=given)

    error = refused(answer, 400, "INVALID_EMAIL_ADDRESS")
    assert error["message"] == f"Email: invalid email address: {given}"
    assert error["fields"] == ["Email"]


def test_number_outside_its_range(http, org):
    answer = create(http, org, "Case", CSAT__c=100)

    error = refused(answer, 400, "NUMBER_OUTSIDE_VALID_RANGE")
    expected = "CSAT: value outside of valid range on numeric field: 100"
    assert error["message"] == expected


def test_number_that_rounds_out_of_its_range(http, org):
    answer = create(http, org, "Case", CSAT__c=99.5)

    refused(answer, 400, "NUMBER_OUTSIDE_VALID_RANGE")


def test_surplus_decimals_are_rounded(http, org):
    answer = create(http, org, "Tellback_Response__c", Score__c=4.125)

    record = org.read("Tellback_Response__c", answer.json()["id"])
    assert record["Score__c"] == 4.13


@pytest.mark.parametrize(
    ("field", "value", "kind"),
    [
        ("CSAT__c", "four", "double from VALUE_STRING value four"),
        ("CSAT__c", True, "double from VALUE_TRUE value true"),
        ("CSAT__c", [4], "double from START_ARRAY value ["),
        ("Subject", 5, "string from VALUE_NUMBER_INT value 5"),
        ("IsEscalated", "yes", "boolean from VALUE_STRING value yes"),
        ("Topics__c", ["Price"], "multipicklist from START_ARRAY value ["),
    ],
)
def test_a_value_of_a_wrong_type_is_refused_with_its_place(
    http, org, field, value, kind
):
    answer = create(http, org, "Case", **{field: value})

    error = refused(answer, 400, "JSON_PARSER_ERROR")
    assert f"instance of {kind}" in error["message"]
    assert "at [line:1, column:" in error["message"]


@pytest.mark.parametrize(
    "given",
    [
        "2013-08-12T15:20:00+0000",
        "2013-08-12",
        "12.08.2013 15:20",
        "2013-02-30T00:00:00.000Z",
        "1600-01-01T00:00:00.000Z",
        "4001-01-01T00:00:00.000Z",
        "",
    ],
)
def test_a_moment_that_is_none_is_refused(http, org, given):
    answer = create(http, org, "Contact", LastName="L", Last_Survey__c=given)

    refused(answer, 400, "JSON_PARSER_ERROR")


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("2026-11-21T09:30:00.000Z", "2026-11-21T09:30:00.000+0000"),
        ("2026-11-21T10:30:00+01:00", "2026-11-21T09:30:00.000+0000"),
        ("2026-11-21T09:30:00.123456789Z", "2026-11-21T09:30:00.000+0000"),
    ],
)
def test_a_moment_is_kept_in_the_spelling_of_an_org(http, org, given, kept):
    answer = create(http, org, "Contact", LastName="L", Last_Survey__c=given)

    record = org.read("Contact", answer.json()["id"])
    assert record["Last_Survey__c"] == kept


@pytest.mark.parametrize("given", ["21.11.2026", "2026-13-01", "2026-11-21T00:00:00Z"])
def test_a_date_that_is_none_is_refused(http, org, given):
    answer = create(http, org, "Contact", LastName="L", Birthdate=given)

    refused(answer, 400, "JSON_PARSER_ERROR")


def test_value_that_must_be_unique(http, org):
    first = org.insert("Contact", {"LastName": "L", "Tellback_Key__c": "A-1"})

    answer = create(http, org, "Contact", LastName="M", Tellback_Key__c="a-1")

    error = refused(answer, 400, "DUPLICATE_VALUE")
    expected = (
        "duplicate value found: Tellback_Key__c duplicates value on record "
        f"with id: {first[:15]}"
    )
    assert error["message"] == expected


def test_unique_value_of_a_deleted_row_is_free_again(http, org):
    first = org.insert("Contact", {"LastName": "L", "Tellback_Key__c": "A-1"})
    org.delete("Contact", first)

    answer = create(http, org, "Contact", LastName="M", Tellback_Key__c="A-1")

    assert answer.status_code == 201


@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
def test_a_deleted_row_is_said_to_be_deleted(http, org, method):
    record_id = org.insert("Contact", {"LastName": "L"})
    org.delete("Contact", record_id)

    address = api(org, f"sobjects/Contact/{record_id}")
    answer = http.request(method, address, json={"Title": "x"})

    error = refused(answer, 404, "ENTITY_IS_DELETED")
    assert error["message"] == "entity is deleted"
    assert error["fields"] == []


@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
def test_a_missing_row_is_not_found(http, org, method):
    address = api(org, f"sobjects/Contact/{MISSING_ID}")

    refused(http.request(method, address, json={"Title": "x"}), 404, "NOT_FOUND")


def test_parent_named_by_an_external_id(http, org):
    contact = org.insert("Contact", {"LastName": "L", "Tellback_Key__c": "A"})

    answer = create(
        http, org, "Tellback_Response__c", Contact__r={"Tellback_Key__c": "A"}
    )

    record = org.read("Tellback_Response__c", answer.json()["id"])
    assert record["Contact__c"] == contact


def test_parent_that_no_external_id_names(http, org):
    answer = create(http, org, "Case", Contact={"Tellback_Key__c": "0116"})

    error = refused(answer, 400, "INVALID_FIELD")
    expected = (
        "Foreign key external ID: 0116 not found for field Tellback_Key__c "
        "in entity Contact"
    )
    assert error["message"] == expected


def test_parent_named_by_a_field_that_is_no_key(http, org):
    answer = create(http, org, "Case", Contact={"Title": "Countess"})

    error = refused(answer, 400, "INVALID_FIELD")
    assert "is not an External ID" in error["message"]


def test_polymorphic_parent_needs_its_type(http, org):
    case = org.insert("Case", {"Tellback_Key__c": "C"})

    without = create(http, org, "Task", What={"Tellback_Key__c": "C"})
    nested = {"attributes": {"type": "Case"}, "Tellback_Key__c": "C"}
    with_type = create(http, org, "Task", What=nested)

    refused(without, 400, "INVALID_FIELD")
    assert org.read("Task", with_type.json()["id"])["WhatId"] == case


def test_body_is_needed(http, org):
    answer = http.post(
        api(org, "sobjects/Contact"), headers={"Content-Type": "application/json"}
    )

    error = refused(answer, 400, "JSON_PARSER_ERROR")
    expected = "The HTTP entity body is required, but this request has no entity body."
    assert error["message"] == expected


@pytest.mark.parametrize("body", ["{", '{"a": NaN}', "[1]", "5", "[" * 100_000])
def test_body_is_no_object(http, org, body):
    answer = http.post(
        api(org, "sobjects/Contact"),
        data=body,
        headers={"Content-Type": "application/json"},
    )

    refused(answer, 400, "JSON_PARSER_ERROR")


def test_body_must_be_json(http, org):
    answer = http.post(api(org, "sobjects/Contact"), data="LastName=L")

    refused(answer, 415, "UNSUPPORTED_MEDIA_TYPE")


def test_method_that_a_resource_lacks(http, org):
    record_id = org.insert("Contact", {"LastName": "L"})

    answer = http.put(api(org, f"sobjects/Contact/{record_id}"), json={})

    error = refused(answer, 405, "METHOD_NOT_ALLOWED")
    expected = "HTTP Method 'PUT' not allowed. Allowed are HEAD,GET,PATCH,DELETE"
    assert error["message"] == expected


def test_retired_and_unknown_versions(http, org):
    base = f"{org.instance_url}/services/data"

    refused(http.get(f"{base}/v29.0/limits"), 410, "UNSUPPORTED_API_VERSION")
    refused(http.get(f"{base}/v99.0/limits"), 404, "NOT_FOUND")
    refused(http.get(f"{base}/latest/limits"), 404, "NOT_FOUND")


def test_address_that_is_too_long(http, org):
    answer = http.get(api(org, "query"), params={"q": "x" * 17_000})

    assert answer.status_code == 414


def test_validation_rule_speaks_the_admins_words(http, org):
    org.add_validation_rule(
        ValidationRule(
            object_name="Case", field="Priority", value="Low", message="Never low!"
        )
    )

    answer = create(http, org, "Case", Priority="Low")

    error = refused(answer, 400, "FIELD_CUSTOM_VALIDATION_EXCEPTION")
    assert error["message"] == "Never low!"
    assert error["fields"] == ["Priority"]


def test_hidden_field_is_no_column_for_anybody_but_the_admin(http, org):
    case = org.insert("Case", {"CSAT__c": 4})
    org.hide_field("Case", "CSAT__c")

    described = http.get(api(org, "sobjects/Case/describe")).json()["fields"]
    written = http.patch(api(org, f"sobjects/Case/{case}"), json={"CSAT__c": 5})
    asked = http.get(api(org, "query"), params={"q": "SELECT CSAT__c FROM Case"})

    assert "CSAT__c" not in {each["name"] for each in described}
    refused(written, 400, "INVALID_FIELD")
    refused(asked, 400, "INVALID_FIELD")
    assert org.read("Case", case)["CSAT__c"] == 4.0


def test_field_made_read_only_is_refused_by_name(http, org):
    case = org.insert("Case", {})
    org.make_read_only("Case", "CSAT__c")

    answer = http.patch(api(org, f"sobjects/Case/{case}"), json={"CSAT__c": 5})
    refused(answer, 400, "INVALID_FIELD_FOR_INSERT_UPDATE")

    org.restore_fields("Case")
    answer = http.patch(api(org, f"sobjects/Case/{case}"), json={"CSAT__c": 5})
    assert answer.status_code == 204


def test_duplicate_is_refused_unless_the_caller_may_insist(http, org):
    known = org.insert("Contact", {"LastName": "L", "Email": "ada@example.com"})
    org.add_duplicate_rule(
        DuplicateRule(object_name="Contact", fields=("Email",), allow_save=True)
    )
    body = {"LastName": "M", "Email": "ADA@example.com"}
    address = api(org, "sobjects/Contact")
    insisting = {"Sforce-Duplicate-Rule-Header": "allowSave=true"}

    answer = http.post(address, json=body)
    saved = http.post(address, json=body, headers=insisting)
    other = http.post(address, json={**body, "Email": "alan@example.com"})

    error = refused(answer, 400, "DUPLICATES_DETECTED")
    (match,) = error["duplicateResut"]["matchResults"]
    assert match["matchRecords"][0]["record"]["Id"] == known
    assert (saved.status_code, other.status_code) == (201, 201)


def test_duplicate_rule_that_blocks_cannot_be_overruled(http, org):
    org.insert("Contact", {"LastName": "L", "Email": "ada@example.com"})
    org.add_duplicate_rule(DuplicateRule(object_name="Contact", fields=("Email",)))
    row = {
        "attributes": {"type": "Contact"},
        "LastName": "M",
        "Email": "ada@example.com",
    }
    insisting = {"Sforce-Duplicate-Rule-Header": "allowSave=true"}

    answer = http.post(
        api(org, "composite/sobjects"), json={"records": [row]}, headers=insisting
    )

    (element,) = answer.json()
    assert element["errors"][0]["statusCode"] == "DUPLICATES_DETECTED"


def test_refused_call_still_tells_the_usage(http, org):
    org.faults.request_limit = 1

    answer = http.get(api(org, "limits"))

    assert answer.status_code == 403
    assert answer.headers["Sforce-Limit-Info"] == "api-usage=0/15000"
