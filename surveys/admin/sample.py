"""A short survey that shows what a theme changes, in the reader's language."""

from __future__ import annotations

from functools import lru_cache

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from surveys import definition as definitions
from surveys.definition import Definition


def sample() -> Definition:
    return _sample(get_language() or "en")


@lru_cache(maxsize=8)
def _sample(language: str) -> Definition:
    def say(text: str) -> dict[str, str]:
        return {language: text}

    choices = [
        {"key": "fast", "label": say(_("It was quick"))},
        {"key": "kind", "label": say(_("People were kind"))},
        {"key": "price", "label": say(_("The price was fair"))},
    ]
    first = [
        {
            "key": "nps",
            "kind": "nps",
            "text": say(_("Would you recommend us?")),
            "min_label": say(_("not at all")),
            "max_label": say(_("very much")),
        },
        {
            "key": "liked",
            "kind": "single_choice",
            "text": say(_("What did you like best?")),
            "choices": choices,
        },
        {
            "key": "name",
            "kind": "short_text",
            "text": say(_("Your name")),
            "help": say(_("If you like to tell us.")),
        },
    ]
    stars = {
        "key": "stars",
        "kind": "rating",
        "icons": "stars",
        "required": True,
        "text": say(_("How was it, all in all?")),
    }
    document = {
        "key": "sample",
        "title": say(_("How was your visit?")),
        "default_language": language,
        "pages": [
            {"key": "p1", "questions": first},
            {"key": "p2", "questions": [stars]},
            {"key": "p3", "questions": [{**stars, "key": "again"}]},
        ],
    }
    return definitions.parse(document)
