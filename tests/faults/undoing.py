"""Drills of undoing a run: real workers put back what was written, one is killed on the
way, and people change records before and after. What is put back counts as written,
what is on the list of the run as held."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.faults.scene import TASK, Scene, scene
from tests.faults.stage import Drill, Told

# What the cases hold at first, and what people make of some of them.
BEFORE, BY_HAND = 5, 7
KEPT = "crm_mappings_writtenrecord"


@dataclass(kw_only=True)
class Undo:
    """A scene where all is being put back, and what people do meanwhile."""

    here: Scene
    changed: set[str] = field(default_factory=set)

    def change(self, cases: Iterable[str]) -> None:
        for case in cases:
            self.here.org.update("Case", case, CSAT__c=BY_HAND)
            self.changed.add(case)

    def deleted(self) -> bool:
        """Say whether the org has done the last call of a piece."""
        return any(call["method"] == "DELETE" for call in self.here.org.calls())

    def is_settling(self, worker: subprocess.Popen[bytes]) -> bool:
        """Freeze the worker in steps so small that it is caught within."""
        worker.send_signal(signal.SIGSTOP)
        if self.deleted() and self.here.is_being_written(KEPT):
            return True
        worker.send_signal(signal.SIGCONT)
        return worker.poll() is not None

    def kill(self, worker: subprocess.Popen[bytes]) -> None:
        """Kill, and count what the org has put back and nothing tells of."""
        worker.kill()
        worker.wait()
        told = self.here.count(f"{KEPT} WHERE undone_at IS NOT NULL")
        back = sum(value == BEFORE for value in self.held().values())
        self.here.struck += back + self.here.rows - self.tasks() - told

    def held(self) -> dict[str, int]:
        return {row["Id"]: row["CSAT__c"] for row in self.here.org.rows("Case")}

    def tasks(self) -> int:
        return len(self.here.org.rows(TASK))

    def finish(self) -> Told:
        self.here.settle("put_back")
        found, held = self.here.ask("count_undone"), self.held()
        missing = sum(held[case] != BEFORE for case in found["cases"]) + self.tasks()
        missing += abs(found["total"] - found["counted"]) + found["open"]
        return Told(
            attempted=self.here.rows,
            written=found["undone"],
            held=found["listed"],
            lost=self.here.rows - found["undone"] - found["listed"] + missing,
            # What people have changed must not be overwritten by a second time.
            twice=found["told_twice"]
            + sum(held[case] != BY_HAND for case in self.changed),
            struck=self.here.struck,
        )


@contextmanager
def undo(folder: Path, rows: int) -> Iterator[Undo]:
    """Each response has changed a case of its own and made a task; people have changed
    every tenth case since; a person has let all be put back."""
    cases = [{"CSAT__c": BEFORE}] * rows
    with scene(folder, rows=rows, kind="update", cases=cases) as here:
        here.settle("work")
        made = Undo(here=here)
        made.change(here.cases[::10])
        assert here.ask("begin_undo"), "it was not ready"
        here.org.control("DELETE", "calls")
        yield made


def undo_killed_after_putting_back(folder: Path, rows: int) -> Told:
    """The org holds what it held before, and the worker dies before it says so."""
    with undo(folder, rows) as what:
        # Slow enough that the lock is there before the worker has what to keep.
        what.here.org.faults(latency_ms=500)
        worker = what.here.start("put_back")
        what.here.until(what.here.org.calls)
        with what.here.locked(KEPT):
            what.here.until(what.deleted)
            what.kill(worker)
        what.change(what.here.cases[5::10])
        return what.finish()


def undo_killed_half_way_through_settling(folder: Path, rows: int) -> Told:
    with undo(folder, rows) as what:
        worker = what.here.start("put_back")
        what.here.until(lambda: what.is_settling(worker), every=0.002)
        what.kill(worker)
        return what.finish()


POSSIBLE: tuple[Drill, ...] = (
    undo_killed_after_putting_back,
    undo_killed_half_way_through_settling,
)
