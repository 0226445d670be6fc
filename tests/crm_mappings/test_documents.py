"""A mapping document and the draft's rows say the same."""

from __future__ import annotations

import pytest

from crm_mappings import documents
from crm_mappings.models import FieldRule, Mapping, Step
from crm_mappings.plan.rules import MappingError
from surveys.row_documents import KeyTaken
from tests.factories.crm import case_step, make_mapping, task_step


@pytest.fixture
def document(connection, version):
    def make(**overrides):
        return {
            "key": "csat-to-case",
            "name": "CSAT onto the case",
            "survey": version.survey.key,
            "connection": connection.key,
            "steps": [case_step(), task_step()],
            **overrides,
        }

    return make


def problems(error):
    return {problem.path for problem in error.value.problems}


def test_what_is_saved_is_read_back_in_full(document):
    written = document(
        when="completed",
        condition={"question": "csat", "op": "le", "value": 2},
        trusts_links=False,
        partial_after=30,
        on_erasure="clear",
        steps=[
            case_step(
                key="the_case",
                find=[
                    {"record": "Case"},
                    {"email": "ContactEmail", "value": {"constant": "a@example.com"}},
                ],
                no_match="skip",
                several="newest",
                key_field=None,
                duplicates="hold",
                condition={"variable": "agent", "op": "answered"},
                fields=[
                    {
                        "field": "Topics__c",
                        "value": {"question": "topics"},
                        "table": {"speed": "Response time"},
                        "transforms": ["trim", "truncate:20"],
                        "blank": "default",
                        "default": "Other",
                        "overwrite": "if_blank",
                        "condition": {"question": "nps", "op": "ge", "value": 0},
                    }
                ],
            )
        ],
    )

    mapping = documents.save_document(document=written)

    assert documents.mapping_document(mapping) == written


def test_saving_what_was_read_changes_nothing(document):
    mapping = documents.save_document(document=document())
    read = documents.mapping_document(mapping)

    again = documents.save_document(document=read)

    assert again.pk == mapping.pk
    assert documents.mapping_document(again) == read


def test_steps_and_rules_keep_their_order(document):
    steps = [task_step(key="first"), case_step(key="second")]

    mapping = documents.save_document(document=document(steps=steps))

    read = documents.mapping_document(mapping)
    assert [step["key"] for step in read["steps"]] == ["first", "second"]
    rules = [rule["field"] for rule in read["steps"][0]["fields"]]
    assert rules == ["WhatId", "Subject"]


def test_steps_that_are_gone_from_the_document_are_gone(document):
    documents.save_document(document=document())

    mapping = documents.save_document(document=document(steps=[case_step()]))

    assert [step.key for step in mapping.steps.all()] == ["case"]
    assert FieldRule.objects.count() == 2


def test_every_problem_is_named_and_nothing_is_saved(document):
    documents.save_document(document=document())
    wrong = document(steps=[case_step(action="push"), task_step(fields=[])])

    with pytest.raises(MappingError) as error:
        documents.save_document(document=wrong)

    assert {"steps[0].action"} <= problems(error)
    assert Step.objects.filter(action="update").exists()


@pytest.mark.parametrize("path", ["survey", "connection"])
def test_a_survey_and_a_connection_must_exist(document, path):
    with pytest.raises(MappingError) as error:
        documents.save_document(document=document(**{path: "nowhere"}))

    assert problems(error) == {path}
    assert not Mapping.objects.exists()


@pytest.mark.parametrize("name", ["x" * 201, 5])
def test_a_name_is_a_text_of_some_length(document, name):
    with pytest.raises(MappingError) as error:
        documents.save_document(document=document(name=name))

    assert problems(error) == {"name"}


def test_a_document_without_a_name_keeps_the_name_that_it_has(document):
    documents.save_document(document=document())
    nameless = document()
    del nameless["name"]

    mapping = documents.save_document(document=nameless)

    assert mapping.name == "CSAT onto the case"


def test_a_new_mapping_without_a_name_is_called_by_its_key(document):
    nameless = document()
    del nameless["name"]

    assert documents.save_document(document=nameless).name == "csat-to-case"


@pytest.mark.parametrize("document_", [None, [], "x", {"steps": 3}])
def test_what_is_not_a_document_is_refused(db, document_):
    with pytest.raises(MappingError):
        documents.save_document(document=document_)


def test_a_saved_draft_leaves_alone_what_runs(connection, version, document):
    live = make_mapping(connection, version, key="csat-to-case")
    frozen = live.live_revision.document

    documents.save_document(document=document(steps=[task_step()]))

    live.refresh_from_db()
    assert live.status == Mapping.Status.ACTIVE
    assert live.live_revision.document == frozen


def test_a_mapping_begins_with_a_step_about_the_invitations_record(connection, version):
    mapping = documents.begin(
        key="new",
        name="New",
        survey=version.survey,
        connection=connection,
        object="NPS_Response__c",
        record="Case",
    )

    step = mapping.steps.get()
    assert (step.key, step.find) == ("nps_response_c", [{"record": "Case"}])


@pytest.mark.parametrize(
    ("name", "key"),
    [("Case", "case"), ("X__c", "x_c"), ("A" * 90, "a" * 40)],
)
def test_a_step_is_called_after_its_object(name, key):
    assert documents.step_key(name) == key


@pytest.mark.parametrize("wrong", [-1, 10_081, "soon", True, 1.5])
def test_minutes_that_are_none_are_refused(document, wrong):
    with pytest.raises(MappingError) as caught:
        documents.save_document(document=document(partial_after=wrong))

    assert problems(caught) == {"partial_after"}


def test_who_wants_a_new_one_changes_none_that_is_there(document):
    kept = documents.save_document(document=document())

    with pytest.raises(KeyTaken):
        documents.save_document(document=document(name="Mine"), only_new=True)

    kept.refresh_from_db()
    assert (kept.name, kept.steps.count()) == (document()["name"], 2)
