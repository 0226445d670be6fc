"""Owns the proof of a connection: each thing that it needs, passed or not."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from crm_mappings.connections import key_pairs, rights
from crm_mappings.connections.log_in import connect, note_usage, own_client
from crm_mappings.connections.results import (
    FAIL,
    NOT_NEEDED,
    PASS,
    CheckResult,
    admin,
    failed,
    here,
    operator,
)
from crm_mappings.connections.uses import source_of, uses
from crm_mappings.models import Connection
from crm_mappings.salesforce.client import OrgClient
from crm_mappings.salesforce.errors import OrgError
from deployments.models import TriggerEvent

SCARCE = 0.1
# A certificate is changed in good time before it ends.
ENDS_SOON = timedelta(days=30)


def check(*, connection: Connection, now: datetime) -> list[CheckResult]:
    """Return every thing that the connection needs; never raises for the org."""
    group = _("Log-in")
    try:
        org = _logged_in(connection, now)
        about = org.organization()
    except OrgError as error:
        return [failed(group, _("Log-in"), error)]
    results = [
        CheckResult(
            group=group, name=_("Log-in"), state=PASS, detail=connection.username or "–"
        ),
        *_keeps_living(group, connection, now),
        *_organisation(connection, org, about, now),
        *_rights(connection, org, now),
    ]
    connection.checked_at = now
    connection.save(update_fields=["checked_at"])
    note_usage(connection=connection, org=org)
    org.close()
    return results


def _logged_in(connection: Connection, now: datetime) -> OrgClient:
    by_person = connection.login == Connection.Login.WEB_SERVER
    if not by_person and not connection.access_token:
        connect(connection=connection, now=now)
    return own_client(connection)


def _keeps_living(
    group: str, connection: Connection, now: datetime
) -> Iterator[CheckResult]:
    """Say whether the log-in goes on when the token of today has ended."""
    name = _("Stays logged in")
    if connection.login == Connection.Login.WEB_SERVER:
        good = bool(connection.refresh_token)
        detail = _("There is a refresh token; Tellback uses it every week.")
        bad = _("The app gives no refresh token: the log-in ends within hours.")
        todo = _("Select the OAuth scope “refresh_token”, then log in again.")
        yield _either(group, name, good, detail if good else bad, todo, admin())
    elif connection.login == Connection.Login.JWT:
        ends = key_pairs.certificate_ends_at(connection)
        good = ends is not None and ends - now > ENDS_SOON
        date = ends.date().isoformat() if ends else "–"
        detail = _("The certificate is good until %s.") % date
        todo = _("Make a new key pair and upload its certificate to the app.")
        yield _either(group, name, good, detail, todo, here())
    else:
        yield CheckResult(
            group=group,
            name=name,
            state=PASS,
            detail=_("It logs in again by itself with the consumer secret."),
        )


def _either(
    group: str, name: str, good: bool, detail: str, todo: str, who: str
) -> CheckResult:
    return CheckResult(
        group=group,
        name=name,
        state=PASS if good else FAIL,
        detail=detail,
        todo="" if good else todo,
        who="" if good else who,
    )


def _organisation(
    connection: Connection, org: OrgClient, about: dict[str, Any], now: datetime
) -> Iterator[CheckResult]:
    group = _("Organisation")
    yield CheckResult(
        group=group,
        name=_("Organisation"),
        state=PASS,
        detail=f"{connection.org_name} ({connection.org_id})",
    )
    yield _edition(group, about, now)
    yield from _guarded(group, _("API version"), lambda: _version(group, org))
    yield from _guarded(group, _("API calls left today"), lambda: _limits(group, org))


def _guarded(group: str, name: str, act: Any) -> Iterator[CheckResult]:
    try:
        yield from act()
    except OrgError as error:
        yield failed(group, name, error)


def _edition(group: str, about: dict[str, Any], now: datetime) -> CheckResult:
    edition = str(about.get("OrganizationType") or "?")
    kind = _("sandbox") if about.get("IsSandbox") else _("production")
    ends = str(about.get("TrialExpirationDate") or "")[:10]
    detail = f"{edition}, {kind}"
    if ends:
        detail += " · " + _("a trial, until %s") % ends
    # Editions without the API refuse at the log-in, so who is here has it.
    over = bool(ends) and ends < now.date().isoformat()
    todo = _("The trial is over: the organisation needs a contract.")
    return _either(group, _("Edition"), not over, detail, todo, admin())


def _version(group: str, org: OrgClient) -> Iterator[CheckResult]:
    wanted, known = settings.SALESFORCE_API_VERSION, org.versions()
    newest = known[-1] if known else "?"
    todo = _("Set SALESFORCE_API_VERSION to a version that the organisation has.")
    detail = _("%(wanted)s; the organisation has up to %(newest)s")
    values = {"wanted": wanted, "newest": newest}
    yield _either(
        group, _("API version"), wanted in known, detail % values, todo, operator()
    )


def _limits(group: str, org: OrgClient) -> Iterator[CheckResult]:
    told = org.limits()
    calls = _("API calls left today")
    todo = _("Less than a tenth is left for today; what waits is written later.")
    yield _left(group, calls, told.get("DailyApiRequests"), todo)
    todo = _("Less than a tenth is left: records can soon not be created any more.")
    yield _left(group, _("Data storage left (MB)"), told.get("DataStorageMB"), todo)


def _left(group: str, name: str, limit: Any, todo: str) -> CheckResult:
    if not isinstance(limit, dict) or not limit.get("Max"):
        detail = _("The user may not see the limits.")
        return CheckResult(group=group, name=name, state=NOT_NEEDED, detail=detail)
    left, most = limit.get("Remaining", 0), limit["Max"]
    return _either(
        group, name, left >= most * SCARCE, f"{left} / {most}", todo, admin()
    )


def _rights(
    connection: Connection, org: OrgClient, now: datetime
) -> Iterator[CheckResult]:
    used = uses(connection, schema_of=rights.asking(connection, now, org))
    group = _("Rights of the user")
    try:
        has = rights.held(org)
    except OrgError as error:
        yield failed(group, _("Rights of the user"), error)
    else:
        yield from rights.of_user(org, has, used, _last_message(connection))
    yield from rights.of_objects(connection, org, used, now)


def _last_message(connection: Connection) -> datetime | None:
    events = TriggerEvent.objects.filter(source=source_of(connection))
    return events.order_by("-pk").values_list("received_at", flat=True).first()
