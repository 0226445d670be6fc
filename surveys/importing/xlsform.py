"""Owns XLSForms: the sheets survey, choices and settings of a workbook."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.conf.locale import LANG_INFO

from surveys.definition.nodes import is_language
from surveys.importing.building import Builder
from surveys.importing.report import ImportRefused
from surveys.importing.workbook import Rows, sheets
from surveys.wording import gettext as _

Row = Mapping[str, str]
KINDS: Mapping[str, str] = {
    "text": "short_text", "string": "short_text", "phone number": "phone",
    "integer": "number", "int": "number", "decimal": "number", "number": "number",
    "note": "statement", "date": "date", "time": "time", "datetime": "datetime",
    "acknowledge": "consent", "trigger": "consent", "range": "slider",
    "image": "file", "photo": "file", "audio": "file", "video": "file", "file": "file",
}  # fmt: skip
TYPES: Mapping[str, str] = {
    "audio": "audio",
    "video": "video",
    "image": "image",
    "photo": "image",
}
# Filled in by the device, and not by a person.
UNASKED = {
    *("start", "end", "today", "deviceid", "subscriberid", "simserial", "phonenumber"),
    *("username", "email", "audit", "calculate", "hidden", "imei", "start-geopoint"),
}
SELECT = re.compile(
    r"(?:select[_ ](?P<how>one|multiple|all that apply)(?:_external)?|(?P<rank>rank))"
    r"(?: from)?\s+(?P<list>\S+)(?P<other>\s+or[_ ](?:other|specify other))?\s*\Z",
    re.IGNORECASE,
)
BLOCK = re.compile(
    r"(?P<edge>begin|end)[_ ]+(?P<what>group|repeat|loop)(?P<over>\s+over\s+\S+)?",
    re.IGNORECASE,
)
TEXTS = ("label", "hint")
USED = {
    "type",
    "name",
    "label",
    "hint",
    "required",
    "relevant",
    "parameters",
    "appearance",
}
TRUE = {"yes", "true", "true()", "1", "y"}
COLUMN = re.compile(
    r"\s*(?P<name>[a-z_ -]+?)\s*(?:::?\s*(?P<language>.+?))?\s*\Z", re.IGNORECASE
)
CODE = re.compile(r"\(([A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*)\)\s*\Z")
NAMES = {
    str(info["name"]).lower(): code
    for code, info in LANG_INFO.items()
    if "name" in info and is_language(code)
} | {"chinese": "zh", "farsi": "fa", "filipino": "fil", "tagalog": "tl"}


@dataclass(slots=True)
class Sheet:
    """A sheet with its header: texts by language, all else by name."""

    rows: list[dict[str, str]] = field(default_factory=list)
    # (text, language) by column name, e.g. label::English (en).
    texts: dict[str, tuple[str, str]] = field(default_factory=dict)


def read(data: bytes, *, name: str) -> Builder:
    found = sheets(data)
    if "survey" not in found:
        raise ImportRefused(_("This workbook has no sheet “survey”: it is no XLSForm."))
    survey, choices = _sheet(found["survey"]), _sheet(found.get("choices", []))
    settings = _sheet(found.get("settings", []))
    own = _own_language(settings, survey)
    builder = Builder(format="xlsform", dialect="xlsform", language=own)
    reading = _Reading(builder, survey, choices)
    reading.all(next(iter(settings.rows), {}), name)
    for other in sorted(set(found) - {"survey", "choices", "settings"}):
        if found[other]:
            builder.report.leave(
                _("sheet") + f" {other}", _("%(n)s rows") % {"n": len(found[other])}
            )
    return builder


def _sheet(rows: Rows) -> Sheet:
    if not rows:
        return Sheet()
    header, sheet = rows[0], Sheet()
    names = {place: " ".join(text.split()) for place, text in header.items()}
    for place, text in list(names.items()):
        match = COLUMN.match(text)
        if match and match["name"].lower().replace("_", " ") in TEXTS:
            language = _language(match["language"] or "")
            sheet.texts[text] = (match["name"].lower(), language)
        else:
            names[place] = text.lower().replace("list name", "list_name")
    for row in rows[1:]:
        sheet.rows.append(
            {names[place]: text for place, text in row.items() if place in names}
        )
    return sheet


def _language(name: str) -> str:
    match = CODE.search(name)
    if match:
        return match[1]
    bare = name.strip().lower()
    return NAMES.get(bare, bare)


def _own_language(settings: Sheet, survey: Sheet) -> str:
    chosen = next((row.get("default_language", "") for row in settings.rows), "")
    language = _language(chosen)
    spoken = [code for _name, code in survey.texts.values() if code]
    if language in spoken or (not spoken and is_language(language)):
        return language
    return next((code for code in spoken if is_language(code)), "en")


@dataclass(slots=True)
class _Reading:
    builder: Builder
    survey: Sheet
    choices: Sheet
    # The open groups, each with its rule: what is inside is shown by all of them.
    blocks: list[str] = field(default_factory=list)

    def all(self, settings: Row, name: str) -> None:
        builder, report = self.builder, self.builder.report
        title = settings.get("form_title") or settings.get("form_id") or name
        builder.title, builder.key = {builder.language: title}, title
        rows = [row for row in self.survey.rows if row.get("type")]
        kinds = [self._word(row) for row in rows]
        asked = [
            kind for kind in kinds if not BLOCK.match(kind) and kind not in UNASKED
        ]
        report.found = {
            "rows": len(rows),
            "questions": len(asked),
            "groups": sum(1 for kind in kinds if re.match(r"begin[_ ]+group", kind)),
            "repeats": sum(
                1 for kind in kinds if re.match(r"begin[_ ]+(repeat|loop)", kind)
            ),
            "choices": len([row for row in self.choices.rows if row.get("name")]),
            "types": dict(Counter(kind.split()[0] for kind in asked)),
        }
        for row in self.survey.rows:
            if row.get("type"):
                self._row(row)
            elif row:
                report.leave(_("row") + f" {row.get('name', '')}", _("It has no type."))
        listed = {column for row in self.choices.rows for column in row}
        known = {"list_name", "name", *self.choices.texts}
        if listed - known:
            columns = ", ".join(sorted(listed - known))
            report.leave(_("sheet") + " choices", columns[:500])
        unused = sorted(set(settings) - {"form_title", "form_id", "default_language"})
        if unused:
            report.leave(_("settings of the survey"), ", ".join(unused))

    def _word(self, row: Row) -> str:
        return " ".join(row.get("type", "").lower().split())

    def _row(self, row: Row) -> None:
        kind, name = self._word(row), row.get("name", "")
        block = BLOCK.match(kind)
        select = SELECT.match(" ".join(row["type"].split()))
        if block:
            self._block(row, block["edge"] == "begin", block["what"])
        elif kind in UNASKED:
            self.builder.report.leave(
                _("field") + f" {name or kind}",
                _("“%(type)s” is filled in by the device.") % {"type": kind},
            )
        elif select:
            self._select(row, select)
        elif kind in KINDS:
            self._plain(row, KINDS[kind], kind)
        else:
            self.builder.report.leave(
                _("question") + f" {name}",
                _("The type “%(type)s” has no match here.") % {"type": kind[:60]},
            )

    def _block(self, row: Row, begins: bool, what: str) -> None:
        if not begins:
            if self.blocks:
                self.blocks.pop()
            self.builder.page("", rule=self._rules(), said=False)
            return
        name = row.get("name") or f"{what} {len(self.builder.pages) + 1}"
        if self.blocks:
            self.builder.report.change(
                _("page") + f" {name}",
                _("It was part of another group; pages hold no pages."),
            )
        self.blocks.append(row.get("relevant", ""))
        self.builder.page(name, self._texts(row, "label", self.survey), self._rules())
        if what != "group":
            self.builder.report.change(
                _("page") + f" {name}", _("It was repeated; here it is asked once.")
            )
        self._unused(row, _("page") + f" {name}")

    def _rules(self) -> str:
        return " and ".join(f"({rule})" for rule in self.blocks if rule)

    def _select(self, row: Row, match: re.Match[str]) -> None:
        name, listed = row.get("name", ""), match["list"]
        what = _("question") + f" {name}"
        kind = (
            "single_choice"
            if (match["how"] or "").lower() == "one"
            else "multiple_choice"
        )
        if match["rank"]:
            kind = "ranking"
        other = bool(match["other"]) and kind != "ranking"
        items = [
            (one.get("name", ""), self._texts(one, "label", self.choices))
            for one in self.choices.rows
            if one.get("list_name") == listed
        ]
        choices, codes = self.builder.parts(items, what, {"other"} if other else None)
        self._ask(
            row,
            kind,
            choices=choices,
            codes=codes,
            other=other,
            random="randomize=true"
            in row.get("parameters", "").replace(" ", "").lower()
            or None,
            display="dropdown"
            if "minimal" in row.get("appearance", "") and kind == "single_choice"
            else None,
        )

    def _plain(self, row: Row, kind: str, word: str) -> None:
        parts: dict[str, Any] = {}
        if kind == "slider":
            parts = dict(_range(row.get("parameters", "")))
        elif kind == "short_text" and "multiline" in row.get("appearance", ""):
            kind = "long_text"
        elif kind == "number" and word in {"integer", "int"}:
            parts = {"step": 1}
        elif word in TYPES:
            parts = {"types": [TYPES[word]]}
        self._ask(row, kind, **parts)

    def _ask(self, row: Row, kind: str, **parts: Any) -> None:
        name = row.get("name") or kind
        required = row.get("required", "").strip().lower()
        what = _("question") + f" {name}"
        if required not in TRUE | {"", "no", "false", "false()"}:
            self.builder.report.leave(
                what, _("Required only if: %(rule)s") % {"rule": required[:100]}
            )
        self.builder.question(
            name,
            kind,
            self._texts(row, "label", self.survey),
            rule=row.get("relevant", ""),
            help=self._texts(row, "hint", self.survey),
            required=required in TRUE and kind != "statement",
            **parts,
        )
        self._unused(row, what)

    def _unused(self, row: Row, what: str) -> None:
        for column, value in row.items():
            if column not in USED and column not in self.survey.texts:
                self.builder.report.leave(what, f"{column[:60]}: {value[:100]}")
        if row.get("appearance") and row["appearance"] not in {"minimal", "multiline"}:
            self.builder.report.leave(what, f"appearance: {row['appearance'][:100]}")

    def _texts(self, row: Row, name: str, sheet: Sheet) -> dict[str, str]:
        return dict(self._said(row, name, sheet))

    def _said(self, row: Row, name: str, sheet: Sheet) -> Iterator[tuple[str, str]]:
        for column, (text, language) in sheet.texts.items():
            if text == name and row.get(column):
                yield language or self.builder.language, row[column]


def _range(parameters: str) -> Iterator[tuple[str, float]]:
    names = {"start": "min", "end": "max", "step": "step"}
    for name, value in re.findall(
        r"(start|end|step)\s*=\s*(-?[0-9]+(?:\.[0-9]+)?)", parameters
    ):
        yield names[name], float(value)
