"""Owns the tables of a LimeSurvey file: rows, and their texts by language."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from lxml import etree

from surveys.texts import tidy

Row = Mapping[str, str]
Texts = dict[str, str]
ALWAYS = {"", "1"}


@dataclass(slots=True)
class Tables:
    """The rows of a file by table; older files repeat a row for each language."""

    rows: Mapping[str, list[Row]]
    # The survey's own language, for rows that name none.
    language: str = "en"
    attributes: dict[str, dict[str, str]] = field(default_factory=dict)
    known_texts: dict[tuple[str, str], dict[str, Texts]] = field(default_factory=dict)

    def of(self, table: str) -> list[Row]:
        return list(self.rows.get(table, []))

    def once(self, table: str, *names: str) -> list[Row]:
        """Each row once, whatever languages it is there in."""
        seen: dict[tuple[str, ...], Row] = {}
        for row in self.of(table):
            seen.setdefault(tuple(row.get(name, "") for name in names), row)
        return list(seen.values())

    def read_attributes(self) -> None:
        for row in self.of("question_attributes"):
            mine = self.attributes.setdefault(row.get("qid", ""), {})
            if row.get("value"):
                mine.setdefault(row.get("attribute", ""), row["value"])

    def question_texts(self, row: Row, name: str) -> Texts:
        return self.texts("question", self.of("questions"), "qid", name).get(
            row.get("qid", ""), {}
        )

    def group_texts(self, row: Row, name: str) -> Texts:
        return self.texts("group", self.of("groups"), "gid", name).get(
            row.get("gid", ""), {}
        )

    def own(self, row: Row) -> dict[str, str]:
        return self.attributes.get(row.get("qid", ""), {})

    def texts(
        self, what: str, rows: list[Row], ident: str, name: str
    ) -> dict[str, Texts]:
        """The texts of a column by row, from its own table or a table of languages."""
        cached = self.known_texts.get((what, name))
        if cached is not None:
            return cached
        table = {"group": "group_l10ns"}.get(what, "question_l10ns")
        found: dict[str, Texts] = {}
        for row in [*rows, *self.of(table)]:
            if row.get(name):
                language = code_of(row.get("language", "")) or self.language
                found.setdefault(row.get(ident, ""), {})[language] = row[name]
        self.known_texts[what, name] = found
        return found

    def subquestions(self, row: Row) -> list[Row]:
        rows = self.once("subquestions", "qid")
        mine = [one for one in rows if one.get("parent_qid") == row.get("qid")]
        return sorted(mine, key=in_order("question_order"))

    def labels(self, rows: Iterable[Row]) -> list[tuple[str, Texts]]:
        texts = self.texts("subquestion", self.of("subquestions"), "qid", "question")
        return [
            (one.get("title", ""), texts.get(one.get("qid", ""), {})) for one in rows
        ]

    def answers(self, row: Row, scale: str = "0") -> Iterator[tuple[str, Texts]]:
        rows = self.once("answers", "qid", "code", "scale_id")
        mine = [one for one in rows if one.get("qid") == row.get("qid")]
        for one in sorted(mine, key=in_order("sortorder")):
            if one.get("scale_id", "0") in {scale, ""}:
                yield one.get("code", ""), self._answer_texts(one)

    def _answer_texts(self, answer: Row) -> Texts:
        localised = {
            code_of(one.get("language", "")): one.get("answer", "")
            for one in self.of("answer_l10ns")
            if one.get("aid") == answer.get("aid")
        }
        same = [
            one
            for one in self.of("answers")
            if all(
                one.get(name) == answer.get(name)
                for name in ("qid", "code", "scale_id")
            )
        ]
        return localised or {
            code_of(one.get("language", "")): one.get("answer", "") for one in same
        }

    def rule(self, row: Row) -> str:
        """The rule, written out of the table of conditions where there is none."""
        relevance = row.get("relevance", "").strip()
        if relevance not in ALWAYS:
            return relevance
        titles = {
            one.get("qid"): one.get("title", "")
            for one in self.once("questions", "qid")
        }
        by_question: dict[str, list[str]] = {}
        for one in self.of("conditions"):
            if one.get("qid") == row.get("qid"):
                name = titles.get(one.get("cqid", ""), one.get("cfieldname", ""))
                method = (one.get("method") or "==").strip() or "=="
                value = one.get("value", "").replace('"', "")
                by_question.setdefault(name, []).append(f'{name} {method} "{value}"')
        return " and ".join(f"({' or '.join(parts)})" for parts in by_question.values())


def rows_of(section: etree._Element) -> Iterator[Row]:
    for row in section.iterfind("rows/row"):
        yield {str(cell.tag): cell.text or "" for cell in row}


def code_of(language: str) -> str:
    """LimeSurvey's own codes (de-informal) are no language codes elsewhere."""
    first, *rest = language.split("-")
    return "-".join([first.lower(), *(part for part in rest if len(part) <= 4)])


def found_in(root: etree._Element, tables: Tables) -> dict[str, Any]:
    questions = tables.once("questions", "qid")
    relevance = [
        one for one in questions if one.get("relevance", "").strip() not in ALWAYS
    ]
    return {
        "dbversion": root.findtext("DBVersion") or "",
        "langs": [tidy(one.text or "") for one in root.iterfind("languages/language")],
        "groups": len(tables.once("groups", "gid")),
        "questions": len(questions),
        "subquestions": len(tables.once("subquestions", "qid")),
        "answers": len(tables.once("answers", "qid", "code", "scale_id")),
        "conditions": len(tables.once("conditions", "cid")),
        "quota": len(tables.once("quota", "id")),
        "with_relevance": len(relevance),
        "types": dict(Counter(one.get("type", "") for one in questions)),
    }


def in_order(name: str) -> Callable[[Row], int]:
    def place(row: Row) -> int:
        text = row.get(name, "")
        return int(text) if text.isdecimal() and len(text) < 10 else 0

    return place
