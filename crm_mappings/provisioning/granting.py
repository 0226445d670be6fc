"""Owns the access of the connection's user to what was deployed: without it nobody
sees a new field, not even who made it."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext as _

from crm_mappings.models import Connection
from crm_mappings.salesforce.client import OrgClient
from crm_mappings.salesforce.errors import OrgError
from crm_mappings.salesforce.managed_package import PERMISSION_SET
from crm_mappings.salesforce.session import Refused

SHOWN = 5
ASSIGNMENT = "PermissionSetAssignment"


def assign(org: OrgClient, connection: Connection) -> None:
    """Give the user the permission set, unless it has it; raise `OrgError`."""
    users = org.select("User", ["Id"], "Username", [connection.username])
    sets = org.query(
        f"SELECT Id FROM PermissionSet WHERE Name = '{PERMISSION_SET}'"  # noqa: S608 - our own name
    )
    if not users or not sets:
        # Everything was there before, by rights that somebody else gave.
        return
    user, given = str(users[0]["Id"]), str(sets[0]["Id"])
    held = org.query(
        "SELECT PermissionSetId FROM PermissionSetAssignment "  # noqa: S608 - ids of the org
        f"WHERE AssigneeId = '{user}'"
    )
    if given in {str(row.get("PermissionSetId")) for row in held}:
        return
    [result] = org.create(ASSIGNMENT, [{"AssigneeId": user, "PermissionSetId": given}])
    for refusal in result.errors:
        if refusal.code != "DUPLICATE_VALUE":
            raise Refused(refusal)


def explained(error: OrgError) -> str:
    """Say what was refused in plain words, and what to do; Salesforce's stay in it."""
    said = error.refusal.message
    if error.refusal.code.startswith("INSUFFICIENT_ACCESS_ON") or (
        error.refusal.code == "INSUFFICIENT_ACCESS_OR_READONLY"
    ):
        text = _(
            "The connection's user may not assign permission sets. Let an "
            "administrator assign “%(name)s” to it, then go on. (%(said)s)"
        )
        return text % {"name": "Tellback Responses", "said": said}
    if error.refusal.code == "INSUFFICIENT_ACCESS":
        text = _(
            "The connection's user may not change the set-up of Salesforce. Give it "
            "“Modify Metadata Through Metadata API Functions” and “Customize "
            "Application”, or download the package and let an administrator deploy "
            "it. (%(said)s)"
        )
        return text % {"said": said}
    return said


def unseen_text(names: Sequence[str]) -> str:
    shown = ", ".join(names[:SHOWN]) + (", …" if len(names) > SHOWN else "")
    return _(
        "It is deployed, but the connection's user may not see or write: %(names)s. "
        "Let an administrator assign it the permission set “Tellback Responses”, "
        "then go on."
    ) % {"names": shown or _("the object of the responses")}
