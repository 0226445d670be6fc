"""Each operation is described alike to all protocols: what it takes, gives, refuses.

The OpenAPI document, the WSDL and the help of XML-RPC are each read as a client reads
them; where protocols differ on purpose, the table here says so.
"""

from __future__ import annotations

import re

import pytest
from drf_spectacular.generators import SchemaGenerator
from lxml import etree

from config.rpc.operations import OPERATIONS
from config.rpc.soap.schema import XS
from config.rpc.soap.wsdl import wsdl
from config.rpc.xmlrpc.door import help_text

# How REST pages, where the others take `after` and `limit`.
PAGING = {"cursor", "limit"}
# Forms of the one document of the dump; the others have fixed types.
FORMS = {"format", "bom"}
# Where the answers themselves stand in the result.
ROWS = {
    "listSurveys": "surveys",
    "getUnsubscribedAddresses": "addresses",
    "createTrackingUrls": "links",
}


@pytest.fixture(scope="module")
def document():
    return SchemaGenerator().get_schema(request=None, public=True)


@pytest.fixture(scope="module")
def types():
    """Name of a type or element of the WSDL → its members."""
    root = etree.fromstring(wsdl(OPERATIONS.values(), "http://x/"))
    found = {}
    for node in root.iter(f"{{{XS}}}complexType"):
        named = node.get("name") or node.getparent().get("name")
        found[named] = {
            member.get("name"): member.get("type").removeprefix("tns:")
            for member in node.iterfind(f"{{{XS}}}sequence/{{{XS}}}element")
        }
    return found


def told_by_rest(document, operation):
    method, path = operation.rest.split()
    bare = re.sub(r"{\w+}", "{}", f"/api/v1/{path}")
    for address, methods in document["paths"].items():
        if re.sub(r"{\w+}", "{}", address) == bare:
            return methods[method.lower()]
    raise AssertionError(f"{operation.name} is not in the document")


def resolved(document, schema):
    while "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].split("/")[-1]]
    return schema


def taken_by_rest(document, operation):
    told = told_by_rest(document, operation)
    names = set()
    for one in told.get("parameters", []):
        if one["in"] == "path":  # `{key}` in the address, by its name elsewhere
            names |= set(re.findall(r"{(\w+)}", operation.rest))
        elif one["in"] == "query":
            names.add(one["name"])
    if body := told.get("requestBody"):
        schema = resolved(document, body["content"]["application/json"]["schema"])
        names |= set(schema["properties"])
    return names


def given_by_rest(document, operation):
    told = told_by_rest(document, operation)["responses"]
    (answer,) = [told[code] for code in ("200", "201", "202", "204") if code in told]
    schema = answer.get("content", {}).get("application/json", {}).get("schema", {})
    schema = resolved(document, schema)
    rows = schema.get("properties", {}).get("results", schema)
    return set(resolved(document, rows.get("items", rows)).get("properties", {}))


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=lambda one: one.name)
def test_all_protocols_take_the_same(document, types, operation):
    rest, soap = taken_by_rest(document, operation), set(types[operation.name])
    if operation.name == "dumpResponses":
        rest -= FORMS
    elif "after" in soap:
        assert PAGING & rest
        rest, soap = rest - PAGING, soap - {"after", "limit"}
    if operation.name == "createTrackingUrl":  # REST has the one for many alone
        rest, soap = rest - {"links", "partial"}, {"deployment"}

    assert rest == soap
    assert xmlrpc_members(operation)[0] >= soap


def test_a_person_is_the_same_everywhere(document, types):
    links = taken_schema(document, OPERATIONS["createTrackingUrls"])["links"]
    person = set(resolved(document, links["items"])["properties"])

    assert person == set(types["Person"])
    for name in ("createTrackingUrl", "sendInvitation"):
        assert set(types[name]) == person | {"deployment"}


def taken_schema(document, operation):
    body = told_by_rest(document, operation)["requestBody"]
    schema = body["content"]["application/json"]["schema"]
    return resolved(document, schema)["properties"]


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=lambda one: one.name)
def test_all_protocols_give_the_same(document, types, operation):
    rest = given_by_rest(document, operation)
    soap = types[types[f"{operation.name}Response"]["result"]]
    if operation.name in ROWS:
        soap = types[soap[ROWS[operation.name]]]
    if operation.name == "dumpResponses":  # a line of the dump is any object there
        soap = types[types[soap["entries"]]["response"]]
        rest = given_by_rest(document, OPERATIONS["getResponse"])
    if operation.name == "createTrackingUrl":  # the one, or a problem with the call
        rest -= {"problems"}
    if operation.name == "deleteResponse":
        assert (rest, set(soap)) == (set(), {"response", "erased"})
        return

    assert rest == set(soap)
    assert xmlrpc_members(operation)[1] >= set(soap)


def xmlrpc_members(operation):
    taken, _sep, given = help_text(operation).partition("Result, a struct:")
    return tuple(
        set(re.findall(r"^ +(\w+):", text, re.MULTILINE)) for text in (taken, given)
    )


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=lambda one: one.name)
def test_all_protocols_say_the_same_of_it(document, operation):
    rest = told_by_rest(document, operation)
    root = etree.fromstring(wsdl([operation], "http://x/"))
    soap = next(root.iter("{http://schemas.xmlsoap.org/wsdl/}documentation")).text
    xmlrpc = help_text(operation)
    if operation.name == "createTrackingUrl":  # REST has the one for many alone
        operation_of_rest = OPERATIONS["createTrackingUrls"]
    else:
        operation_of_rest = operation

    assert rest["operationId"] == operation_of_rest.name
    assert rest["summary"] == operation_of_rest.summary
    assert operation_of_rest.detail in rest["description"]
    assert rest["security"] == [{"apiKey": [operation.scope]}]
    assert f"Scope: `{operation.scope}`." in rest["description"]
    for told in (soap, xmlrpc):
        assert told.startswith(f"{operation.summary}.")
        assert operation.detail in told
        assert f"Scope: {operation.scope}" in told


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=lambda one: one.name)
def test_all_protocols_name_the_same_errors(document, operation):
    responses = told_by_rest(document, operation)["responses"]
    rest = {
        code
        for status in ("404", "409")
        for code in re.findall(
            r"urn:tellback:problem:([\w-]+)",
            responses.get(status, {}).get("description", ""),
        )
    }
    root = etree.fromstring(wsdl([operation], "http://x/"))
    words = next(root.iter("{http://schemas.xmlsoap.org/wsdl/}documentation")).text

    assert rest == set(operation.errors)
    for code in operation.errors:
        assert f"{code}: " in words
        assert f"Fault {code}: " in help_text(operation)


def test_parameters_of_the_same_name_have_the_same_type_everywhere(document, types):
    kinds = {"string": "xs:string", "integer": "xs:int", "boolean": "xs:boolean"}
    compared = 0
    for operation in OPERATIONS.values():
        for one in told_by_rest(document, operation).get("parameters", []):
            soap = types[operation.name].get(one["name"])
            if soap is None or one["in"] != "query" or one["name"] == "fields":
                continue
            schema = one["schema"]
            wanted = kinds[schema["type"]]
            if schema.get("format") == "date-time":
                wanted = "xs:dateTime"
            assert soap == wanted, (operation.name, one["name"])
            compared += 1
    assert compared >= 8
