"""Owns a deploy: its states, what it brings, and how far it is. As with bulk jobs,
each question about it brings it on by one state."""

import copy
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from crm_mappings.emulator.metadata.components import (
    Outcome,
    Trial,
    components,
    judge,
)
from crm_mappings.emulator.metadata.messages import Flow, Message
from crm_mappings.emulator.metadata.permission_sets import PermissionSet
from crm_mappings.emulator.metadata.reading import Package
from crm_mappings.emulator.schema.catalogue import Catalogue
from crm_mappings.emulator.schema.fields import Field
from crm_mappings.emulator.schema.objects import SObject
from crm_mappings.emulator.values import as_json

if TYPE_CHECKING:
    from crm_mappings.emulator.org import Org

KEPT_FOR = timedelta(days=30)
UNDER_WAY = ("Pending", "InProgress", "Canceling")


@dataclass(slots=True, kw_only=True)
class Deploy:
    id: str
    package: Package
    options: dict[str, Any]
    user_id: str
    user_name: str
    made_at: datetime
    status: str = "Pending"
    started_at: datetime | None = None
    ended_at: datetime | None = None
    total: int = 0
    outcomes: list[Outcome] = field(default_factory=list)

    @property
    def under_way(self) -> bool:
        return self.status in UNDER_WAY

    @property
    def check_only(self) -> bool:
        return self.options.get("checkOnly") is True

    def move(self, org: "Org") -> None:
        """On to the next state; one deploy of an org runs at a time."""
        now = org.clock.now()
        if self.status == "Canceling":
            self.status, self.ended_at = "Canceled", now
        elif self.status == "Pending" and not org.is_deploying(self):
            self.status, self.started_at = "InProgress", now
            self.total = len(components(self.package))
        elif self.status == "InProgress":
            self._run(org)
            self.ended_at = now

    def _run(self, org: "Org") -> None:
        """Judge everything on a copy; apply it when all of it is fine."""
        tried = copy.copy(org.catalogue)
        tried.detach()
        users = org.rows.table("User").rows.values()
        trial = Trial(
            objects=tried,
            sets={each.name: each for each in org.access.sets.values()},
            messages=dict(org.messages),
            usernames={str(each["Username"]) for each in users},
        )
        for part in components(self.package):
            outcome = judge(part, trial)
            self.outcomes.append(outcome)
            if not outcome.problem:
                _bring(outcome, tried, org, real=False)
        if any(each.problem for each in self.outcomes):
            self.status = "Failed"
            return
        self.status = "Succeeded"
        if not self.check_only:
            for outcome in self.outcomes:
                _bring(outcome, org.catalogue, org, real=True)
            org.access.settle(org)

    def as_json(self, *, details: bool) -> dict[str, Any]:
        """A DeployResult."""
        failed = [each for each in self.outcomes if each.problem]
        fine = [each for each in self.outcomes if not each.problem]
        told: dict[str, Any] = {
            "id": self.id,
            "checkOnly": self.check_only,
            "ignoreWarnings": self.options.get("ignoreWarnings") is True,
            "rollbackOnError": self.options.get("rollbackOnError") is not False,
            "status": self.status,
            "done": not self.under_way,
            "success": self.status == "Succeeded",
            "numberComponentErrors": len(failed),
            "numberComponentsDeployed": len(fine) if not failed else 0,
            "numberComponentsTotal": self.total,
            "numberTestErrors": 0,
            "numberTestsCompleted": 0,
            "numberTestsTotal": 0,
            "runTestsEnabled": False,
            "createdBy": self.user_id[:15],
            "createdByName": self.user_name,
            "createdDate": as_json(self.made_at),
            "startDate": as_json(self.started_at) if self.started_at else None,
            "lastModifiedDate": as_json(self.ended_at or self.made_at),
            "completedDate": as_json(self.ended_at) if self.ended_at else None,
            "errorMessage": None,
            "errorStatusCode": None,
            "stateDetail": None,
        }
        if details:
            told["details"] = {
                "allComponentMessages": [],
                "componentFailures": _messages(failed),
                "componentSuccesses": _messages(fine),
                "retrieveResult": None,
                "runTestResult": None,
            }
        return told


def _messages(outcomes: list[Outcome]) -> list[dict[str, Any]]:
    return [each.as_json(number) for number, each in enumerate(outcomes)]


def _bring(outcome: Outcome, objects: Catalogue, org: "Org", *, real: bool) -> None:
    now = org.clock.now().replace(microsecond=0)
    match outcome.made:
        case SObject() as made if outcome.created:
            made = replace(made, prefix=org.next_prefix()) if real else made
            objects.deploy(made, now=now)
            if real:
                org.rows.add_table(made)
                org.access.objects.add(made.name)
        case Field() as made if outcome.changed:
            _bring_field(outcome, made, objects, org, real=real)
        case PermissionSet() as made if real:
            org.keep_permission_set(made)
        case Message() as made if real:
            org.messages[made.name] = made
        case Flow() as made if real:
            org.outbound.add_rule(made.rule(org.messages[made.message]))
        case _:
            pass


def _bring_field(
    outcome: Outcome, made: Field, objects: Catalogue, org: "Org", *, real: bool
) -> None:
    now = org.clock.now().replace(microsecond=0)
    full = objects.full(outcome.component.object_name)
    kept = tuple(made if each.name == made.name else each for each in full.fields)
    changed = full.with_field(made) if outcome.created else replace(full, fields=kept)
    objects.deploy(changed, now=now)
    if not real:
        return
    if outcome.created:
        org.access.fields.add(f"{full.name}.{made.name}")
        org.rows.add_field(changed)
    else:
        _renew(objects, made, full.name, now)


def _renew(objects: Catalogue, made: Field, name: str, now: datetime) -> None:
    """A field that is seen is seen as it is now."""
    seen = objects.find(name)
    if seen is None or seen.find(made.name) is None:
        return
    fields = tuple(
        replace(made, createable=each.createable, updateable=each.updateable)
        if each.name == made.name
        else each
        for each in seen.fields
    )
    objects.show(replace(seen, fields=fields), now=now)
