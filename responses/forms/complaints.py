"""What is wrong with an answer, in words that say what to do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, time

from django.utils.formats import date_format, number_format, time_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from surveys.answers import AnswerProblem
from surveys.definition import Kind, Question
from surveys.speech import Speech

Params = Mapping[str, object]
PLAIN = Speech(language="", default="")


def message(question: Question, problem: AnswerProblem, speech: Speech = PLAIN) -> str:
    """What is wrong, and what to do; of a part, with the name of the part."""
    text = _said(question, problem, speech)
    part = _part(question, str(problem.params.get("part", "")), speech)
    return f"{part}: {text}" if part else text


def _said(question: Question, problem: AnswerProblem, speech: Speech) -> str:
    if problem.code == "required":
        return _(REQUIRED.get(question.kind, CHOOSE))
    if problem.code == "pattern":
        return speech.plain(question.pattern_hint) or _("This does not fit.")
    if problem.code in FILLED:
        return FILLED[problem.code](question, problem.params)
    if problem.code in FIXED:
        return _(FIXED[problem.code])
    return _("This answer cannot be used. Please change it.")


def _part(question: Question, key: str, speech: Speech) -> str:
    for parts in (question.rows, question.fields, question.choices):
        for part in parts:
            if part.key == key:
                return speech.plain(part.label) or key
    return ""


def _out_of_range(question: Question, params: Params) -> str:
    low, high = params.get("min"), params.get("max")
    values = {"low": number(low), "high": number(high)}
    if low is None:
        return _("Give a number of %(high)s or less.") % values
    if high is None:
        return _("Give a number of %(low)s or more.") % values
    if question.kind in {Kind.NUMBER, Kind.SLIDER}:
        return _("Give a number from %(low)s to %(high)s.") % values
    return _("Choose a number from %(low)s to %(high)s.") % values


def _not_a_number(question: Question, _params: Params) -> str:
    if question.kind in {Kind.NUMBER, Kind.SLIDER}:
        return _("Write a number in digits, without separators between thousands.")
    return _("Choose one of the numbers.")


def _off_step(_question: Question, params: Params) -> str:
    if "decimals" in params:
        return _("Use at most %(count)s digits behind the point.") % {
            "count": params["decimals"]
        }
    if params.get("from") == 0 and params["step"] == 1:
        return _("Give a whole number.")
    return _("Give a number in steps of %(step)s, beginning with %(low)s.") % {
        "step": number(params["step"]),
        "low": number(params["from"]),
    }


def _too_long(_question: Question, params: Params) -> str:
    return _("This is too long. Shorten it to %(count)s characters or fewer.") % {
        "count": number(params["max_length"])
    }


def _too_early(_question: Question, params: Params) -> str:
    return earliest(params["earliest"])


def _too_late(_question: Question, params: Params) -> str:
    return latest(params["latest"])


def earliest(text: object) -> str:
    return ended(_("The earliest is %(moment)s.") % {"moment": moment(text)})


def latest(text: object) -> str:
    return ended(_("The latest is %(moment)s.") % {"moment": moment(text)})


def ended(sentence: str) -> str:
    """With one point at the end, also behind “p.m.”"""
    return sentence.replace("..", ".")


def _rank_twice(_question: Question, params: Params) -> str:
    return _("Place %(rank)s is given twice. Give each place once.") % {
        "rank": params["rank"]
    }


def _file_too_large(_question: Question, params: Params) -> str:
    return _("This file is too large. It may have up to %(size)s MB.") % {
        "size": number(params["max_size"])
    }


CHOOSE = gettext_noop("Choose an answer.")
REQUIRED: Mapping[Kind, str] = {
    Kind.MULTIPLE_CHOICE: gettext_noop("Choose at least one answer."),
    Kind.SHORT_TEXT: gettext_noop("Write an answer."),
    Kind.LONG_TEXT: gettext_noop("Write an answer."),
    Kind.NUMBER: gettext_noop("Give a number."),
    Kind.SLIDER: gettext_noop("Give a number."),
    Kind.EMAIL: gettext_noop("Write an e-mail address."),
    Kind.PHONE: gettext_noop("Write a phone number."),
    Kind.URL: gettext_noop("Write a web address."),
    Kind.DATE: gettext_noop("Give a date."),
    Kind.TIME: gettext_noop("Give a time."),
    Kind.DATETIME: gettext_noop("Give a date and a time."),
    Kind.MATRIX: gettext_noop("Choose an answer in each row."),
    Kind.RANKING: gettext_noop("Give each of them a place."),
    Kind.CONTACT: gettext_noop("Fill in at least what is required."),
    Kind.FILE: gettext_noop("Choose a file."),
}
FILLED: Mapping[str, Callable[[Question, Params], str]] = {
    "out_of_range": _out_of_range,
    "not_a_number": _not_a_number,
    "off_step": _off_step,
    "too_long": _too_long,
    "too_early": _too_early,
    "too_late": _too_late,
    "rank_twice": _rank_twice,
    "file_too_large": _file_too_large,
}


FIXED: Mapping[str, str] = {
    "unknown_choice": gettext_noop("Choose from the answers that are listed."),
    "one_answer_only": gettext_noop("Give one answer only."),
    "unreadable": gettext_noop("This holds signs that cannot be kept. Remove them."),
    "not_alone": gettext_noop("This answer stands alone. Choose it, or the others."),
    "nothing_written": gettext_noop("Say what you mean by it."),
    "row_missing": gettext_noop("Choose an answer."),
    "rank_missing": gettext_noop("Give it a place."),
    "not_an_email": gettext_noop("Write an e-mail address such as name@example.com."),
    "not_a_phone": gettext_noop(
        "Write a phone number in digits, such as +49 30 1234567."
    ),
    "not_a_url": gettext_noop("Write a web address such as www.example.com."),
    "not_a_date": gettext_noop("Give a date of the calendar, such as 2026-12-31."),
    "not_a_time": gettext_noop("Give a time of day, such as 13:45."),
    "not_a_datetime": gettext_noop("Give a date and a time of day."),
    "consent": gettext_noop("Tick the box to go on."),
    "field_missing": gettext_noop("Fill this in."),
    "unknown_file": gettext_noop("This file is not here. Choose it again."),
    "empty_file": gettext_noop("This file is empty. Choose another."),
    "wrong_file_type": gettext_noop(
        "Files of this kind are not taken. Choose another."
    ),
}


def number(value: object) -> str:
    """A number as the reader writes it; None is nothing."""
    if value is None:
        return ""
    whole = isinstance(value, float) and value == int(value)
    return number_format(int(value) if whole else value, force_grouping=True)  # type: ignore[call-overload,arg-type]


def moment(text: object) -> str:
    """A date or time as the reader writes it."""
    first, sign, second = str(text).partition("T")
    if ":" in first:
        return time_format(time.fromisoformat(first))
    if not sign:
        return date_format(date.fromisoformat(first))
    day, clock = date.fromisoformat(first), time.fromisoformat(second)
    return f"{date_format(day)}, {time_format(clock)}"
