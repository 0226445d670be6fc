"""Which addresses of other sites a deployment may show itself on, or lead to.

Pure: an address is taken apart by the rules of browsers, and whatever is not plainly
a site of the web is refused.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from urllib.parse import quote, urlsplit

HOST = re.compile(r"(?=.{1,253}\Z)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9-]+\Z")
PLACE = re.compile(r"\{\{\s*([a-z][a-z0-9_]*)\s*\}\}")
OWN_VALUES = ("response", "language")
LONGEST = 2000
LOCAL = {"localhost", "127.0.0.1"}


def is_host(text: object) -> bool:
    """www.example.com, perhaps with a port; no scheme, no path, no asterisk."""
    if not isinstance(text, str):
        return False
    name, colon, port = text.partition(":")
    return bool(HOST.match(name)) and (not colon or (port.isascii() and port.isdigit()))


def is_site(text: object) -> bool:
    """https://www.example.com as browsers compare it; plain http only for localhost."""
    if not isinstance(text, str):
        return False
    scheme, mark, host = text.partition("://")
    if not mark or not is_host(host):
        return False
    return scheme == "https" or (scheme == "http" and host.split(":")[0] in LOCAL)


def places(address: str) -> list[str]:
    """The names of values that the address asks for."""
    return PLACE.findall(address)


def is_end(address: str) -> bool:
    """An address whose host stands fast, or one value that is the whole address."""
    if PLACE.fullmatch(address):
        return True
    site = address.split("/", 3)
    return len(site) > 2 and is_site("/".join(site[:3])) and _is_plain(address)


def filled(
    address: str, values: Mapping[str, object], hosts: Sequence[str]
) -> str | None:
    """The address with its values, if it leads to one of the hosts; else None.

    What a respondent may have typed is only ever a piece of the query or path, or, as
    a whole address, one of the hosts that were listed.
    """
    whole = PLACE.fullmatch(address)
    if whole:
        found = str(values.get(whole[1], ""))
    else:
        found = PLACE.sub(lambda one: quote(str(values.get(one[1], "")), ""), address)
    if len(found) > LONGEST or not _is_plain(found):
        return None
    parts = urlsplit(found)
    site = f"{parts.scheme}://{parts.netloc.lower()}"
    return found if is_site(site) and parts.netloc.lower() in hosts else None


def host_of(address: str) -> str:
    """The host that the address names by itself; none when it is a value."""
    return "" if PLACE.fullmatch(address) else urlsplit(address).netloc.lower()


def _is_plain(address: str) -> bool:
    """Nothing that browsers read in another way than we do."""
    return all(
        "!" <= sign <= "~" and sign not in "\\<>\"'" for sign in PLACE.sub("", address)
    )
