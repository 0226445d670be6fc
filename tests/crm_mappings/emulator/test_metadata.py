"""The org's Metadata API: what a deploy brings, and what it refuses."""

import pytest

from tests.factories.metadata import (
    NEW_OBJECT,
    deploy,
    field_xml,
    object_xml,
    package_xml,
    permissions_xml,
    problems,
    send,
    values_xml,
)
from tests.factories.org import api, make_org, session_for, token_for


def with_field(field, *, on="Contact", name="Mood__c"):
    return {
        "package.xml": package_xml(CustomField=[f"{on}.{name}"]),
        f"objects/{on}.object": object_xml(field),
    }


def with_permission(files, fields, objects=()):
    listed = [*fields]
    return {
        **files,
        "package.xml": package_xml(CustomField=listed, PermissionSet=["Tellback"]),
        "permissionsets/Tellback.permissionset": permissions_xml(fields, objects),
    }


def described(http, org, name="Contact"):
    told = http.get(api(org, f"sobjects/{name}/describe"))
    if told.status_code != 200:
        return None
    return {field["name"]: field for field in told.json()["fields"]}


def assign(http, org, name="Tellback", user_id=""):
    [row] = org.query(f"SELECT Id FROM PermissionSet WHERE Name = '{name}'")
    given = {
        "AssigneeId": user_id or org.integration_id,
        "PermissionSetId": row["Id"],
    }
    return http.post(api(org, "sobjects/PermissionSetAssignment"), json=given)


def test_a_deploy_goes_through_its_states(http, org):
    answer = send(http, org, with_field(field_xml("Mood__c")))

    assert answer.status_code == 201
    told = answer.json()
    assert told["deployResult"]["status"] == "Pending"
    assert told["id"].startswith("0Af")
    address = api(org, f"metadata/deployRequest/{told['id']}?includeDetails=true")
    states = [http.get(address).json()["deployResult"] for _turn in range(3)]
    assert [one["status"] for one in states] == ["InProgress", *["Succeeded"] * 2]
    assert [one["done"] for one in states] == [False, True, True]
    assert states[-1]["numberComponentsDeployed"] == 1
    [success] = states[-1]["details"]["componentSuccesses"]
    assert (success["fullName"], success["created"]) == ("Contact.Mood__c", True)


def test_nobody_sees_a_new_field_before_a_permission_set_shows_it(http, org):
    fields = {"Contact.Mood__c": True}
    result = deploy(
        http, org, with_permission(with_field(field_xml("Mood__c")), fields)
    )

    assert result["status"] == "Succeeded", problems(result)
    assert "Mood__c" not in described(http, org)
    assert assign(http, org).status_code == 201
    assert described(http, org)["Mood__c"]["updateable"]
    contact = org.insert("Contact", {"LastName": "Lovelace"})
    changed = http.patch(api(org, f"sobjects/Contact/{contact}"), json={"Mood__c": "A"})
    assert changed.status_code == 204
    assert org.read("Contact", contact)["Mood__c"] == "A"


def test_a_field_that_may_only_be_read_is_read_only(http, org):
    files = with_permission(
        with_field(field_xml("Mood__c")), {"Contact.Mood__c": False}
    )
    deploy(http, org, files)
    assign(http, org)

    assert not described(http, org)["Mood__c"]["updateable"]


def test_a_required_field_is_seen_by_everybody(http, org):
    deploy(http, org, with_field(field_xml("Mood__c", required="true")))

    assert not described(http, org)["Mood__c"]["nillable"]


def test_a_new_object_with_its_fields_can_be_written(http, org):
    fields = {"Answer__c.Score__c": True, "Answer__c.Contact__c": True}
    files = {
        "package.xml": package_xml(
            CustomObject=["Answer__c"], PermissionSet=["Tellback"]
        ),
        "objects/Answer__c.object": object_xml(
            field_xml("Score__c", "Number"),
            field_xml(
                "Contact__c",
                "Lookup",
                referenceTo="Contact",
                relationshipName="Answers",
            ),
            **NEW_OBJECT,
        ),
        "permissionsets/Tellback.permissionset": permissions_xml(
            fields, ("Answer__c",)
        ),
    }

    result = deploy(http, org, files)
    assign(http, org)

    assert result["success"], problems(result)
    contact = org.insert("Contact", {"LastName": "Lovelace"})
    row = {"Name": "First", "Score__c": 9, "Contact__c": contact}
    made = http.post(api(org, "sobjects/Answer__c"), json=row)
    assert made.status_code == 201, made.text
    [found] = org.query("SELECT Name, Score__c, Contact__r.LastName FROM Answer__c")
    assert found["Score__c"] == 9
    assert found["Contact__r"]["LastName"] == "Lovelace"


def test_the_same_again_changes_nothing(http, org):
    files = with_permission(with_field(field_xml("Mood__c")), {"Contact.Mood__c": True})
    deploy(http, org, files)

    again = deploy(http, org, files)

    successes = again["details"]["componentSuccesses"]
    assert {one["changed"] for one in successes} == {False}


def test_validating_changes_nothing(http, org):
    result = deploy(http, org, with_field(field_xml("Mood__c")), checkOnly=True)

    assert result["status"] == "Succeeded"
    assert result["checkOnly"] is True
    assert org.catalogue.full("Contact").find("Mood__c") is None


def test_one_bad_component_undoes_all(http, org):
    files = {
        "package.xml": package_xml(CustomField=["Contact.A__c", "Contact.B__c"]),
        "objects/Contact.object": object_xml(
            field_xml("A__c"), field_xml("B__c", length=None)
        ),
    }

    result = deploy(http, org, files)

    assert result["status"] == "Failed"
    assert result["numberComponentErrors"] == 1
    assert problems(result) == {
        "Contact.B__c": "Must specify 'length' for a CustomField of type Text"
    }
    assert org.catalogue.full("Contact").find("A__c") is None


@pytest.mark.parametrize(
    ("field", "problem"),
    [
        (field_xml("Mood"), "fullName must end with: __c"),
        (field_xml("A__b__c"), "consecutive underscore"),
        (field_xml("a" * 41 + "__c"), "max length=40"),
        (field_xml("Mood__c", label="x" * 41), "max length=40"),
        (field_xml("Mood__c", length=256), "between 1 and 255"),
        (field_xml("Mood__c", "LongTextArea", visibleLines=None), "'visibleLines'"),
        (field_xml("Mood__c", "Checkbox", required="false"), "'required'"),
        (field_xml("Mood__c", "Date", externalId="true"), "'externalId'"),
        (field_xml("Mood__c", "Feeling"), "FieldType"),
        (field_xml("Mood__c", "Number", precision=19), "between 1 and 18"),
        (
            field_xml(
                "Mood__c", "Lookup", referenceTo="Task", relationshipName="Moods"
            ),
            "does not resolve to a valid sObject type",
        ),
        (
            field_xml("Mood__c", "Picklist", valueSet=values_xml("a", "A")),
            "Duplicate value",
        ),
    ],
)
def test_a_field_that_cannot_be_is_refused_in_salesforces_words(
    http, org, field, problem
):
    name = field.partition("<fullName>")[2].partition("<")[0]

    result = deploy(http, org, with_field(field, name=name))

    assert problem in problems(result)[f"Contact.{name}"]


def test_the_type_of_a_field_stays(http, org):
    deploy(http, org, with_field(field_xml("Mood__c")))

    result = deploy(http, org, with_field(field_xml("Mood__c", "Date")))

    assert "Cannot change field type" in problems(result)["Contact.Mood__c"]


def test_a_picklist_gets_the_values_of_the_last_deploy_with_their_labels(http, org):
    for values in (("low",), ("low", "high")):
        field = field_xml("Mood__c", "Picklist", valueSet=values_xml(*values))
        files = with_permission(with_field(field), {"Contact.Mood__c": True})
        deploy(http, org, files)
    assign(http, org)

    values = described(http, org)["Mood__c"]["picklistValues"]
    assert [(one["value"], one["label"]) for one in values] == [
        ("low", "Low"),
        ("high", "High"),
    ]


def test_two_lookups_to_an_object_need_two_relationship_names(http, org):
    fields = [
        field_xml(name, "Lookup", referenceTo="Account", relationshipName="Moods")
        for name in ("One__c", "Two__c")
    ]
    files = {
        "package.xml": package_xml(CustomField=["Case.One__c", "Case.Two__c"]),
        "objects/Case.object": object_xml(*fields),
    }
    granted = with_permission(files, {"Case.One__c": True, "Case.Two__c": True})
    deploy(http, org, {**granted, "objects/Case.object": object_xml(fields[0])})

    one = {
        "package.xml": package_xml(CustomField=["Case.One__c"], PermissionSet=["P"]),
        "objects/Case.object": object_xml(fields[0]),
        "permissionsets/P.permissionset": permissions_xml({"Case.One__c": True}),
    }
    assert deploy(http, org, one)["success"]
    assign(http, org, "P")
    result = deploy(http, org, files)

    assert "already a Child Relationship" in problems(result)["Case.Two__c"]


@pytest.mark.parametrize(
    ("fields", "objects", "problem"),
    [
        ({"Contact.None__c": True}, (), "no CustomField named Contact.None__c"),
        ({}, ("None__c",), "no CustomObject named None__c"),
        ({"Contact.LastName": True}, (), "deploy to a required field"),
        ({}, ("Contact",), "depends on permission(s): Read Account"),
    ],
)
def test_a_permission_set_that_cannot_be_is_refused(
    http, org, fields, objects, problem
):
    files = {
        "package.xml": package_xml(PermissionSet=["P"]),
        "permissionsets/P.permissionset": permissions_xml(fields, objects),
    }

    assert problem in problems(deploy(http, org, files))["P"]


def test_what_is_named_and_not_there_or_there_and_not_named_is_refused(http, org):
    files = {
        "package.xml": package_xml(CustomField=["Contact.A__c"], Weather=["Rain"]),
        "objects/Contact.object": object_xml(field_xml("B__c")),
    }

    found = problems(deploy(http, org, files))

    assert found["Contact.B__c"] == "Not in package.xml"
    assert "was not found in zipped directory" in found["Contact.A__c"]
    assert "Unknown type name" in found["Rain"]


def test_a_permission_set_is_assigned_once(http, org):
    files = with_permission(with_field(field_xml("Mood__c")), {"Contact.Mood__c": True})
    deploy(http, org, files)
    assign(http, org)

    again = assign(http, org)

    [error] = again.json()
    assert error["errorCode"] == "DUPLICATE_VALUE"
    assert error["fields"] == ["AssigneeId", "PermissionSetId"]


def test_only_who_may_assigns_permission_sets(http, org):
    files = with_permission(with_field(field_xml("Mood__c")), {"Contact.Mood__c": True})
    deploy(http, org, files)
    org.set_right("AssignPermissionSets", granted=False)

    [error] = assign(http, org).json()

    assert error["errorCode"] == "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY"


def test_only_who_may_change_metadata_deploys(http, org):
    org.set_right("ModifyMetadata", granted=False)
    org.set_right("ModifyAllData", granted=False)

    answer = send(http, org, with_field(field_xml("Mood__c")))

    assert answer.status_code == 403
    assert answer.json()[0]["errorCode"] == "INSUFFICIENT_ACCESS"


def test_a_deploy_can_be_cancelled_until_it_is_done(http, org):
    answer = send(http, org, with_field(field_xml("Mood__c")))
    address = api(org, f"metadata/deployRequest/{answer.json()['id']}")
    cancel = {"deployResult": {"status": "Canceling"}}

    assert http.patch(address, json=cancel).status_code == 202
    assert http.get(address).json()["deployResult"]["status"] == "Canceled"
    assert http.patch(address, json=cancel).status_code == 400
    assert org.catalogue.full("Contact").find("Mood__c") is None


def test_one_deploy_runs_at_a_time(http, org):
    first, second = (
        api(
            org,
            "metadata/deployRequest/"
            + send(http, org, with_field(field_xml("Mood__c"))).json()["id"],
        )
        for _turn in range(2)
    )
    http.get(first)

    assert http.get(second).json()["deployResult"]["status"] == "Pending"


def test_production_rolls_back_and_a_sandbox_need_not(http, org):
    files = with_field(field_xml("Mood__c"))
    refused = send(http, org, files, rollbackOnError=False)
    sandbox = make_org(sandbox=True)
    session = session_for(sandbox)
    session.headers["Authorization"] = f"Bearer {token_for(sandbox)}"

    assert refused.json()[0]["errorCode"] == "INVALID_OPERATION"
    assert send(session, sandbox, files, rollbackOnError=False).status_code == 201


@pytest.mark.parametrize(
    ("body", "kind", "code"),
    [
        (b"{}", "application/json", "UNSUPPORTED_MEDIA_TYPE"),
        (b"--B--", "multipart/form-data; boundary=B", "INVALID_MULTIPART_REQUEST"),
    ],
)
def test_a_request_that_cannot_be_read_is_refused(http, org, body, kind, code):
    address = api(org, "metadata/deployRequest")

    answer = http.post(address, data=body, headers={"Content-Type": kind})

    assert answer.json()[0]["errorCode"] == code


@pytest.mark.parametrize(
    "files",
    [
        {"objects/Contact.object": "<a/>"},
        {"package.xml": "not xml"},
        {"package.xml": "<other/>"},
    ],
)
def test_a_package_that_says_nothing_is_refused(http, org, files):
    assert send(http, org, files).status_code == 400


def test_a_file_of_no_xml_fails_by_itself(http, org):
    files = {
        "package.xml": package_xml(CustomField=["Contact.A__c"]),
        "objects/Contact.object": "<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;",
    }

    assert "Error parsing file" in problems(deploy(http, org, files))["Contact"]


def test_an_object_that_is_removed_is_as_if_it_never_was(http, org):
    org.remove_object("Tellback_Response__c")

    assert described(http, org, "Tellback_Response__c") is None
