"""Owns the networks that a key may be used from."""

from __future__ import annotations

import ipaddress

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _


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
