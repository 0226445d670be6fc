"""Owns the JSON of SurveyJS: pages, panels, questions, and what they say of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from surveys.importing.building import Builder
from surveys.importing.report import ImportRefused
from surveys.importing.surveyjs.questions import Questions
from surveys.importing.surveyjs.values import Element, rule_of, tell_unused, texts
from surveys.wording import gettext as _

DEEPEST = 30
SURVEY = {
    "title",
    "pages",
    "elements",
    "questions",
    "locale",
    "completedHtml",
    "description",
}
PAGE = {"name", "title", "description", "elements", "questions", "visibleIf"}


def read(content: Any, *, name: str) -> Builder:
    if not isinstance(content, Mapping) or not SURVEY & set(content):
        raise ImportRefused(_("This JSON is not a survey of SurveyJS."))
    if "properties" in content or "$schema" in content:
        raise ImportRefused(_("This is the schema of SurveyJS, and not a survey."))
    locale = content.get("locale")
    language = locale if isinstance(locale, str) and locale else "en"
    builder = Builder(format="surveyjs", dialect="surveyjs", language=language)
    _Pages(builder, Questions(builder)).all(content, name)
    return builder


@dataclass(frozen=True, slots=True)
class _Pages:
    builder: Builder
    questions: Questions

    def all(self, content: Element, name: str) -> None:
        report, builder = self.builder.report, self.builder
        builder.title = texts(self.builder, content.get("title")) or {
            builder.language: name
        }
        builder.thanks = texts(self.builder, content.get("completedHtml"))
        builder.key = next(iter(builder.title.values()), name)
        pages = content.get("pages")
        if not isinstance(pages, list):
            pages = [{"elements": content.get("elements") or content.get("questions")}]
        report.found = {"pages": len(pages), "questions": 0, "panels": 0}
        description = texts(self.builder, content.get("description"))
        if description:
            builder.page("welcome")
            builder.question("welcome", "statement", description)
        for number, page in enumerate(pages, 1):
            self._page(page, f"page {number}")
        unused = sorted(str(part) for part in content if part not in SURVEY)
        if unused:
            report.leave(_("settings of the survey"), ", ".join(unused)[:1000])

    def _page(self, page: Any, name: str) -> None:
        if not isinstance(page, Mapping):
            self.builder.report.leave(name, _("It is no page."))
            return
        name = str(page.get("name") or name)
        self.builder.page(name, texts(self.builder, page.get("title")), rule_of(page))
        self._about(page, name)
        self._elements(page.get("elements") or page.get("questions"), name, ())
        tell_unused(self.builder, _("page") + f" {name}", page, PAGE)

    def _about(self, part: Element, name: str) -> None:
        said = texts(self.builder, part.get("description"))
        if said:
            self.builder.question(f"about {name}", "statement", said)

    def _elements(self, elements: Any, where: str, rules: tuple[str, ...]) -> None:
        """`rules` are those of the panels around, "" where one has none."""
        if elements is None:
            return
        if not isinstance(elements, list) or len(rules) > DEEPEST:
            self.builder.report.leave(where, _("What is in it cannot be read."))
            return
        for number, element in enumerate(elements, 1):
            if not isinstance(element, Mapping):
                self.builder.report.leave(
                    where, _("One of its elements cannot be read.")
                )
            elif element.get("type") == "panel":
                self._panel(element, where, rules)
            else:
                self.questions.read(_ruled(element, rules), f"{where} {number}")

    def _panel(self, panel: Element, where: str, rules: tuple[str, ...]) -> None:
        name = str(panel.get("name") or f"{where} panel")
        self.builder.report.found["panels"] += 1
        title = texts(self.builder, panel.get("title"))
        if title:
            rule = _joined((*rules, rule_of(panel)))
            self.builder.question(f"about {name}", "statement", title, rule=rule)
        what = _("panel") + f" {name}"
        self.builder.report.change(what, _("Its questions stand on the page itself."))
        self._about(panel, name)
        tell_unused(self.builder, what, panel, PAGE | {"type"})
        self._elements(
            panel.get("elements") or panel.get("questions"),
            name,
            (*rules, rule_of(panel)),
        )


def _joined(rules: Iterable[str]) -> str:
    return " and ".join(f"({rule})" for rule in rules if rule)


def _ruled(element: Element, rules: tuple[str, ...]) -> Element:
    """The element, shown only where the panels around it are."""
    if not any(rules):
        return element
    own = element.get("visibleIf")
    own = own if isinstance(own, str) else ""
    return {**element, "visibleIf": _joined((*rules, own))}
