"""Owns the JSON of SurveyJS: pages, panels, questions, and what they say of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from surveys.importing.building import Builder
from surveys.importing.report import ImportRefused
from surveys.wording import gettext as _

Element = Mapping[str, Any]
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
# Of every question; the rest is told.
COMMON = {"type", "name", "title", "description", "isRequired", "visibleIf"}
INPUTS: Mapping[str, str] = {
    "text": "short_text",
    "number": "number",
    "range": "slider",
    "email": "email",
    "tel": "phone",
    "url": "url",
    "date": "date",
    "time": "time",
    "datetime": "datetime",
    "datetime-local": "datetime",
}
ICONS = {"stars": "stars", "smileys": "faces"}
MOST_LENGTH = 50_000


def read(content: Any, *, name: str) -> Builder:
    if not isinstance(content, Mapping) or not SURVEY & set(content):
        raise ImportRefused(_("This JSON is not a survey of SurveyJS."))
    if "properties" in content or "$schema" in content:
        raise ImportRefused(_("This is the schema of SurveyJS, and not a survey."))
    locale = content.get("locale")
    language = locale if isinstance(locale, str) and locale else "en"
    builder = Builder(format="surveyjs", dialect="surveyjs", language=language)
    _Reading(builder).all(content, name)
    return builder


@dataclass(slots=True)
class _Reading:
    builder: Builder

    def all(self, content: Element, name: str) -> None:
        report, builder = self.builder.report, self.builder
        builder.title = self._texts(content.get("title")) or {builder.language: name}
        builder.thanks = self._texts(content.get("completedHtml"))
        builder.key = next(iter(builder.title.values()), name)
        pages = content.get("pages")
        if not isinstance(pages, list):
            pages = [{"elements": content.get("elements") or content.get("questions")}]
        report.found = {"pages": len(pages), "questions": 0, "panels": 0}
        description = self._texts(content.get("description"))
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
        self.builder.page(name, self._texts(page.get("title")), self._rule(page))
        self._about(page, name)
        self._elements(page.get("elements") or page.get("questions"), name, ())
        self._unused(_("page") + f" {name}", page, PAGE)

    def _about(self, part: Element, name: str) -> None:
        texts = self._texts(part.get("description"))
        if texts:
            self.builder.question(f"about {name}", "statement", texts)

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
                self._question(_ruled(element, rules), f"{where} {number}")

    def _panel(self, panel: Element, where: str, rules: tuple[str, ...]) -> None:
        name = str(panel.get("name") or f"{where} panel")
        self.builder.report.found["panels"] += 1
        title = self._texts(panel.get("title"))
        if title:
            rule = _joined((*rules, self._rule(panel)))
            self.builder.question(f"about {name}", "statement", title, rule=rule)
        what = _("panel") + f" {name}"
        self.builder.report.change(what, _("Its questions stand on the page itself."))
        self._about(panel, name)
        self._unused(what, panel, PAGE | {"type"})
        self._elements(
            panel.get("elements") or panel.get("questions"),
            name,
            (*rules, self._rule(panel)),
        )

    # -------------------------------------------------------------- questions

    def _question(self, element: Element, fallback: str) -> None:
        self.builder.report.found["questions"] += 1
        kind = str(element.get("type") or "text")
        name = str(element.get("name") or fallback)
        handler = HANDLERS.get(kind)
        if handler is None:
            self.builder.report.leave(
                _("question") + f" {name}",
                _("The type “%(type)s” has no match here.") % {"type": kind[:40]},
            )
            return
        if name in self.builder.known:
            self.builder.report.change(
                _("question") + f" {name}",
                _("Its name is there twice: it has a key of its own now."),
            )
        used = handler(self, element, name)
        self._unused(_("question") + f" {name}", element, COMMON | used)

    def _ask(self, element: Element, name: str, kind: str, **parts: Any) -> None:
        text = self._texts(element.get("title") or element.get("name"))
        required = element.get("isRequired") is True and kind != "statement"
        self.builder.question(
            name,
            kind,
            text or {self.builder.language: name},
            rule=self._rule(element),
            help=self._texts(element.get("description")),
            required=required,
            **parts,
        )

    def text(self, element: Element, name: str) -> set[str]:
        kind = INPUTS.get(str(element.get("inputType", "text")))
        if kind is None:
            self.builder.report.change(
                _("question") + f" {name}",
                _("The input “%(type)s” became a short text.")
                % {"type": str(element.get("inputType"))[:40]},
            )
        kind = kind or "short_text"
        parts: dict[str, Any] = {}
        used = {"inputType"}
        if kind in {"number", "slider"}:
            parts = {
                part: _number(element.get(part)) for part in ("min", "max", "step")
            }
            used |= {part for part, value in parts.items() if value is not None}
        if kind == "short_text":
            parts["max_length"] = _length(element)
            used.add("maxLength")
        self._ask(element, name, kind, **parts)
        return used

    def comment(self, element: Element, name: str) -> set[str]:
        self._ask(element, name, "long_text", max_length=_length(element))
        return {"maxLength", "rows", "autoGrow"}

    def single(self, element: Element, name: str) -> set[str]:
        dropdown = element.get("type") == "dropdown"
        self._choose(
            element, name, "single_choice", display="dropdown" if dropdown else None
        )
        return USED_OF_CHOICES

    def multiple(self, element: Element, name: str) -> set[str]:
        self._choose(element, name, "multiple_choice")
        return USED_OF_CHOICES

    def picture(self, element: Element, name: str) -> set[str]:
        many = element.get("multiSelect") is True
        self._choose(element, name, "multiple_choice" if many else "single_choice")
        self.builder.report.leave(
            _("question") + f" {name}", _("The pictures of its choices.")
        )
        return USED_OF_CHOICES | {"multiSelect"}

    def ranking(self, element: Element, name: str) -> set[str]:
        choices, codes = self._choices(element, name)
        self._ask(element, name, "ranking", choices=choices, codes=codes)
        return {"choices"}

    def _choose(self, element: Element, name: str, kind: str, **parts: Any) -> None:
        other = element.get("hasOther") is True or element.get("showOtherItem") is True
        items = list(_items(element.get("choices")))
        none = element.get("hasNone") is True or element.get("showNoneItem") is True
        if none:
            items.append(("none", element.get("noneText") or _("None")))
        reserved = {"other"} if other else None
        what = _("question") + f" {name}"
        choices, codes = self.builder.parts(self._said(items), what, reserved)
        if none and kind == "multiple_choice":
            choices[-1]["exclusive"] = True
        self._ask(
            element,
            name,
            kind,
            choices=choices,
            codes=codes,
            other=other,
            other_label=self._texts(element.get("otherText")) if other else None,
            random=element.get("choicesOrder") == "random",
            **parts,
        )

    def _choices(self, element: Element, name: str) -> Any:
        items = self._said(_items(element.get("choices")))
        return self.builder.parts(items, _("question") + f" {name}")

    def _said(
        self, items: Iterable[tuple[str, Any]]
    ) -> list[tuple[str, Mapping[str, str]]]:
        return [(code, self._texts(text)) for code, text in items]

    def rating(self, element: Element, name: str) -> set[str]:
        used = {
            "rateMin",
            "rateMax",
            "minRateDescription",
            "maxRateDescription",
            "rateType",
            "rateCount",
        }
        values = element.get("rateValues")
        if isinstance(values, list) and values:
            return self._rated_choices(element, name, values) | used
        low = _whole(element.get("rateMin"), 1)
        high = _whole(
            element.get("rateMax"), low - 1 + _whole(element.get("rateCount"), 5)
        )
        self._ask(
            element,
            name,
            "rating",
            min=low,
            max=high,
            min_label=self._texts(element.get("minRateDescription")),
            max_label=self._texts(element.get("maxRateDescription")),
            icons=ICONS.get(str(element.get("rateType"))) if high - low < 10 else None,
        )
        return used

    def _rated_choices(
        self, element: Element, name: str, values: list[Any]
    ) -> set[str]:
        what = _("question") + f" {name}"
        choices, codes = self.builder.parts(self._said(_items(values)), what)
        self._ask(element, name, "single_choice", choices=choices, codes=codes)
        self.builder.report.change(
            what, _("A rating with steps of its own became a choice.")
        )
        return {"rateValues"}

    def boolean(self, element: Element, name: str) -> set[str]:
        items = [
            ("true", element.get("labelTrue") or _("Yes")),
            ("false", element.get("labelFalse") or _("No")),
        ]
        what = _("question") + f" {name}"
        choices, codes = self.builder.parts(self._said(items), what)
        self._ask(element, name, "single_choice", choices=choices, codes=codes)
        return {"labelTrue", "labelFalse"}

    def matrix(self, element: Element, name: str) -> set[str]:
        what = _("question") + f" {name}"
        rows, _codes = self.builder.parts(self._said(_items(element.get("rows"))), what)
        choices, _c = self.builder.parts(
            self._said(_items(element.get("columns"))), what
        )
        self._ask(element, name, "matrix", rows=rows, choices=choices)
        return {"rows", "columns"}

    def lines(self, element: Element, name: str) -> set[str]:
        items = [
            (str(one.get("name")), one.get("title") or one.get("name"))
            for one in element.get("items") or []
            if isinstance(one, Mapping)
        ]
        what = _("question") + f" {name}"
        fields, _codes = self.builder.parts(self._said(items), what)
        self._ask(element, name, "contact", fields=fields)
        return {"items"}

    def html(self, element: Element, name: str) -> set[str]:
        said = {**element, "title": element.get("html") or element.get("title")}
        self._ask(said, name, "statement")
        return {"html"}

    def file(self, element: Element, name: str) -> set[str]:
        self._ask(element, name, "file")
        return set()

    def slider(self, element: Element, name: str) -> set[str]:
        parts = {part: _number(element.get(part)) for part in ("min", "max", "step")}
        self._ask(element, name, "slider", **parts)
        return {"min", "max", "step"}

    # ------------------------------------------------------------------ parts

    def _texts(self, value: Any) -> dict[str, str]:
        if isinstance(value, str):
            return {self.builder.language: value} if value.strip() else {}
        if isinstance(value, int | float) and not isinstance(value, bool):
            return {self.builder.language: str(value)}
        if not isinstance(value, Mapping):
            return {}
        return {
            self.builder.language if code == "default" else str(code): text
            for code, text in value.items()
            if isinstance(text, str) and text.strip()
        }

    def _rule(self, part: Element) -> str:
        rule = part.get("visibleIf")
        return rule if isinstance(rule, str) else ""

    def _unused(self, what: str, part: Element, used: set[str]) -> None:
        for name, value in part.items():
            if name not in used:
                said = _("setting") + f" {str(name)[:60]} = {str(value)[:80]}"
                self.builder.report.leave(what, said)


USED_OF_CHOICES = {
    *("choices", "hasOther", "showOtherItem", "otherText", "hasNone", "showNoneItem"),
    *("noneText", "choicesOrder"),
}


def _items(values: Any) -> Iterable[tuple[str, Any]]:
    """Choices as SurveyJS writes them: a value, or a value with its text."""
    for value in values if isinstance(values, list) else []:
        if isinstance(value, Mapping):
            code = str(value.get("value", ""))
            yield code, value.get("text") or code
        else:
            yield str(value), str(value)


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return value


def _whole(value: Any, default: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        return default
    return value


def _length(element: Element) -> int | None:
    length = element.get("maxLength")
    if isinstance(length, bool) or not isinstance(length, int) or length < 1:
        return None
    return min(length, MOST_LENGTH)


def _joined(rules: Iterable[str]) -> str:
    return " and ".join(f"({rule})" for rule in rules if rule)


def _ruled(element: Element, rules: tuple[str, ...]) -> Element:
    """The element, shown only where the panels around it are."""
    if not any(rules):
        return element
    own = element.get("visibleIf")
    own = own if isinstance(own, str) else ""
    return {**element, "visibleIf": _joined((*rules, own))}


Handler = Callable[[_Reading, Element, str], set[str]]
HANDLERS: Mapping[str, Handler] = {
    "text": _Reading.text,
    "comment": _Reading.comment,
    "radiogroup": _Reading.single,
    "dropdown": _Reading.single,
    "checkbox": _Reading.multiple,
    "tagbox": _Reading.multiple,
    "imagepicker": _Reading.picture,
    "ranking": _Reading.ranking,
    "rating": _Reading.rating,
    "boolean": _Reading.boolean,
    "matrix": _Reading.matrix,
    "multipletext": _Reading.lines,
    "html": _Reading.html,
    "file": _Reading.file,
    "slider": _Reading.slider,
    "nouislider": _Reading.slider,
}
