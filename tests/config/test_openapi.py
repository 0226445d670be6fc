"""The OpenAPI document is valid, whole, and says what errors look like."""

from __future__ import annotations

import json
import re

import pytest
from django.core.management import call_command
from jsonschema import Draft202012Validator

from config.idempotency import CREATING
from config.openapi import api_patterns, creating_paths, operations

OWN_PAGES = {"schema", "docs"}


@pytest.fixture(scope="module")
def document(tmp_path_factory):
    """As the command writes it, which fails at every warning."""
    path = tmp_path_factory.mktemp("openapi") / "schema.json"
    call_command(
        "spectacular",
        "--validate",
        "--fail-on-warn",
        "--format",
        "openapi-json",
        "--file",
        str(path),
    )
    return json.loads(path.read_text())


def test_it_says_its_version(document):
    assert document["openapi"].startswith("3.1")


def test_every_address_is_in_it(document):
    told = {re.sub(r"{\w+}", "{}", path) for path in document["paths"]}

    for pattern in api_patterns():
        if pattern.name not in OWN_PAGES:
            assert re.sub(r"<[^>]+>", "{}", f"/api/v1/{pattern.pattern}") in told


def test_every_operation_has_a_name_of_its_own(document):
    names = [operation["operationId"] for *_place, operation in operations(document)]

    assert len(set(names)) == len(names)


def test_every_operation_says_what_errors_look_like(document):
    for path, method, operation in operations(document):
        answers = operation["responses"]
        assert {"400", "401", "403", "429", "default"} <= set(answers), (method, path)
        problem = answers["401"]["content"]["application/problem+json"]["schema"]
        assert problem == {"$ref": "#/components/schemas/Problem"}
        if "{" in path:
            assert "404" in answers


def test_a_real_error_is_as_described(document, client, db):
    problem = client.get("/api/v1/surveys/").json()

    schema = document["components"]["schemas"]["Problem"]
    Draft202012Validator(schema).validate(problem)


def test_what_creates_takes_an_idempotency_key(document):
    taking = [
        path
        for path, _method, operation in operations(document)
        if "Idempotency-Key" in {one["name"] for one in operation.get("parameters", [])}
    ]

    assert len(taking) == len(CREATING)
    assert "/api/v1/tracking-links/" in taking


def test_every_post_that_makes_something_takes_an_idempotency_key(document):
    """What only sets going what is there may be repeated as it is."""
    harmless = re.compile(
        "/unsubscribed-addresses/$|/(begin|pause|resume|cancel|replay)/$"
    )
    creating = {re.sub(r"{\w+}", "{}", path) for path in creating_paths()}
    for path, method, operation in operations(document):
        makes = method == "post" and {"201", "202"} & set(operation["responses"])
        if makes and not harmless.search(path):
            assert re.sub(r"{\w+}", "{}", path) in creating, path


def test_every_list_is_cut_by_cursor(document):
    lists = 0
    for path, method, operation in operations(document):
        schema = operation["responses"].get("200", {}).get("content", {})
        told = json.dumps(schema.get("application/json", {}))
        name = re.search(r"#/components/schemas/(\w+)", told)
        named = document["components"]["schemas"].get(name[1] if name else "", {})
        if method == "get" and "results" in named.get("properties", {}):
            taken = {one["name"] for one in operation["parameters"]}
            assert {"cursor", "limit"} <= taken, path
            assert {"next", "previous"} <= set(named["properties"]), path
            lists += 1
    assert lists > 12


def test_every_reference_leads_somewhere(document):
    def references(node):
        if isinstance(node, dict):
            for name, value in node.items():
                if name == "$ref":
                    yield value
                else:
                    yield from references(value)
        elif isinstance(node, list):
            for item in node:
                yield from references(item)

    for reference in references(document):
        node = document
        for part in reference.removeprefix("#/").split("/"):
            node = node[part]
