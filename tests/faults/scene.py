"""What every drill of the write-back stands on: the emulated org in a process of its
own, workers between it and the database, and the count at the end."""

from __future__ import annotations

import subprocess
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from tests.factories.org import RunningOrg, running_org
from tests.faults.stage import PATIENCE, Stage, Told, migrated

KEY, TASK = "Tellback_Response__c", "Task"


@dataclass(kw_only=True)
class Scene(Stage):
    """A database, an org, and the workers that go between them."""

    acts: ClassVar[str] = "tests.faults.acts"

    org: RunningOrg
    # The records that the responses are about, each in its turn.
    cases: list[str]
    struck: int = 0

    def rows_in(self, *states: str) -> int:
        listed = ", ".join(f"'{state}'" for state in states)
        return self.count(f"crm_mappings_writeback WHERE state IN ({listed})")

    def worker(self, *, seconds_ahead: int = 0) -> subprocess.Popen[bytes]:
        """Start a process that delivers until nothing is left; its clock may be off."""
        return self.start("work", seconds_ahead=seconds_ahead)

    def kill(self, worker: subprocess.Popen[bytes]) -> None:
        """Kill without a chance to tidy up; count what was on its way."""
        worker.kill()
        worker.wait()
        self.struck += self.rows_in("sending")

    def writes(self) -> list[dict[str, Any]]:
        """Return the calls so far that change something."""
        return [call for call in self.org.calls() if call["method"] != "GET"]

    def finish(self) -> Told:
        self.settle("work")
        return self.told()

    def settle(self, act: str) -> None:
        """Let fresh workers do what is left, as long as it gets less; leases and pauses
        are made to end."""
        self.org.control("DELETE", "faults")
        self.stop()
        before, in_vain = -1, 0
        while (left := self.ask("hurry")) and in_vain < 5:
            in_vain = in_vain + 1 if left == before else 0
            before = left
            self.start(act).wait(timeout=PATIENCE)

    def told(self) -> Told:
        found = self.ask("count")
        keys = Counter(row["Tellback_Key__c"] for row in self.org.rows(KEY))
        tasks = Counter(row["Subject"] for row in self.org.rows(TASK))
        made = {key for key in keys if key}
        twice = sum(many - 1 for many in (keys + tasks).values())
        # What we say we wrote must be there; what we hold must be on the list.
        missing = len(set(found["keys"]) - made)
        missing += len(set(found["tasks"]) - set(tasks))
        missing += found["without_record"] + self._not_there(found["kept"])
        missing += self._is_overwritten(found["csat"])
        settled = found["written"] + found["held"]
        return Told(
            attempted=self.rows,
            written=found["written"],
            held=found["held"],
            lost=self.rows - settled + missing,
            twice=twice,
            struck=self.struck + found["troubled"] + self._failed_calls(),
        )

    def _not_there(self, kept: list[tuple[str, str]]) -> int:
        """Count the records that we say we wrote and that the org does not have."""
        names = {name for name, _record in kept}
        there = {row["Id"] for name in names for row in self.org.rows(name)}
        return len({record for _name, record in kept} - there)

    def _is_overwritten(self, csat: int | None) -> bool:
        """Say whether the case holds another answer than the newest."""
        if csat is None:
            return False
        (case,) = self.cases
        return bool(self.org.read("Case", case)["CSAT__c"] != csat)

    def _failed_calls(self) -> int:
        return sum(not 200 <= call["status"] < 400 for call in self.org.calls())


@contextmanager
def scene(
    folder: Path,
    *,
    rows: int,
    kind: str = "key",
    cases: Sequence[dict[str, Any]] = ({},),
    backfill: bool = False,
    database: AbstractContextManager[str] | None = None,
    **settings: str,
) -> Iterator[Scene]:
    """Yield a scene with responses that wait: `key` writes one record that holds our
    key, `task` one that nothing tells apart, `both` one of each, `case` an update and
    one that holds our key, `update` an update and one that nothing tells apart."""
    with (
        running_org() as org,
        migrated(
            folder, database=database, SALESFORCE_EXTRA_HOSTS=org.url, **settings
        ) as env,
    ):
        org.faults(daily_limit=1_000_000)
        about = {"Subject": "Printer", "Origin": "Email"}
        ids = [org.insert("Case", **{**about, **fields}) for fields in cases]
        made = Scene(org=org, env=env, rows=rows, cases=ids)
        made.ask(
            "prepare",
            url=org.url,
            client_id=org.client_id,
            client_secret=org.client_secret,
            rows=rows,
            kind=kind,
            cases=ids,
            backfill=backfill,
        )
        org.control("DELETE", "calls")
        try:
            yield made
        finally:
            made.stop()
