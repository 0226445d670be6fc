"""Mounts the emulated org beside Tellback when DEMO_ORG is on: a public demo with
one web process and no second port.

The org answers at Salesforce's own paths (`/services/…`, `/id/…`) and shows its
pages below `/emulator/`; Tellback has none of these.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from crm_mappings.emulator.org import Org
from crm_mappings.emulator.outbound.sending import Sender
from crm_mappings.emulator.seeding import seed
from crm_mappings.emulator.wire.application import Application

Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
OF_THE_ORG = ("/services/", "/id/", "/emulator/", "/lightning/")


def demo_org(*, client_id: str, client_secret: str) -> Org:
    """Return a new org with sample records, its outbound messages being sent."""
    org = Org(client_id=client_id, client_secret=client_secret, new_ids=True)
    seed(org)
    Sender(org).start()
    return org


def mounted(tellback: Wsgi, org: Org) -> Wsgi:
    """Return an application in which each side answers its own paths."""
    emulated = Application(org)

    def application(
        environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        path = str(environ.get("PATH_INFO", ""))
        side: Wsgi = emulated if path.startswith(OF_THE_ORG) else tellback
        return side(environ, start_response)

    return application
