"""The set-up goes out as documents and comes in again, all of it or nothing."""

from __future__ import annotations

import io
import json

import pytest
from django.core.management import CommandError, call_command
from hypothesis import given, settings
from hypothesis import strategies as st

from config import configuration, yaml_files
from crm_mappings.models import Connection, Mapping
from deployments.models import Cap, Deployment, Trigger
from surveys import drafting
from surveys.models import Survey, Theme
from tests.factories.surveys import make_survey, publish_survey, survey_document, why
from tests.factories.themes import theme_document

DEPLOYMENT = {
    "key": "case-closed",
    "survey": "support-csat",
    "name": "Case closed",
    "channel": "trigger",
    "subject": {"en": "How did we do?", "de": "Wie war's?"},
    "body": {"en": "Hello {{ name }}\n{{ link }}"},
    "quiet_days": 30,
    "caps": [{"name": "Once a month", "days": 30}],
    "triggers": [
        {
            "source": "salesforce:production",
            "object": "Case",
            "email_field": "ContactEmail",
            "condition": {"field": "IsClosed", "op": "eq", "value": True},
            "records": {"Case": "Id"},
        },
        {"source": "salesforce:production", "object": "Order", "email_field": "Email"},
    ],
}
CONNECTION = {
    "key": "production",
    "name": "Production",
    "login_url": "https://acme.my.salesforce.com",
    "client_id": "3MVG9",
}
MAPPING = {
    "key": "csat-to-case",
    "survey": "support-csat",
    "connection": "production",
    "steps": [
        {
            "key": "case",
            "action": "update",
            "object": "Case",
            "find": [{"record": "Case"}],
            "fields": [{"field": "CSAT__c", "value": {"question": "csat"}}],
        }
    ],
}


LIMIT = {
    "key": "once-a-quarter",
    "name": "Once a quarter",
    "survey": "support-csat",
    "most": 2,
    "object": "Account",
    "condition": {"field": "Type", "op": "eq", "value": "Customer"},
}
MILESTONES = {
    "key": "case-closed",
    "rules": [
        {
            "connection": "production",
            "object": "Case",
            "fields": {"status": "Survey_Status__c", "sent": "Survey_Sent__c"},
        }
    ],
}
WEBHOOK = {
    "key": "warehouse",
    "name": "Warehouse",
    "url": "https://example.com/hook",
    "events": ["response.completed"],
    "survey": "support-csat",
}

DUMP = {
    "key": "nightly",
    "name": "Nightly",
    "survey": "support-csat",
    "place": "sftp",
    "address": "sftp.example.com",
    "user": "tellback",
    "at": "04:30:00",
}


def whole():
    """In an order that needs sorting: what is named comes last."""
    return [
        {"mapping": MAPPING},
        {"milestones": MILESTONES},
        {"deployment": DEPLOYMENT},
        {"limit": LIMIT},
        {"survey": survey_document(theme="acme")},
        {"theme": theme_document()},
        {"connection": CONNECTION},
        {"webhook": WEBHOOK},
        {"scheduled_dump": DUMP},
    ]


def entries(*documents):
    return list(configuration.entries(documents, file="f.yaml"))


def outcomes(applied):
    return {one.entry.kind: one.outcome for one in applied}


def file(tmp_path, *documents, name="set-up.yaml"):
    path = tmp_path / name
    path.write_text(yaml_files.write(documents), encoding="utf-8")
    return str(path)


def run(*arguments):
    output = io.StringIO()
    call_command(*arguments, stdout=output)
    return output.getvalue()


@pytest.mark.django_db
def test_everything_is_made_and_a_second_time_changes_nothing():
    first = configuration.apply(found=entries(*whole()))
    trigger = Trigger.objects.first()
    second = configuration.apply(found=entries(*whole()))

    assert set(outcomes(first).values()) == {"new"}
    assert outcomes(second) == dict.fromkeys(configuration.KINDS, "unchanged")
    assert Trigger.objects.first() == trigger
    assert Trigger.objects.count() == 2
    assert Deployment.objects.get().body == {"en": "Hello {{ name }}\n{{ link }}"}
    assert Connection.objects.get().hook_secret


@pytest.mark.django_db
def test_what_is_exported_applies_elsewhere_to_the_same():
    configuration.apply(found=entries(*whole()))
    exported = yaml_files.read(yaml_files.write(configuration.export()))
    for model in (Mapping, Deployment, Cap, Survey, Theme, Connection):
        model.objects.all().delete()

    applied = configuration.apply(found=entries(*exported))

    assert set(outcomes(applied).values()) == {"new"}
    assert list(configuration.export()) == exported
    assert "secret" not in json.dumps(exported)


@pytest.mark.django_db
def test_one_survey_is_exported_with_what_hangs_on_it():
    configuration.apply(found=entries(*whole()))
    make_survey(survey_document(key="other"))

    found = [next(iter(one)) for one in configuration.export(["support-csat"])]
    alone = [next(iter(one)) for one in configuration.export(["other"])]

    kinds = ["connection", "theme", "survey", "limit", "deployment"]
    kinds += ["milestones", "mapping", "webhook", "scheduled_dump"]
    assert found == kinds
    assert alone == ["survey"]
    with pytest.raises(configuration.ConfigurationRefused, match="no survey “x”"):
        list(configuration.export(["x"]))


@pytest.mark.django_db
def test_nothing_is_applied_when_anything_is_wrong():
    bad = [
        *whole(),
        {"survey": survey_document(key="bad", pages=[])},
        {"deployment": {**DEPLOYMENT, "key": "b", "survey": "none", "quiet_days": "x"}},
        {"connection": {**CONNECTION, "key": "c", "login_url": "http://evil.example"}},
        {"mapping": {**MAPPING, "key": "m", "connection": "none"}},
        {"survey": survey_document()},
    ]

    with pytest.raises(configuration.ConfigurationRefused) as refusal:
        configuration.apply(found=entries(*bad))

    told = "\n".join(refusal.value.problems)
    assert "f.yaml, document 10 (survey bad): pages: A survey needs" in told
    assert "survey: There is no survey with the key “none”" in told
    assert "quiet_days:" in told
    assert "login_url:" in told
    assert "document 13 (mapping m): connection" in told
    assert "document 14: survey “support-csat” stands in f.yaml, document 5" in told
    assert not Survey.objects.exists()
    assert not Connection.objects.exists()


@pytest.mark.django_db
def test_a_dry_run_tells_all_and_changes_nothing():
    applied = configuration.apply(found=entries(*whole()), dry_run=True)

    assert set(outcomes(applied).values()) == {"new"}
    assert not Survey.objects.exists()


@pytest.mark.django_db
def test_a_survey_goes_live_where_its_document_says_so():
    live = {"survey": survey_document(status="live")}
    (applied,) = configuration.apply(found=entries(live))
    survey = Survey.objects.get()
    assert (survey.status, survey.live_version.number) == ("live", 1)
    assert applied.after["status"] == "live"

    (again,) = configuration.apply(found=entries(live))
    assert again.outcome == "unchanged"
    assert survey.versions.count() == 1

    reworded = survey_document(status="live", title={"en": "How was it?"})
    configuration.apply(found=entries({"survey": reworded}))
    survey.refresh_from_db()
    assert survey.live_version.definition["title"] == {"en": "How was it?"}

    configuration.apply(found=entries({"survey": {**reworded, "status": "closed"}}))
    survey.refresh_from_db()
    assert survey.status == "closed"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"theme": "none"}, "theme: There is no theme with the key “none”"),
        ({"theme": 7}, "theme: There is no theme"),
        ({"status": "open"}, "status: Use one of draft, live, closed"),
        ({"status": ["live"]}, "status: Use one of"),
        ({"status": "closed"}, "status: A survey that was never live"),
        ({"status": "live", "pages": []}, "pages: A survey needs"),
    ],
)
def test_a_wrong_theme_or_status_is_refused_in_words(change, words):
    with pytest.raises(configuration.ConfigurationRefused) as refusal:
        configuration.apply(found=entries({"survey": survey_document(**change)}))

    assert words in "\n".join(refusal.value.problems)
    assert not Survey.objects.exists()


@pytest.mark.django_db
def test_publishing_that_is_refused_applies_nothing():
    publish_survey()
    document = survey_document(status="live")
    document["pages"][0]["questions"][0] = why(key="csat")

    with pytest.raises(configuration.ConfigurationRefused, match="was published as"):
        configuration.apply(found=entries({"survey": document}))

    assert (
        drafting.canonical_draft(Survey.objects.get())["pages"][0]["questions"][0][
            "kind"
        ]
        == "rating"
    )


@pytest.mark.django_db
def test_a_limit_stands_by_itself_or_with_its_deployment_and_not_twice():
    configuration.apply(found=entries(*whole()))

    exported = list(configuration.export())

    assert [one["limit"] for one in exported if "limit" in one] == [LIMIT]
    (deployment,) = [one["deployment"] for one in exported if "deployment" in one]
    assert deployment["caps"] == [{"name": "Once a month", "days": 30}]
    assert {one.key for one in Cap.objects.all()} == {"", "once-a-quarter"}


@pytest.mark.django_db
@pytest.mark.parametrize(
    "span", [{"hours": 12}, {"days": 7}, {"weeks": 2}, {"months": 3}, {}]
)
def test_a_limit_looks_back_in_its_own_unit(span):
    limits = [{"name": "Once", **span}]
    document = {**DEPLOYMENT, "caps": limits}
    limit = {**LIMIT, **span}
    configuration.apply(
        found=entries(
            {"survey": survey_document()}, {"limit": limit}, {"deployment": document}
        )
    )

    exported = list(configuration.export())

    assert [one["limit"] for one in exported if "limit" in one] == [limit]
    (deployment,) = [one["deployment"] for one in exported if "deployment" in one]
    assert deployment["caps"] == limits
    unit, amount = next(iter(span.items()), ("days", 90))
    assert {(one.span, one.unit) for one in Cap.objects.all()} == {(amount, unit)}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"key": ""}, "key: This is missing"),
        ({"key": "No Key"}, "key: Use up to 50"),
        ({"survey": "none"}, "survey: There is no survey with the key “none”"),
        ({"days": 0}, "days:"),
        ({"days": None}, "days:"),
        ({"weeks": 1.5}, "weeks: Use a whole number"),
        ({"months": 3651}, "months:"),
        ({"hours": "12"}, "hours: Use a number"),
        ({"hours": 12, "days": 1}, "days: Say it once: in hours, days, weeks or"),
        ({"span": 12}, "span: This is not known here"),
        ({"unit": "hours"}, "unit: This is not known here"),
        ({"condition": {"field": "A", "op": "like", "value": 1}}, "condition:"),
        ({"deployment": "case-closed"}, "deployment: This is not known here"),
    ],
)
def test_a_wrong_limit_is_refused_in_words(change, words):
    with pytest.raises(configuration.ConfigurationRefused) as refusal:
        configuration.apply(
            found=entries({"survey": survey_document()}, {"limit": {**LIMIT, **change}})
        )

    assert words in "\n".join(refusal.value.problems)
    assert not Cap.objects.exists()


@pytest.mark.django_db
def test_what_is_live_stays_live():
    configuration.apply(found=entries(*whole()))
    Deployment.objects.update(status="live")
    Connection.objects.update(client_secret="kept", status="connected")

    changed = {**DEPLOYMENT, "quiet_days": 60, "triggers": DEPLOYMENT["triggers"][:1]}
    applied = configuration.apply(
        found=entries(
            {"deployment": changed}, {"connection": {**CONNECTION, "name": "P"}}
        )
    )

    deployment, connection = Deployment.objects.get(), Connection.objects.get()
    assert set(outcomes(applied).values()) == {"changed"}
    assert (deployment.status, deployment.quiet_days) == ("live", 60)
    assert deployment.triggers.count() == 1
    assert (connection.client_secret, connection.status) == ("kept", "connected")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"name": 5}, "name: Use a text"),
        ({"name": None}, "name: Use a text"),
        ({"channel": "pigeon"}, "channel:"),
        ({"subject": "Hi"}, "subject: Use an object"),
        ({"valid_days": True}, "valid_days: Use a number"),
        ({"valid_days": [1]}, "valid_days: Use a single value"),
        ({"valid_days": -1}, "valid_days:"),
        ({"status": "live"}, "status: This is not known"),
        ({"colour": "red"}, "colour: This is not known"),
        ({"triggers": "x"}, "triggers: This must be a list"),
        (
            {"triggers": [{"object": "Case"}]},
            "triggers[0].email_field: This is missing",
        ),
        (
            {"triggers": [{**DEPLOYMENT["triggers"][0], "condition": {"field": "x"}}]},
            "triggers[0].condition:",
        ),
        ({"survey": None}, "survey: There is no survey"),
        ({"key": "Nö"}, "key:"),
    ],
)
def test_a_bad_deployment_is_refused_at_its_field(change, words):
    make_survey()

    with pytest.raises(configuration.ConfigurationRefused) as refusal:
        configuration.apply(found=entries({"deployment": {**DEPLOYMENT, **change}}))

    assert words in str(refusal.value)
    assert not Deployment.objects.exists()


@pytest.mark.django_db
def test_the_commands_print_the_difference(tmp_path):
    path = file(tmp_path, *whole())

    dry = run("apply", path, "--dry-run")
    first = run("apply", path)
    second = run("apply", path)
    changed = survey_document(title={"en": "Changed"})
    third = run("apply", file(tmp_path, {"survey": changed}))
    exported = run("export_config", "support-csat")

    assert "+++ survey/support-csat" in dry
    assert "dry run" in dry
    assert "survey support-csat: new" in first
    assert "+++" not in second
    assert second.count(": unchanged") == len(configuration.KINDS)
    assert "-  en: How did we do?" in third
    assert "+  en: Changed" in third
    assert "title:\n    en: Changed" in exported
    assert (
        run("apply", file(tmp_path, *yaml_files.read(exported))).count("unchanged") == 8
    )


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no document"),
        ("---\n", "no document"),
        ("a: [", "expected"),
        ("[1]", "named by its kind"),
        ("survey: {}\nmapping: {}", "named by its kind"),
        ("respondent: {}", "named by its kind"),
        ("survey: x", "named by its kind"),
        ("survey: {key: a, key: b}", "stands twice"),
        ("survey: {1: a}", "quotation marks"),
        ("a: &x [1]\nb: *x", "aliases"),
        ("a: &x [*x]", "aliases"),
        ("survey: !!python/object/apply:os.system [id]", "could not determine"),
        ("survey: {key: ok}", "Nothing was applied"),
        ("[" * 20000, "nested too deeply"),
        ("\x07", "special characters"),
    ],
)
def test_a_bad_file_is_refused_in_words(tmp_path, text, words):
    path = tmp_path / "bad.yaml"
    path.write_text(text, encoding="utf-8")

    with pytest.raises(CommandError, match=words):
        run("apply", str(path))


def test_a_file_that_is_not_there_is_named():
    with pytest.raises(CommandError, match="no-such-file"):
        run("apply", "no-such-file.yaml")


plain = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), max_size=20
)
values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | plain
    | st.sampled_from(
        ["2026-12-25", "09:00", "yes", "null", "1e3", "a\nb\n", " a", "- x", "#"]
    ),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(plain, inner, max_size=3)
    ),
    max_leaves=10,
)


@settings(deadline=None, max_examples=150)
@given(st.lists(st.dictionaries(plain, values, max_size=3), max_size=3))
def test_yaml_brings_back_what_was_written(documents):
    assert yaml_files.read(yaml_files.write(documents)) == documents


@pytest.mark.django_db
def test_a_published_survey_is_told_from_its_draft():
    survey = make_survey()
    document = drafting.canonical_draft(survey)

    (applied,) = configuration.apply(found=entries({"survey": document}))

    assert applied.outcome == "unchanged"
    assert Survey.objects.get().live_version is None


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"key": "nobody"}, "There is no deployment"),
        ({"rules": "all"}, "rules: This must be a list"),
        ({"rules": ["x"]}, r"rules\[0\]: This must be an object"),
        ({"rules": [{"connection": "gone", "object": "Case"}]}, "no connection with"),
        ({"more": 1}, "more: This is not known"),
        (
            {"rules": [{**MILESTONES["rules"][0], "fields": {"birthday": "X__c"}}]},
            "is nothing that is told",
        ),
        (
            {"rules": [{**MILESTONES["rules"][0], "fields": {"sent": "no name!"}}]},
            "is not the API name",
        ),
        ({"rules": MILESTONES["rules"] * 2}, r"rules\[1\]: This object stands there"),
    ],
)
def test_milestones_that_cannot_be_are_refused(change, words):
    configuration.apply(found=entries(*whole()))

    with pytest.raises(configuration.ConfigurationRefused, match=words):
        configuration.apply(found=entries({"milestones": {**MILESTONES, **change}}))


@pytest.mark.django_db
def test_a_rule_of_milestones_that_is_left_out_goes():
    configuration.apply(found=entries(*whole()))

    configuration.apply(found=entries({"milestones": {"key": "case-closed"}}))

    assert not Deployment.objects.get().milestone_rules.exists()
