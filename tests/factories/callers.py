"""Strangers' clients of the three protocols, each as one function: name, values."""

from __future__ import annotations

import json
import xmlrpc.client
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import requests
from requests.auth import HTTPBasicAuth
from zeep import Client, Settings
from zeep.exceptions import Fault
from zeep.helpers import serialize_object
from zeep.transports import Transport

from config.rpc.operations import OPERATIONS


@dataclass(frozen=True)
class Refused(Exception):
    """What a protocol answered instead: the problem, as it tells it."""

    type: str
    said: str = ""
    status: int = 0


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
            raise Refused(told["type"], told["title"], told["status"]) from error
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
            kind, _colon, said = error.faultString.partition(": ")
            raise Refused(kind, said, error.faultCode) from error

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
            raise Refused(problem["type"], problem["title"], answer.status_code)
        return answer.json() if answer.content else None

    return call


PROTOCOLS = {"rest": by_rest, "soap": by_soap, "xmlrpc": by_xmlrpc}
