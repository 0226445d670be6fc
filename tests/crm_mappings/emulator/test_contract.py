"""The emulated org is held to what real orgs answered."""

from typing import Any

import pytest
from lxml import etree

from crm_mappings.emulator.outbound.rules import OutboundMessageRule
from crm_mappings.emulator.outbound.sending import Sender
from tests.factories.org import api, session_for

COMPARED = (
    *("aggregatable", "autoNumber", "byteLength", "calculated", "compoundFieldName"),
    *("createable", "custom", "defaultedOnCreate", "digits", "extraTypeInfo"),
    *("filterable", "groupable", "htmlFormatted", "idLookup", "length", "nameField"),
    *("nillable", "permissionable", "polymorphicForeignKey", "precision", "label"),
    *("queryByDistance", "referenceTo", "relationshipName", "restrictedPicklist"),
    *("scale", "searchPrefilterable", "soapType", "sortable", "type", "unique"),
    *("updateable", "defaultValue", "picklistValues"),
)
# Real oddities that no rule explains.
ODD = {("Comments", key) for key in ("aggregatable", "byteLength", "sortable")}
ODD |= {("Fiscal", "byteLength"), ("CleanStatus", "picklistValues")}


def describe(http: Any, org: Any, name: str) -> dict[str, Any]:
    return http.get(api(org, f"sobjects/{name}/describe")).json()


@pytest.mark.parametrize("name", ["Case", "Contact", "Opportunity"])
def test_describe_has_the_keys_of_a_real_one(recorded, http, org, name):
    real = recorded(f"describe/cumulusci-v52-GET_sobjects_{name}_describe.json")

    ours = describe(http, org, name)

    assert set(real) <= set(ours)
    assert set(real["fields"][0]) <= set(ours["fields"][0])
    assert set(real["recordTypeInfos"][0]) == set(ours["recordTypeInfos"][0])
    children = ours["childRelationships"][0]
    assert set(real["childRelationships"][0]) == set(children)


@pytest.mark.parametrize("name", ["Case", "Contact", "Opportunity"])
def test_described_fields_are_those_of_a_real_org(recorded, http, org, name):
    real = recorded(f"describe/cumulusci-v52-GET_sobjects_{name}_describe.json")
    ours = {each["name"]: each for each in describe(http, org, name)["fields"]}

    common = [each for each in real["fields"] if each["name"] in ours]
    differences = [
        (each["name"], key, each[key], ours[each["name"]][key])
        for each in common
        for key in COMPARED
        if each[key] != ours[each["name"]][key] and (each["name"], key) not in ODD
    ]

    assert len(common) > 30
    assert differences == []


@pytest.mark.parametrize("name", ["Account", "Contact"])
def test_older_describe_has_no_key_that_ours_lacks(recorded, http, org, name):
    real = recorded(f"describe/{name}.json")

    ours = describe(http, org, name)

    assert set(real["fields"][0]) <= set(ours["fields"][0])
    assert set(real) <= set(ours)
    shared = {each["name"]: each for each in ours["fields"]}
    types = {each["name"]: each["type"] for each in real["fields"]}
    both = shared.keys() & types.keys()
    assert len(both) > 25
    assert {name: shared[name]["type"] for name in both} == {n: types[n] for n in both}


def test_describe_carries_the_validators_of_a_real_one(recorded, http, org):
    real = {name for name, _ in recorded("describe/Contact.headers.json")}

    ours = http.get(api(org, "sobjects/Contact/describe")).headers

    transport = {"Date", "Set-Cookie", "Vary", "Transfer-Encoding", "Connection"}
    assert real - transport <= set(ours)


def test_list_of_objects_has_the_keys_of_a_real_one(recorded, http, org):
    real = recorded("describe/GET_sobjects_Global_describe.json")
    contact = next(each for each in real["sobjects"] if each["name"] == "Contact")

    ours = http.get(api(org, "sobjects/")).json()

    assert set(ours) == set(real)
    mine = next(each for each in ours["sobjects"] if each["name"] == "Contact")
    assert set(mine) == set(contact)
    assert set(mine["urls"]) <= set(contact["urls"])
    assert {key: mine[key] for key in mine if key != "urls"} == {
        key: contact[key] for key in contact if key != "urls"
    }


def test_versions_are_told_as_by_a_real_org(recorded, org):
    real = recorded("recorded/versions_response.json")

    ours = session_for(org).get(f"{org.instance_url}/services/data/").json()

    by_version = {each["version"]: each for each in ours}
    assert "66.0" in by_version
    for each in real:
        # Some real labels have a typographic apostrophe.
        if each["version"] in by_version:
            label = each["label"].replace("\u2019", "'")
            assert by_version[each["version"]] == {**each, "label": label}


def test_single_create_answers_like_a_real_org(recorded, http, org):
    real = next(
        each
        for each in recorded("recorded/grouparoo-v42-interactions.json")
        if each["method"] == "POST" and each["status"] == 201
    )

    ours = http.post(api(org, "sobjects/Account"), json={"Name": "Acme"})

    assert ours.status_code == real["status"]
    assert list(ours.json()) == list(real["response_body"])
    transport = {"Date", "Set-Cookie", "Vary", "Transfer-Encoding", "Connection"}
    names = {name for name, _ in real["response_headers"]}
    assert names - transport <= set(ours.headers)


def test_missing_row_answers_like_a_real_org(recorded, http, org):
    real = next(
        each
        for each in recorded("recorded/grouparoo-v42-interactions.json")
        if each["status"] == 404
    )

    ours = http.get(api(org, "sobjects/Contact/0034S000005YJX9QAO"))

    assert ours.status_code == 404
    assert ours.json() == real["response_body"]


def test_row_has_attributes_first_and_then_its_fields(recorded, http, org):
    real = next(
        each["response_body"]
        for each in recorded("recorded/grouparoo-v42-interactions.json")
        if each["method"] == "GET" and "/Account/" in each["path"]
    )
    record_id = org.insert("Account", {"Name": "Acme"})

    ours = http.get(api(org, f"sobjects/Account/{record_id}"))

    assert list(ours.json())[:5] == list(real)[:5]
    assert list(ours.json()["attributes"]) == list(real["attributes"])
    assert {"ETag", "Last-Modified"} <= set(ours.headers)
    stamp = real["CreatedDate"]
    assert len(ours.json()["CreatedDate"]) == len(stamp)
    assert ours.json()["CreatedDate"].endswith(stamp[-9:])


def test_recorded_collections_can_be_played_again(recorded, http, org):
    played = 0
    for each in recorded("recorded/grouparoo-v42-interactions.json"):
        body = each["request_body"]
        create = each["method"] == "POST" and each["path"].endswith("sobjects")
        if not create or "composite" not in each["path"]:
            continue
        if "__c" in str(body) or "Lead" in str(body):
            continue  # fields of that org alone

        ours = http.post(api(org, "composite/sobjects"), json=body)

        assert ours.status_code == each["status"]
        for mine, real in zip(ours.json(), each["response_body"], strict=True):
            assert list(mine) == list(real)
            assert mine["success"] == real["success"]
            assert mine["errors"] == real["errors"]
        played += 1
    assert played >= 3


def test_wrong_address_in_an_update_is_told_as_recorded(recorded, http, org):
    real = next(
        each["response_body"][1]
        for each in recorded("recorded/grouparoo-v42-interactions.json")
        if "INVALID_EMAIL_ADDRESS" in str(each["response_body"])
    )
    record_id = org.insert("Contact", {"LastName": "Simpson"})
    row = {"attributes": {"type": "Contact"}, "id": record_id, "Email": "badone"}

    body = {"allOrNone": False, "records": [row]}
    ours = http.patch(api(org, "composite/sobjects"), json=body).json()[0]

    assert list(ours) == list(real)
    mine, theirs = ours["errors"][0], real["errors"][0]
    assert mine["statusCode"] == theirs["statusCode"]
    assert mine["message"] == theirs["message"].replace("email_field", "Email")
    assert mine["fields"] == ["Email"]


def test_converted_lead_is_refused_as_recorded(recorded, http, org):
    real = next(
        each["response_body"]
        for each in recorded("recorded/grouparoo-v42-interactions.json")
        if "CONVERTED_LEAD" in str(each["response_body"])
    )
    record_id = org.insert("Lead", {"LastName": "Liskov", "Company": "S"})
    org.rows.get("Lead", record_id)["IsConverted"] = True

    row = {"attributes": {"type": "Lead"}, "id": record_id, "LastName": "NoEdit"}
    ours = http.patch(api(org, "composite/sobjects"), json={"records": [row]})

    assert ours.json() == real


def test_all_or_none_is_told_as_recorded(recorded, http, org):
    folder = "recorded/amp-labs/batch/create/contacts"
    real = recorded(f"{folder}/partial-but-allOrNone.json")
    good = {"attributes": {"type": "Contact"}, "LastName": "Dyer"}
    bad = {"attributes": {"type": "Contact"}, "FirstName": "Siena"}

    body = {"allOrNone": True, "records": [bad, good]}
    ours = http.post(api(org, "composite/sobjects"), json=body)

    assert ours.status_code == 200
    assert ours.json() == real
    assert org.query("SELECT Id FROM Contact") == []


def test_payload_and_success_are_those_recorded(recorded, http, org):
    folder = "recorded/amp-labs/batch/create/contacts"

    body = recorded(f"{folder}/payload.json")
    ours = http.post(api(org, "composite/sobjects"), json=body).json()

    for mine, real in zip(ours, recorded(f"{folder}/success.json"), strict=True):
        assert list(mine) == list(real)
        assert len(mine["id"]) == len(real["id"])


def test_empty_list_is_refused_as_recorded(recorded, http, org):
    folder = "recorded/amp-labs/batch/create/contacts"

    ours = http.post(api(org, "composite/sobjects"), json={"records": []})

    assert ours.status_code == 400
    assert ours.json() == recorded(f"{folder}/err-bad-request.json")


def test_unknown_field_is_refused_as_recorded(recorded, http, org):
    real = recorded("recorded/amp-labs/unknown-field.json")

    body = {"Name": "Acme", "AccountNumer": "1"}
    ours = http.post(api(org, "sobjects/Account"), json=body)

    assert ours.status_code == 400
    assert ours.json() == real


def test_read_only_field_is_refused_as_recorded(recorded, http, org):
    real = recorded("recorded/amp-labs/invalid-field-upsert.json")

    body = {"Name": "Acme", "MasterRecordId": None}
    ours = http.post(api(org, "sobjects/Account"), json=body)

    assert ours.status_code == 400
    assert ours.json() == real


def test_unknown_object_in_a_query_is_refused_as_recorded(recorded, http, org):
    real = recorded("recorded/amp-labs/unknown-object.json")[0]

    soql = "SELECT Id, Name,BillingCity,IsDeleted FROM Accout"
    ours = http.get(api(org, "query"), params={"q": soql}).json()[0]

    assert set(ours) == set(real)
    assert ours["errorCode"] == real["errorCode"]
    assert ours["message"].splitlines()[-1] == real["message"].splitlines()[-1]
    assert ours["message"].splitlines()[2] == real["message"].splitlines()[2]


def test_query_with_a_parent_has_the_recorded_shape(recorded, http, org):
    real = recorded("recorded/restforce/sobject/query_success_response.json")
    account = org.insert("Account", {"Name": "Acme"})
    org.insert("Contact", {"LastName": "Lovelace", "AccountId": account})

    soql = "SELECT Id, Account.Name FROM Contact"
    ours = http.get(api(org, "query"), params={"q": soql}).json()

    assert list(ours) == list(real)
    assert set(ours["records"][0]["attributes"]) == set(
        real["records"][0]["attributes"]
    )
    assert set(ours["records"][0]["Account"]) == {"attributes", "Name"}


def test_compound_address_has_the_recorded_parts(recorded, http, org):
    real = recorded("recorded/amp-labs/read-list-leads.json")["records"][0]["Address"]
    given = {"City": real["city"], "Country": "USA", "PostalCode": "32306"}
    org.insert("Lead", {"LastName": "Boyd", "Company": "Farmers", **given})

    soql = "SELECT Address, City FROM Lead"
    ours = http.get(api(org, "query"), params={"q": soql}).json()["records"][0]

    assert list(ours["Address"]) == list(real)
    assert ours["Address"]["city"] == "Tallahassee"


def test_several_rows_for_a_key_answer_300_with_their_addresses(recorded, http, org):
    real = recorded("recorded/restforce/sobject/upsert_multiple_error_response.json")
    for last in ("One", "Two"):
        org.insert("Contact", {"LastName": last, "Email": "same@example.com"})

    address = api(org, "sobjects/Contact/Email/same@example.com")
    ours = http.patch(address, json={"FirstName": "Both"})

    assert ours.status_code == 300
    assert len(ours.json()) == len(real)
    assert ours.json()[0].startswith("/services/data/v66.0/sobjects/Contact/003")


@pytest.mark.parametrize(
    ("method", "path", "recording"),
    [
        ("DELETE", "sobjects/Contact/rid", "delete_error_response"),
        ("GET", "sobjects/Contact/23foo", "sobject_find_error_response"),
        ("PATCH", "sobjects/Contact/Namez/1", "upsert_error_response"),
        ("GET", "sobjects/Whizbang/describe", "sobject_describe_error_response"),
    ],
)
def test_nothing_there_is_told_as_recorded(
    recorded, http, org, method, path, recording
):
    real = recorded(f"recorded/restforce/sobject/{recording}.json")

    ours = http.request(method, api(org, path), json={"LastName": "X"})

    assert ours.status_code == 404
    assert {**ours.json()[0]} == {**real[0]}


def test_expired_session_is_told_as_recorded(recorded, org):
    real = recorded("recorded/restforce/expired_session_response.json")

    headers = {"Authorization": "Bearer nonsense"}
    ours = session_for(org).get(api(org, "limits"), headers=headers)

    assert ours.status_code == 401
    assert ours.json() == real


def test_limits_are_told_as_recorded(recorded, http, org):
    real = recorded("recorded/camel/limits.json")

    ours = http.get(api(org, "limits")).json()

    assert set(ours["DailyApiRequests"]) == set(real["DailyApiRequests"])
    assert len(set(ours) & set(real)) >= 15


def test_rolled_back_composite_is_told_as_recorded(recorded, http, org):
    real = recorded("recorded/camel/composite_allornone_failure.json")
    parts = [
        ("good", {"LastName": "Dyer"}),
        ("bad", {"FirstName": "Siena"}),
    ]
    asked = [
        {
            "method": "POST",
            "url": "/services/data/v66.0/sobjects/Contact",
            "referenceId": name,
            "body": body,
        }
        for name, body in parts
    ]

    body = {"allOrNone": True, "compositeRequest": asked}
    ours = http.post(api(org, "composite"), json=body)

    assert ours.status_code == 200
    mine, theirs = ours.json()["compositeResponse"], real["compositeResponse"]
    assert set(mine[0]) == set(theirs[0])
    halted = next(each for each in theirs if "PROCESSING_HALTED" in str(each))
    assert mine[0]["body"] == halted["body"]
    assert mine[0]["httpStatusCode"] == halted["httpStatusCode"]


def test_error_codes_exist_in_the_wsdl(recorded):
    known = str(recorded("error_codes.json"))
    ours = (
        *("REQUIRED_FIELD_MISSING", "STRING_TOO_LONG", "INVALID_FIELD", "MALFORMED_ID"),
        *("INVALID_FIELD_FOR_INSERT_UPDATE", "INVALID_CROSS_REFERENCE_KEY"),
        *("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", "INVALID_EMAIL_ADDRESS"),
        *("NUMBER_OUTSIDE_VALID_RANGE", "DUPLICATE_VALUE", "ENTITY_IS_DELETED"),
        *("INVALID_TYPE_ON_FIELD_IN_RECORD", "UNABLE_TO_LOCK_ROW", "MALFORMED_QUERY"),
        *("INVALID_QUERY_FILTER_OPERATOR", "INVALID_QUERY_LOCATOR", "INVALID_TYPE"),
        *("FIELD_CUSTOM_VALIDATION_EXCEPTION", "FIELD_INTEGRITY_EXCEPTION"),
        *("ALL_OR_NONE_OPERATION_ROLLED_BACK", "REQUEST_LIMIT_EXCEEDED"),
        *("CANNOT_UPDATE_CONVERTED_LEAD", "INVALID_SESSION_ID", "MISSING_ARGUMENT"),
        *("EXCEEDED_ID_LIMIT", "UNKNOWN_EXCEPTION", "DUPLICATE_EXTERNAL_ID"),
    )

    assert [code for code in ours if code not in known] == []


@pytest.mark.parametrize("name", ["create-account", "null-field-omitted"])
def test_outbound_message_has_the_bytes_of_a_real_one(recorded, org, name):
    real = recorded(f"outbound/amp-2026-{name}.xml")
    rule = OutboundMessageRule(
        name="told",
        object="Account",
        fields=("LastModifiedDate", "Id", "CreatedDate", "Phone"),
        endpoint="https://listener.example/",
        api_version="60.0",
    )
    org.add_outbound_rule(rule)
    org.insert("Account", {"Name": "Acme"})

    ours = Sender(org).body(org.outbound.pending()).decode()

    assert _masked(ours) == _masked(real)


def _masked(xml: str) -> str:
    """The message with its values replaced by their element's name."""
    root = etree.fromstring(xml.encode())
    for element in root.iter():
        if element.text and element.text.strip():
            xml = xml.replace(
                f">{element.text}<", f">{etree.QName(element).localname}<"
            )
    return xml
