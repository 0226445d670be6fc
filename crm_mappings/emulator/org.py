"""Owns the org as a whole: its identity, clock, rows, logins and troubles. Whatever
reads or writes it holds its lock."""

import threading
import time
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from crm_mappings.emulator.clock import Clock
from crm_mappings.emulator.duplicates import DuplicateRule, DuplicateRules
from crm_mappings.emulator.faults import CallLog, Faults, Usage, ValidationRule
from crm_mappings.emulator.ids import Mint, long_id, normal_id
from crm_mappings.emulator.jobs import Job
from crm_mappings.emulator.logins import Client, Logins
from crm_mappings.emulator.metadata.access import Access
from crm_mappings.emulator.metadata.deploys import Deploy
from crm_mappings.emulator.metadata.messages import Message
from crm_mappings.emulator.metadata.permission_sets import PermissionSet
from crm_mappings.emulator.outbound.queue import OutboundQueue
from crm_mappings.emulator.outbound.rules import OutboundMessageRule
from crm_mappings.emulator.reading import Reader
from crm_mappings.emulator.refusals import Refusal, no_external_id_field
from crm_mappings.emulator.rows import Change, Row, Rows
from crm_mappings.emulator.schema.catalogue import Catalogue
from crm_mappings.emulator.schema.fields import Field
from crm_mappings.emulator.schema.objects import SObject
from crm_mappings.emulator.schema.setup import GRANTED, PERMISSIONS
from crm_mappings.emulator.soql.running import Engine
from crm_mappings.emulator.writing import Writer, Written

ORG_ID = "00DTb0000000001"
INSTANCE_HOST = "tellback-dev-ed.develop.my.salesforce.com"
CLIENT_ID = "3MVG9emulatedTellbackClientId"
CLIENT_SECRET = "emulated-client-secret"  # noqa: S105 - guards nothing real
INTEGRATION_USERNAME = "integration@tellback.example"
NEWEST_VERSION = "66.0"
LIVING = {"IsDeleted": False}


class Org:
    def __init__(  # noqa: PLR0913 - an org simply has many settings
        self,
        *,
        org_id: str = ORG_ID,
        instance_host: str = INSTANCE_HOST,
        name: str = "Tellback Demo",
        clock: Clock | None = None,
        client_id: str = CLIENT_ID,
        client_secret: str = CLIENT_SECRET,
        callback_urls: tuple[str, ...] = (),
        rotate_refresh_tokens: bool = False,
        require_pkce: bool = True,
        session_life: timedelta = timedelta(hours=2),
        daily_limit: int = 15_000,
        page_size: int = 2000,
        sandbox: bool = False,
        new_ids: bool = False,
    ) -> None:
        self.lock = threading.RLock()
        self._new_ids = new_ids
        self.clock = clock or Clock()
        self.org_id = normal_id(org_id) or long_id(org_id)
        self.name = name
        self.sandbox = sandbox
        self.instance_url = f"https://{instance_host}"
        self.require_pkce = require_pkce
        self.page_size = page_size
        self.client = Client(
            client_id=client_id,
            client_secret=client_secret,
            callback_urls=callback_urls,
        )
        self.logins = Logins(
            org_id=self.org_id,
            clients={client_id: self.client},
            clock=self.clock,
            rotate=rotate_refresh_tokens,
            session_life=session_life,
        )
        self.faults = Faults()
        self.usage = Usage(self.clock, daily_limit)
        self.calls = CallLog()
        self._stock()

    def _stock(self) -> None:
        """Empty tables, and the rows that every org has."""
        # Who keeps what an earlier org told must not take this one's ids for those.
        mint = self.mint = Mint(after=time.time_ns() // 1000 if self._new_ids else 0)
        self.catalogue = Catalogue(self.clock.now().replace(microsecond=0))
        self.rows = Rows(self._committed)
        self.reader = Reader(self.catalogue, self.rows)
        self.writer = Writer(self.catalogue, self.rows, self.clock, mint)
        self.duplicate_rules = DuplicateRules(self.rows)
        self.writer.guards += [
            *(self.faults.guard_locks, self.duplicate_rules.guard),
            self._guard_assignment,
        ]
        self.engine = Engine(self.catalogue, self.rows, self.reader)
        self.outbound = OutboundQueue(self.clock, mint)
        self.cursors: dict[str, Any] = {}
        self.jobs: dict[str, Job] = {}
        # Saved queries by the id of the report or the list view.
        self.reports: dict[str, str] = {}
        self.list_views: dict[str, str] = {}
        self.deploys: dict[str, Deploy] = {}
        self.access = Access(catalogue=self.catalogue, rows=self.rows)
        self.messages: dict[str, Message] = {}
        for sobject in self.catalogue.all():
            self.rows.add_table(sobject)
        self.admin_id = self._user(mint, "admin@tellback.example", "Grace", "Hopper")
        self.integration_id = self._user(
            mint, INTEGRATION_USERNAME, "Tellback", "Integration"
        )
        self._fixed_rows(mint)

    def reset(self) -> None:
        """Back to a new org: no rows, no rules, no troubles; logins stay."""
        with self.lock:
            self.faults.clear()
            self.calls.clear()
            self._stock()

    @property
    def host(self) -> str:
        return self.instance_url.partition("://")[2]

    def migrate(self, instance_host: str) -> None:
        """Move the org to another host name: the old one answers no longer."""
        self.instance_url = f"https://{instance_host}"

    # -- rows, for tests and for the pages

    def insert(
        self, object_name: str, given: Mapping[str, Any], *, user_id: str | None = None
    ) -> str:
        with self.lock, self.rows.transaction():
            sobject = self.catalogue.full(object_name)
            author = user_id or self.admin_id
            return self.writer.insert(sobject, given, user_id=author).record_id

    def update(
        self,
        object_name: str,
        record_id: str,
        given: Mapping[str, Any],
        *,
        user_id: str | None = None,
    ) -> None:
        with self.lock, self.rows.transaction():
            sobject = self.catalogue.full(object_name)
            author = user_id or self.admin_id
            self.writer.update(sobject, record_id, given, user_id=author)

    def upsert(
        self,
        object_name: str,
        key_name: str,
        value: Any,
        given: Mapping[str, Any],
        *,
        user_id: str | None = None,
    ) -> Written:
        with self.lock, self.rows.transaction():
            sobject = self.catalogue.full(object_name)
            key = self.lookup_key(sobject, key_name)
            author = user_id or self.admin_id
            return self.writer.upsert(sobject, key, value, given, user_id=author)

    def delete(
        self, object_name: str, record_id: str, *, user_id: str | None = None
    ) -> None:
        with self.lock, self.rows.transaction():
            sobject = self.catalogue.full(object_name)
            self.writer.delete(sobject, record_id, user_id=user_id or self.admin_id)

    def read(self, object_name: str, record_id: str) -> dict[str, Any]:
        """A row as a GET of it would answer, whatever field-level security says."""
        with self.lock:
            sobject = self.catalogue.full(object_name)
            row = self.writer.existing(sobject, record_id)
            fields = list(sobject.fields)
            return self.reader.record(sobject, row, NEWEST_VERSION, fields)

    def query(self, soql: str) -> list[dict[str, Any]]:
        with self.lock:
            now = self.clock.now()
            result = self.engine.run(soql, now=now, version=NEWEST_VERSION)
            return [result.show(row) for row in result.rows]

    def lookup_key(self, sobject: SObject, name: str) -> Field:
        """The field by which rows may be upserted, or NOT_FOUND."""
        field = sobject.find(name)
        if field is None or not field.id_lookup:
            raise no_external_id_field(name)
        return field

    # -- set-up

    def add_outbound_rule(self, rule: OutboundMessageRule) -> str:
        """The action id under which the rule's messages come."""
        with self.lock:
            sobject = self.catalogue.find(rule.object)
            if sobject is None:
                raise Refusal("INVALID_RULE", f"There is no object {rule.object}.")
            for name in (*rule.fields, *rule.when.fields):
                if sobject.find(name) is None:
                    message = f"{rule.object} has no field {name}."
                    raise Refusal("INVALID_RULE", message)
            return self.outbound.add_rule(rule)

    def add_validation_rule(self, rule: ValidationRule) -> None:
        with self.lock:
            self.writer.guards.append(rule.guard)

    def add_duplicate_rule(self, rule: DuplicateRule) -> None:
        with self.lock:
            self.duplicate_rules.add(rule)

    def hide_field(self, object_name: str, field_name: str) -> None:
        """Take the integration user's right to see the field."""
        with self.lock:
            self.catalogue.hide_field(object_name, field_name, now=self._second())

    def make_read_only(self, object_name: str, field_name: str) -> None:
        with self.lock:
            self.catalogue.make_read_only(object_name, field_name, now=self._second())

    def restore_fields(self, object_name: str) -> None:
        with self.lock:
            self.catalogue.restore(object_name, now=self._second())

    def withdraw_object(self, object_name: str, right: str) -> None:
        with self.lock:
            self.catalogue.withdraw(object_name, right, now=self._second())

    def set_right(self, name: str, *, granted: bool, user_id: str = "") -> None:
        """Give a user a permission, or take it; without a user, the integration's."""
        if name not in PERMISSIONS:
            known = ", ".join(sorted(PERMISSIONS))
            raise Refusal("INVALID_INPUT", f"No such permission: {name}. {known}")
        user_id = user_id or self.integration_id
        with self.lock:
            own = self.rows.table("PermissionSet").rows[self._rights_of[user_id]]
            own[f"Permissions{name}"] = granted
            if user_id == self.integration_id:
                for row in self.rows.table("UserPermissionAccess").rows.values():
                    row[f"Permissions{name}"] = granted

    def holds_right(self, user_id: str, *names: str) -> bool:
        """Whether a user has one of the permissions."""
        row = self.rows.table("PermissionSet").rows[self._rights_of[user_id]]
        return any(row[f"Permissions{name}"] for name in names)

    # -- what deploys bring

    def remove_object(self, object_name: str) -> None:
        """As if nobody had ever made it."""
        with self.lock:
            sobject = self.catalogue.full(object_name)
            self.catalogue.remove(sobject.name, now=self._second())
            self.rows.add_table(sobject)

    def keep_permission_set(self, made: PermissionSet) -> None:
        table = self.rows.table("PermissionSet")
        known = [row for row in table.rows.values() if row["Name"] == made.name]
        set_id = str(known[0]["Id"]) if known else self.mint.next_id("0PS")
        rights = {
            f"Permissions{name}": name in made.rights for name in sorted(PERMISSIONS)
        }
        named = {"Name": made.name, "Label": made.label, "IsOwnedByProfile": False}
        self._put_fixed("PermissionSet", {"Id": set_id, **LIVING, **named, **rights})
        self.access.sets[set_id] = made

    def settle_access(self) -> None:
        self.access.settle(self.integration_id, now=self._second())

    def _guard_assignment(self, object_name: str, before: Row | None, row: Row) -> None:
        """Who may assign a permission set, and that it is not done twice."""
        if object_name != "PermissionSetAssignment" or before is not None:
            return
        rights = ("AssignPermissionSets", "ManageUsers")
        if not self.holds_right(row["LastModifiedById"], *rights):
            message = "insufficient access rights on cross-reference id"
            raise Refusal("INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY", message, ())
        keys = ("AssigneeId", "PermissionSetId")
        for other in self.rows.table(object_name).live():
            if all(other[key] == row[key] for key in keys):
                message = (
                    "duplicate value found: unknown duplicates value on record with "
                    f"id: {other['Id'][:15]}"
                )
                raise Refusal("DUPLICATE_VALUE", message, keys)

    def refresh_sandbox(self, org_id: str) -> None:
        """What a sandbox refresh leaves: another organisation id, no log-ins."""
        normal = normal_id(org_id)
        if normal is None or not normal.startswith("00D"):
            raise Refusal("INVALID_INPUT", "an organisation id begins with 00D")
        with self.lock:
            rows = self.rows.table("Organization").rows
            row = rows.pop(self.org_id)
            self.org_id = normal
            self.sandbox = True
            self.logins.move(normal)
            self._put_fixed("Organization", {**row, "Id": normal, "IsSandbox": True})

    def add_field(self, object_name: str, field: Field) -> None:
        """A custom field that an admin (or a deploy) adds."""
        with self.lock:
            self.catalogue.add_field(object_name, field, now=self._second())
            self.rows.add_field(self.catalogue.get(object_name))

    def _second(self) -> Any:
        return self.clock.now().replace(microsecond=0)

    def _committed(self, changes: list[Change]) -> None:
        if any(each.object_name == "PermissionSetAssignment" for each in changes):
            self.settle_access()
        users = self.rows.table("User").rows
        names = {user_id: row["Username"] for user_id, row in users.items()}
        self.outbound.note(changes, names)

    def _user(self, mint: Mint, username: str, first: str, last: str) -> str:
        user_id = mint.next_id("005")
        now = self._second()
        row = {each.name: each.default for each in self.catalogue.get("User").fields}
        row |= {
            "Id": user_id,
            "Username": username,
            "FirstName": first,
            "LastName": last,
            "Name": f"{first} {last}",
            "Email": username,
            "Alias": first[:8].lower(),
            "CommunityNickname": first.lower(),
            "IsActive": True,
            "IsDeleted": False,
            **_stamps(now, user_id),
        }
        self._put_fixed("User", row)
        return user_id

    def _fixed_rows(self, mint: Mint) -> None:
        now = self._second()
        stamps = _stamps(now, self.admin_id)
        organization = {
            "Id": self.org_id,
            "Name": self.name,
            "OrganizationType": "Developer Edition",
            "InstanceName": "EMU1",
            "IsSandbox": self.sandbox,
            "DefaultLocaleSidKey": "en_US",
            "LanguageLocaleKey": "en_US",
            "TimeZoneSidKey": "Europe/Berlin",
            "IsDeleted": False,
        }
        self._put_fixed("Organization", organization | stamps)
        rights = {f"Permissions{name}": name in GRANTED for name in PERMISSIONS}
        row = {"Id": mint.next_id("0tl"), "IsDeleted": False, **rights}
        self._put_fixed("UserPermissionAccess", row)
        self._rights_of: dict[str, str] = {}
        for user_id in (self.admin_id, self.integration_id):
            self._rights_of[user_id] = self._own_rights(mint, user_id, rights)

    def _own_rights(self, mint: Mint, user_id: str, rights: dict[str, bool]) -> str:
        """The permission set of a user's own profile, and its assignment."""
        set_id = mint.next_id("0PS")
        name = {"Name": f"X{set_id}", "Label": f"X{set_id}", "IsOwnedByProfile": True}
        self._put_fixed("PermissionSet", {"Id": set_id, **LIVING, **name, **rights})
        assigned = {"AssigneeId": user_id, "PermissionSetId": set_id}
        row = {"Id": mint.next_id("0Pa"), **LIVING, **assigned}
        self._put_fixed("PermissionSetAssignment", row)
        return set_id

    def _put_fixed(self, object_name: str, row: dict[str, Any]) -> None:
        with self.rows.transaction():
            self.rows.put(object_name, row, user_id=row["Id"])


def _stamps(now: Any, user_id: str) -> dict[str, Any]:
    return {
        "CreatedDate": now,
        "CreatedById": user_id,
        "LastModifiedDate": now,
        "LastModifiedById": user_id,
        "SystemModstamp": now,
    }
