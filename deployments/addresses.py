"""Owns what counts as an e-mail address, and when two of them are the same."""

from __future__ import annotations

import re

import idna

LONGEST = 254
ADDRESS = re.compile(
    r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])\Z"
)

# Nobody reads what is sent there (and some of them answer by themselves).
MACHINES = frozenset(
    [
        "noreply",
        "no-reply",
        "no_reply",
        "donotreply",
        "do-not-reply",
        "do_not_reply",
        "mailer-daemon",
        "postmaster",
        "bounce",
        "bounces",
        "abuse",
        "hostmaster",
        "usenet",
        "uucp",
    ]
)
# RFC 2142 and custom: several people read what is sent there.
ROLES = frozenset(
    [
        "info",
        "marketing",
        "sales",
        "support",
        "office",
        "contact",
        "hello",
        "help",
        "helpdesk",
        "service",
        "admin",
        "administrator",
        "webmaster",
        "www",
        "security",
        "noc",
        "ftp",
        "billing",
        "accounts",
        "accounting",
        "invoices",
        "purchasing",
        "orders",
        "jobs",
        "hr",
        "team",
        "mail",
        "kontakt",
        "vertrieb",
        "buchhaltung",
        "einkauf",
        "zentrale",
        "rechnung",
    ]
)


def normal_address(text: str) -> str:
    """Return the one spelling that is stored and compared: no case, no spaces."""
    return writable(text.strip().lower())


def writable(address: str) -> str:
    """The address with its domain as mail servers write it: IDN as xn--…."""
    mailbox, at, domain = address.rpartition("@")
    if not at or domain.isascii() or len(domain) > LONGEST:
        return address
    try:
        return f"{mailbox}@{idna.encode(domain, uts46=True).decode()}"
    except (idna.IDNAError, UnicodeError):
        return address


def readable(address: str) -> str:
    """The address with its domain as people, and many other systems, write it."""
    mailbox, at, domain = address.rpartition("@")
    if "xn--" not in domain:
        return address
    try:
        return f"{mailbox}{at}{idna.decode(domain)}"
    except (idna.IDNAError, UnicodeError):
        return address


def is_address(text: str) -> bool:
    """Say whether mail can be sent there: one plain address with a full domain."""
    address = normal_address(text)
    return len(address) <= LONGEST and ADDRESS.match(address) is not None


def is_machine(email: str) -> bool:
    """Say whether no person is behind the address, such as no-reply@…."""
    return _mailbox(email) in MACHINES


def is_role(email: str) -> bool:
    """Say whether an office is behind the address, such as info@…."""
    return _mailbox(email) in ROLES


def domain_of(email: str) -> str:
    return normal_address(email).rpartition("@")[2]


def _mailbox(email: str) -> str:
    return normal_address(email).partition("@")[0].partition("+")[0]
