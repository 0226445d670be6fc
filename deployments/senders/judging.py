"""Judges what the DNS says of a sender's domain, and writes the lines that it lacks.

Pure: records in, findings out. The lines are as a zone file has them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from surveys.wording import gettext as _

MOST_LOOKUPS = 10  # RFC 7208, 4.6.4
LOOKED_UP = re.compile(r"[+?~-]?(?:include:|a\b|mx\b|ptr\b|exists:)|redirect=")
ALL = re.compile(r"([+?~-]?)all\Z", re.IGNORECASE)
LONGEST_STRING = 255


class State(StrEnum):
    GOOD = "good"
    MISSING = "missing"
    WRONG = "wrong"
    UNKNOWN = "unknown"  # it could not be asked, or nobody said what for


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What the domain should say."""

    domain: str
    spf_mechanism: str  # such as include:spf.provider.com
    dkim_selector: str = ""
    dkim_value: str = ""  # a TXT value, or the name that a CNAME leads to


@dataclass(frozen=True, slots=True, kw_only=True)
class Records:
    """What the DNS says; None: it did not answer."""

    spf: Sequence[str] | None
    dkim: Sequence[str] | None
    dmarc: Sequence[str] | None
    takes_mail: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    record: str  # SPF, DKIM, DMARC or MX
    state: State
    said: str
    line: str = ""  # what to add, or to put in place of what is there


def judge(wanted: Wanted, records: Records) -> tuple[Finding, ...]:
    return (
        _spf(wanted, records.spf),
        _dkim(wanted, records.dkim),
        _dmarc(wanted, records.dmarc),
        _mx(wanted, records.takes_mail),
    )


def _silent(record: str) -> Finding:
    text = _("The DNS did not answer. Check again later.")
    return Finding(record=record, state=State.UNKNOWN, said=text)


def _spf(wanted: Wanted, found: Sequence[str] | None) -> Finding:
    if found is None:
        return _silent("SPF")
    records = [text for text in found if text.lower().split(" ")[0] == "v=spf1"]
    line = _txt(wanted.domain, f"v=spf1 {wanted.spf_mechanism} ~all")
    if not records:
        said = _("Nothing says who may send mail for the domain. Add this line.")
        return Finding(record="SPF", state=State.MISSING, said=said, line=line)
    if len(records) > 1:
        said = _("There are several SPF records, which counts as none. Keep this one.")
        merged = " ".join(dict.fromkeys(_parts(records)))
        line = _txt(wanted.domain, f"v=spf1 {merged} ~all")
        return Finding(record="SPF", state=State.WRONG, said=said, line=line)
    return _one_spf(wanted, records[0])


def _parts(records: Sequence[str]) -> Iterator[str]:
    for record in records:
        for part in record.split()[1:]:
            if not ALL.match(part):
                yield part


def _one_spf(wanted: Wanted, record: str) -> Finding:
    parts = record.split()
    ends = [found[1] for part in parts if (found := ALL.match(part))]
    if "+" in ends or "" in ends:
        said = _("It lets everybody send for the domain. Put this line in its place.")
        line = _txt(wanted.domain, " ".join([*_with(parts, wanted)[:-1], "~all"]))
        return Finding(record="SPF", state=State.WRONG, said=said, line=line)
    if wanted.spf_mechanism.lower() not in map(str.lower, parts):
        said = _("Our mail server is not in it. Put this line in its place.")
        line = _txt(wanted.domain, " ".join(_with(parts, wanted)))
        return Finding(record="SPF", state=State.WRONG, said=said, line=line)
    if sum(LOOKED_UP.match(part.lower()) is not None for part in parts) > MOST_LOOKUPS:
        said = _("It asks for more than 10 other records, which mail servers refuse.")
        return Finding(record="SPF", state=State.WRONG, said=said)
    return Finding(record="SPF", state=State.GOOD, said=record)


def _with(parts: Sequence[str], wanted: Wanted) -> list[str]:
    """The record with our mechanism before its end."""
    body = [part for part in parts if not ALL.match(part)]
    end = next((part for part in parts if ALL.match(part)), "~all")
    ours = wanted.spf_mechanism
    missing = [] if ours.lower() in map(str.lower, body) else [ours]
    return [*body, *missing, end]


def _dkim(wanted: Wanted, found: Sequence[str] | None) -> Finding:
    if not wanted.dkim_selector:
        said = _("Say which selector your mail provider signs with.")
        return Finding(record="DKIM", state=State.UNKNOWN, said=said)
    if found is None:
        return _silent("DKIM")
    line = _dkim_line(wanted)
    keys = [text for text in found if "p=" in text.replace(" ", "")]
    if not keys:
        said = (
            _("The key is not there. Add this line.")
            if line
            else _("The key is not there. Your mail provider says what it is.")
        )
        return Finding(record="DKIM", state=State.MISSING, said=said, line=line)
    if any(re.search(r"\bp=(;|\Z)", text.replace(" ", "")) for text in keys):
        said = _("The key was taken back (p= is empty). Ask your mail provider.")
        return Finding(record="DKIM", state=State.WRONG, said=said, line=line)
    if _is_txt(wanted.dkim_value) and _key(wanted.dkim_value) not in map(_key, keys):
        said = _("Another key is there. Put this line in its place.")
        return Finding(record="DKIM", state=State.WRONG, said=said, line=line)
    return Finding(record="DKIM", state=State.GOOD, said=keys[0][:120])


def _is_txt(value: str) -> bool:
    return "p=" in value.replace(" ", "")


def _key(text: str) -> str:
    found = re.search(r"p=([^;]*)", "".join(text.split()))
    return found[1] if found else ""


def _dkim_line(wanted: Wanted) -> str:
    name = f"{wanted.dkim_selector}._domainkey.{wanted.domain}"
    value = " ".join(wanted.dkim_value.split())
    if not value:
        return ""
    if _is_txt(value):
        return _txt(name, value)
    return f"{name}. 3600 IN CNAME {value.rstrip('.')}."


def _dmarc(wanted: Wanted, found: Sequence[str] | None) -> Finding:
    if found is None:
        return _silent("DMARC")
    records = [text for text in found if text.lower().startswith("v=dmarc1")]
    domain = wanted.domain
    line = _txt(f"_dmarc.{domain}", f"v=DMARC1; p=none; rua=mailto:postmaster@{domain}")
    if not records:
        said = _("Nothing says what to do with mail that is not yours. Add this line.")
        return Finding(record="DMARC", state=State.MISSING, said=said, line=line)
    policy = re.search(
        r";\s*p\s*=\s*(none|quarantine|reject)\b", records[0], re.IGNORECASE
    )
    if len(records) > 1 or not policy:
        said = _("It cannot be read. Put this line in its place.")
        return Finding(record="DMARC", state=State.WRONG, said=said, line=line)
    return Finding(record="DMARC", state=State.GOOD, said=records[0])


def _mx(wanted: Wanted, takes_mail: bool | None) -> Finding:
    if takes_mail is None:
        return _silent("MX")
    if takes_mail:
        return Finding(record="MX", state=State.GOOD, said=_("It takes mail."))
    said = _(
        "The domain takes no mail: replies and bounces are lost, and many mail "
        "servers refuse such senders. Add a line like this."
    )
    line = f"{wanted.domain}. 3600 IN MX 10 mail.{wanted.domain}."
    return Finding(record="MX", state=State.MISSING, said=said, line=line)


def _txt(name: str, value: str) -> str:
    """A TXT line; what is longer than one string may be stands in several."""
    plain = value.replace("\\", "\\\\").replace('"', '\\"')
    pieces = [
        plain[start : start + LONGEST_STRING]
        for start in range(0, len(plain), LONGEST_STRING)
    ]
    quoted = " ".join(f'"{piece}"' for piece in pieces)
    return f"{name}. 3600 IN TXT {quoted}"
