"""The questions of SurveyJS, each type as the kind that it becomes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from surveys.importing.building import Builder
from surveys.importing.surveyjs.values import (
    Element,
    images_of,
    items,
    length_of,
    number,
    rule_of,
    tell_unused,
    texts,
    whole,
)
from surveys.wording import gettext as _

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


@dataclass(frozen=True, slots=True)
class Questions:
    builder: Builder

    def read(self, element: Element, fallback: str) -> None:
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
        tell_unused(self.builder, _("question") + f" {name}", element, COMMON | used)

    def _ask(self, element: Element, name: str, kind: str, **parts: Any) -> None:
        text = texts(self.builder, element.get("title") or element.get("name"))
        required = element.get("isRequired") is True and kind != "statement"
        self.builder.question(
            name,
            kind,
            text or {self.builder.language: name},
            rule=rule_of(element),
            help=texts(self.builder, element.get("description")),
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
            parts = {part: number(element.get(part)) for part in ("min", "max", "step")}
            used |= {part for part, value in parts.items() if value is not None}
        if kind == "short_text":
            parts["max_length"] = length_of(element)
            used.add("maxLength")
        self._ask(element, name, kind, **parts)
        return used

    def comment(self, element: Element, name: str) -> set[str]:
        self._ask(element, name, "long_text", max_length=length_of(element))
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
        images = {} if many else images_of(element)
        kind = "multiple_choice" if many else "single_choice"
        display = "image" if images else None
        self._choose(element, name, kind, images, display=display)
        if not images:
            self.builder.report.leave(
                _("question") + f" {name}", _("The pictures of its choices.")
            )
        return USED_OF_CHOICES | {"multiSelect"}

    def ranking(self, element: Element, name: str) -> set[str]:
        choices, codes = self._choices(element, name)
        self._ask(element, name, "ranking", choices=choices, codes=codes)
        return {"choices"}

    def _choose(
        self,
        element: Element,
        name: str,
        kind: str,
        images: Mapping[str, str] | None = None,
        **parts: Any,
    ) -> None:
        other = element.get("hasOther") is True or element.get("showOtherItem") is True
        listed = list(items(element.get("choices")))
        none = element.get("hasNone") is True or element.get("showNoneItem") is True
        if none:
            listed.append(("none", element.get("noneText") or _("None")))
        reserved = {"other"} if other else None
        what = _("question") + f" {name}"
        choices, codes = self.builder.parts(self._said(listed), what, reserved)
        by_key = {codes[code]: image for code, image in (images or {}).items()}
        for choice in choices if by_key else ():
            choice["image"] = by_key[choice["key"]]
        if none and kind == "multiple_choice":
            choices[-1]["exclusive"] = True
        self._ask(
            element,
            name,
            kind,
            choices=choices,
            codes=codes,
            other=other,
            other_label=texts(self.builder, element.get("otherText"))
            if other
            else None,
            random=element.get("choicesOrder") == "random",
            **parts,
        )

    def _choices(self, element: Element, name: str) -> Any:
        said = self._said(items(element.get("choices")))
        return self.builder.parts(said, _("question") + f" {name}")

    def _said(
        self, found: Iterable[tuple[str, Any]]
    ) -> list[tuple[str, Mapping[str, str]]]:
        return [(code, texts(self.builder, text)) for code, text in found]

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
        low = whole(element.get("rateMin"), 1)
        high = whole(
            element.get("rateMax"), low - 1 + whole(element.get("rateCount"), 5)
        )
        self._ask(
            element,
            name,
            "rating",
            min=low,
            max=high,
            min_label=texts(self.builder, element.get("minRateDescription")),
            max_label=texts(self.builder, element.get("maxRateDescription")),
            icons=ICONS.get(str(element.get("rateType"))) if high - low < 10 else None,
        )
        return used

    def _rated_choices(
        self, element: Element, name: str, values: list[Any]
    ) -> set[str]:
        what = _("question") + f" {name}"
        choices, codes = self.builder.parts(self._said(items(values)), what)
        self._ask(element, name, "single_choice", choices=choices, codes=codes)
        self.builder.report.change(
            what, _("A rating with steps of its own became a choice.")
        )
        return {"rateValues"}

    def boolean(self, element: Element, name: str) -> set[str]:
        both = [
            ("true", element.get("labelTrue") or _("Yes")),
            ("false", element.get("labelFalse") or _("No")),
        ]
        what = _("question") + f" {name}"
        choices, codes = self.builder.parts(self._said(both), what)
        self._ask(element, name, "single_choice", choices=choices, codes=codes)
        return {"labelTrue", "labelFalse"}

    def matrix(self, element: Element, name: str) -> set[str]:
        what = _("question") + f" {name}"
        rows, _codes = self.builder.parts(self._said(items(element.get("rows"))), what)
        choices, _c = self.builder.parts(
            self._said(items(element.get("columns"))), what
        )
        self._ask(element, name, "matrix", rows=rows, choices=choices)
        return {"rows", "columns"}

    def lines(self, element: Element, name: str) -> set[str]:
        listed = element.get("items")
        named = [
            (str(one.get("name")), one.get("title") or one.get("name"))
            for one in (listed if isinstance(listed, list) else [])
            if isinstance(one, Mapping)
        ]
        what = _("question") + f" {name}"
        fields, _codes = self.builder.parts(self._said(named), what)
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
        parts = {part: number(element.get(part)) for part in ("min", "max", "step")}
        self._ask(element, name, "slider", **parts)
        return {"min", "max", "step"}


USED_OF_CHOICES = {
    *("choices", "hasOther", "showOtherItem", "otherText", "hasNone", "showNoneItem"),
    *("noneText", "choicesOrder"),
}

Handler = Callable[[Questions, Element, str], set[str]]
HANDLERS: Mapping[str, Handler] = {
    "text": Questions.text,
    "comment": Questions.comment,
    "radiogroup": Questions.single,
    "dropdown": Questions.single,
    "checkbox": Questions.multiple,
    "tagbox": Questions.multiple,
    "imagepicker": Questions.picture,
    "ranking": Questions.ranking,
    "rating": Questions.rating,
    "boolean": Questions.boolean,
    "matrix": Questions.matrix,
    "multipletext": Questions.lines,
    "html": Questions.html,
    "file": Questions.file,
    "slider": Questions.slider,
    "nouislider": Questions.slider,
}
