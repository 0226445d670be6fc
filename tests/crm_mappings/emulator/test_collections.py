"""Collections, composites and graphs: many rows in one call, each with its outcome."""

import pytest

from tests.factories.org import api

CONTACT = {"attributes": {"type": "Contact"}}
KEY = "composite/sobjects/Contact/Tellback_Key__c"


def post(http, org, path, **body):
    return http.post(api(org, path), json=body)


def upsert(http, org, *records, **more):
    rows = [{**CONTACT, **record} for record in records]
    return http.patch(api(org, KEY), json={"records": rows, **more})


def codes(answer):
    assert answer.status_code == 200, answer.text
    return [
        each["errors"][0]["statusCode"] if each["errors"] else "ok"
        for each in answer.json()
    ]


def test_upsert_creates_and_updates_in_the_order_asked(http, org):
    known = org.insert("Contact", {"LastName": "Old", "Tellback_Key__c": "A"})

    answer = upsert(
        http,
        org,
        {"Tellback_Key__c": "B", "LastName": "New"},
        {"Tellback_Key__c": "A", "LastName": "Changed"},
    )

    assert [each["created"] for each in answer.json()] == [True, False]
    assert answer.json()[1]["id"] == known
    assert org.read("Contact", known)["LastName"] == "Changed"


def test_one_bad_row_does_not_hold_up_the_others(http, org):
    answer = upsert(
        http,
        org,
        {"Tellback_Key__c": "A", "LastName": "L"},
        {"Tellback_Key__c": "B"},
        {"Tellback_Key__c": "C", "LastName": "L", "Shoe__c": 1},
        {"LastName": "No key"},
        {"Tellback_Key__c": "D", "LastName": "L", "Birthdate": "soon"},
        {"Tellback_Key__c": "E", "LastName": "L"},
    )

    expected = ["ok", "REQUIRED_FIELD_MISSING", "INVALID_FIELD", "MISSING_ARGUMENT"]
    assert codes(answer) == [*expected, "JSON_PARSER_ERROR", "ok"]
    assert "id" not in answer.json()[1]
    assert answer.json()[1]["created"] is False
    assert len(org.query("SELECT Id FROM Contact")) == 2


def test_unreadable_row_may_fail_the_whole_call(http, org):
    org.faults.whole_call_errors = True

    answer = upsert(
        http,
        org,
        {"Tellback_Key__c": "A", "LastName": "L"},
        {"Tellback_Key__c": "B", "LastName": "L", "Shoe__c": 1},
    )

    assert answer.status_code == 400
    assert answer.json()[0]["errorCode"] == "INVALID_FIELD"
    assert org.query("SELECT Id FROM Contact") == []


def test_key_that_comes_twice_fails_each_time(http, org):
    answer = upsert(
        http,
        org,
        {"Tellback_Key__c": "A", "LastName": "L"},
        {"Tellback_Key__c": "a", "LastName": "M"},
        {"Tellback_Key__c": "B", "LastName": "N"},
    )

    assert codes(answer) == ["DUPLICATE_VALUE", "DUPLICATE_VALUE", "ok"]
    message = answer.json()[0]["errors"][0]["message"]
    assert message == "Duplicate external id specified: A"


def test_all_or_none_undoes_what_went_well(http, org):
    known = org.insert("Contact", {"LastName": "Old", "Tellback_Key__c": "A"})

    answer = upsert(
        http,
        org,
        {"Tellback_Key__c": "A", "LastName": "Changed"},
        {"Tellback_Key__c": "B"},
        allOrNone=True,
    )

    expected = ["ALL_OR_NONE_OPERATION_ROLLED_BACK", "REQUIRED_FIELD_MISSING"]
    assert codes(answer) == expected
    assert org.read("Contact", known)["LastName"] == "Old"


def test_standard_fields_can_be_keys(http, org):
    known = org.insert("Contact", {"LastName": "L", "Email": "ada@example.com"})

    by_mail = http.patch(
        api(org, "composite/sobjects/Contact/Email"),
        json={"records": [{**CONTACT, "Email": "ADA@example.com", "Title": "x"}]},
    )
    by_id = http.patch(
        api(org, "composite/sobjects/Contact/Id"),
        json={
            "records": [
                {**CONTACT, "Id": None, "LastName": "New"},
                {**CONTACT, "Id": known, "Title": "y"},
            ]
        },
    )

    assert by_mail.json()[0]["id"] == known
    assert [each["created"] for each in by_id.json()] == [True, False]
    assert org.read("Contact", known)["Title"] == "y"


def test_key_that_several_rows_share(http, org):
    for last in ("L", "M"):
        org.insert("Contact", {"LastName": last, "Email": "same@example.com"})

    answer = http.patch(
        api(org, "composite/sobjects/Contact/Email"),
        json={"records": [{**CONTACT, "Email": "same@example.com"}]},
    )

    assert codes(answer) == ["DUPLICATE_EXTERNAL_ID"]


def test_update_needs_ids_of_rows_that_are_there(http, org):
    known = org.insert("Contact", {"LastName": "L"})
    gone = org.insert("Contact", {"LastName": "M"})
    org.delete("Contact", gone)
    ids = [known, None, "003000000000009AAA", gone, "nonsense"]

    rows = [{**CONTACT, "id": each, "Title": "x"} for each in ids]
    answer = http.patch(api(org, "composite/sobjects"), json={"records": rows})

    expected = ["ok", "MISSING_ARGUMENT", "INVALID_CROSS_REFERENCE_KEY"]
    assert codes(answer) == [*expected, "ENTITY_IS_DELETED", "MALFORMED_ID"]


def test_types_may_be_mixed(http, org):
    rows = [
        {"attributes": {"type": "Account"}, "Name": "Acme"},
        {**CONTACT, "LastName": "L"},
    ]

    answer = post(http, org, "composite/sobjects", records=rows)

    assert [each["id"][:3] for each in answer.json()] == ["001", "003"]


def test_types_may_not_change_too_often(http, org):
    pair = [
        {"attributes": {"type": "Account"}, "Name": "Acme"},
        {**CONTACT, "LastName": "L"},
    ]

    answer = post(http, org, "composite/sobjects", records=pair * 6)

    assert answer.status_code == 400
    assert answer.json()[0]["errorCode"] == "LIMIT_EXCEEDED"


@pytest.mark.parametrize(
    "record", [{"LastName": "L"}, {"attributes": {"type": "Shoe"}}]
)
def test_record_without_a_known_type_fails_the_call(http, org, record):
    rows = [{**CONTACT, "LastName": "L"}, record]

    answer = post(http, org, "composite/sobjects", records=rows)

    assert answer.status_code == 400
    assert org.query("SELECT Id FROM Contact") == []


def test_two_hundred_rows_are_enough(http, org):
    row = {**CONTACT, "LastName": "L"}

    fits = post(http, org, "composite/sobjects", records=[row] * 200)
    too_many = post(http, org, "composite/sobjects", records=[row] * 201)

    assert fits.status_code == 200
    assert too_many.status_code == 400
    assert too_many.json()[0]["errorCode"] == "EXCEEDED_ID_LIMIT"
    assert too_many.headers["Sforce-Limit-Info"] == "api-usage=2/15000"


def test_rows_are_retrieved_in_the_order_asked(http, org):
    first = org.insert("Contact", {"LastName": "L"})
    second = org.insert("Contact", {"LastName": "M"})
    ids = [second, "003000000000009AAA", first]

    answer = post(
        http, org, "composite/sobjects/Contact", ids=ids, fields=["Id", "LastName"]
    )
    by_address = http.get(
        api(org, "composite/sobjects/Contact"),
        params={"ids": ",".join(ids), "fields": "LastName"},
    )

    names = [each and each["LastName"] for each in answer.json()]
    assert names == ["M", None, "L"]
    assert [each and each["LastName"] for each in by_address.json()] == names


def test_rows_are_deleted_each_by_itself(http, org):
    known = org.insert("Contact", {"LastName": "L"})
    ids = f"{known},003000000000009AAA"

    answer = http.delete(api(org, "composite/sobjects"), params={"ids": ids})

    assert codes(answer) == ["ok", "INVALID_CROSS_REFERENCE_KEY"]


def step(name, method, url, body=None):
    path = f"/services/data/v66.0/{url}"
    return {"referenceId": name, "method": method, "url": path, "body": body}


def case_and_task(case_id):
    return [
        step("case", "PATCH", f"sobjects/Case/{case_id}", {"CSAT__c": 3}),
        step(
            "response",
            "PATCH",
            "sobjects/Tellback_Response__c/Tellback_Key__c/R-1",
            {"Score__c": 3, "Case__c": case_id},
        ),
        step(
            "task",
            "POST",
            "sobjects/Task",
            {"WhatId": "@{response.id}", "Subject": "About @{response.id}"},
        ),
    ]


def test_later_steps_use_the_answers_of_earlier_ones(http, org):
    case = org.insert("Case", {})

    answer = post(http, org, "composite", compositeRequest=case_and_task(case))

    told = answer.json()["compositeResponse"]
    assert [each["httpStatusCode"] for each in told] == [204, 201, 201]
    (task,) = org.query("SELECT WhatId, Subject FROM Task")
    assert task["WhatId"] == told[1]["body"]["id"]
    assert task["Subject"] == f"About {task['WhatId']}"
    assert answer.headers["Sforce-Limit-Info"] == "api-usage=1/15000"


def test_each_graph_stands_for_itself(http, org):
    case = org.insert("Case", {})
    bad = [
        step("task", "POST", "sobjects/Task", {"Subject": "left over?"}),
        step("case", "PATCH", f"sobjects/Case/{case}", {"CSAT__c": 1000}),
    ]

    answer = post(
        http,
        org,
        "composite/graph",
        graphs=[
            {"graphId": "bad", "compositeRequest": bad},
            {"graphId": "good", "compositeRequest": case_and_task(case)},
        ],
    )

    graphs = answer.json()["graphs"]
    assert [each["isSuccessful"] for each in graphs] == [False, True]
    told = graphs[0]["graphResponse"]["compositeResponse"]
    assert told[0]["body"][0]["errorCode"] == "PROCESSING_HALTED"
    assert told[1]["body"][0]["errorCode"] == "NUMBER_OUTSIDE_VALID_RANGE"
    assert org.read("Case", case)["CSAT__c"] == 3.0
    assert [each["Subject"][:5] for each in org.query("SELECT Subject FROM Task")] == [
        "About"
    ]


def test_graphs_have_limits(http, org):
    one = {"graphId": "1", "compositeRequest": [step("a", "GET", "limits")]}
    large = {"graphId": "1", "compositeRequest": [step("a", "GET", "limits")] * 251}

    too_many = post(http, org, "composite/graph", graphs=[one] * 76)
    too_large = post(http, org, "composite/graph", graphs=[large, large])

    assert {too_many.status_code, too_large.status_code} == {400}


def test_reference_to_nothing_fails_its_step(http, org):
    steps = [step("task", "POST", "sobjects/Task", {"WhatId": "@{nobody.id}"})]

    told = post(http, org, "composite", compositeRequest=steps).json()

    assert told["compositeResponse"][0]["httpStatusCode"] == 400


def test_composite_step_can_be_conditional(http, org):
    address = api(org, "sobjects/Case/describe")
    since = http.get(address).headers["Last-Modified"]
    steps = [
        {
            **step("describe", "GET", "sobjects/Case/describe"),
            "httpHeaders": {"If-Modified-Since": since},
        }
    ]

    told = post(http, org, "composite", compositeRequest=steps).json()

    (part,) = told["compositeResponse"]
    assert (part["httpStatusCode"], part["body"]) == (304, None)


def test_batch_goes_on_or_halts(http, org):
    steps = [
        {"method": "GET", "url": "v66.0/sobjects/Contact/003000000000009AAA"},
        {
            "method": "POST",
            "url": "v66.0/sobjects/Contact",
            "richInput": {"LastName": "L"},
        },
    ]

    on = post(http, org, "composite/batch", batchRequests=steps).json()
    halted = post(
        http, org, "composite/batch", batchRequests=steps, haltOnError=True
    ).json()

    assert [each["statusCode"] for each in on["results"]] == [404, 201]
    assert on["hasErrors"] is True
    assert [each["statusCode"] for each in halted["results"]] == [404, 412]
