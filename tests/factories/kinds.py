"""A question of every kind, as documents, and an answer that each of them takes."""

from __future__ import annotations

from typing import Any

from tests.factories.pictures import pictured

CHOICES = [
    {"key": "red", "label": {"en": "Red", "de": "Rot"}, "score": 1},
    {"key": "green", "label": {"en": "Green", "de": "Grün"}, "score": 2},
    {"key": "blue", "label": {"en": "Blue", "de": "Blau"}, "score": 3},
]


def of_kind(kind: str, key: str = "", **options: Any) -> dict[str, Any]:
    """A question of the kind with what it needs."""
    return {
        "key": key or kind,
        "kind": kind,
        "text": {"en": f"A question of the kind {kind}?"},
        **NEEDED.get(kind, {}),
        **options,
    }


NEEDED: dict[str, dict[str, Any]] = {
    "single_choice": {"choices": CHOICES},
    "multiple_choice": {
        "choices": [
            *CHOICES,
            {"key": "none", "label": {"en": "None of these"}, "exclusive": True},
        ]
    },
    "matrix": {
        "choices": CHOICES,
        "rows": [
            {"key": "speed", "label": {"en": "Speed"}},
            {"key": "price", "label": {"en": "Price"}},
        ],
    },
    "ranking": {"choices": CHOICES},
    "number": {"min": 0, "max": 200, "unit": {"en": "kg"}},
    "slider": {"min": 0, "max": 100, "step": 5},
    "date": {"earliest": "2020-01-01", "latest": "2030-12-31"},
    "contact": {
        "fields": [
            {"key": "name", "label": {"en": "Name"}, "required": True},
            {"key": "email", "label": {"en": "E-mail"}, "kind": "email"},
            {"key": "phone", "label": {"en": "Phone"}, "kind": "phone"},
        ]
    },
}
# Kind -> the fields of a form, and the canonical answer that they give.
ANSWERS: dict[str, tuple[dict[str, list[str]], Any]] = {
    "nps": ({"": ["9"]}, 9),
    "rating": ({"": ["4"]}, 4),
    "single_choice": ({"": ["green"]}, "green"),
    "multiple_choice": ({"": ["blue", "red"]}, ["red", "blue"]),
    "matrix": (
        {"speed": ["red"], "price": ["blue"]},
        {"speed": "red", "price": "blue"},
    ),
    "ranking": (
        {"red": ["2"], "green": ["3"], "blue": ["1"]},
        ["blue", "red", "green"],
    ),
    "short_text": ({"": ["Quick"]}, "Quick"),
    "long_text": ({"": ["Quick\r\nand good"]}, "Quick\nand good"),
    "number": ({"": ["82,5"]}, 82.5),
    "slider": ({"": ["35"]}, 35),
    "email": ({"": ["Ada@Example.COM"]}, "Ada@example.com"),
    "phone": ({"": ["+49 (0)30 123-4567"]}, "+49301234567"),
    "url": ({"": ["example.com/a"]}, "https://example.com/a"),
    "date": ({"": ["2026-02-28"]}, "2026-02-28"),
    "time": ({"": ["9:05"]}, "09:05"),
    "datetime": ({"": ["2026-02-28T09:05"]}, "2026-02-28T09:05"),
    "contact": (
        {"name": ["Ada"], "email": ["ada@example.com"], "phone": [""]},
        {"name": "Ada", "email": "ada@example.com"},
    ),
    "consent": ({"": ["true"]}, True),
    "file": (
        {"": ["0b9f1c52-7a5e-4a43-9a67-3f3f2f3f7d11"]},
        "0b9f1c52-7a5e-4a43-9a67-3f3f2f3f7d11",
    ),
}
EVERY_KIND = [*ANSWERS, "statement"]
# Each kind in its other looks.
LOOKS: list[dict[str, Any]] = [
    of_kind("rating", "stars", icons="stars"),
    of_kind("rating", "faces", icons="faces"),
    of_kind("single_choice", "dropdown", display="dropdown"),
    of_kind("single_choice", "open_list", other=True),
    of_kind("single_choice", "open_dropdown", display="dropdown", other=True),
    of_kind("single_choice", "pictures", display="image", choices=pictured(CHOICES)),
    of_kind("multiple_choice", "open_boxes", other=True, columns=2),
]


def every_kind() -> list[dict[str, Any]]:
    return [of_kind(kind) for kind in EVERY_KIND] + LOOKS


def form_of(document: dict[str, Any], raw: dict[str, list[str]]) -> dict[str, Any]:
    """The fields of a form that send `raw` for the question."""
    key = document["key"]
    return {f"{key}.{part}" if part else key: values for part, values in raw.items()}
