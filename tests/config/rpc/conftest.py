"""What the tests of the three protocols share: data to ask for, and three callers."""

from __future__ import annotations

import json
import xmlrpc.client
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests
from django.core.cache import cache
from requests.auth import HTTPBasicAuth
from zeep import Client, Settings
from zeep.exceptions import Fault
from zeep.helpers import serialize_object
from zeep.transports import Transport

from config.rpc.operations import OPERATIONS
from deployments.models import Suppression
from tests.factories.access import make_api_key
from tests.factories.deployments import make_deployment, make_invitation
from tests.factories.responses import STARTED, make_response
from tests.factories.surveys import publish_survey


@dataclass(frozen=True)
class Refused(Exception):
    """What a protocol answered instead: the type of the problem."""

    type: str
    said: str = ""


@dataclass
class Setting:
    """A survey that has been answered, and a key that may do everything."""

    address: str
    secret: str
    responses: list[str]
    invitation: str


@pytest.fixture
def setting(transactional_db, live_server, settings):
    settings.BASE_URL = live_server.url
    cache.clear()
    version = publish_survey()
    deployment = make_deployment(version.survey, key="case-closed", channel="links")
    invited = make_invitation(deployment, now=STARTED, name="Ada")
    sent = make_invitation(deployment, now=STARTED, email="grace@example.com")
    row = sent.invitation
    type(row).objects.filter(pk=row.pk).update(mail="sent", sent_at=STARTED)
    type(row).objects.update(expires_at=None)
    Suppression.objects.create(
        email="no@example.com", reason="opted_out", created_at=STARTED
    )
    answers = [{"csat": 4, "nps": 9, "topics": ["speed", "quality"]}, {"csat": 1}]
    rows = [
        make_response(version, one, started_at=STARTED + timedelta(hours=place))
        for place, one in enumerate(answers)
    ]
    rows.append(
        make_response(
            version,
            {"csat": 2, "why": "Ünïcode <&> ]]> 'quotes' \n two lines 😀"},
            started_at=STARTED + timedelta(hours=3),
            invitation=invited.invitation,
            deployment=deployment,
            records={"Case": "500x"},
            variables={"agent": "E-17"},
        )
    )
    return Setting(
        address=live_server.url,
        secret=make_api_key(),
        responses=[str(response.key) for response in rows],
        invitation=str(row.public_id),
    )


def soap_client(address: str, secret: str) -> Client:
    session = requests.Session()
    session.auth = HTTPBasicAuth("key", secret)
    return Client(
        f"{address}/api/soap/?wsdl",
        transport=Transport(session=session),
        settings=Settings(strict=True, xsd_ignore_sequence_order=False),
    )


def from_soap(value: Any) -> Any:
    """A result of zeep as the plain values that the others give."""
    if isinstance(value, dict):
        if set(value) == {"entry"}:
            return dict(map(read_entry, value["entry"]))
        return {name: from_soap(item) for name, item in value.items()}
    if isinstance(value, list):
        return [from_soap(item) for item in value]
    return value


def read_entry(entry: dict[str, Any]) -> tuple[str, Any]:
    texts = entry["value"]
    match entry.get("kind"):
        case None:
            return entry["name"], texts
        case "list":
            return entry["name"], list(texts)
        case "text":
            return entry["name"], texts[0]
        case "nothing":
            return entry["name"], None
        case _:
            return entry["name"], json.loads(texts[0])


def to_soap(value: Any) -> Any:
    """Names with texts become entries, as the WSDL has them."""
    if isinstance(value, dict):
        return {
            name: {"entry": [{"name": k, "value": v} for k, v in item.items()]}
            if isinstance(item, dict)
            else to_soap(item)
            for name, item in value.items()
        }
    return [to_soap(item) for item in value] if isinstance(value, list) else value


def by_soap(address: str, secret: str) -> Callable[..., Any]:
    client = soap_client(address, secret)

    def call(name: str, /, **values: Any) -> Any:
        try:
            found = getattr(client.service, name)(**to_soap(values))
        except Fault as error:
            told = client.wsdl.types.deserialize(error.detail[0])
            raise Refused(told["type"], error.message) from error
        return from_soap(serialize_object(found, dict))

    return call


def by_xmlrpc(address: str, secret: str) -> Callable[..., Any]:
    proxy = xmlrpc.client.ServerProxy(
        address.replace("//", f"//key:{secret}@") + "/api/xmlrpc/",
        allow_none=True,
        use_builtin_types=True,
    )

    def call(name: str, /, **values: Any) -> Any:
        try:
            return getattr(proxy, f"survey.{name}")(values)
        except xmlrpc.client.Fault as error:
            kind = error.faultString.split(": ")[0]
            raise Refused(kind, error.faultString) from error

    return call


def by_rest(address: str, secret: str) -> Callable[..., Any]:
    """The operation's own address; what the others say is put where REST has it."""

    def call(name: str, /, **values: Any) -> Any:
        method, path = OPERATIONS[name].rest.split()
        for key in [key for key in values if f"{{{key}}}" in path]:
            path = path.replace(f"{{{key}}}", str(values.pop(key)))
        body = None
        if method == "POST" and values:
            body = values
            if name == "createTrackingUrl":
                deployment = values.pop("deployment", None)
                body = {"links": [values]}
                if deployment is not None:
                    body["deployment"] = deployment
        if name == "dumpResponses":
            values["format"] = "json"
        answer = requests.request(
            method,
            f"{address}/api/v1/{path}",
            params=values if method == "GET" else None,
            json=body,
            headers={"Authorization": f"Bearer {secret}"},
            timeout=30,
        )
        if answer.status_code >= 400:
            problem = answer.json()
            raise Refused(problem["type"], answer.text)
        return answer.json() if answer.content else None

    return call


PROTOCOLS = {"rest": by_rest, "soap": by_soap, "xmlrpc": by_xmlrpc}


def tidy(value: Any) -> Any:
    """One spelling: no Nones, times to the second in UTC, JSON documents as objects."""
    if isinstance(value, dict):
        tidied = {name: tidy(item) for name, item in value.items()}
        for name in ("show_if", "more"):
            if isinstance(tidied.get(name), str):
                tidied[name] = json.loads(tidied[name])
        return {k: v for k, v in tidied.items() if v not in (None, [], {}, "")}
    if isinstance(value, list | tuple):
        return [tidy(item) for item in value]
    if isinstance(value, datetime):
        zoned = value if value.tzinfo else value.replace(tzinfo=UTC)
        return zoned.astimezone(UTC).replace(microsecond=0).isoformat()
    if isinstance(value, str) and len(value) > 18 and value[4:5] == value[7:8] == "-":
        return tidy(datetime.fromisoformat(value))
    return value
