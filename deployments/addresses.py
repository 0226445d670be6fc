"""Owns what counts as an e-mail address, and when two of them are the same."""

from __future__ import annotations

import re

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
    return text.strip().lower()


def is_address(text: str) -> bool:
    """Say whether mail can be sent there: one plain address with a full domain."""
    return len(text) <= LONGEST and ADDRESS.match(normal_address(text)) is not None


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
