"""Owns the list of addresses that are not asked any more."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _

from deployments.addresses import domain_of, normal_address
from deployments.models import BlockedDomain, Suppression
from surveys.models import Survey


def suppress(
    *,
    email: str,
    reason: str,
    survey: Survey | None = None,
    note: str = "",
    now: datetime,
) -> Suppression:
    """Put the address on the list; the first entry of an address stays."""
    note = note or (f"Survey {survey.key}" if survey else "")
    entry, _created = Suppression.objects.get_or_create(
        email=normal_address(email),
        defaults={"reason": reason, "note": note[:200], "created_at": now},
    )
    return entry


def is_suppressed(email: str) -> bool:
    return Suppression.objects.filter(email=normal_address(email)).exists()


def why_suppressed(email: str) -> str:
    """Return the reason in words, or an empty string: this address may be asked."""
    entry = Suppression.objects.filter(email=normal_address(email)).first()
    return str(entry.get_reason_display()) if entry else _blocked_domain(email)


def _blocked_domain(email: str) -> str:
    """Say which domain is blocked: that of the address, or one above it."""
    parts = domain_of(email).split(".")
    above = [".".join(parts[start:]) for start in range(len(parts))]
    blocked = BlockedDomain.objects.filter(domain__in=above).first()
    return (
        _("the domain %(domain)s is blocked") % {"domain": blocked} if blocked else ""
    )
