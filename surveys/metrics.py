"""Figures over many answers, each with how sure it is."""

from __future__ import annotations

import math
from dataclasses import dataclass

# The 97.5 % point of the normal distribution: a 95 % interval.
Z95 = 1.959963984540054


@dataclass(frozen=True, slots=True, kw_only=True)
class Nps:
    """Net Promoter Score, −100 to 100, with its 95 % interval."""

    score: float
    standard_error: float
    low: float
    high: float


def nps(promoters: int, passives: int, detractors: int) -> Nps | None:
    """None when nobody answered."""
    total = promoters + passives + detractors
    if total == 0:
        return None
    balance = (promoters - detractors) / total
    variance = (promoters + detractors) / total - balance**2
    error = 100 * math.sqrt(max(variance, 0.0) / total)
    score = 100 * balance
    return Nps(
        score=score,
        standard_error=error,
        low=max(score - Z95 * error, -100.0),
        high=min(score + Z95 * error, 100.0),
    )
