"""Owns the way from what other systems tell to the decision who is asked.

`receiving` only stores: the sender gets its acknowledgement when the rows are there.
`looking_up` reads what an event lacks, `facts` what is known of the person, and
`deciding` writes one decision a trigger.
"""

from deployments.reading import event_of, rule_of
from deployments.triggers.deciding import decide_again, decide_waiting, replay
from deployments.triggers.receiving import (
    DECIDE_TASK,
    Received,
    UnusableEvent,
    receive,
    redact_old,
)

__all__ = [
    "DECIDE_TASK",
    "Received",
    "UnusableEvent",
    "decide_again",
    "decide_waiting",
    "event_of",
    "receive",
    "redact_old",
    "replay",
    "rule_of",
]
