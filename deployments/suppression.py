"""Owns the list of addresses that are not asked any more."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from deployments.addresses import domain_of, normal_address
from deployments.models import BlockedDomain, Suppression
from deployments.signals import address_suppressed
from surveys.models import Survey

# What a person wants counts more than what was found out without him.
WISHES = frozenset({Suppression.Reason.OPTED_OUT, Suppression.Reason.COMPLAINED})


@transaction.atomic
def suppress(
    *,
    email: str,
    reason: str,
    survey: Survey | None = None,
    note: str = "",
    source: str = "",
    now: datetime,
) -> Suppression:
    """Put the address on the list, once for each source.

    The first reason stays, unless the person himself says so only now.
    """
    note = note or (f"Survey {survey.key}" if survey else "")
    told = {"reason": reason, "note": note[:200], "created_at": now}
    entry, is_news = Suppression.objects.get_or_create(
        email=normal_address(email), source=source, defaults=told
    )
    if not is_news and reason in WISHES:
        rows = Suppression.objects.filter(pk=entry.pk).exclude(reason__in=WISHES)
        is_news = bool(rows.update(**told))
        entry.refresh_from_db()
    if is_news:
        address_suppressed.send(Suppression, suppression=entry)
    return entry


def lift(*, emails: Collection[str], source: str) -> int:
    """Take addresses off the list that this source, and nobody else, had put there."""
    wanted = {normal_address(email) for email in emails}
    told = Suppression.objects.filter(
        email__in=wanted, reason=Suppression.Reason.CRM, source=source
    )
    return told.delete()[0]


def is_suppressed(email: str) -> bool:
    return Suppression.objects.filter(email=normal_address(email)).exists()


def why_suppressed(email: str) -> str:
    """Return the reason in words, or an empty string: this address may be asked."""
    return suppressed([email]).get(email, "")


def suppressed(emails: Sequence[str]) -> dict[str, str]:
    """Return those of the addresses that are not to be asked, with the reason."""
    wanted = {normal_address(email) for email in emails}
    entries = {
        row.email: str(row.get_reason_display())
        # What we know ourselves comes last, and is said.
        for row in Suppression.objects.filter(email__in=wanted).order_by("-source")
    }
    above = {domain for email in wanted for domain in _domains(email)}
    blocked = set(
        BlockedDomain.objects.filter(domain__in=above).values_list("domain", flat=True)
    )
    reasons = {
        email: entries.get(normal_address(email)) or _blocked(email, blocked)
        for email in emails
    }
    return {email: reason for email, reason in reasons.items() if reason}


def _blocked(email: str, blocked: Collection[str]) -> str:
    """Say which domain is blocked: that of the address, or one above it."""
    found = next((domain for domain in _domains(email) if domain in blocked), "")
    return _("the domain %(domain)s is blocked") % {"domain": found} if found else ""


def _domains(email: str) -> list[str]:
    parts = domain_of(email).split(".")
    return [".".join(parts[start:]) for start in range(len(parts))]
