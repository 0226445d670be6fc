"""Owns the questions of LimeSurvey: what each of its types becomes here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from surveys.definition.kinds import FILE_TYPES, LARGEST_FILE
from surveys.importing.building import Builder
from surveys.importing.limesurvey.tables import ALWAYS, Row, Tables, Texts
from surveys.wording import gettext as _

USED_ATTRIBUTES = {
    *("maximum_chars", "random_order", "exclude_all_others", "hidden"),
    *("min_num_value_n", "max_num_value_n", "suffix"),
    *("max_filesize", "allowed_filetypes"),
}
# As they are when nobody touched them.
USUAL = {"", "0", "1", "N", "inherit", "default", "normal", "right", "left", "none"}
SCALES: Mapping[str, tuple[tuple[str, str], ...]] = {
    "A": tuple((str(n), str(n)) for n in range(1, 6)),
    "B": tuple((str(n), str(n)) for n in range(1, 11)),
    "C": (("Y", "Yes"), ("U", "Uncertain"), ("N", "No")),
    "E": (("I", "Increase"), ("S", "Same"), ("D", "Decrease")),
}
MOST_CELLS = 60
# What a file's name ends in -> what it holds.
ENDINGS: Mapping[str, str] = {
    **dict.fromkeys(("png", "gif", "jpg", "jpeg", "webp", "bmp"), "image"),
    "pdf": "pdf",
    **dict.fromkeys(("doc", "docx", "odt", "rtf"), "document"),
    **dict.fromkeys(("xls", "xlsx", "ods", "csv"), "spreadsheet"),
    "txt": "text",
    **dict.fromkeys(("mp3", "wav", "ogg", "m4a"), "audio"),
    **dict.fromkeys(("mp4", "mov", "avi", "webm"), "video"),
}


@dataclass(slots=True)
class Questions:
    builder: Builder
    tables: Tables

    def ask(self, row: Row) -> None:
        kind = row.get("type", "")
        handler = HANDLERS.get(kind)
        own = self.tables.own(row)
        if own.get("hidden") == "1":
            self.leave(row, _("It is hidden: respondents never see it."))
        elif handler is None:
            self.leave(
                row, _("The type “%(type)s” has no match here.") % {"type": kind[:10]}
            )
        else:
            handler(self, row)
            self._unused_attributes(row, own)

    def _unused_attributes(self, row: Row, own: Mapping[str, str]) -> None:
        unused = {
            name: value
            for name, value in own.items()
            if name not in USED_ATTRIBUTES and value not in USUAL
        }
        for name, value in sorted(unused.items()):
            self._left_setting(row, name, value)
        if row.get("preg"):
            self.builder.report.leave(
                self.what(row), _("pattern") + f" {row['preg'][:80]}"
            )
        for part in self.tables.subquestions(row):
            if part.get("relevance", "").strip() not in ALWAYS:
                what = f"{self.what(row)}, {part.get('title', '')}"
                self.builder.report.leave(
                    what, _("The rule of this one part: it is always shown.")
                )

    def _ask(
        self, row: Row, kind: str, *, ending: str = "", **parts: Any
    ) -> dict[str, Any]:
        name = row.get("title", "")
        text = self.tables.question_texts(row, "question")
        if ending:
            sub = parts.pop("sub", {})
            text = {
                code: f"{said}: {sub.get(code, ending)}" for code, said in text.items()
            }
        else:
            help_ = self.tables.question_texts(row, "help")
            parts.setdefault("help", help_)
        required = row.get("mandatory") in {"Y", "S"} and kind != "statement"
        return self.builder.question(
            f"{name}_{ending}" if ending else name,
            kind,
            text,
            rule=self.tables.rule(row),
            required=required,
            **parts,
        )

    def _number_parts(self, row: Row) -> dict[str, Any]:
        own = self.tables.own(row)
        parts: dict[str, Any] = {}
        for name, there in (("min", "min_num_value_n"), ("max", "max_num_value_n")):
            try:
                parts[name] = float(own[there])
            except (KeyError, ValueError):
                continue
        if own.get("suffix"):
            parts["unit"] = {self.builder.language: own["suffix"]}
        return parts

    def plain_text(self, row: Row) -> None:
        own = self.tables.own(row)
        longest = own.get("maximum_chars", "")
        kind = "short_text" if row.get("type") == "S" else "long_text"
        most = 50_000
        length = (
            min(most, int(longest)) if longest.isdecimal() and int(longest) else None
        )
        self._ask(row, kind, max_length=length)

    def number(self, row: Row) -> None:
        self._ask(row, "number", **self._number_parts(row))

    def rating(self, row: Row) -> None:
        self._ask(row, "rating", min=1, max=5)

    def single(self, row: Row) -> None:
        self._single(row)

    def _single(self, row: Row) -> None:
        kind = row.get("type", "")
        other = row.get("other") == "Y"
        items = list(self.tables.answers(row))
        choices, codes = self._parts(row, items, other=other)
        self._scores(row, choices, codes)
        self._ask(
            row,
            "single_choice",
            choices=choices,
            codes=codes,
            other=other,
            display="dropdown" if kind == "!" else None,
            random=self._random(row),
        )
        if kind == "O":
            self._follow(row, "comment", _("Comment"), "long_text")

    def yes_no(self, row: Row) -> None:
        self._fixed(row, (("Y", "Yes"), ("N", "No")))

    def gender(self, row: Row) -> None:
        self._fixed(row, (("F", "Female"), ("M", "Male")))

    def _fixed(self, row: Row, items: Iterable[tuple[str, str]]) -> None:
        english = [(code, {self.builder.language: label}) for code, label in items]
        choices, codes = self._parts(row, english)
        self._ask(row, "single_choice", choices=choices, codes=codes)
        self._in_english(row)

    def multiple(self, row: Row) -> None:
        other = row.get("other") == "Y"
        subs = self.tables.subquestions(row)
        choices, codes = self._parts(row, self.tables.labels(subs), other=other)
        own = self.tables.own(row)
        alone = own.get("exclude_all_others", "").replace(",", ";").split(";")
        for code in alone:
            for choice in choices:
                if choice["key"] == codes.get(code.strip()):
                    choice["exclusive"] = True
        made = self._ask(
            row,
            "multiple_choice",
            choices=choices,
            codes=codes,
            other=other,
            random=self._random(row),
        )
        self._know_parts(row, made["key"], codes)
        if row.get("type") == "P":
            for code, texts in self.tables.labels(subs):
                self._cell(row, f"{code}_comment", texts, "short_text")

    def ranking(self, row: Row) -> None:
        items = list(self.tables.answers(row)) or self.tables.labels(
            self.tables.subquestions(row)
        )
        choices, codes = self._parts(row, items)
        self._ask(
            row, "ranking", choices=choices, codes=codes, random=self._random(row)
        )

    def matrix(self, row: Row) -> None:
        kind = row.get("type", "")
        rows, _codes = self._parts(
            row, self.tables.labels(self.tables.subquestions(row))
        )
        scales = ["0", "1"] if kind == "1" else ["0"]
        for scale in scales:
            if kind in SCALES:
                items = [
                    (code, {self.builder.language: label})
                    for code, label in SCALES[kind]
                ]
            else:
                items = list(self.tables.answers(row, scale))
            choices, _choice_codes = self._parts(row, items)
            ending = {"ending": f"scale_{scale}"} if kind == "1" else {}
            self._ask(
                row,
                "matrix",
                rows=rows,
                choices=choices,
                random=self._random(row),
                **ending,
            )
        if kind in {"C", "E"}:
            self._in_english(row)
        if kind == "H":
            self.builder.report.change(
                self.what(row), _("Rows and columns changed places.")
            )
        if kind == "1":
            self.builder.report.change(
                self.what(row), _("Its two scales became two questions.")
            )

    def lines(self, row: Row) -> None:
        fields, _codes = self._parts(
            row, self.tables.labels(self.tables.subquestions(row))
        )
        self._ask(row, "contact", fields=fields)

    def numbers(self, row: Row) -> None:
        for code, texts in self.tables.labels(self.tables.subquestions(row)):
            self._cell(row, code, texts, "number", **self._number_parts(row))
        self.builder.report.change(
            self.what(row), _("Each of its lines became a question.")
        )

    def table(self, row: Row) -> None:
        """A table of numbers or texts: a question for each cell."""
        subs = self.tables.subquestions(row)
        across = [
            (code, texts)
            for code, texts in self.tables.labels(
                s for s in subs if s.get("scale_id") == "1"
            )
        ]
        down = [
            (code, texts)
            for code, texts in self.tables.labels(
                s for s in subs if s.get("scale_id") != "1"
            )
        ]
        if len(across) * len(down) > MOST_CELLS:
            self.leave(
                row,
                _("A table of %(n)s cells is too large.")
                % {"n": len(across) * len(down)},
            )
            return
        kind = "number" if row.get("type") == ":" else "short_text"
        for code, texts in down:
            for column, names in across:
                label = {
                    one: f"{texts[one]}, {names.get(one, column)}" for one in texts
                }
                self._cell(row, f"{code}_{column}", label, kind)
        self.builder.report.change(
            self.what(row), _("Each cell of the table became a question.")
        )

    def statement(self, row: Row) -> None:
        self._ask(row, "statement")

    def date(self, row: Row) -> None:
        self._ask(row, "date")

    def file(self, row: Row) -> None:
        own = self.tables.own(row)
        parts: dict[str, Any] = {}
        size = own.get("max_filesize", "")
        if size.isdecimal() and int(size):
            wanted = max(1, round(int(size[:12]) / 1024))
            parts["max_size"] = min(wanted, LARGEST_FILE)
            if wanted > LARGEST_FILE:
                self._left_setting(row, "max_filesize", size)
        endings = own.get("allowed_filetypes", "").replace(".", "").lower().split(",")
        said = [one.strip() for one in endings if one.strip()]
        types = {ENDINGS[one] for one in said if one in ENDINGS}
        if types:
            parts["types"] = [one for one in FILE_TYPES if one in types]
        if unknown := [one for one in said if one not in ENDINGS]:
            self._left_setting(row, "allowed_filetypes", ", ".join(unknown))
        self._ask(row, "file", **parts)

    def _left_setting(self, row: Row, name: str, value: str) -> None:
        self.builder.report.leave(
            self.what(row), _("setting") + f" {name} = {value[:80]}"
        )

    def _cell(self, row: Row, code: str, texts: Texts, kind: str, **parts: Any) -> None:
        self._ask(row, kind, ending=code, sub=texts, **parts)

    def _follow(self, row: Row, code: str, label: str, kind: str) -> None:
        self._ask(row, kind, ending=code, sub={self.builder.language: label})
        self.builder.report.change(self.what(row), _("Its comment became a question."))

    def _parts(
        self, row: Row, items: Any, *, other: bool = False
    ) -> tuple[list[dict[str, Any]], dict[str, str]]:
        return self.builder.parts(items, self.what(row), {"other"} if other else None)

    def _scores(
        self, row: Row, choices: list[dict[str, Any]], codes: Mapping[str, str]
    ) -> None:
        for one in self.tables.once("answers", "qid", "code", "scale_id"):
            value = one.get("assessment_value", "0")
            if (
                one.get("qid") == row.get("qid")
                and value.lstrip("-").isdecimal()
                and int(value)
            ):
                for choice in choices:
                    if choice["key"] == codes.get(one.get("code", "")):
                        choice["score"] = int(value)

    def _know_parts(self, row: Row, key: str, codes: Mapping[str, str]) -> None:
        """Their rules read one box of a multiple choice as a name of its own."""
        for code, choice in codes.items():
            name = f"{row.get('title', '')}_{code}"
            known = type(next(iter(self.builder.known.values())))
            self.builder.known.setdefault(
                name, known(key=key, kind="multiple_choice", codes={"Y": choice})
            )

    def _random(self, row: Row) -> bool:
        return self.tables.own(row).get("random_order") == "1"

    def what(self, row: Row) -> str:
        return _("question") + f" {row.get('title', '')}"

    def leave(self, row: Row, why: str) -> None:
        self.builder.report.leave(self.what(row), why)

    def _in_english(self, row: Row) -> None:
        self.builder.report.change(
            self.what(row),
            _("LimeSurvey's own choices are in English: translate them."),
        )


HANDLERS: Mapping[str, Callable[[Questions, Row], None]] = {
    "5": Questions.rating,
    "D": Questions.date,
    "G": Questions.gender,
    "K": Questions.numbers,
    "M": Questions.multiple,
    "N": Questions.number,
    "P": Questions.multiple,
    "Q": Questions.lines,
    "R": Questions.ranking,
    "X": Questions.statement,
    "Y": Questions.yes_no,
    "|": Questions.file,
    **dict.fromkeys("STU", Questions.plain_text),
    **dict.fromkeys("L!O", Questions.single),
    **dict.fromkeys("ABCEFH1", Questions.matrix),
    **dict.fromkeys(":;", Questions.table),
}
