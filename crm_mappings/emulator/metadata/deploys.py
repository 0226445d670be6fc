"""Owns a deploy as it stands: what was asked, how far it is, and how it is told."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from crm_mappings.emulator.metadata.components import Outcome
from crm_mappings.emulator.metadata.reading import Package
from crm_mappings.emulator.values import as_json

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
