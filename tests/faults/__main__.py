"""`make drills`: breaks things on purpose, writes bench/drills.json, prints a table;
exits 1 if anything was lost or done twice, or if a drill has shown nothing. `QUICK=1`
runs short ones, `ONLY=write_back/outage` those whose names begin so."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from tests.faults import drills

TARGET = Path("bench") / "drills.json"


def main() -> None:
    quick = os.environ.get("QUICK", "") not in {"", "0"}
    only = os.environ.get("ONLY", "")
    told: dict[str, Any] = {}
    TARGET.parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        for name, one in drills.run(Path(folder), quick=quick, only=only):
            told[name] = one
            TARGET.write_text(json.dumps(told, indent=2) + "\n")
    table = Table("Drill", "Attempted", "Written", "Held", "Lost", "Twice", "Struck")
    for name, one in told.items():
        table.add_row(name, *(str(value) for value in one.values()))
    Console(width=100).print(table)
    if any(one["lost"] or one["twice"] for one in told.values()):
        sys.exit("Something was lost or done twice.")
    if any(not one["struck"] for one in told.values()):
        sys.exit("A drill has met no trouble, so it has shown nothing.")


if __name__ == "__main__":
    main()
