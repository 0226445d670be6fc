"""An org behind a real port, connections to it, mappings, and responses to write."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count, islice
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import requests

from crm_mappings import connections, delivery
from crm_mappings.delivery import Delivered
from crm_mappings.emulator.org import Org
from crm_mappings.emulator.serving import OrgServer
from crm_mappings.models import Connection, Mapping, MappingRevision, WriteBack
from crm_mappings.salesforce.auth import new_challenge
from responses.models import Response
from surveys.models import SurveyVersion
from tests.factories.org import RunningOrg, make_org
from tests.factories.responses import make_response

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
numbers = count(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServedOrg:
    """An org in this process, and the address that it is served at."""

    org: Org
    url: str

    @property
    def client_id(self) -> str:
        return self.org.client.client_id

    @property
    def client_secret(self) -> str:
        return self.org.client.client_secret


# In this process, or in one of its own.
AnyOrg = ServedOrg | RunningOrg


@contextmanager
def served(org: Org | None = None, **overrides: Any) -> Iterator[ServedOrg]:
    """Serve an org at a free port of loopback."""
    org = org or make_org(**overrides)
    server = OrgServer(org, "127.0.0.1", 0)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield ServedOrg(org=org, url=server.url)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def make_connection(served_org: AnyOrg, **fields: Any) -> Connection:
    """A connection that has not logged in yet."""
    number = next(numbers)
    defaults = {
        "key": f"production-{number}",
        "name": f"Production {number}",
        "login_url": served_org.url,
        "client_id": served_org.client_id,
        "client_secret": served_org.client_secret,
    }
    return connections.create(**defaults | fields)


def connected(served_org: AnyOrg, **fields: Any) -> Connection:
    """A connection that has logged in."""
    connection = make_connection(served_org, **fields)
    return connections.connect(connection=connection, now=NOW)


def case_step(**overrides: Any) -> dict[str, Any]:
    """Write the answers to the case that the response is about."""
    return {
        "key": "case",
        "action": "update",
        "object": "Case",
        "find": [{"record": "Case"}],
        "fields": [
            {"field": "Priority", "value": {"constant": "High"}},
            {"field": "Comments", "value": {"question": "why"}},
        ],
        **overrides,
    }


def task_step(**overrides: Any) -> dict[str, Any]:
    """Make a task about the case; nothing tells one such task from another."""
    return {
        "key": "task",
        "action": "create",
        "object": "Task",
        "fields": [
            {"field": "WhatId", "value": {"record": "Case"}},
            {"field": "Subject", "value": {"constant": "Call back"}},
        ],
        **overrides,
    }


def record_step(**overrides: Any) -> dict[str, Any]:
    """Make a record of our own object, which holds our key."""
    return {
        "key": "answer",
        "action": "create",
        "object": "Tellback_Response__c",
        "key_field": "Tellback_Key__c",
        "fields": [
            {"field": "Survey__c", "value": {"response": "survey_title"}},
            {"field": "Score__c", "value": {"question": "csat"}},
            {"field": "Case__c", "value": {"record": "Case"}},
        ],
        **overrides,
    }


def make_mapping(
    connection: Connection,
    version: SurveyVersion,
    *steps: dict[str, Any],
    condition: dict[str, Any] | None = None,
    **fields: Any,
) -> Mapping:
    """A live mapping with its first revision."""
    key = fields.pop("key", f"csat-to-case-{next(numbers)}")
    mapping = Mapping.objects.create(
        key=key,
        name=key,
        survey=version.survey,
        connection=connection,
        condition=condition,
        **{"status": Mapping.Status.ACTIVE, **fields},
    )
    revise(mapping, *steps or (case_step(),))
    return mapping


def revise(mapping: Mapping, *steps: dict[str, Any]) -> MappingRevision:
    """Put the next revision of a mapping live."""
    document = {
        "key": mapping.key,
        "survey": mapping.survey.key,
        "connection": mapping.connection.key,
        "when": "completed",
        "condition": mapping.condition,
        "steps": list(steps),
    }
    revision = MappingRevision.objects.create(
        mapping=mapping,
        number=mapping.revisions.count() + 1,
        document=document,
        activated_at=NOW,
    )
    mapping.live_revision = revision
    mapping.save(update_fields=["live_revision"])
    return revision


def make_case(org: Org, **fields: Any) -> str:
    return org.insert("Case", {"Subject": "Printer", "Origin": "Email", **fields})


def completed(
    version: SurveyVersion, answers: dict[str, Any] | None = None, **fields: Any
) -> Response:
    """A completed response that is in the outbox."""
    response = make_response(version, answers, **fields)
    delivery.enqueue(response=response, now=response.completed_at)
    return response


def put_many(mapping: Mapping, responses: Iterable[Response], **fields: Any) -> None:
    """Put completed responses into the outbox by the thousand."""
    for part in batched(responses):
        made = Response.objects.bulk_create(part)
        WriteBack.objects.bulk_create(
            WriteBack(
                response=response,
                mapping=mapping,
                revision=mapping.live_revision,
                due_at=response.completed_at,
                created_at=response.completed_at,
                **fields,
            )
            for response in made
        )


def batched(
    responses: Iterable[Response], size: int = 5_000
) -> Iterator[list[Response]]:
    rest = iter(responses)
    while part := list(islice(rest, size)):
        yield part


def answered(
    version: SurveyVersion, answers: dict[str, Any], *, at: datetime, **fields: Any
) -> Response:
    """A completed response that is not stored yet."""
    return Response(
        survey=version.survey,
        version=version,
        status=Response.Status.COMPLETED,
        answers=answers,
        language="en",
        started_at=at,
        updated_at=at,
        completed_at=at,
        **fields,
    )


def deliver(*, now: datetime = NOW, limit: int = 200, seed: int = 1) -> Delivered:
    return delivery.deliver_due(now=now, limit=limit, rng=random.Random(seed))


def only_write_back() -> WriteBack:
    return WriteBack.objects.get()


def allow(address: str) -> str:
    """Press "Allow" on the page of the org; the address that it sends back to."""
    page = requests.get(address, timeout=10, allow_redirects=False)
    if page.status_code == 200:
        query = dict(parse_qsl(urlsplit(address).query))
        page = requests.post(
            address,
            data={**query, "decision": "allow"},
            timeout=10,
            allow_redirects=False,
        )
    return page.headers["Location"]


def logged_in_by_a_person(served_org: AnyOrg, **fields: Any) -> Connection:
    """A connection for which a person has logged in, so that it can be refreshed."""
    login = Connection.Login.WEB_SERVER
    connection = make_connection(served_org, login=login, **fields)
    challenge = new_challenge()
    back = allow(connections.authorize_url(connection, challenge))
    code = dict(parse_qsl(urlsplit(back).query))["code"]
    return connections.connect_with_code(
        connection=connection, code=code, verifier=challenge.verifier, now=NOW
    )
