"""The managed mapping and the promotion on the command line."""

import pytest
from django.core.management import CommandError, call_command

from crm_mappings import documents
from crm_mappings.models import Mapping, Provisioning
from tests.factories.crm import case_step, connected, served
from tests.factories.org import make_org


@pytest.fixture
def bare(org):
    org.org.remove_object("Tellback_Response__c")
    return org


def run(capsys, *arguments):
    call_command(*arguments)
    return " ".join(capsys.readouterr().out.split())


def test_it_shows_what_is_there_and_creates_nothing(capsys, org, version, connection):
    said = run(capsys, "managed_mapping", version.survey.key, connection.key)

    assert "Tellback_Key__c" in said
    assert "exists" in said
    assert not Provisioning.objects.exists()


def test_it_deploys_and_makes_the_mapping(capsys, bare, version, connection):
    said = run(
        capsys, *("managed_mapping", version.survey.key, connection.key, "--deploy")
    )

    mapping = Mapping.objects.get()
    assert f"Mapping {mapping.key} (draft)" in said


def test_it_only_validates(capsys, bare, version, connection):
    said = run(
        capsys, *("managed_mapping", version.survey.key, connection.key, "--validate")
    )

    assert "would accept all of it" in said
    assert not bare.org.catalogue.has("Tellback_Response__c")


def test_it_writes_a_project(capsys, bare, version, connection, tmp_path):
    folder = tmp_path / "project"
    arguments = (version.survey.key, connection.key, "-r", "Case")

    run(capsys, "managed_mapping", *arguments, "--write", str(folder))

    assert (folder / "sfdx-project.json").exists()
    objects = folder / "force-app/main/default/objects"
    assert (objects / "Tellback_Response__c/fields/Case__c.field-meta.xml").exists()


def test_what_is_refused_ends_with_an_error(capsys, bare, version, connection):
    for name in ("ModifyMetadata", "ModifyAllData"):
        bare.org.set_right(name, granted=False)

    with pytest.raises(CommandError):
        run(
            capsys, *("managed_mapping", version.survey.key, connection.key, "--deploy")
        )
    assert "may not change the set-up" in " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize("keys", [("none", "none"), ("support-csat", "none")])
def test_unknown_names_are_refused_in_words(db, version, keys):
    with pytest.raises(CommandError, match="There is no"):
        call_command("managed_mapping", *keys)


def test_a_mapping_is_promoted_with_its_difference(
    capsys, settings, org, version, connection
):
    with served(make_org(org_id="00DTb0000000009")) as production:
        settings.SALESFORCE_EXTRA_HOSTS = [org.url, production.url]
        target = connected(production, key="live")
        document = {
            "key": "csat",
            "survey": version.survey.key,
            "connection": connection.key,
            "steps": [case_step()],
        }
        documents.save_document(document=document)

        dry = run(capsys, "promote_mapping", "csat", target.key, "--dry-run")
        assert Mapping.objects.count() == 1
        run(capsys, "promote_mapping", "csat", target.key)
        documents.save_document(
            document={**document, "steps": [case_step(no_match="skip")]}
        )
        again = run(capsys, "promote_mapping", "csat", target.key)

    assert "csat-live: new" in dry
    assert "fail → skip" in again
    assert Mapping.objects.get(key="csat-live").steps.get().no_match == "skip"
