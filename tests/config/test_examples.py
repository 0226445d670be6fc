"""The examples in docs/examples run, or are read by a grammar of their language."""

from __future__ import annotations

import re

import pytest
from lxml import etree
from tree_sitter_language_pack import get_parser

from config.settings import ROOT
from deployments.api.links import LinkSerializer, LinksSerializer
from deployments.models import Invitation
from docs.examples.python.tellback import Person, Problem, Tellback
from responses.erasure import erase
from tests.config.test_integrators import BLOCKS
from tests.factories.access import make_api_key
from tests.factories.deployments import make_deployment
from tests.factories.responses import STARTED, make_response
from tests.factories.surveys import publish_survey

FORCE = ROOT / "docs/examples/salesforce/force-app/main/default"
CLASSES = sorted((FORCE / "classes").glob("*.cls"))
META = {"m": "http://soap.sforce.com/2006/04/metadata"}


@pytest.fixture
def version(transactional_db, live_server, settings):
    settings.BASE_URL = live_server.url
    version = publish_survey()
    make_deployment(version.survey, key="case-closed", channel="links")
    return version


@pytest.fixture
def tellback(version, live_server):
    return Tellback(live_server.url, make_api_key())


def test_the_python_client_makes_each_person_their_link(tellback):
    ada = Person(email="ada@example.com", event_key="1", variables={"agent": "E-17"})

    first, again = (tellback.make_link("case-closed", ada) for _ in range(2))
    made, wrong = tellback.make_links("case-closed", [ada, Person(email="nobody")])

    assert (first.created, again.created) == (True, False)
    assert {first.url, again.url, made.url} == {first.url}
    assert not wrong.url
    assert "email" in wrong.problems
    assert Invitation.objects.get().variables == {"agent": "E-17"}


def test_the_python_client_reads_on_from_its_cursor(tellback, version):
    rows = [make_response(version, {"csat": number}) for number in (1, 2, 3)]
    first, *rest = tellback.dump("support-csat")
    erase(response=rows[0], now=STARTED)

    entries = list(tellback.dump("support-csat", after=first.cursor))

    assert [entry.answers["csat"] for entry in rest] == [2, 3]
    assert [entry.key for entry in entries] == [
        str(rows[place].key) for place in (1, 2, 0)
    ]
    assert [entry.is_gone for entry in entries] == [False, False, True]
    assert [entry.change for entry in entries][1:] == ["completed", "erased"]
    assert tellback.count("support-csat") == 2
    assert tellback.response(str(rows[1].key))["answers"] == {"csat": 2}
    tellback.erase(str(rows[1].key))
    assert tellback.count("support-csat") == 1


def test_the_python_client_says_what_was_wrong(tellback):
    with pytest.raises(Problem, match="nothing") as caught:
        tellback.count("nothing")
    assert (caught.value.type, caught.value.status) == ("invalid", 400)
    with pytest.raises(Problem, match="e-mail") as caught:
        tellback.make_link("case-closed", Person(email="nobody"))
    assert caught.value.errors[0]["path"] == "links.0.email"


def test_the_python_client_waits_when_it_called_too_often(tellback, live_server):
    waited: list[float] = []
    key = make_api_key(calls_per_minute=1)
    hasty = Tellback(live_server.url, key, sleep=waited.append)
    hasty.count("support-csat")

    with pytest.raises(Problem) as caught:
        hasty.count("support-csat")

    assert caught.value.type == "throttled"
    assert len(waited) == 4
    assert all(0 < wait <= 60 for wait in waited)


def apex(source: bytes):
    return get_parser("apex").parse(source).root_node


@pytest.mark.parametrize("path", CLASSES, ids=lambda path: path.stem)
def test_the_apex_classes_are_apex(path):
    assert not apex(path.read_bytes()).has_error
    assert apex(path.read_bytes().replace(b"{", b"", 1)).has_error


def test_the_apex_of_the_page_is_apex():
    sources = [code for language, code in BLOCKS if language == "apex"]

    assert sources
    assert not any(apex(source.encode()).has_error for source in sources)


def test_the_apex_sends_what_the_api_takes():
    source = (FORCE / "classes" / "TellbackLink.cls").read_text()
    sent = set(re.findall(r"'(\w+)' =>|link\.put\('(\w+)'", source))
    names = {name for pair in sent for name in pair if name}

    assert {"deployment", "links", "partial", "email", "records"} <= names
    assert names <= set(LinksSerializer().fields) | set(LinkSerializer().fields)
    assert "/api/v1/tracking-links/" in source


def test_the_metadata_of_the_flow_belongs_together():
    texts = {path.name: path for path in FORCE.rglob("*-meta.xml")}
    trees = {
        name: etree.parse(path, etree.XMLParser(resolve_entities=False)).getroot()
        for name, path in texts.items()
    }

    def said(name: str, tag: str) -> list[str]:
        return [one.text for one in trees[name].iterfind(f".//m:{tag}", META)]

    assert {f"{path.name}-meta.xml" for path in CLASSES} <= set(texts)
    flow = "Make_survey_link_for_case.flow-meta.xml"
    assert said(flow, "actionName") == ["TellbackLink"]
    inputs = trees[flow].iterfind(".//m:inputParameters/m:name", META)
    source = (FORCE / "classes" / "TellbackLink.cls").read_text()
    for name in (one.text for one in inputs):
        assert re.search(rf"public \w+ {name};", source)
    named = "Tellback.namedCredential-meta.xml"
    assert said(named, "externalCredential") == ["Tellback"]
    assert "callout:Tellback/" in source
    permission = "Tellback_links.permissionset-meta.xml"
    assert said(permission, "apexClass") == ["TellbackLink"]
    assert said(permission, "externalCredentialPrincipal") == ["Tellback-Key"]
