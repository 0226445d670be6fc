"""`manage.py demo_content`: puts the demo's sample content in place.

Prints one JSON document with the log-in and the API key that it made.
"""

from __future__ import annotations

import json
import os
import secrets
from typing import Any

import requests
from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from config.demo import sample
from config.models import SCOPES, ApiKey
from crm_mappings import activation, connections, documents
from crm_mappings.models import Connection
from deployments.models import Deployment, Trigger
from surveys import drafting, publishing
from surveys.models import Survey


class Command(BaseCommand):
    help = "Puts the demo's survey, connection, trigger and mapping in place."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--org-url", required=True)
        parser.add_argument("--client-id", required=True)

    def handle(self, *args: Any, **options: Any) -> None:
        secret = os.environ.get("DEMO_CLIENT_SECRET", "")
        if not secret:
            raise CommandError("Set DEMO_CLIENT_SECRET to the org's consumer secret.")
        now = timezone.now()
        survey = drafting.save_document(document=sample.SURVEY)
        if survey.live_version is None:
            publishing.publish(survey=survey, now=now)
        connection = connect(options["org_url"], options["client_id"], secret)
        deploy(survey)
        mapping = documents.save_document(document=sample.MAPPING)
        if mapping.live_revision is None:
            activation.activate(mapping=mapping, now=now)
        tell_org(options["org_url"], connections.hook_url(connection))
        username, password = make_user()
        self.stdout.write(
            json.dumps(
                {"username": username, "password": password, "api_key": make_key()}
            )
        )


def connect(org_url: str, client_id: str, secret: str) -> Connection:
    fields = {**sample.CONNECTION, "login_url": org_url, "client_id": client_id}
    connection = Connection.objects.filter(key=fields["key"]).first()
    if connection is None:
        connection = connections.create(**fields, client_secret=secret)
    else:
        # The emulated org is a new one at every start, with another id.
        connection.login_url, connection.client_id = org_url, client_id
        connection.client_secret, connection.org_id = secret, ""
        connection.save(
            update_fields=["login_url", "client_id", "client_secret", "org_id"]
        )
    return connections.connect(connection=connection, now=timezone.now())


def deploy(survey: Survey) -> None:
    fields = {**sample.DEPLOYMENT, "survey": survey}
    deployment, _made = Deployment.objects.update_or_create(
        key=fields.pop("key"), defaults=fields
    )
    Trigger.objects.update_or_create(
        deployment=deployment,
        source=sample.TRIGGER["source"],
        object=sample.TRIGGER["object"],
        defaults=sample.TRIGGER,
    )


def tell_org(org_url: str, hook: str) -> None:
    """Set up the outbound message in the org, as its administrator would."""
    answer = requests.post(
        f"{org_url}/emulator/outbound-rules",
        json={
            "name": "Case_closed",
            "object": "Case",
            "fields": sample.MESSAGE_FIELDS,
            "endpoint": hook,
            "when": {"field": "Status", "becomes": "Closed"},
        },
        timeout=10,
    )
    if answer.status_code >= 400:
        raise CommandError(f"The org refused the outbound message: {answer.text}")


def make_user() -> tuple[str, str]:
    """Give the demo's admin a new password and return the log-in."""
    password = secrets.token_urlsafe(9)
    user, _made = get_user_model().objects.get_or_create(
        username="admin", defaults={"is_staff": True, "is_superuser": True}
    )
    user.set_password(password)
    user.save(update_fields=["password"])
    return user.get_username(), password


def make_key() -> str:
    """Make the demo's API key; one of an earlier start ends now."""
    ApiKey.objects.filter(name="demo").delete()
    key = ApiKey(name="demo", scopes=sorted(SCOPES))
    secret = key.give_secret()
    key.save()
    return secret
