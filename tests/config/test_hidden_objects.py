"""Every id of every address, tried with a key whose maker may not see the survey."""

from __future__ import annotations

import json
import xmlrpc.client

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.core.cache import cache
from lxml import etree

from config.openapi import api_patterns
from config.rpc.operations import OPERATIONS
from config.rpc.soap import ENVELOPE, NAMESPACE
from crm_mappings.documents import save_document
from crm_mappings.models import Connection, Provisioning, UndoRun, WriteBack
from deployments.models import Cap, Contact, Mailing
from responses.models import Response
from responses.scheduled.models import ScheduledDump
from responses.webhooks.models import Delivery, Webhook
from surveys.models import Level, Survey
from tests.factories.access import bearer, make_api_key
from tests.factories.crm import completed, make_mapping, task_step
from tests.factories.deployments import make_deployment, make_invitation
from tests.factories.responses import STARTED
from tests.factories.surveys import publish_survey, survey_document

pytestmark = pytest.mark.django_db
METHODS = ("get", "post", "put", "patch", "delete")
# Connections and themes are of no survey: who may set them up is said by the maker's
# role.
OPEN_TO_ALL = {
    *("schema", "docs", "connections", "connection", "connection-check"),
    *("themes", "theme"),
}


@pytest.fixture
def hidden():
    """One of everything about a survey that only its owner sees: part → its id."""
    people = get_user_model().objects
    version = publish_survey()
    Survey.objects.update(owner=people.create_user("owner"), everyone=Level.NONE)
    survey = version.survey
    deployment = make_deployment(survey, key="case-closed")
    invited = make_invitation(deployment, now=STARTED).invitation
    Contact.objects.create(
        deployment=deployment,
        email="ada@example.com",
        created_at=STARTED,
        updated_at=STARTED,
    )
    mailing = Mailing.objects.create(
        deployment=deployment, name="November", created_at=STARTED
    )
    connection = Connection.objects.create(key="org", name="Org")
    mapping = make_mapping(connection, version)
    response = completed(version)
    hook = Webhook.objects.create(
        key="hook",
        name="Hook",
        url="https://example.com/",
        events=["response.completed"],
        survey=survey,
    )
    delivery = Delivery.objects.create(
        webhook=hook,
        event="response.completed",
        subject=str(response.key),
        occurred_at=STARTED,
        due_at=STARTED,
    )
    ScheduledDump.objects.create(key="nightly", name="Nightly", survey=survey)
    Cap.objects.create(key="once", name="Once", survey=survey)
    set_up = Provisioning.objects.create(
        connection=connection, survey=survey, due_at=STARTED, created_at=STARTED
    )
    run = UndoRun.objects.create(
        mapping=mapping, until=STARTED, due_at=STARTED, created_at=STARTED
    )
    return {
        "undo-runs": {"pk": str(run.pk)},
        "managed-mappings": {"pk": str(set_up.pk)},
        "surveys": {"key": survey.key},
        "deployments": {"key": deployment.key, "pk": str(mailing.pk)},
        "invitations": {"key": str(invited.public_id)},
        "responses": {"key": str(response.key)},
        "mappings": {"key": mapping.key},
        "write-backs": {"pk": str(WriteBack.objects.get().pk)},
        "webhooks": {"key": hook.key, "pk": str(delivery.pk)},
        "scheduled-dumps": {"key": "nightly"},
        "limits": {"key": "once"},
    }


@pytest.fixture
def stranger(settings):
    settings.API_CALLS_PER_MINUTE = 1_000_000
    cache.clear()
    other = get_user_model().objects.create_user("other")
    # What refuses it is the survey, and no right that is missing.
    other.groups.add(Group.objects.get(name="CRM admin"))
    return make_api_key(created_by=other)


@pytest.fixture
def own(stranger):
    """What the maker of the key has of their own, for addresses within it."""
    version = publish_survey(survey_document(key="own"))
    deployment = make_deployment(version.survey, key="own", channel="links")
    Webhook.objects.create(
        key="own",
        name="Own",
        url="https://example.com/",
        events=["response.completed"],
        survey=version.survey,
    )
    ScheduledDump.objects.create(key="own", name="Own", survey=version.survey)
    Cap.objects.create(key="own", name="Own", survey=version.survey)
    mapping = {"survey": "own", "connection": "org", "steps": [task_step()]}
    save_document(document={"key": "own", **mapping})
    return deployment


def test_every_id_in_an_address_is_as_if_it_were_not_there(client, hidden, stranger):
    tried = 0
    for pattern in api_patterns():
        address = str(pattern.pattern)
        if pattern.name not in OPEN_TO_ALL and "<" in address:
            path = filled(address, hidden[address.split("/")[0]])
            tried += refused(client, pattern, path, stranger)
    assert tried > 35
    assert Response.objects.get().status == "completed"


def test_every_id_below_what_is_ones_own_is_that_of_its_own(
    client, hidden, own, stranger
):
    """An own deployment leads to no mailing of another, whatever its number is."""
    tried = 0
    for pattern in api_patterns():
        address = str(pattern.pattern)
        if address.count("<") > 1:
            mixed = {**hidden[address.split("/")[0]], "key": "own"}
            tried += refused(client, pattern, filled(address, mixed), stranger)
    assert tried > 1


def filled(address, ids):
    for name, real in ids.items():
        for kind in ("slug", "uuid", "int", "str"):
            address = address.replace(f"<{kind}:{name}>", real)
    assert "<" not in address, address
    return address


def refused(client, pattern, path, key):
    """How many methods there are at the address; each of them finds nothing."""
    methods = [one for one in METHODS if hasattr(pattern.callback.view_class, one)]
    for method in methods:
        told = {"data": b"{}", "content_type": "application/json"}
        answer = getattr(client, method)(
            f"/api/v1/{path}",
            **({} if method == "get" else told),
            headers=bearer(key),
        )
        assert answer.status_code == 404, (method, path, answer.content)
    return len(methods)


def test_a_webhook_of_all_surveys_is_for_who_oversees_them(client, hidden, stranger):
    Webhook.objects.update(survey=None)

    for path in ("webhooks/hook/", "webhooks/hook/deliveries/"):
        answer = client.get(f"/api/v1/{path}", headers=bearer(stranger))
        assert answer.status_code == 404
    told = client.get("/api/v1/webhooks/", headers=bearer(stranger)).json()
    assert told["results"] == []


# What is at these addresses is of no survey.
OF_ALL = {
    *("surveys", "themes", "connections", "unsubscribed-addresses"),
    "trigger-events",
}
# These answer a question; it is asked by the tests below.
ASKED = {"response-count", "response-dump", "explanations"}


def addresses_without_ids(method):
    for pattern in api_patterns():
        view = pattern.callback.view_class
        if "<" not in str(pattern.pattern) and hasattr(view, method):
            yield pattern.name, str(pattern.pattern)


def test_no_list_has_what_is_hidden(client, hidden, stranger):
    listed = 0
    for name, address in addresses_without_ids("get"):
        if name not in OPEN_TO_ALL | ASKED | {"unsubscribed-addresses"}:
            answer = client.get(f"/api/v1/{address}", headers=bearer(stranger))
            assert answer.json()["results"] == [], address
            listed += 1
    assert listed > 7


def test_no_question_is_answered_with_what_is_hidden(client, hidden, stranger):
    survey, person = {"survey": "support-csat"}, {"of": "ada@example.com"}
    questions = {
        "response-count": survey,
        "response-dump": survey,
        "explanations": person,
    }
    assert set(questions) == ASKED
    for name, address in addresses_without_ids("get"):
        if name in ASKED:
            answer = client.get(
                f"/api/v1/{address}", questions[name], headers=bearer(stranger)
            )
            if name == "explanations":
                assert answer.json()["entries"] == []
            else:
                assert answer.status_code == 400, address


SURVEY = {"survey": "support-csat"}
NEW = {"key": "mine", "name": "Mine"}
URL = {"url": "https://example.com/", "events": ["response.completed"]}
EVE = {"email": "eve@example.com"}
STEPS = {"connection": "org", "steps": []}
BODIES = {
    "webhooks": [{**NEW, **SURVEY, **URL}, {**NEW, **URL}],  # the second: of all
    "tracking-links": [{"deployment": "case-closed", "links": [EVE]}],
    "invitations": [{"deployment": "case-closed", **EVE}],
    "deployments": [{**NEW, **SURVEY, "channel": "web"}],
    "scheduled-dumps": [{**NEW, **SURVEY}],
    "limits": [{**NEW, **SURVEY}],
    "mappings": [{**NEW, **SURVEY, **STEPS}],
    "managed-mappings": [{**SURVEY, "connection": "org"}],
    "managed-mapping-proposal": [{**SURVEY, "connection": "org"}],
    "managed-mapping-package": [{**SURVEY, "connection": "org"}],
    "undo-runs": [{"mapping": "hidden"}],
}


def test_what_names_a_hidden_survey_in_its_body_is_refused(client, hidden, stranger):
    key = hidden["mappings"]["key"]
    posts = dict(addresses_without_ids("post"))
    assert set(posts) == set(BODIES) | OF_ALL
    for name, tries in BODIES.items():
        for body in tries:
            answer = client.post(
                f"/api/v1/{posts[name]}",
                json.dumps(body).replace('"hidden"', f'"{key}"'),
                content_type="application/json",
                headers=bearer(stranger),
            )
            assert answer.status_code == 400, (name, body, answer.content)
            assert "required" not in answer.content.decode(), (name, answer.content)
    assert Webhook.objects.count() == Cap.objects.count() == 1
    assert UndoRun.objects.count() == 1


def test_nothing_of_ones_own_is_moved_to_a_hidden_survey(client, hidden, own, stranger):
    of_a_survey = ("deployments", "limits", "mappings", "webhooks", "scheduled-dumps")
    replaced = {
        str(pattern.pattern).partition("/")[0]
        for pattern in api_patterns()
        if hasattr(pattern.callback.view_class, "put")
    }
    assert replaced == {*of_a_survey, "surveys", "themes", "connections"}
    for kind in of_a_survey:
        url = f"/api/v1/{kind}/own/"
        read = client.get(url, headers=bearer(stranger)).json()
        answer = client.put(
            url,
            {**read, **SURVEY},
            content_type="application/json",
            headers=bearer(stranger),
        )
        assert answer.status_code == 400, (kind, answer.content)
        (error,) = answer.json()["errors"]
        assert error["path"] == "survey", kind
        assert client.get(url, headers=bearer(stranger)).json() == read


def values(hidden):
    person = {"email": "eve@example.com"}
    return {
        "getSurvey": {"survey": "support-csat"},
        "createTrackingUrl": {"deployment": "case-closed", **person},
        "createTrackingUrls": {"deployment": "case-closed", "links": [person]},
        "sendInvitation": {"deployment": "case-closed", **person},
        "sendReminder": {"invitation": hidden["invitations"]["key"]},
        "getResponseCount": {"survey": "support-csat"},
        "dumpResponses": {"survey": "support-csat"},
        "getResponse": {"response": hidden["responses"]["key"]},
        "deleteResponse": {"response": hidden["responses"]["key"]},
        "getSendStatistics": {"deployment": "case-closed"},
    }


def test_soap_and_xmlrpc_show_no_more(client, hidden, stranger):
    asked = values(hidden)
    assert set(OPERATIONS) - set(asked) == {"listSurveys", "getUnsubscribedAddresses"}
    for name, told in asked.items():
        call = xmlrpc.client.dumps((told,), f"survey.{name}")
        answer = client.post(
            "/api/xmlrpc/", call, content_type="text/xml", headers=bearer(stranger)
        )
        with pytest.raises(xmlrpc.client.Fault) as fault:
            xmlrpc.client.loads(answer.content)
        assert fault.value.faultCode in {400, 404}, (name, fault.value)

        answer = client.post(
            "/api/soap/",
            envelope(name, told),
            content_type="text/xml",
            headers=bearer(stranger),
        )
        kind = etree.fromstring(answer.content).findtext(f".//{{{NAMESPACE}}}type")
        assert kind.rpartition(":")[2] in {"not-found", "invalid"}, (name, kind)
        assert "This is required" not in answer.content.decode()


def envelope(name, told):
    root = etree.Element(f"{{{ENVELOPE}}}Envelope")
    body = etree.SubElement(root, f"{{{ENVELOPE}}}Body")
    call = etree.SubElement(body, f"{{{NAMESPACE}}}{name}")
    order = ("email", "deployment", "links", "survey", "response", "invitation")
    for part in sorted(told, key=order.index):
        inner = told[part][0] if part == "links" else told[part]
        node = etree.SubElement(call, f"{{{NAMESPACE}}}{part}")
        if isinstance(inner, dict):
            etree.SubElement(node, f"{{{NAMESPACE}}}email").text = inner["email"]
        else:
            node.text = inner
    if name == "createTrackingUrls":  # the order of its own schema
        call.insert(0, call.find(f"{{{NAMESPACE}}}deployment"))
    return etree.tostring(root)
