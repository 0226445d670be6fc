"""The package is what the Metadata API takes, and never leaves out what matters."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from django.contrib.auth.models import Permission
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from crm_mappings.packages import (
    NAMESPACE,
    PackageError,
    Wish,
    developer_name,
    files,
    formula,
    source_files,
    steps,
    zipped,
    zipped_source,
)
from surveys.conditions import parse
from surveys.models import Survey
from tests.factories.deployments import make_deployment, make_trigger

EXAMPLE = (
    Path(__file__).parents[3]
    / "shared/data/salesforce/metadata/outbound-subscription-package"
)
TYPES = {"Status": "picklist", "IsEscalated": "boolean", "Subject": "string"}
CLOSED = {"field": "Status", "op": "eq", "value": "Closed"}
WISH = Wish(
    name="Tellback_case_closed_Case",
    object="Case",
    endpoint="https://tellback.example/hooks/salesforce/s-e_cret/?a=1&b=2",
    username="integration@example.com",
    fields=["Status", "ContactEmail", "Contact.Email", "Id"],
    condition=parse(CLOSED),
    types=TYPES,
)


def tree(text):
    return etree.fromstring(text.encode(), etree.XMLParser(resolve_entities=False))


def values(text, name):
    return [one.text for one in tree(text).iter(f"{{{NAMESPACE}}}{name}")]


def test_the_files_and_what_they_say():
    made = files(WISH)

    assert list(made) == [
        "package.xml",
        "workflows/Case.workflow",
        "flows/Tellback_case_closed_Case.flow",
    ]
    assert values(made["package.xml"], "members") == [
        "Case.Tellback_case_closed_Case",
        "Tellback_case_closed_Case",
    ]
    workflow = made["workflows/Case.workflow"]
    assert values(workflow, "endpointUrl") == [WISH.endpoint]
    assert values(workflow, "fields") == [
        *("Id", "CreatedDate", "LastModifiedById", "LastModifiedDate"),
        *("ContactEmail", "Status"),
    ]
    assert values(workflow, "includeSessionId") == ["false"]
    flow = made["flows/Tellback_case_closed_Case.flow"]
    assert values(flow, "actionName") == ["Case.Tellback_case_closed_Case"]
    assert values(flow, "filterFormula") == [formula(WISH)]
    assert values(flow, "recordTriggerType") == ["CreateAndUpdate"]


@pytest.mark.skipif(not EXAMPLE.exists(), reason="the example is not here")
def test_it_has_the_shape_of_a_package_that_was_deployed():
    made = files(replace(WISH, object="Account"))
    pairs = {
        "workflows/Account.workflow": next((EXAMPLE / "workflows").iterdir()),
        "flows/Tellback_case_closed_Case.flow": next((EXAMPLE / "flows").iterdir()),
    }
    for path, example in pairs.items():
        ours, theirs = tree(made[path]), tree(example.read_text())
        assert [one.tag for one in ours] == [one.tag for one in theirs]
        for mine, real in zip(ours, theirs, strict=True):
            tags = [one.tag for one in real]
            assert {one.tag for one in mine} <= set(tags) | {f"{{{NAMESPACE}}}fields"}
            order = [tags.index(one.tag) for one in mine if one.tag in tags]
            assert order == sorted(order)


def test_the_source_folder_is_a_project_with_the_same_texts():
    found = source_files(WISH)

    project = json.loads(found["sfdx-project.json"])
    assert project["packageDirectories"][0]["path"] == "force-app"
    flow = found[f"force-app/main/default/flows/{WISH.name}.flow-meta.xml"]
    assert flow == files(WISH)[f"flows/{WISH.name}.flow"]
    with zipfile.ZipFile(io.BytesIO(zipped_source(WISH))) as archive:
        assert {name.split("/")[0] for name in archive.namelist()} == {WISH.name}


def test_the_zip_has_no_top_folder_and_is_the_same_each_time():
    first, second = zipped(WISH), zipped(WISH)

    assert first == second
    with zipfile.ZipFile(io.BytesIO(first)) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == list(files(WISH))


@pytest.mark.parametrize(
    ("document", "said"),
    [
        (CLOSED, 'TEXT({!$Record.Status}) = "Closed"'),
        (
            {"field": "Status", "op": "in", "value": ["New", 'a"b']},
            'OR(TEXT({!$Record.Status}) = "New", TEXT({!$Record.Status}) = "a\\"b")',
        ),
        (
            {"field": "IsEscalated", "op": "eq", "value": True},
            "{!$Record.IsEscalated} = TRUE",
        ),
        ({"field": "Subject", "op": "eq", "value": "x"}, ""),
        ({"field": "Contact.Email", "op": "eq", "value": "x"}, ""),
        ({"not": CLOSED}, ""),
        ({"any": [CLOSED, {"field": "Subject", "op": "answered"}]}, ""),
        (
            {"all": [CLOSED, {"field": "Subject", "op": "answered"}]},
            'TEXT({!$Record.Status}) = "Closed"',
        ),
    ],
)
def test_the_entry_condition_is_never_too_narrow(document, said):
    guard = '{!$User.Username} <> "integration@example.com"'

    found = formula(replace(WISH, condition=parse(document)))

    assert found == (f"AND({guard}, {said})" if said else guard)


def test_a_change_to_the_condition_counts_on_creation_too():
    found = formula(replace(WISH, when="becomes"))

    assert "OR(ISNEW(), ISCHANGED({!$Record.Status}))" in found


def test_only_new_records():
    made = files(replace(WISH, when="created"))["flows/Tellback_case_closed_Case.flow"]

    assert values(made, "recordTriggerType") == ["Create"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"name": "2nd"}, "no developer name"),
        ({"name": "a__b"}, "no developer name"),
        ({"name": "../../evil"}, "no developer name"),
        ({"object": "Case/../x"}, "no object"),
        ({"fields": ["A B"]}, "no field"),
        ({"fields": ["</fields>"]}, "no field"),
        ({"endpoint": "http://tellback.example/"}, "https addresses only"),
        ({"username": ""}, "Connect first"),
    ],
)
def test_what_cannot_be_packed_says_why(change, words):
    with pytest.raises(PackageError, match=words):
        zipped(replace(WISH, **change))
    with pytest.raises(PackageError):
        steps(replace(WISH, **change))


@given(
    st.text(max_size=40), st.from_regex(r"[A-Za-z][A-Za-z0-9_]{0,20}", fullmatch=True)
)
@settings(max_examples=80, deadline=None)
def test_any_names_and_users_make_a_package(key, object_name):
    username = key.replace("\x00", "") or "x"
    wish = replace(
        WISH,
        name=developer_name(key, object_name),
        object=object_name,
        username="".join(sign for sign in username if sign.isprintable()) or "x",
    )

    for text in files(wish).values():
        tree(text)


def test_the_steps_hold_the_exact_values():
    told = dict(steps(WISH))

    assert WISH.endpoint in told.values()
    assert formula(WISH) in told.values()
    assert (
        "Id, CreatedDate, LastModifiedById, LastModifiedDate, ContactEmail, Status"
        in (told.values())
    )


@pytest.fixture
def trigger(connection, version):
    return make_trigger(
        make_deployment(version.survey, key="case-closed"),
        source=f"salesforce:{connection.key}",
        condition=CLOSED,
    )


def test_the_page_and_the_package_of_a_trigger(admin_client, trigger, settings):
    settings.BASE_URL = "https://tellback.example"

    page = admin_client.get(f"/salesforce/setup/{trigger.pk}/")
    package = admin_client.get(f"/salesforce/setup/{trigger.pk}/package.zip")

    assert "https://tellback.example/hooks/salesforce/" in page.content.decode()
    assert package["Content-Disposition"] == (
        'attachment; filename="Tellback_case_closed_Case.zip"'
    )
    with zipfile.ZipFile(io.BytesIO(package.content)) as archive:
        assert "workflows/Case.workflow" in archive.namelist()
    shown = admin_client.get(f"/admin/deployments/trigger/{trigger.pk}/change/")
    assert f"/salesforce/setup/{trigger.pk}/" in shown.content.decode()


def test_what_is_missing_is_said_on_the_page(admin_client, trigger):
    page = admin_client.get(f"/salesforce/setup/{trigger.pk}/")

    assert "https addresses only" in page.content.decode()
    assert (
        admin_client.get(f"/salesforce/setup/{trigger.pk}/package.zip").status_code
        == 409
    )


def test_the_secret_is_for_those_who_may_change_connections(
    client, django_user_model, trigger
):
    assert client.get(f"/salesforce/setup/{trigger.pk}/").status_code == 302
    client.force_login(django_user_model.objects.create_user("x", is_staff=True))
    for path in ("", "package.zip"):
        assert client.get(f"/salesforce/setup/{trigger.pk}/{path}").status_code == 403


def test_a_trigger_of_a_survey_of_others_is_not_there(
    client, django_user_model, trigger
):
    user = django_user_model.objects.create_user("x", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="change_connection"))
    client.force_login(user)
    Survey.objects.update(owner=None, everyone="none")

    for path in ("", "package.zip"):
        assert client.get(f"/salesforce/setup/{trigger.pk}/{path}").status_code == 404
