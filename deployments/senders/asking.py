"""Asks the DNS about senders' domains; where it is asked can be set."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timedelta

import dns.exception
import dns.resolver
from django.conf import settings
from django.db.models import Q

from deployments.addresses import is_address
from deployments.models import SenderDomain
from deployments.senders.judging import Finding, Records, Wanted, judge
from deployments.senders.rates import domain_of_sender

TIMEOUT = 5.0
AGAIN = timedelta(days=1)
ABSENT = (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer)


def check(*, row: SenderDomain, now: datetime) -> tuple[Finding, ...]:
    """Ask about the domain and keep what was found."""
    wanted = wanted_of(row)
    findings = judge(wanted, ask(wanted))
    row.findings = [asdict(finding) for finding in findings]
    row.checked_at = now
    row.save(update_fields=["findings", "checked_at"])
    return findings


def check_due(*, now: datetime, limit: int = 5) -> int:
    """Look at the domains that nobody has looked at for a day."""
    due = SenderDomain.objects.filter(
        Q(checked_at=None) | Q(checked_at__lte=now - AGAIN)
    )
    return len([check(row=row, now=now) for row in due.order_by("checked_at")[:limit]])


def know(*, sender_email: str) -> SenderDomain | None:
    """Keep an eye on the domain of a sender from now on."""
    domain = domain_of_sender(sender_email)
    if not is_address(f"x@{domain}"):
        return None
    row, _made = SenderDomain.objects.get_or_create(domain=domain)
    return row


def wanted_of(row: SenderDomain) -> Wanted:
    return Wanted(
        domain=row.domain,
        spf_mechanism=row.spf_mechanism.strip() or _our_mechanism(),
        dkim_selector=row.dkim_selector,
        dkim_value=row.dkim_value,
    )


def _our_mechanism() -> str:
    """The server that we hand mail to, where it is one of its own."""
    host = str(getattr(settings, "EMAIL_HOST", "") or "")
    return "mx" if host in {"", "localhost", "127.0.0.1"} else f"a:{host}"


def ask(wanted: Wanted) -> Records:
    domain = wanted.domain
    key = f"{wanted.dkim_selector}._domainkey.{domain}"
    return Records(
        spf=texts(domain),
        dkim=texts(key) if wanted.dkim_selector else (),
        dmarc=_dmarc(domain),
        takes_mail=_takes_mail(domain),
    )


def texts(name: str) -> Sequence[str] | None:
    """The TXT records of a name, each in one piece; None: nobody answered."""
    try:
        answer = _resolver().resolve(name, "TXT")
    except ABSENT:
        return ()
    except (dns.exception.DNSException, OSError):
        return None
    return tuple(b"".join(row.strings).decode("utf-8", "replace") for row in answer)


def _dmarc(domain: str) -> Sequence[str] | None:
    """Of the domain itself, else of the one above it: that counts for both."""
    own = texts(f"_dmarc.{domain}")
    above = domain.partition(".")[2]
    if own or own is None or "." not in above:
        return own
    return texts(f"_dmarc.{above}")


def _takes_mail(domain: str) -> bool | None:
    resolver = _resolver()
    for kind in ("MX", "A", "AAAA"):
        try:
            answer = resolver.resolve(domain, kind)
        except ABSENT:
            continue
        except (dns.exception.DNSException, OSError):
            return None
        return not (kind == "MX" and str(answer[0].exchange) == ".")
    return False


def _resolver() -> dns.resolver.Resolver:
    if not settings.DNS_SERVER:
        found = dns.resolver.Resolver()
    else:
        host, _colon, port = settings.DNS_SERVER.rpartition(":")
        found = dns.resolver.Resolver(configure=False)
        found.nameservers, found.port = [host.strip("[]")], int(port)
    found.timeout = found.lifetime = TIMEOUT
    return found
