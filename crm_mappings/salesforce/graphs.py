"""Owns the shape of Composite Graph: several small transactions in one call, each of
which is carried out as a whole or not at all. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from crm_mappings.salesforce.collections import (
    SAVE_DUPLICATES,
    RecordResult,
    UnreadableAnswer,
)
from crm_mappings.salesforce.errors import Kind, Refusal, read_error

MOST_GRAPHS = 75
MOST_NODES = 500
# Text that the org would take for a reference to another node.
REFERENCE = "@{"
# What the innocent nodes of a graph say when another one failed.
HALTED = frozenset({"PROCESSING_HALTED", "ALL_OR_NONE_OPERATION_ROLLED_BACK"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One record to write inside a graph."""

    reference: str
    action: str
    object: str
    record_id: str | None = None
    key_field: str | None = None
    key_value: Any = None
    fields: Mapping[str, Any] = field(default_factory=dict)
    saves_duplicates: bool = False

    def request(self, base: str) -> dict[str, Any]:
        asked = {
            "method": "POST" if self.action == "create" else "PATCH",
            "url": f"{base}/sobjects/{self._path()}",
            "referenceId": self.reference,
            "body": dict(self.fields),
        }
        return (
            {**asked, "httpHeaders": SAVE_DUPLICATES}
            if self.saves_duplicates
            else asked
        )

    def _path(self) -> str:
        if self.action == "create":
            return self.object
        if self.action == "update":
            return f"{self.object}/{self.record_id}"
        value = quote(str(self.key_value), safe="")
        return f"{self.object}/{self.key_field}/{value}"


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphResult:
    """What became of one graph: a result for each node, or the one that failed."""

    results: tuple[RecordResult, ...] = ()
    failed: int | None = None
    refusal: Refusal | None = None


def reference(text: str) -> str:
    """Return the text that stands for the id of another node's record."""
    return f"@{{{text}.id}}"


def body(graphs: Sequence[Sequence[Node]], base: str) -> dict[str, Any]:
    return {
        "graphs": [
            {
                "graphId": str(number),
                "compositeRequest": [node.request(base) for node in nodes],
            }
            for number, nodes in enumerate(graphs)
        ]
    }


def results(answer: object, graphs: Sequence[Sequence[Node]]) -> list[GraphResult]:
    """Read the answer, graph by graph; raise `UnreadableAnswer` unless it adds up."""
    told = answer.get("graphs") if isinstance(answer, Mapping) else None
    if not isinstance(told, list) or len(told) != len(graphs):
        raise UnreadableAnswer
    by_id = {str(one.get("graphId")): one for one in told if isinstance(one, Mapping)}
    if len(by_id) != len(graphs):
        raise UnreadableAnswer
    return [_graph(by_id.get(str(n)), nodes) for n, nodes in enumerate(graphs)]


def _graph(told: Mapping[str, Any] | None, nodes: Sequence[Node]) -> GraphResult:
    inner = told.get("graphResponse") if told else None
    parts = inner.get("compositeResponse") if isinstance(inner, Mapping) else None
    if told is None or not isinstance(parts, list):
        raise UnreadableAnswer
    by_name = {str(p.get("referenceId")): p for p in parts if isinstance(p, Mapping)}
    if told.get("isSuccessful") is True:
        if set(by_name) != {node.reference for node in nodes}:
            raise UnreadableAnswer
        return GraphResult(
            results=tuple(_result(by_name[node.reference], node) for node in nodes)
        )
    return _failure(by_name, nodes)


def _result(told: Mapping[str, Any], node: Node) -> RecordResult:
    status, answer = told.get("httpStatusCode"), told.get("body")
    if not isinstance(status, int) or status >= 300:
        raise UnreadableAnswer
    if node.action == "update":
        return RecordResult(id=node.record_id, success=True, created=False)
    known: Mapping[str, Any] = answer if isinstance(answer, Mapping) else {}
    record_id = known.get("id")
    if not isinstance(record_id, str):
        raise UnreadableAnswer
    created = node.action == "create" or known.get("created") is True
    return RecordResult(id=record_id, success=True, created=created)


def _failure(by_name: Mapping[str, Any], nodes: Sequence[Node]) -> GraphResult:
    """Find the node that failed among those that were only rolled back with it."""
    for number, node in enumerate(nodes):
        told = by_name.get(node.reference, {})
        status = told.get("httpStatusCode")
        status = status if isinstance(status, int) else 400
        if status < 300:
            continue
        answer = told.get("body")
        first = answer[0] if isinstance(answer, list) and answer else answer
        refusal = read_error(first, status=status)
        if refusal.code not in HALTED:
            return GraphResult(failed=number, refusal=refusal)
    return GraphResult(
        refusal=Refusal(
            kind=Kind.TRANSIENT,
            code="PROCESSING_HALTED",
            message="The transaction was rolled back.",
        )
    )
