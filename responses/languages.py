"""Which of a survey's languages a respondent reads."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

OWN_NAMES = {
    "ar": "العربية",
    "bg": "Български",
    "ca": "Català",
    "cs": "Čeština",
    "da": "Dansk",
    "de": "Deutsch",
    "el": "Ελληνικά",
    "en": "English",
    "es": "Español",
    "et": "Eesti",
    "fa": "فارسی",
    "fi": "Suomi",
    "fr": "Français",
    "he": "עברית",
    "hi": "हिन्दी",
    "hr": "Hrvatski",
    "hu": "Magyar",
    "id": "Bahasa Indonesia",
    "it": "Italiano",
    "ja": "日本語",
    "ko": "한국어",
    "lt": "Lietuvių",
    "lv": "Latviešu",
    "nb": "Norsk bokmål",
    "nl": "Nederlands",
    "no": "Norsk",
    "pl": "Polski",
    "pt": "Português",
    "ro": "Română",
    "ru": "Русский",
    "sk": "Slovenčina",
    "sl": "Slovenščina",
    "sr": "Српски",
    "sv": "Svenska",
    "th": "ไทย",
    "tr": "Türkçe",
    "uk": "Українська",
    "ur": "اردو",
    "vi": "Tiếng Việt",
    "zh": "中文",
}


def choose(wanted: Iterable[str], available: Sequence[str], default: str) -> str:
    """The first wanted language that the survey speaks; else the default."""
    for language in wanted:
        found = match(language, available)
        if found:
            return found
    return default


def match(language: str, available: Sequence[str]) -> str | None:
    """The language itself, its base (de-AT: de), or a relative (de: de-CH)."""
    asked = language.strip().lower().replace("_", "-")
    if not asked:
        return None
    by_code = {code.lower(): code for code in available}
    if asked in by_code:
        return by_code[asked]
    base = asked.split("-", 1)[0]
    if base in by_code:
        return by_code[base]
    relatives = (code for key, code in by_code.items() if key.split("-")[0] == base)
    return next(relatives, None)


def own_name(language: str) -> str:
    """What a language calls itself; its code where nobody wrote that down."""
    return OWN_NAMES.get(language.lower().split("-", 1)[0], language)
