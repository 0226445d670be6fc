"""The ready-made NPS survey, published and asked, in a running system."""

from __future__ import annotations

from typing import Any

import requests

from config.demo.processes import manage
from surveys import ready_made
from tests.factories.servers import System

KEY = "nps"
DEPLOYMENT = "nps-mailing"
GO_LIVE = (
    "from deployments.models import Deployment; "
    "from surveys.models import Survey; "
    f"Deployment.objects.get_or_create(key={DEPLOYMENT!r}, defaults=dict("
    f"survey=Survey.objects.get(key={KEY!r}), name='NPS', channel='email', "
    "status='live', sender_name='Tellback', sender_email='a@tellback.example'))"
)


def call(system: System, method: str, path: str, **more: Any) -> Any:
    answer = requests.request(
        method,
        f"{system.ports.base_url}/api/v1/{path}",
        headers={"Authorization": f"Bearer {system.made['api_key']}"},
        timeout=30,
        **more,
    )
    assert answer.status_code < 300, answer.text
    return answer.json() if answer.content else None


def publish_nps(system: System) -> None:
    """Publish the survey, and let links be asked for."""
    found = ready_made.find(KEY)
    assert found is not None
    document = found.document(key=KEY, default_language="en")
    call(system, "POST", "surveys/", json=document)
    call(system, "POST", f"surveys/{KEY}/publish/")
    manage(system.running.env, "shell", "-c", GO_LIVE)


def ask(system: System, email: str, **link: Any) -> str:
    """Return a tracking link for the survey."""
    asked = {"deployment": DEPLOYMENT, "links": [{"email": email, **link}]}
    return str(call(system, "POST", "tracking-links/", json=asked)[0]["url"])


def control(system: System, method: str, path: str, document: Any = None) -> Any:
    """Use a switch of the emulated org."""
    address = f"{system.ports.org_url}/emulator/{path}"
    answer = requests.request(method, address, json=document, timeout=10)
    assert answer.status_code < 300, answer.text
    return answer.json() if answer.content else None


def rows(system: System, name: str) -> list[dict[str, Any]]:
    return list(control(system, "GET", f"records/{name}")["records"])
