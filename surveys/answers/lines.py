"""Texts as people type them, and those that must be something: an address, a
number to call, a date."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

from surveys import moments, patterns
from surveys.answers.verdict import Answer, AnswerProblem, Checked, Code
from surveys.definition import Kind, Question
from surveys.definition.kinds import LINE_LENGTHS, TEXT_LENGTHS

LOCAL = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
EMAIL = re.compile(
    rf"{LOCAL}(?:\.{LOCAL})*@(?:{LABEL}\.)+[A-Za-z][A-Za-z0-9-]{{0,61}}[A-Za-z0-9]\Z"
)
LONGEST_LOCAL = 64
PHONE = re.compile(r"(?:\+[1-9][0-9]{4,14}|[0-9]{5,15})\Z")
BETWEEN_DIGITS = re.compile(r"[\s./()\u2010-\u2015-]+")
SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)
HOST = re.compile(r"[^\s/?#@:\[\]<>\"\\]+(\.[^\s/?#@:\[\]<>\"\\]+)+\Z")
NO_URL = re.compile(r"[\s<>\"\\^`{|}]")


def line(text: str) -> str:
    return " ".join(text.split("\n"))


def text(question: Question, typed: str) -> Answer | AnswerProblem:
    longest = question.max_length or TEXT_LENGTHS[question.kind]
    if len(typed) > longest:
        return AnswerProblem("too_long", {"max_length": longest, "length": len(typed)})
    if question.pattern and not patterns.fits(question.pattern, typed):
        return AnswerProblem("pattern")
    return Checked(typed)


def short_text(question: Question, typed: str) -> Answer | AnswerProblem:
    return text(question, line(typed))


def of_kind(kind: Kind, typed: str) -> str | AnswerProblem:
    """A line of the kind as it is kept."""
    longest = LINE_LENGTHS[kind]
    if len(typed) > LINE_LENGTHS[Kind.URL] or (
        kind is not Kind.PHONE and len(typed) > longest
    ):
        return AnswerProblem("too_long", {"max_length": longest, "length": len(typed)})
    made, code = NORMAL.get(kind, (line, "unreadable"))
    normal = made(typed)
    return normal if normal is not None else AnswerProblem(code)


def typed_line(question: Question, typed: str) -> Answer | AnswerProblem:
    found = of_kind(question.kind, typed)
    return found if isinstance(found, AnswerProblem) else Checked(found)


def email(typed: str) -> str | None:
    """With the host in lower case; what stands before it is the host's affair."""
    local, _at, host = typed.rpartition("@")
    address = f"{local}@{host.lower()}"
    fits = len(local) <= LONGEST_LOCAL and EMAIL.match(address)
    return address if fits else None


def phone(typed: str) -> str | None:
    """Digits alone, behind a + when the country is said: +49 (0)30 12 → +493012."""
    if typed.startswith("00"):
        typed = f"+{typed[2:]}"
    if typed.startswith("+"):
        typed = typed.replace("(0)", "", 1)
    digits = BETWEEN_DIGITS.sub("", typed)
    return digits if PHONE.match(digits) else None


def url(typed: str) -> str | None:
    """An address of the web; who leaves https:// out means it."""
    if not SCHEME.match(typed) or re.match(r"[^/]*\.[^/]*:[0-9]", typed):
        typed = f"https://{typed}"
    if (
        not typed.isprintable()
        or NO_URL.search(typed)
        or len(typed) > LINE_LENGTHS[Kind.URL]
    ):
        return None
    try:
        parts = urlsplit(typed)
        port = parts.port
    except ValueError:
        return None
    host = (parts.hostname or "").lower()
    if parts.scheme not in {"http", "https"} or "@" in parts.netloc:
        return None
    if not HOST.match(host):
        return None
    place = host if port is None else f"{host}:{port}"
    return parts._replace(netloc=place).geturl()


def moment(question: Question, typed: str) -> Answer | AnswerProblem:
    found = moments.normal(question.kind.value, typed)
    if found is None:
        return AnswerProblem(NOT_ONE[question.kind])
    if question.earliest and found < question.earliest:
        return AnswerProblem("too_early", {"earliest": question.earliest})
    if question.latest and found > question.latest:
        return AnswerProblem("too_late", {"latest": question.latest})
    return Checked(found)


NORMAL: Mapping[Kind, tuple[Callable[[str], str | None], Code]] = {
    Kind.EMAIL: (email, "not_an_email"),
    Kind.PHONE: (phone, "not_a_phone"),
    Kind.URL: (url, "not_a_url"),
}
NOT_ONE: Mapping[Kind, Code] = {
    Kind.DATE: "not_a_date",
    Kind.TIME: "not_a_time",
    Kind.DATETIME: "not_a_datetime",
}
