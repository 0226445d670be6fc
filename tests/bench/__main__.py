"""`make bench`: runs the benchmarks, writes bench/results.json, prints a table.

`ONLY=write_back` runs one, `QUICK=1` a short one. The database is a fresh one: SQLite,
or PostgreSQL where `DATABASE_URL` names one.
"""

from __future__ import annotations

import importlib
import json
import os
import pkgutil
import sys
import tempfile
from pathlib import Path
from typing import Any

import tests.bench

TARGET = Path("bench") / "results.json"


def names() -> list[str]:
    found = (module.name for module in pkgutil.iter_modules(tests.bench.__path__))
    return sorted(name for name in found if not name.startswith("_"))


def main() -> None:
    wanted = os.environ.get("ONLY", "")
    quick = os.environ.get("QUICK", "") not in {"", "0"}
    chosen = [wanted] if wanted else names()
    if unknown := [name for name in chosen if name not in names()]:
        sys.exit(
            f"There is no benchmark {unknown[0]!r}. There are: {', '.join(names())}"
        )
    with tempfile.TemporaryDirectory() as folder:
        results = kept()
        for name in chosen:
            module = importlib.import_module(f"tests.bench.{name}")
            results[name] = module.run(Path(folder), quick=quick)
            TARGET.parent.mkdir(exist_ok=True)
            TARGET.write_text(json.dumps(results, indent=2) + "\n")
    show({name: results[name] for name in chosen})


def kept() -> dict[str, Any]:
    """Return the results of other benchmarks, which stay."""
    try:
        found = json.loads(TARGET.read_text())
    except (FileNotFoundError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def show(results: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table("Benchmark", "Tellback", "Floor", "Ratio", "Unit", "More")
    for name, told in results.items():
        common = ("product", "floor", "ratio", "unit")
        more = "\n".join(f"{k}: {v}" for k, v in told.items() if k not in common)
        table.add_row(name, *(str(told[key]) for key in common), more)
    Console().print(table)


if __name__ == "__main__":
    main()
