"""REST of managed mappings and of promotion, against an org that obeys."""

from __future__ import annotations

import io
import zipfile
from datetime import timedelta

import pytest
from django.utils import timezone

from crm_mappings import activation, documents, provisioning
from crm_mappings.models import Mapping, Provisioning
from surveys.models import Level
from tests.crm_mappings.test_api import Api
from tests.factories.access import bearer, make_api_key
from tests.factories.crm import connected, make_mapping, record_step, served
from tests.factories.deployments import make_deployment

HERE = "managed-mappings/"


@pytest.fixture
def api(client, db):
    return Api(client, "mappings:write")


@pytest.fixture
def bare(org):
    """An org that has never heard of Tellback."""
    org.org.remove_object("Tellback_Response__c")
    return org


@pytest.fixture
def asked(version, connection):
    return {
        "survey": version.survey.key,
        "connection": connection.key,
        "records": ["Case", "Contact"],
    }


def carry(api, pk):
    """Let time pass until it has ended."""
    now = timezone.now()
    for _turn in range(20):
        now += timedelta(minutes=5)
        provisioning.carry_on(now=now)
        told = api.get(f"{HERE}{pk}/").json()
        if not told["under_way"]:
            return told
    raise AssertionError(told)


def test_the_proposal_says_what_would_come(bare, api, asked):
    answer = api.post(f"{HERE}proposal/", asked)

    assert answer.status_code == 200
    told = answer.json()
    assert told["objects"][0]["name"] == "Tellback_Response__c"
    assert (told["complete"], told["objects"][0]["exists"]) == (False, False)
    states = {field["state"] for one in told["objects"] for field in one["fields"]}
    assert states == {"create"}
    assert not Provisioning.objects.exists()


def test_a_managed_mapping_is_validated_deployed_followed_and_verified(
    bare, api, asked
):
    answer = api.post(HERE, {**asked, "validate_only": True})
    assert answer.status_code == 202
    assert carry(api, answer.json()["id"])["state"] == "done"
    assert not bare.org.catalogue.has("Tellback_Response__c")

    begun = api.post(HERE, asked).json()
    told = carry(api, begun["id"])

    assert (told["state"], told["problems"]) == ("done", [])
    assert told["deployed"] == told["components"] > 10
    assert bare.org.catalogue.has("Tellback_Response__c")
    assert api.post(f"mappings/{told['mapping']}/activate/").status_code == 200
    assert api.post(f"{HERE}proposal/", asked).json()["complete"]
    assert [one["id"] for one in api.get(HERE).json()["results"]] == [
        begun["id"],
        answer.json()["id"],
    ]


@pytest.mark.parametrize(
    ("source", "inside"),
    [(False, "package.xml"), (True, "sfdx-project.json")],
)
def test_the_same_comes_as_a_package(bare, api, asked, source, inside):
    answer = api.post(f"{HERE}package/", {**asked, "source": source})

    assert answer["Content-Type"] == "application/zip"
    names = zipfile.ZipFile(io.BytesIO(answer.content)).namelist()
    assert any(name.endswith(inside) for name in names)


def test_a_second_one_for_the_same_is_refused_and_the_first_can_be_cancelled(
    bare, api, asked
):
    first = api.post(HERE, asked).json()

    answer = api.post(HERE, asked)
    assert answer.status_code == 409
    assert "already" in answer.json()["title"]
    assert api.post(f"{HERE}{first['id']}/go-on/").status_code == 409

    told = api.post(f"{HERE}{first['id']}/cancel/").json()
    assert (told["state"], told["under_way"]) == ("cancelled", False)
    assert api.post(f"{HERE}{first['id']}/cancel/").status_code == 409


def test_what_failed_goes_on_when_it_is_put_right(bare, api, asked):
    first = api.post(HERE, asked).json()
    Provisioning.objects.update(state="failed", message="No right.")

    assert api.post(f"{HERE}{first['id']}/go-on/").json()["state"] == "waiting"


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"survey": "none"}, "survey"),
        ({"connection": "none"}, "connection"),
        ({"records": ["No such; name"]}, "records"),
        ({"records": ["Case"] * 21}, "records"),
    ],
)
def test_what_is_not_there_is_named(api, asked, change, named):
    for path in (HERE, f"{HERE}proposal/", f"{HERE}package/"):
        answer = api.post(path, {**asked, **change})
        assert answer.status_code == 400
        assert answer.json()["errors"][0]["path"].startswith(named)


def test_a_survey_that_cannot_be_read_is_a_conflict(api, asked, version):
    survey = version.survey
    survey.live_version = None
    survey.save(update_fields=["live_version"])
    survey.pages.all().delete()

    answer = api.post(f"{HERE}proposal/", asked)

    assert answer.status_code == 409
    assert "questions" in answer.json()["title"]


def test_an_org_that_does_not_answer_is_told(bare, api, asked, connection):
    connection.instance_url = "http://127.0.0.1:9"
    connection.save(update_fields=["instance_url"])

    answer = api.post(f"{HERE}proposal/", asked)

    assert answer.status_code == 502
    assert answer.json()["type"].endswith("salesforce-refused")


def test_set_ups_of_surveys_that_one_may_not_see_are_not_there(
    bare, api, asked, version, django_user_model, client
):
    first = api.post(HERE, asked).json()
    version.survey.everyone = Level.NONE
    version.survey.owner = django_user_model.objects.create_user("owner")
    version.survey.save(update_fields=["everyone", "owner"])
    maker = django_user_model.objects.create_user("maker")
    api.headers = bearer(make_api_key("mappings:write", created_by=maker))

    assert api.get(f"{HERE}{first['id']}/").status_code == 404
    assert api.get(HERE).json()["results"] == []
    assert api.post(f"{HERE}proposal/", asked).status_code == 400


# ------------------------------------------------------------------- promotion


@pytest.fixture
def production(org, settings, db):
    with served() as other:
        settings.SALESFORCE_EXTRA_HOSTS = [org.url, other.url]
        yield connected(other, key="the-real-one")


def test_a_mapping_is_promoted_with_the_difference_and_the_check_of_the_target(
    api, connection, version, production
):
    mapping = documents.save_document(
        document={
            "key": "csat-record",
            "survey": version.survey.key,
            "connection": connection.key,
            "steps": [record_step()],
        }
    )
    body = {"connection": production.key, "dry_run": True}

    dry = api.post(f"mappings/{mapping.key}/promote/", body).json()

    assert (dry["created"], dry["saved"], dry["will_fail"]) == (True, False, False)
    assert dry["document"]["connection"] == production.key
    assert {one["grade"] for one in dry["findings"]} >= {"fine"}
    assert Mapping.objects.count() == 1

    body["dry_run"] = False
    done = api.post(f"mappings/{mapping.key}/promote/", body).json()
    assert done["saved"]
    draft = Mapping.objects.get(connection=production)
    assert (draft.key, draft.status) == (done["mapping"], "draft")

    again = api.post(f"mappings/{mapping.key}/promote/", body).json()
    assert (again["created"], again["changes"]) == (False, [])


def test_a_promotion_to_nowhere_is_refused(api, connection, version):
    mapping = make_mapping(connection, version, record_step())
    path = f"mappings/{mapping.key}/promote/"

    assert api.post(path, {"connection": "none"}).status_code == 400
    assert api.post(path, {}).status_code == 400
    answer = api.post(path, {"connection": connection.key})
    assert answer.status_code == 409


# ------------------------------------------------------------------- anonymous


def test_the_check_warns_where_answers_are_anonymous(api, connection, version):
    by_record = make_mapping(connection, version)
    creating = make_mapping(connection, version, record_step())
    told = [one.live_revision.document for one in (by_record, creating)]

    def doubts(document):
        given = activation.check_document(
            mapping=by_record, document=document, now=timezone.now()
        )
        return [one for one in given if "anonymous" in one.message]

    assert doubts(told[0]) == []
    make_deployment(version.survey, name="Suggestion box", anonymous=True)
    (doubt,) = doubts(told[0])
    assert (doubt.grade, doubt.step) == ("may_fail", "case")
    assert "Suggestion box" in doubt.message
    assert doubts(told[1]) == []
