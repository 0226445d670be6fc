"""The ten questions that every system under test carries, and how they are answered."""

from __future__ import annotations

import random
from typing import Any

AGAIN = "How likely are you to recommend us to a friend or colleague?"
QUESTIONS: list[tuple[str, str, str, list[str]]] = [
    ("q01", "nps", AGAIN, [str(step) for step in range(11)]),
    (
        *("q02", "single", "How did you hear about us?"),
        ["Web search", "Friend", "Advert", "Event", "Other"],
    ),
    (
        *("q03", "single", "Which product do you use most?"),
        ["Alpha", "Beta", "Gamma", "Delta", "None"],
    ),
    (
        *("q04", "single", "How often do you use it?"),
        ["Daily", "Weekly", "Monthly", "Yearly", "Never"],
    ),
    (
        *("q05", "multi", "Which features do you use?"),
        ["Reports", "Export", "API", "Mobile", "Sharing"],
    ),
    (
        *("q06", "multi", "Which channels should we use to reach you?"),
        ["Email", "Phone", "Post", "Text message", "None"],
    ),
    ("q07", "rating", "Rate the ease of use", ["1", "2", "3", "4", "5"]),
    ("q08", "rating", "Rate the support you received", ["1", "2", "3", "4", "5"]),
    ("q09", "rating", "Rate the value for money", ["1", "2", "3", "4", "5"]),
    ("q10", "text", "What could we do better?", []),
]
SAID = (
    "the support team answered quickly but the export took longer than we hoped and "
    "the report page was hard to read on a phone so please make it simpler faster and "
    "clearer for new people"
)


def typed(rng: random.Random) -> list[tuple[str, str]]:
    """What one respondent's form sends: options by their place, the words as they are."""
    words, sent = SAID.split(), list[tuple[str, str]]()
    for key, kind, _text, options in QUESTIONS:
        if kind == "text":
            sent.append((key, " ".join(rng.choice(words) for _ in range(24))))
        elif kind == "multi":
            chosen = sorted(rng.sample(range(5), rng.randint(1, 3)))
            sent.extend((key, f"c{place}") for place in chosen)
        elif kind == "single":
            sent.append((key, f"c{rng.randrange(len(options))}"))
        else:
            sent.append((key, rng.choice(options)))
    return sent


def document() -> dict[str, Any]:
    """The survey as Tellback publishes it, on one page."""
    return {
        "key": "ten-questions",
        "title": {"en": "How are we doing?"},
        "default_language": "en",
        "variables": [],
        "pages": [
            {"key": "p1", "questions": [_question(*asked) for asked in QUESTIONS]}
        ],
    }


def _question(key: str, kind: str, text: str, options: list[str]) -> dict[str, Any]:
    question: dict[str, Any] = {"key": key, "kind": kind, "text": {"en": text}}
    if kind == "text":
        question["kind"] = "long_text"
    elif kind == "rating":
        question |= {"min": 1, "max": 5}
    elif kind in {"single", "multi"}:
        question["kind"] = f"{'multiple' if kind == 'multi' else kind}_choice"
        question["choices"] = [
            {"key": f"c{place}", "label": {"en": label}}
            for place, label in enumerate(options)
        ]
    return question
