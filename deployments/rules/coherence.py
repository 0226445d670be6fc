"""Owns which values of a deployment make sense, each by itself and beside the others.

Pure. The admin's form and the document ask here, so that both refuse the same.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import date
from typing import Any

from deployments.addresses import is_address
from deployments.rules import hosts
from deployments.rules.windows import EVERY_DAY
from surveys.wording import gettext as _

MOST_DATES = 400
LONGEST_NAME = 200
# Texts by language, and how long one may be; names of fields by what they fill.
TEXTS = {
    "subject": 200,
    "body": 5_000,
    "closed_message": 1_000,
    "purpose": 1_000,
    "privacy_notice": 10_000,
}
NAMES = ("records", "variables")
WEB = "web"  # the channel by which nothing is mailed


def misshapen(values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Name each value of JSON that has not the form that is counted on, and why."""
    for name, value in values.items():
        if name in TEXTS and not _are_texts(value, TEXTS[name]):
            text = _("Write texts by language, none longer than %(most)s characters.")
            yield name, text % {"most": TEXTS[name]}
        if name in NAMES and not _are_texts(value, LONGEST_NAME):
            yield name, _("Write names with the field that each is read from.")
        if name == "send_days" and not all(_is_weekday(day) for day in value):
            yield name, _("Write days as numbers from 1, Monday, to 7.")
        if name == "holidays":
            if len(value) > MOST_DATES:
                yield name, _("That are more dates than a list holds: 400.")
            elif not all(_is_date(day) for day in value):
                yield name, _("Write dates such as 2026-12-25.")


def contradictions(
    values: Mapping[str, Any], *, declared: Collection[str]
) -> Iterator[tuple[str, str]]:
    """Name each value that the others do not allow, and why. `declared` are the
    variables of the survey; a value that is not there contradicts nothing."""
    for first, last in (("opens_at", "closes_at"), ("send_from", "send_until")):
        opens, closes = values.get(first), values.get(last)
        if opens and closes and closes <= opens:
            yield last, _("It closes before it opens.")
    if values.get("kiosk") and values.get("once_per_person"):
        yield "once_per_person", _("A kiosk takes one response after the other.")
    mails = values.get("channel") != WEB
    if mails and values.get("test_mode") and not values.get("test_address"):
        yield "test_address", _("Say where the mails of a test go.")
    if values.get("asks_consent") and not values.get("privacy_notice"):
        yield "privacy_notice", _("Say what people agree to.")
    sender = values.get("sender_email")
    if sender and not is_address(sender):
        yield "sender_email", _("Mail cannot be sent from this address.")
    yield from _of_the_end(values, declared)


def _of_the_end(
    values: Mapping[str, Any], declared: Collection[str]
) -> Iterator[tuple[str, str]]:
    address = values.get("end_url") or ""
    named = hosts.host_of(address) if address else ""
    if named and named not in (values.get("end_hosts") or []):
        text = _("Add %(host)s, to which the address leads.")
        yield "end_hosts", text % {"host": named}
    for name in hosts.places(address):
        if name not in {*declared, *hosts.OWN_VALUES}:
            text = _("The survey has no variable “%(name)s”.")
            yield "end_url", text % {"name": name}


def _are_texts(value: Mapping[Any, Any], longest: int) -> bool:
    return all(
        isinstance(text, str) and len(text) <= longest and _is_name(name)
        for name, text in value.items()
    )


def _is_name(name: object) -> bool:
    return isinstance(name, str) and 0 < len(name) <= LONGEST_NAME


def _is_weekday(day: object) -> bool:
    return type(day) is int and day in EVERY_DAY


def _is_date(day: object) -> bool:
    try:
        return isinstance(day, str) and date.fromisoformat(day).isoformat() == day
    except ValueError:
        return False
