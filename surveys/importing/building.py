"""Owns the survey that an import makes: keys, limits, rules, and what must stay out.

Nothing is dropped without a note, and what comes out can always be published.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from surveys import definition as definitions
from surveys.definition import DefinitionError
from surveys.definition.nodes import LONGEST_LABEL, is_language
from surveys.definition.options import MOST_FIELDS, MOST_ROWS
from surveys.definition.parsing import (
    LONGEST_CLOSING,
    LONGEST_QUESTION,
    MOST_CHOICES,
    MOST_PAGES,
    MOST_QUESTIONS,
)
from surveys.importing.expressions import Dialect, Known, Untranslatable, translate
from surveys.importing.markup import kept, plain
from surveys.importing.report import Report
from surveys.keys import propose
from surveys.wording import gettext as _

Texts = Mapping[str, str]
LENGTHS = {
    "text": LONGEST_QUESTION,
    "help": LONGEST_QUESTION,
    "thanks": LONGEST_CLOSING,
}
MOST_PARTS = {"choices": MOST_CHOICES, "rows": MOST_ROWS, "fields": MOST_FIELDS}
PLACE = re.compile(r"pages\[(\d+)\](?:\.questions\[(\d+)\])?(.*)")
MOST_PASSES = 400
PIPED = re.compile(r"\{\{\s*([^{}]*?)\s*\}\}")
# Where a text would show an answer in the other tool.
PLACEHOLDERS: Mapping[Dialect, re.Pattern[str]] = {
    "limesurvey": re.compile(r"\{[A-Za-z][^{}\n]*\}"),
    "surveyjs": re.compile(r"\{[^{}\n]+\}"),
    "xlsform": re.compile(r"\$\{[^{}\n]+\}"),
}


@dataclass(slots=True)
class Rule:
    """A rule as the other tool wrote it, and the part that it shows or hides."""

    part: dict[str, Any]
    what: str
    expression: str


@dataclass(slots=True, kw_only=True)
class Builder:
    format: str
    dialect: Dialect
    language: str = "en"
    key: str = "survey"
    title: Texts = field(default_factory=dict)
    thanks: Texts = field(default_factory=dict)

    report: Report = field(init=False)
    pages: list[dict[str, Any]] = field(default_factory=list)
    # What the other tool calls a question -> what a rule can read of it here.
    known: dict[str, Known] = field(default_factory=dict)
    names: dict[int, str] = field(default_factory=dict)
    rules: list[Rule] = field(default_factory=list)
    taken: set[str] = field(default_factory=set)
    marked_up: set[str] = field(default_factory=set)
    referring: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.report = Report(format=self.format)

    # ------------------------------------------------------------------ parts

    def page(
        self,
        name: str,
        title: Texts | None = None,
        rule: str = "",
        *,
        said: bool = True,
    ) -> None:
        """Begin a page; one that is not `said` is the rest of another."""
        taken = {page["key"] for page in self.pages}
        key = propose(name or "page", taken, fallback="page")
        page: dict[str, Any] = {"key": key, "questions": []}
        self._say(page, "title", title or {}, _("page") + f" {name}", required=False)
        self.pages.append(page)
        self.names[id(page)] = _("page") + f" {name}" if said else ""
        if rule:
            self.rules.append(Rule(page, _("page") + f" {name}", rule))

    def question(
        self,
        name: str,
        kind: str,
        text: Texts,
        *,
        rule: str = "",
        codes: Mapping[str, str] | None = None,
        **parts: Any,
    ) -> dict[str, Any]:
        """Put a question on the last page. `codes`: their choice -> ours."""
        what = _("question") + f" {name}"
        key = propose(name, self.taken, fallback="question")
        self.taken.add(key)
        question: dict[str, Any] = {"key": key, "kind": kind}
        self._say(question, "text", text, what, fallback=name)
        for part, value in parts.items():
            self._part(question, part, value, what)
        if not self.pages:
            self.page("page 1")
        self.pages[-1]["questions"].append(question)
        self.names[id(question)] = what
        self.known.setdefault(name, Known(key=key, kind=kind, codes=codes or {}))
        if rule:
            self.rules.append(Rule(question, what, rule))
        self.report.carry(what, f"{kind} “{key}”")
        return question

    def _part(self, question: dict[str, Any], part: str, value: Any, what: str) -> None:
        if value is None or value == [] or value == {} or value is False or value == "":
            return
        most = MOST_PARTS.get(part)
        if most is not None and len(value) > most:
            self.report.leave(
                what,
                _("%(part)s beyond the first %(most)s: %(n)s of them")
                % {"part": part, "most": most, "n": len(value) - most},
            )
            value = value[:most]
        if isinstance(value, Mapping):
            self._say(question, part, value, what, required=False)
        else:
            question[part] = value

    def parts(
        self, items: Any, what: str, reserved: set[str] | None = None
    ) -> tuple[list[dict[str, Any]], dict[str, str]]:
        """Choices, rows or fields from (code, texts), and their code -> our key."""
        taken = set(reserved or ())
        made: list[dict[str, Any]] = []
        codes: dict[str, str] = {}
        for code, texts in items:
            key = propose(str(code) or "choice", taken, fallback="choice")
            taken.add(key)
            codes.setdefault(str(code), key)
            part: dict[str, Any] = {"key": key}
            self._say(
                part, "label", texts, f"{what}, {code}", fallback=str(code) or key
            )
            made.append(part)
        return made, codes

    # ------------------------------------------------------------------ texts

    def _say(
        self,
        part: dict[str, Any],
        name: str,
        texts: Texts,
        what: str,
        *,
        fallback: str = "",
        required: bool = True,
    ) -> None:
        said = self._read(texts, what, LENGTHS.get(name))
        if said and self.language not in said:
            said = {self.language: next(iter(said.values())), **said}
        if not said and required:
            said = {self.language: fallback}
            self.report.change(what, _("It had no text: its name stands in for it."))
        if said:
            part[name] = said

    def _read(self, texts: Texts, what: str, most: int | None) -> dict[str, str]:
        """Titles and labels are plain; longer texts keep what little markup we have."""
        said, longest = {}, most or LONGEST_LABEL
        for language, text in texts.items():
            bare, marked = kept(str(text)) if most else plain(str(text))
            if len(bare) > longest:
                bare, marked = plain(str(text))
            if marked:
                self.marked_up.add(what)
            if not bare:
                continue
            if not is_language(language):
                self.report.leave(
                    what,
                    _("Text in “%(code)s”, which is no language code.")
                    % {"code": str(language)[:40]},
                )
                continue
            if len(bare) > longest:
                self.report.change(
                    what, _("Text cut to %(most)s characters.") % {"most": longest}
                )
            # Braces of ours would be read as a name.
            bare = bare.replace("{{", "{ {")
            bare = PLACEHOLDERS[self.dialect].sub(self._referred, bare)
            if PLACEHOLDERS[self.dialect].search(
                bare.replace("{{", "").replace("}}", "")
            ):
                self.referring.add(what)
            said[language] = bare[:longest]
        return said

    def _referred(self, match: re.Match[str]) -> str:
        """An answer that a text shows, as texts here name it."""
        name = re.sub(r"\.(?:NAOK|shown|value)\Z", "", match[0].strip("${} "))
        known = self.known.get(name)
        return match[0] if known is None else f"{{{{{known.key}}}}}"

    # ----------------------------------------------------------------- finish

    def finish(self) -> dict[str, Any]:
        """The document, which can be published, and the rest of the report."""
        self._limit()
        self._translate_rules()
        document = self._document()
        for _pass in range(MOST_PASSES):
            try:
                definitions.parse(document)
            except DefinitionError as error:
                self._mend(document, error)
            else:
                break
        else:
            self._only_a_statement(document)
        for what in sorted(self.marked_up):
            self.report.change(
                what, _("Markup that texts here do not hold was removed.")
            )
        for what in sorted(self.referring):
            self.report.change(
                what, _("It names an answer in braces, which is shown as it stands.")
            )
        questions = [one for page in document["pages"] for one in page["questions"]]
        self.report.made = {
            "pages": len(document["pages"]),
            "questions": len(questions),
            "choices": sum(len(one.get("choices", [])) for one in questions),
        }
        return document

    def _document(self) -> dict[str, Any]:
        document: dict[str, Any] = {
            "default_language": self.language,
            "variables": [],
            "pages": self.pages,
        }
        self._say(document, "title", self.title, _("survey"), fallback=self.key)
        self._say(document, "thanks", self.thanks, _("closing text"), required=False)
        key = propose(
            self.key or document["title"][self.language],
            (),
            fallback="survey",
            separator="-",
            longest=50,
        )
        return {"key": key, **document}

    def _limit(self) -> None:
        count = 0
        for page in self.pages:
            kept = page["questions"][: max(0, MOST_QUESTIONS - count)]
            for question in page["questions"][len(kept) :]:
                why = _("A survey has at most %(most)s questions.") % {
                    "most": MOST_QUESTIONS
                }
                self.report.leave(self.names[id(question)], why)
            count += len(kept)
            page["questions"] = kept
        for page in self.pages:
            if not page["questions"] and self.names[id(page)]:
                self.report.leave(self.names[id(page)], _("No question is left on it."))
        self.pages = [page for page in self.pages if page["questions"]]
        while len(self.pages) > MOST_PAGES:
            last = self.pages.pop()
            self.pages[-1]["questions"] += last["questions"]
            why = _("Its questions are on the page before: there are at most %(most)s.")
            self.report.change(self.names[id(last)], why % {"most": MOST_PAGES})
        if not self.pages:
            self.page("page 1")
            self.question(
                "empty", "statement", {self.language: _("Nothing was imported.")}
            )
            self.report.change(_("survey"), _("No question could be carried over."))

    def _translate_rules(self) -> None:
        for rule in self.rules:
            try:
                rule.part["show_if"] = translate(
                    rule.expression, self.dialect, self.known
                )
            except Untranslatable as error:
                self.report.leave(
                    rule.what,
                    _("Its rule “%(rule)s”: %(why)s It is always shown.")
                    % {"rule": rule.expression[:200], "why": str(error)},
                )

    def _mend(self, document: dict[str, Any], error: DefinitionError) -> None:
        """Take out what is wrong first, and say so."""
        problem = error.problems[0]
        match = PLACE.match(problem.path)
        if match is None:
            self._only_a_statement(document)
            return
        page = document["pages"][int(match[1])]
        part = page if match[2] is None else page["questions"][int(match[2])]
        what = self.names.get(id(part)) or str(part["key"])
        if "show_if" in match[3] and "show_if" in part:
            del part["show_if"]
            self.report.leave(
                what,
                _("Its rule: %(why)s It is always shown.") % {"why": problem.message},
            )
        elif _unpiped(part):
            # Perhaps the answer comes too late: on the same page, say.
            self.referring.add(what)
        elif match[2] is not None:
            page["questions"].remove(part)
            self.report.leave(what, f"{match[3].strip('.')}: {problem.message}")
        elif "title" in match[3]:
            del part["title"]
            self.report.leave(what, _("its title") + f": {problem.message}")
        else:
            document["pages"].remove(page)
            self.report.leave(what, problem.message)

    def _only_a_statement(self, document: dict[str, Any]) -> None:
        text = {self.language: _("Nothing was imported.")}
        question = {"key": "empty", "kind": "statement", "text": text}
        document["pages"] = [{"key": "page_1", "questions": [question]}]
        document["title"] = {self.language: self.key or "survey"}
        document.pop("thanks", None)
        self.report.leave(_("survey"), _("It could not be made sound."))


def _unpiped(part: Any) -> bool:
    """Take the names of answers out of the texts of a part; False: it had none."""
    if isinstance(part, list):
        # Every one of them, and not only up to the first.
        return [_unpiped(inner) for inner in part].count(True) > 0
    if not isinstance(part, dict):
        return False
    found = False
    for name, value in part.items():
        if isinstance(value, str) and "{{" in value:
            part[name] = PIPED.sub(r"{\1}", value)
            found = True
        elif name != "questions":
            found = _unpiped(value) or found
    return found
