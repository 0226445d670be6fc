"""Owns what WHERE means: each condition becomes a test of a row."""

import operator
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time
from typing import Any

from crm_mappings.emulator.ids import normal_id
from crm_mappings.emulator.refusals import Refusal
from crm_mappings.emulator.rows import Row
from crm_mappings.emulator.schema.fields import Field
from crm_mappings.emulator.schema.objects import SObject
from crm_mappings.emulator.soql.lexing import picture
from crm_mappings.emulator.soql.paths import Column, Paths
from crm_mappings.emulator.soql.spans import span
from crm_mappings.emulator.soql.syntax import (
    Both,
    Comparison,
    Condition,
    DateWord,
    Either,
    Membership,
    Negation,
    Path,
    Query,
    Scalar,
)
from crm_mappings.emulator.values import NUMBERS

Test = Callable[[Row], bool]
ORDERED = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
IDS = frozenset({"id", "reference"})
EXPECTED = {"date": "date", "datetime": "dateTime", "boolean": "boolean", "int": "int"}


class Matcher:
    def __init__(
        self,
        paths: Paths,
        sobject: SObject,
        query: str,
        now: datetime,
        subquery: Callable[[Query], list[Any]],
    ) -> None:
        self._paths = paths
        self._sobject = sobject
        self._query = query
        self._now = now
        self._subquery = subquery

    def test(self, condition: Condition) -> Test:
        match condition:
            case Both(parts):
                tests = [self.test(part) for part in parts]
                return lambda row: all(test(row) for test in tests)
            case Either(parts):
                tests = [self.test(part) for part in parts]
                return lambda row: any(test(row) for test in tests)
            case Negation(part):
                inner = self.test(part)
                return lambda row: not inner(row)
            case Comparison():
                return self._comparison(condition)
            case Membership():
                return self._membership(condition)

    def column(self, path: Path) -> Column:
        found = self._paths.column(self._sobject, path)
        if found.field.long:
            raise self._refusal(
                path,
                f"field '{found.field.name}' can not be filtered in a query call",
            )
        return found

    def _comparison(self, condition: Comparison) -> Test:
        column = self.column(condition.path)
        if condition.sign == "LIKE":
            return self._like(condition, column)
        if isinstance(condition.value, DateWord):
            return self._in_span(condition, column, condition.value)
        wanted = comparable(
            self._operand(condition.path, column.field, condition.value)
        )
        read = column.read
        if condition.sign == "=":
            return lambda row: comparable(read(row)) == wanted
        if condition.sign == "!=":
            return lambda row: comparable(read(row)) != wanted
        if wanted is None:
            return lambda _row: False
        compare = ORDERED[condition.sign]
        return lambda row: (
            (value := comparable(read(row))) is not None and compare(value, wanted)
        )

    def _like(self, condition: Comparison, column: Column) -> Test:
        if column.field.type in IDS:
            raise Refusal(
                "INVALID_QUERY_FILTER_OPERATOR", "invalid operator on id field"
            )
        if not isinstance(condition.value, str):
            raise self._wrong_value(condition.path, column.field)
        pattern = re.compile(like_pattern(condition.value), re.IGNORECASE | re.DOTALL)
        read = column.read
        return lambda row: (
            isinstance(value := read(row), str) and pattern.fullmatch(value) is not None
        )

    def _in_span(self, condition: Comparison, column: Column, word: DateWord) -> Test:
        if column.field.type not in {"date", "datetime"}:
            raise self._wrong_value(condition.path, column.field)
        first, after = span(word.word, word.count, self._now.date())
        start, end = _edges(column.field, first, after)
        read = column.read
        tests: dict[str, Callable[[Any], bool]] = {
            "=": lambda value: value is not None and start <= value < end,
            "!=": lambda value: value is None or not start <= value < end,
            "<": lambda value: value is not None and value < start,
            "<=": lambda value: value is not None and value < end,
            ">": lambda value: value is not None and value >= end,
            ">=": lambda value: value is not None and value >= start,
        }
        test = tests[condition.sign]
        return lambda row: test(read(row))

    def _membership(self, condition: Membership) -> Test:
        column = self.column(condition.path)
        if condition.sign in {"INCLUDES", "EXCLUDES"}:
            return self._includes(condition, column)
        wanted = self._wanted(condition, column)
        read = column.read
        if condition.sign == "IN":
            return lambda row: comparable(read(row)) in wanted
        return lambda row: comparable(read(row)) not in wanted

    def _wanted(self, condition: Membership, column: Column) -> set[Any]:
        if isinstance(condition.values, Query):
            return {comparable(value) for value in self._subquery(condition.values)}
        return {
            comparable(self._operand(condition.path, column.field, value))
            for value in condition.values
        }

    def _includes(self, condition: Membership, column: Column) -> Test:
        if column.field.type != "multipicklist" or isinstance(condition.values, Query):
            message = (
                "includes and excludes can only be used with multiselect picklists"
            )
            raise Refusal("INVALID_QUERY_FILTER_OPERATOR", message)
        sets = [frozenset(str(value).split(";")) for value in condition.values]
        read = column.read

        def included(row: Row) -> bool:
            chosen = set((read(row) or "").split(";"))
            return any(wanted <= chosen for wanted in sets)

        if condition.sign == "INCLUDES":
            return included
        return lambda row: not included(row)

    def operands(self, condition: Condition) -> list[tuple[str, list[Any]]]:
        """Own fields and the values that each must have: where an index can help."""
        if isinstance(condition, Both):
            return [each for part in condition.parts for each in self.operands(part)]
        if isinstance(condition, Comparison) and condition.sign == "=":
            values: tuple[Scalar | DateWord, ...] = (condition.value,)
        elif isinstance(condition, Membership) and condition.sign == "IN":
            values = () if isinstance(condition.values, Query) else condition.values
        else:
            return []
        fixed = values and all(isinstance(each, str) for each in values)
        if not fixed or len(condition.path.parts) > 1:
            return []
        path, field = condition.path, self.column(condition.path).field
        return [(field.name, [self._operand(path, field, each) for each in values])]

    def _operand(self, path: Path, field: Field, value: Scalar | DateWord) -> Any:
        if value is None:
            return None
        if field.type in IDS and isinstance(value, str):
            record_id = normal_id(value)
            if value and record_id is None:
                message = f"invalid ID field: {value}"
                raise Refusal("INVALID_QUERY_FILTER_OPERATOR", message)
            return record_id
        if not _fits(field, value):
            raise self._wrong_value(path, field)
        if field.type == "datetime" and type(value) is date:
            return datetime.combine(value, time(), UTC)
        return None if value == "" else comparable(value)

    def _wrong_value(self, path: Path, field: Field) -> Refusal:
        quoted = _is_text(field)
        kind = "string" if quoted else EXPECTED.get(field.type, "double")
        enclosing = "should be" if quoted else "should not be"
        return self._refusal(
            path,
            f"value of filter criterion for field '{field.name}' must be of type "
            f"{kind} and {enclosing} enclosed in quotes",
        )

    def _refusal(self, path: Path, problem: str) -> Refusal:
        return Refusal("INVALID_FIELD", picture(self._query, path.at) + problem)


def comparable(value: Any) -> Any:
    """SOQL compares texts without regard to case."""
    return value.casefold() if isinstance(value, str) and value else value


def like_pattern(text: str) -> str:
    r"""% is any text, _ any character; \% and \_ are themselves."""
    parts = re.findall(r"\\[%_]|.", text, re.DOTALL)
    signs = {"%": ".*", "_": "."}
    return "".join(
        signs.get(part) or re.escape(part[-1] if len(part) > 1 else part)
        for part in parts
    )


def _fits(field: Field, value: Any) -> bool:
    if field.type == "boolean":
        return isinstance(value, bool)
    if field.type in NUMBERS or field.type == "int":
        return isinstance(value, int | float) and not isinstance(value, bool)
    if field.type == "datetime":
        return isinstance(value, datetime) or type(value) is date
    if field.type == "date":
        return type(value) is date
    return isinstance(value, str)


def _is_text(field: Field) -> bool:
    return field.type not in {*NUMBERS, "int", "boolean", "date", "datetime"}


def _edges(field: Field, first: date, after: date) -> tuple[Any, Any]:
    if field.type == "date":
        return first, after
    midnight = time(tzinfo=UTC)
    return datetime.combine(first, midnight), datetime.combine(after, midnight)
