"""Owns the rows of the org: tables with indexes, and transactions that can be undone."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from crm_mappings.emulator.schema.objects import SObject

Row = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One committed (or undoable) change of one row."""

    object_name: str
    record_id: str
    before: Row | None
    after: Row
    user_id: str

    @property
    def created(self) -> bool:
        return self.before is None


class Table:
    """The rows of one object. Rows are replaced whole, never changed in place."""

    def __init__(self, sobject: SObject) -> None:
        self.rows: dict[str, Row] = {}
        self._indexed = {each.name: each for each in sobject.fields if each.indexed}
        self._index: dict[str, defaultdict[Any, dict[str, None]]] = {
            name: defaultdict(dict) for name in self._indexed
        }

    def live(self) -> Iterator[Row]:
        return (row for row in self.rows.values() if not row["IsDeleted"])

    def is_indexed(self, name: str) -> bool:
        return name in self._index

    def find(self, name: str, value: Any) -> list[Row]:
        """Live rows by the value of an indexed field."""
        if name == "Id":
            row = self.rows.get(value)
            return [row] if row and not row["IsDeleted"] else []
        if name not in self._index:
            key = _folded(value)
            return [row for row in self.live() if _folded(row.get(name)) == key]
        found = self._index[name].get(self._key(name, value), {})
        return [self.rows[record_id] for record_id in found]

    def put(self, row: Row) -> None:
        record_id = row["Id"]
        self._forget(record_id)
        self.rows[record_id] = row
        if row["IsDeleted"]:
            return
        for name in self._index:
            if row.get(name) is not None:
                self._index[name][self._key(name, row[name])][record_id] = None

    def remove(self, record_id: str) -> None:
        self._forget(record_id)
        del self.rows[record_id]

    def _forget(self, record_id: str) -> None:
        old = self.rows.get(record_id)
        for name in self._index if old else ():
            key = self._key(name, old.get(name)) if old else None
            self._index[name].get(key, {}).pop(record_id, None)

    def _key(self, name: str, value: Any) -> Any:
        return value if self._indexed[name].case_sensitive else _folded(value)


def _folded(value: Any) -> Any:
    return value.casefold() if isinstance(value, str) else value


class Rows:
    """All tables, and the journal that makes a transaction undoable."""

    def __init__(self, on_commit: Callable[[list[Change]], None]) -> None:
        self._tables: dict[str, Table] = {}
        self._journal: list[Change] = []
        self._depth = 0
        self._on_commit = on_commit

    def add_table(self, sobject: SObject) -> None:
        self._tables[sobject.name] = Table(sobject)

    def add_field(self, sobject: SObject) -> None:
        """Rebuild the table with the object's new shape; old rows hold null."""
        old = self._tables[sobject.name]
        self.add_table(sobject)
        for row in old.rows.values():
            self._tables[sobject.name].put(row)

    def table(self, object_name: str) -> Table:
        return self._tables[object_name]

    def get(self, object_name: str, record_id: str) -> Row | None:
        return self._tables[object_name].rows.get(record_id)

    def put(self, object_name: str, row: Row, *, user_id: str) -> None:
        table = self._tables[object_name]
        change = Change(
            object_name=object_name,
            record_id=row["Id"],
            before=table.rows.get(row["Id"]),
            after=row,
            user_id=user_id,
        )
        table.put(row)
        self._journal.append(change)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Everything or nothing; transactions nest."""
        mark = len(self._journal)
        self._depth += 1
        try:
            yield
        except BaseException:
            self._undo_to(mark)
            raise
        finally:
            self._depth -= 1
        if self._depth == 0:
            done, self._journal = self._journal, []
            self._on_commit(done)

    def _undo_to(self, mark: int) -> None:
        while len(self._journal) > mark:
            change = self._journal.pop()
            table = self._tables[change.object_name]
            if change.before is None:
                table.remove(change.record_id)
            else:
                table.put(change.before)
