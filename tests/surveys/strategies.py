"""Hypothesis strategies for documents, answers and hostile values."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

KINDS = [
    *("nps", "rating", "single_choice", "multiple_choice", "matrix", "ranking"),
    *("short_text", "long_text", "number", "slider", "email", "phone", "url"),
    *("date", "time", "datetime", "contact", "consent", "file", "statement"),
]
# What is piped into a text is drawn where there is something to pipe.
printable = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")),
    min_size=1,
    max_size=20,
).filter(lambda text: text.strip() and "{{" not in text)
texts = st.fixed_dictionaries({"en": printable}, optional={"de": printable})
hostile_texts = st.one_of(
    st.text(),
    st.text(st.characters()),
    st.sampled_from(
        ["\x00", "a\x00b", "\ud800", "1e9", "٣", "-1", "+5", " 7 ", "9" * 5000, "\r\n"]
    ),
)
json_values: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=10)
    | st.dates()
    | st.datetimes(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)
scalars = st.one_of(
    st.booleans(),
    st.integers(-1000, 1000),
    st.floats(-1e6, 1e6),
    st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), max_size=10),
    st.sampled_from(["3", "2026-01-31", "2026-01-31T10:00:00Z", "true", "a@b.example"]),
)


@st.composite
def comparisons(draw: st.DrawFn) -> dict[str, Any]:
    source = draw(st.sampled_from(["question", "variable", "field", "response"]))
    op = draw(
        st.sampled_from(
            [
                "eq",
                "ne",
                "lt",
                "le",
                "gt",
                "ge",
                "in",
                "not_in",
                "contains",
                "answered",
                "blank",
                "starts_with",
                "matches_domain",
                "within_days",
            ]
        )
    )
    document: dict[str, Any] = {
        source: draw(st.sampled_from(["q0", "q1", "q2", "agent"])),
        "op": op,
    }
    if draw(st.booleans()):
        document["facet"] = draw(st.sampled_from(["value", "group", "has:c0", "keys"]))
    if op in {"in", "not_in"}:
        document["value"] = draw(st.lists(scalars, min_size=1, max_size=3))
    elif op == "within_days":
        document["value"] = draw(st.integers(0, 400))
    elif op not in {"answered", "blank"}:
        document["value"] = draw(scalars)
    return document


conditions = st.recursive(
    comparisons(),
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: {"all": parts}),
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: {"any": parts}),
        inner.map(lambda part: {"not": part}),
    ),
    max_leaves=5,
)


@st.composite
def questions(draw: st.DrawFn, key: str, earlier: list[dict[str, Any]]) -> Any:
    kind = draw(st.sampled_from(KINDS))
    document: dict[str, Any] = {"key": key, "kind": kind, "text": draw(texts)}
    if kind != "statement":
        document["required"] = draw(st.booleans())
    if kind == "rating":
        document["min"] = draw(st.integers(0, 3))
        document["max"] = draw(st.integers(4, 12))
        document["max_label"] = draw(texts)
    if kind.endswith("_choice") or kind in {"matrix", "ranking"}:
        least = 2 if kind == "ranking" else 1
        document["choices"] = [
            {"key": f"c{index}", "label": draw(texts), "score": index}
            for index in range(draw(st.integers(least, 4)))
        ]
    if kind.endswith("_choice"):
        document["other"] = draw(st.booleans())
        document["random"] = draw(st.booleans())
    if kind == "matrix":
        document["rows"] = [
            {"key": f"r{index}", "label": draw(texts)}
            for index in range(draw(st.integers(1, 3)))
        ]
    if kind == "contact":
        document["fields"] = [
            {"key": "name", "label": draw(texts), "required": draw(st.booleans())},
            {"key": "mail", "label": draw(texts), "kind": "email"},
        ]
    if kind == "number" and draw(st.booleans()):
        document["step"] = draw(st.sampled_from([1, 0.5]))
    if kind.endswith("_text"):
        document["max_length"] = draw(st.integers(1, 40))
    rule = draw(st.none() | rules(earlier))
    return document if rule is None else document | {"show_if": rule}


@st.composite
def rules(draw: st.DrawFn, earlier: list[dict[str, Any]]) -> dict[str, Any]:
    """A rule that is allowed behind the earlier questions."""
    asked = [question for question in earlier if question["kind"] != "statement"]
    if not asked or draw(st.booleans()):
        return {"variable": "agent", "op": draw(st.sampled_from(["blank", "answered"]))}
    question = draw(st.sampled_from(asked))
    if question["kind"] in {"nps", "rating"}:
        op = draw(st.sampled_from(["eq", "ne", "lt", "ge"]))
        low, high = question.get("min", 0), question.get("max", 10)
        value = draw(st.integers(low + 1, high))
        return {"question": question["key"], "op": op, "value": value}
    if question["kind"] == "multiple_choice":
        return {"question": question["key"], "op": "contains", "value": "c0"}
    if question["kind"] == "single_choice":
        return {"not": {"question": question["key"], "op": "eq", "value": "c0"}}
    return {"question": question["key"], "op": "answered"}


@st.composite
def ways(
    draw: st.DrawFn, earlier: list[dict[str, Any]], number: int, total: int
) -> dict[str, Any]:
    """A rule behind a page: to a later one, or to an end."""
    rule = draw(rules(earlier))
    if number + 1 < total and draw(st.booleans()):
        place = draw(st.integers(number + 1, total - 1))
        return {"if": rule, "go_to": f"p{place}"}
    return {"if": rule, draw(st.sampled_from(["end", "screen_out"])): True}


@st.composite
def documents(draw: st.DrawFn) -> dict[str, Any]:
    earlier: list[dict[str, Any]] = []
    pages = []
    total = draw(st.integers(1, 4))
    for number in range(total):
        page: dict[str, Any] = {"key": f"p{number}", "questions": []}
        rule = draw(st.none() | rules(list(earlier)))
        if rule is not None:
            page["show_if"] = rule
        for _index in range(draw(st.integers(1, 3))):
            question = draw(questions(f"q{len(earlier)}", list(earlier)))
            page["questions"].append(question)
            earlier.append(question)
        way = draw(st.none() | ways(list(earlier), number, total))
        if way is not None:
            page["next"] = [way]
        pages.append(page)
    return {
        "key": "any-survey",
        "title": draw(texts),
        "variables": [{"key": "agent", "label": "Agent", "open": draw(st.booleans())}],
        "pages": pages,
    }


answers = st.dictionaries(
    st.sampled_from([f"q{index}" for index in range(12)]),
    st.one_of(
        st.integers(0, 10),
        st.sampled_from(["c0", "c1", "text"]),
        st.just(["c0", "c1"]),
        json_values,
    ),
    max_size=12,
)
variables = st.dictionaries(st.sampled_from(["agent", "other"]), st.text(), max_size=2)


def raw_answers(  # noqa: C901, PLR0911, PLR0912 - a case for each kind
    question: Any,
) -> st.SearchStrategy[Any]:
    """What a form may send for a question of any kind, mostly what is right."""
    keys = st.sampled_from([choice.key for choice in question.choices] or [""])
    written = st.sampled_from(["", "Something else", "x" * 255])
    lines = st.sampled_from(
        ["", "Ada", "ada@Example.com", "+49 30 1234567", "a.example"]
    )
    match question.kind.value:
        case "single_choice":
            return st.fixed_dictionaries(
                {
                    "": st.lists(keys, max_size=1),
                    "other": written.map(lambda one: [one]),
                }
            )
        case "multiple_choice":
            return st.fixed_dictionaries(
                {"": st.lists(keys), "other": written.map(lambda one: [one])}
            )
        case "matrix":
            names = [row.key for row in question.rows]
            return st.fixed_dictionaries(
                {name: st.lists(keys, max_size=1) for name in names}
            )
        case "ranking":
            names = [choice.key for choice in question.choices]
            places = st.permutations([str(n) for n, _key in enumerate(names, 1)])
            return places.map(
                lambda given: {
                    name: [place] for name, place in zip(names, given, strict=True)
                }
            )
        case "contact":
            names = [one.key for one in question.fields]
            return st.fixed_dictionaries(
                {name: lines.map(lambda one: [one]) for name in names}
            )
        case "nps" | "rating":
            return st.lists(st.integers(0, 12).map(str), max_size=1)
        case "number" | "slider":
            numbers = st.one_of(
                st.integers(-1000, 10**15 - 1).map(str),
                st.decimals(-1000, 10**8, places=6).map(lambda one: f"{one:f}"),
            )
            return st.lists(numbers, max_size=1)
        case "date":
            return st.lists(st.dates().map(str), max_size=1)
        case "time":
            return st.lists(st.times().map(lambda one: f"{one:%H:%M:%S}"), max_size=1)
        case "datetime":
            moments = st.datetimes().map(lambda one: one.isoformat("T", "seconds"))
            return st.lists(moments, max_size=1)
        case "consent":
            return st.sampled_from([[], ["true"], ["false"]])
        case "file":
            return st.lists(st.uuids().map(str), max_size=1)
        case "email" | "phone" | "url":
            return st.lists(st.one_of(lines, hostile_texts), max_size=1)
        case _:
            return st.lists(hostile_texts, max_size=1)
