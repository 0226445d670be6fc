"""Owns from where a call came: behind so many proxies, as the last of them says."""

from __future__ import annotations

import ipaddress

from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext as _


def address(request: HttpRequest) -> str:
    """The address of the caller. What stands further left in `X-Forwarded-For` than
    our own proxies wrote is the caller's invention."""
    proxies: int = settings.TRUSTED_PROXIES
    if not proxies:
        return str(request.META.get("REMOTE_ADDR", ""))
    told = [
        part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",")
    ]
    return told[-proxies] if len(told) >= proxies else ""


def is_within(address: str, networks: str) -> bool:
    """Is the address in one of the networks? Without any, everybody is."""
    wanted = networks.split()
    if not wanted:
        return True
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped:
        ip = ip.ipv4_mapped
    return any(ip in ipaddress.ip_network(one) for one in wanted)


def check_networks(text: str) -> None:
    for word in text.split():
        try:
            ipaddress.ip_network(word)
        except ValueError as error:
            raise ValidationError(
                _("“%(word)s” is no network such as 192.0.2.0/24 or 2001:db8::/32.")
                % {"word": word[:60]}
            ) from error
