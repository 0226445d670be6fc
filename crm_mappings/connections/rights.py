"""Owns the rights of the connection's user: which it has, which it needs for what the
connection is used for, and the permission set that gives exactly those."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import cache

from django.utils.translation import gettext as _

from crm_mappings.connections.descriptions import describe
from crm_mappings.connections.results import (
    FAIL,
    NOT_NEEDED,
    PASS,
    CheckResult,
    admin,
    failed,
)
from crm_mappings.connections.uses import ObjectUse, SchemaOf, Uses, uses
from crm_mappings.models import Connection, Provisioning
from crm_mappings.plan.schema import ObjectSchema
from crm_mappings.salesforce.client import OrgClient
from crm_mappings.salesforce.errors import OrgError
from crm_mappings.salesforce.permission_set import ObjectRights, build

JUST_NOW = timedelta(0)
# Salesforce's name of each right, and what it is called in its set-up.
LABELS = {
    "ApiEnabled": "API Enabled",
    "ModifyMetadata": "Modify Metadata Through Metadata API Functions",
    "EnableNotifications": "Send Outbound Messages",
    "ViewAllUsers": "View All Users",
    "CustomizeApplication": "Customize Application",
    "ViewSetup": "View Setup and Configuration",
    "ManageInteraction": "Manage Flow",
}
# No permission set can hold these: who may log in may read them.
SEEN_BY_ALL = frozenset({"User", "Group", "RecordType", "Profile", "UserRole"})
MOST_NAMES = 10


def held(org: OrgClient) -> dict[str, bool]:
    """Return which of the rights the user has, as far as the org knows them."""
    known = org.columns("UserPermissionAccess")
    asked = [name for name in LABELS if f"Permissions{name}" in known]
    if not asked:
        return {}
    columns = ", ".join(f"Permissions{name}" for name in asked)
    rows = org.query(f"SELECT {columns} FROM UserPermissionAccess")  # noqa: S608 - our own names
    row = rows[0] if rows else {}
    return {name: row.get(f"Permissions{name}") is True for name in asked}


def of_user(
    org: OrgClient, has: dict[str, bool], used: Uses, messages_at: datetime | None
) -> Iterator[CheckResult]:
    """Yield the rights over the whole org, each needed or not."""
    group = _("Rights of the user")
    why = _("Without it nothing can be read or written.")
    yield _right(group, "ApiEnabled", has, needed=True, why=why)
    look = _("Tellback looks up whose actions may send outbound messages.")
    for name in ("ViewSetup", "ViewAllUsers"):
        yield _right(group, name, has, needed=used.listens, why=look)
    yield _senders(group, org, used, messages_at)
    for name in ("CustomizeApplication", "ManageInteraction", "ModifyMetadata"):
        needed = bool(used.deploys)
        if name == "ManageInteraction":
            needed = Provisioning.Kind.TRIGGER in used.deploys
        why = _set_up_why(name, used) if not needed else _("Tellback deploys with it.")
        yield _right(group, name, has, needed=needed, why=why)
    yield CheckResult(
        group=group,
        name="Password Never Expires",
        state=NOT_NEEDED,
        detail=_(
            "Tellback logs in with OAuth: it holds no password, and the log-in lives "
            "on when the password changes or ends."
        ),
    )


def _set_up_why(name: str, used: Uses) -> str:
    if name == "ModifyMetadata":
        return _("Tellback deploys nothing to this organisation.")
    if used.listens:
        return _(
            "Only the administrator who makes the outbound message and its flow "
            "needs it, not this user."
        )
    return _("Only for triggers, and there none but the administrator needs it.")


def _right(
    group: str, name: str, has: dict[str, bool], *, needed: bool, why: str
) -> CheckResult:
    there = has.get(name, False)
    found = _("The user has it.") if there else _("The user does not have it.")
    if not needed:
        detail = f"{why} {found}"
        return CheckResult(
            group=group, name=LABELS[name], state=NOT_NEEDED, detail=detail
        )
    todo = _("Give the connection's user this right by a permission set.")
    return CheckResult(
        group=group,
        name=LABELS[name],
        state=PASS if there else FAIL,
        detail=f"{found} {why}" if not there else found,
        todo="" if there else todo,
        who="" if there else admin(),
    )


def _senders(
    group: str, org: OrgClient, used: Uses, messages_at: datetime | None
) -> CheckResult:
    """Say who of the active users can make Salesforce send a message."""
    name = LABELS["EnableNotifications"]
    if not used.listens:
        detail = _("Nothing waits for outbound messages: no active trigger.")
        if used.asks:
            detail = _("The triggers ask by themselves what has changed.")
        return CheckResult(group=group, name=name, state=NOT_NEEDED, detail=detail)
    try:
        people, able = _active_users(org), _able(org)
    except OrgError as error:
        if messages_at is not None:
            detail = _("Messages come in, so those who act have it.")
            return CheckResult(group=group, name=name, state=PASS, detail=detail)
        return failed(group, name, error)
    missing = sorted(people[key] for key in people if key not in able)
    if not missing:
        detail = _("Every active user has it.")
        return CheckResult(group=group, name=name, state=PASS, detail=detail)
    todo = _(
        "Give it, by a permission set, to each of them whose actions fire triggers "
        "(such as the agents who close cases). Without it Salesforce sends nothing "
        "and tells nobody."
    )
    return CheckResult(
        group=group,
        name=name,
        state=PASS if len(missing) < len(people) else FAIL,
        detail=_("%(able)s of %(all)s active users have it; not: %(names)s")
        % {
            "able": len(people) - len(missing),
            "all": len(people),
            "names": _some(missing),
        },
        todo=todo,
        who=admin(),
    )


def _some(names: list[str]) -> str:
    shown = ", ".join(names[:MOST_NAMES])
    return f"{shown}, …" if len(names) > MOST_NAMES else shown


def _active_users(org: OrgClient) -> dict[str, str]:
    soql = "SELECT Id, Name FROM User WHERE IsActive = true AND UserType = 'Standard'"
    return {row["Id"]: str(row.get("Name") or row["Id"]) for row in org.query(soql)}


def _able(org: OrgClient) -> set[str]:
    soql = (
        "SELECT AssigneeId FROM PermissionSetAssignment "
        "WHERE PermissionSet.PermissionsEnableNotifications = true"
    )
    return {row["AssigneeId"] for row in org.query(soql)}


def asking(
    connection: Connection, now: datetime, org: OrgClient | None = None
) -> SchemaOf:
    """Return a way to ask for an object; what cannot be seen is None."""

    @cache
    def schema_of(name: str) -> ObjectSchema | None:
        try:
            return describe(connection=connection, object=name, now=now, org=org)
        except OrgError:
            return None

    return schema_of


def of_objects(
    connection: Connection, org: OrgClient, used: Uses, now: datetime
) -> Iterator[CheckResult]:
    """Yield each object that mappings and triggers use, with the fields they need."""
    group = _("Objects and fields")
    for name, use in used.objects.items():
        try:
            schema = describe(
                connection=connection, object=name, now=now, max_age=JUST_NOW, org=org
            )
        except OrgError as error:
            yield failed(group, name, error)
        else:
            yield _object(group, name, schema, use)
            yield from _keys(group, name, schema, use)


def _object(group: str, name: str, schema: ObjectSchema, use: ObjectUse) -> CheckResult:
    lacking = sorted(set(_lacking(schema, use)))
    needs = [_("read")]
    needs += [_("create")] if use.create else []
    needs += [_("edit")] if use.edit else []
    fine = _("%(rights)s, with all fields that are used") % {"rights": ", ".join(needs)}
    todo = _(
        "Give the connection's user this access. The permission set that can be "
        "downloaded here holds it."
    )
    return CheckResult(
        group=group,
        name=name,
        state=FAIL if lacking else PASS,
        detail=_("Missing: %s") % ", ".join(lacking) if lacking else fine,
        todo=todo if lacking else "",
        who=admin() if lacking else "",
    )


def _lacking(schema: ObjectSchema, use: ObjectUse) -> Iterator[str]:
    if not schema.queryable:
        yield _("read")
    if use.create and not schema.createable:
        yield _("create")
    if use.edit and not schema.updateable:
        yield _("edit")
    for action, names in use.written.items():
        for key in names:
            found = schema.fields.get(key)
            if found is None:
                yield _("%(field)s (not there, or not visible)") % {"field": key}
            elif not found.writable(action):
                yield _("%(field)s (not writable)") % {"field": key}
    for key in use.read:
        if key not in schema.fields:
            yield _("%(field)s (not there, or not visible)") % {"field": key}


def _keys(
    group: str, name: str, schema: ObjectSchema, use: ObjectUse
) -> Iterator[CheckResult]:
    for key in sorted(use.keys):
        found = schema.fields.get(key)
        good = found is not None and found.external_id and found.unique
        detail = _("An external id, unique.") if good else _("No unique external id.")
        todo = _(
            "Make it a text field of 36 characters or more, “External ID” and "
            "“Unique”: without it a repeated write could make a second record."
        )
        yield CheckResult(
            group=group,
            name=f"{name}.{key}",
            state=PASS if good else FAIL,
            detail=detail,
            todo="" if good else todo,
            who="" if good else admin(),
        )


def permission_set(*, connection: Connection, now: datetime) -> bytes:
    """Return the permission set with exactly the rights that are used; raise
    `OrgError` where an object was never described and cannot be now."""
    used = uses(connection, schema_of=asking(connection, now))
    objects = {
        name: _object_rights(describe(connection=connection, object=name, now=now), use)
        for name, use in used.objects.items()
        if name not in SEEN_BY_ALL
    }
    extra = ("ViewAllUsers", "ViewSetup") if used.listens else ()
    return build(
        label=f"Tellback {connection.key}",
        description=_("What Tellback needs for the connection “%s”, and no more.")
        % connection.name,
        objects=objects,
        user_rights=("ApiEnabled", *extra),
    )


def _object_rights(schema: ObjectSchema, use: ObjectUse) -> ObjectRights:
    written = set().union(*use.written.values(), use.keys)
    fields = {
        key: key in written
        for key in written | use.read
        # What the mappings use and the user does not see is the point of it all.
        if key not in schema.fields or _is_governed(schema, key)
    }
    return ObjectRights(create=use.create, edit=use.edit, fields=fields)


def _is_governed(schema: ObjectSchema, key: str) -> bool:
    """Say whether field-level security has a say: it has none over required fields."""
    found = schema.fields[key]
    return found.permissionable and found.nillable
