"""Bulk jobs: a file goes in, and every row of it comes out in a result file."""

import csv
import io

import pytest

from tests.factories.org import api


def start(http, org, **asked):
    body = {"object": "Contact", "operation": "insert", "contentType": "CSV", **asked}
    answer = http.post(api(org, "jobs/ingest"), json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


def upload(http, org, job, text):
    address = f"{org.instance_url}/{job['contentUrl']}"
    headers = {"Content-Type": "text/csv"}
    return http.put(address, data=text.encode(), headers=headers)


def close(http, org, job, state="UploadComplete"):
    return http.patch(api(org, f"jobs/ingest/{job['id']}"), json={"state": state})


def finish(http, org, job, text):
    """The states that the job went through, and what it tells in the end."""
    upload(http, org, job, text)
    states = [close(http, org, job).json()["state"]]
    while states[-1] not in {"JobComplete", "Failed"}:
        told = http.get(api(org, f"jobs/ingest/{job['id']}")).json()
        states.append(told["state"])
    return states, told


def results(http, org, job, kind):
    text = http.get(api(org, f"jobs/ingest/{job['id']}/{kind}/")).text
    return list(csv.DictReader(io.StringIO(text)))


def test_rows_are_upserted_each_with_its_outcome(http, org):
    known = org.insert("Contact", {"LastName": "Old", "Tellback_Key__c": "A"})
    asked = {"operation": "upsert", "externalIdFieldName": "Tellback_Key__c"}
    job = start(http, org, **asked)

    rows = (
        "Tellback_Key__c,LastName,Email,Last_NPS__c,DoNotCall\n"
        'A,"Changed, by ""bulk""",,9,true\n'
        "B,New,ada@example.com,,\n"
        "C,,,,\n"
        "D,Bad,badone,,\n"
        "E,Bad,,many,\n"
        "F,Bad,,,perhaps\n"
        ",No key,,,\n"
    )
    states, told = finish(http, org, job, rows)

    assert states == ["UploadComplete", "InProgress", "JobComplete"]
    assert (told["numberRecordsProcessed"], told["numberRecordsFailed"]) == (7, 5)
    done = results(http, org, job, "successfulResults")
    assert [(each["sf__Id"] == known, each["sf__Created"]) for each in done] == [
        (True, "false"),
        (False, "true"),
    ]
    failed = results(http, org, job, "failedResults")
    assert [each["sf__Error"].split(":")[0] for each in failed] == [
        "REQUIRED_FIELD_MISSING",
        "INVALID_EMAIL_ADDRESS",
        "INVALID_FIELD",
        "INVALID_FIELD",
        "MISSING_ARGUMENT",
    ]
    assert failed[1]["sf__Error"].endswith("badone:Email --")
    record = org.read("Contact", known)
    assert record["LastName"] == 'Changed, by "bulk"'
    assert (record["Last_NPS__c"], record["DoNotCall"]) == (9.0, True)


def test_empty_cell_keeps_and_na_clears(http, org):
    account = org.insert("Account", {"Name": "Acme"})
    person = {"LastName": "L", "Title": "Keep", "Email": "a@example.com"}
    known = org.insert("Contact", {**person, "AccountId": account})
    job = start(http, org, operation="update", columnDelimiter="SEMICOLON")

    rows = f"Id;Title;Email;Account.Name\n{known};;#N/A;#N/A\n;x;;\n"
    finish(http, org, job, rows)

    record = org.read("Contact", known)
    assert (record["Title"], record["Email"]) == ("Keep", None)
    assert record["AccountId"] is None
    assert len(results(http, org, job, "failedResults")) == 1


def test_parents_are_named_in_columns(http, org):
    contact = org.insert("Contact", {"LastName": "L", "Email": "ada@example.com"})
    job = start(http, org, object="Case")

    rows = (
        "Subject,Contact.Email,Owner:User.Username\n"
        "One,ada@example.com,integration@tellback.example\n"
    )
    finish(http, org, job, rows)

    (case,) = org.query("SELECT ContactId, OwnerId FROM Case")
    assert case["ContactId"] == contact
    assert case["OwnerId"] == org.integration_id


def test_rows_are_deleted(http, org):
    known = org.insert("Contact", {"LastName": "L"})
    job = start(http, org, operation="delete", lineEnding="CRLF")

    finish(http, org, job, f"Id\r\n{known}\r\n003000000000009AAA\r\n")

    assert org.query("SELECT Id FROM Contact") == []
    assert len(results(http, org, job, "failedResults")) == 1


def test_unknown_column_fails_the_job(http, org):
    job = start(http, org)

    states, told = finish(http, org, job, "LastName,Shoe__c\nL,46\n")

    assert states[-1] == "Failed"
    assert told["errorMessage"] == "InvalidBatch : Field name not found : Shoe__c"
    assert results(http, org, job, "unprocessedrecords") == [
        {"LastName": "L", "Shoe__c": "46"}
    ]


def test_row_of_another_width_fails_alone(http, org):
    job = start(http, org)

    _, told = finish(http, org, job, "LastName,Title\nL,x,y\nM,x\n")

    assert (told["numberRecordsProcessed"], told["numberRecordsFailed"]) == (2, 1)


@pytest.mark.parametrize(
    "asked",
    [
        {"operation": "explode"},
        {"object": "Shoe"},
        {"operation": "upsert"},
        {"operation": "upsert", "externalIdFieldName": "Title"},
        {"columnDelimiter": "DOT"},
        {"lineEnding": "CR"},
    ],
)
def test_a_wrong_job_is_refused(http, org, asked):
    body = {"object": "Contact", "operation": "insert", **asked}

    answer = http.post(api(org, "jobs/ingest"), json=body)

    assert answer.status_code in {400, 404}


def test_states_go_one_way(http, org):
    job = start(http, org)
    address = api(org, f"jobs/ingest/{job['id']}")

    assert http.delete(address).status_code == 400
    assert upload(http, org, job, "LastName\nL\n").status_code == 201
    assert upload(http, org, job, "LastName\nL\n").status_code == 400
    assert close(http, org, job, "Aborted").json()["state"] == "Aborted"
    assert close(http, org, job).status_code == 400
    assert http.delete(address).status_code == 204
    assert http.get(address).status_code == 404


def test_file_must_be_csv(http, org):
    job = start(http, org)
    address = f"{org.instance_url}/{job['contentUrl']}"

    assert http.put(address, json={}).status_code == 415


@pytest.mark.parametrize(
    ("recording", "step"),
    [
        ("bulk/write/launch-job-opportunity", "open"),
        ("bulk/write/update-job-opportunity", "closed"),
        ("bulk/info/in-progress", "working"),
        ("bulk/info/success", "done"),
    ],
)
def test_job_is_told_as_recorded(recorded, http, org, recording, step):
    real = recorded(f"recorded/amp-labs/{recording}.json")
    asked = {"operation": "upsert", "externalIdFieldName": "Tellback_Key__c"}
    told = {"open": start(http, org, **asked)}
    upload(http, org, told["open"], "Tellback_Key__c,LastName\nA,L\n")
    told["closed"] = close(http, org, told["open"]).json()
    for name in ("working", "done"):
        address = api(org, f"jobs/ingest/{told['open']['id']}")
        told[name] = http.get(address).json()

    assert list(told[step]) == list(real)
    assert told[step]["state"] == real["state"]
    assert type(told[step]["apiVersion"]) is type(real["apiVersion"])


def test_failed_job_is_told_as_recorded(recorded, http, org):
    real = recorded("recorded/amp-labs/bulk/info/complete-failure.json")
    asked = {"operation": "upsert", "externalIdFieldName": "Tellback_Key__c"}

    _, told = finish(http, org, start(http, org, **asked), "Shoe__c\n46\n")

    assert list(told) == list(real)
    assert told["errorMessage"].startswith(real["errorMessage"].rpartition(" ")[0])
