"""Owns the domains that mail comes from: `judging` says what the DNS lacks, `asking`
asks it, `rates` keeps to how many mails an hour and a day may go out."""

from deployments.senders.asking import check, check_due, know
from deployments.senders.judging import Finding, Records, Wanted, judge
from deployments.senders.rates import (
    domain_of_sender,
    limited_domains,
    resting,
    take,
)

__all__ = [
    "Finding",
    "Records",
    "Wanted",
    "check",
    "check_due",
    "domain_of_sender",
    "judge",
    "know",
    "limited_domains",
    "resting",
    "take",
]
