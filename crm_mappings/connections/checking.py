"""Owns the proof of a connection: each thing that it needs, passed or not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from crm_mappings.connections.descriptions import describe
from crm_mappings.connections.log_in import client, connect, note_usage
from crm_mappings.models import Connection, Mapping
from crm_mappings.plan.schema import ObjectSchema
from crm_mappings.salesforce import errors
from crm_mappings.salesforce.client import OrgClient
from crm_mappings.salesforce.errors import OrgError

SCARCE = 0.1
JUST_NOW = timedelta(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckResult:
    """One thing that a connection needs."""

    name: str
    passed: bool
    detail: str
    todo: str = ""


def check(*, connection: Connection, now: datetime) -> list[CheckResult]:
    """Return every thing that the connection needs; never raises for the org."""
    try:
        org = _logged_in(connection, now)
        about = org.organization()
    except OrgError as error:
        return [_failed(_("Log-in"), error)]
    results = [
        _passed(_("Log-in"), connection.username),
        _organisation(connection, about),
        *_facts(connection, org, now),
    ]
    connection.checked_at = now
    connection.save(update_fields=["checked_at"])
    note_usage(connection=connection, org=org)
    return results


def _logged_in(connection: Connection, now: datetime) -> OrgClient:
    by_itself = connection.login == Connection.Login.CLIENT_CREDENTIALS
    if by_itself and not connection.access_token:
        connect(connection=connection, now=now)
    return client(connection)


def _passed(name: str, detail: str) -> CheckResult:
    return CheckResult(name=name, passed=True, detail=detail)


def _failed(name: str, error: OrgError) -> CheckResult:
    todo = errors.WORDS[error.kind].todo
    return CheckResult(
        name=name, passed=False, detail=error.refusal.message, todo=_(todo)
    )


def _organisation(connection: Connection, about: dict[str, Any]) -> CheckResult:
    kind = _("sandbox") if about.get("IsSandbox") else _("production")
    return _passed(
        _("Organisation"), f"{connection.org_name} ({kind}, {connection.org_id})"
    )


def _facts(
    connection: Connection, org: OrgClient, now: datetime
) -> Iterator[CheckResult]:
    asks = (
        (_("API enabled"), _api_enabled),
        (_("API version"), _version),
        (_("API calls left"), _limits),
    )
    for name, ask in asks:
        try:
            passed, detail, todo = ask(org)
        except OrgError as error:
            yield _failed(name, error)
        else:
            yield CheckResult(
                name=name, passed=passed, detail=detail, todo="" if passed else todo
            )
    yield from _permissions(connection, org, now)


def _api_enabled(org: OrgClient) -> tuple[bool, str, str]:
    rows = org.query("SELECT PermissionsApiEnabled FROM UserPermissionAccess")
    enabled = bool(rows) and rows[0].get("PermissionsApiEnabled") is not False
    todo = _("Give the connection's user the permission “API Enabled”.")
    return enabled, _("yes") if enabled else _("no"), todo


def _version(org: OrgClient) -> tuple[bool, str, str]:
    wanted = settings.SALESFORCE_API_VERSION
    todo = _("Set SALESFORCE_API_VERSION to a version that the organisation has.")
    return wanted in org.versions(), wanted, todo


def _limits(org: OrgClient) -> tuple[bool, str, str]:
    daily = org.limits().get("DailyApiRequests")
    if not isinstance(daily, dict) or not daily.get("Max"):
        return True, _("The user may not see the limits."), ""
    left, most = daily.get("Remaining", 0), daily["Max"]
    todo = _("Less than a tenth is left for today; what waits is written later.")
    return left >= most * SCARCE, f"{left} / {most}", todo


def _permissions(
    connection: Connection, org: OrgClient, now: datetime
) -> Iterator[CheckResult]:
    """Yield each object that a live mapping writes, with the fields that it needs."""
    for object_, uses in sorted(_used(connection).items()):
        try:
            schema = describe(
                connection=connection,
                object=object_,
                now=now,
                max_age=JUST_NOW,
                org=org,
            )
        except OrgError as error:
            yield _failed(object_, error)
        else:
            missing = sorted({text for use in uses for text in _missing(schema, *use)})
            yield CheckResult(
                name=object_,
                passed=not missing,
                detail=", ".join(missing) or _("readable, with all mapped fields"),
                todo=_("Give the connection's user this access.") if missing else "",
            )


def _used(connection: Connection) -> dict[str, list[tuple[str, list[str]]]]:
    """Return object -> (action, fields) of every step of the live mappings."""
    live = Mapping.objects.filter(
        connection=connection, status=Mapping.Status.ACTIVE, live_revision__isnull=False
    ).select_related("live_revision")
    used: dict[str, list[tuple[str, list[str]]]] = {}
    for mapping in live:
        revision = mapping.live_revision
        for step in revision.document.get("steps", []) if revision else []:
            fields = [rule["field"] for rule in step.get("fields", [])]
            used.setdefault(step["object"], []).append((step["action"], fields))
    return used


def _missing(schema: ObjectSchema, action: str, fields: list[str]) -> Iterator[str]:
    if action in {"create", "upsert"} and not schema.createable:
        yield _("create")
    if action in {"update", "upsert"} and not schema.updateable:
        yield _("edit")
    for name in fields:
        field = schema.fields.get(name)
        if field is None:
            yield _("%(field)s (not there, or not visible)") % {"field": name}
        elif not field.writable(action):
            yield _("%(field)s (not writable)") % {"field": name}
