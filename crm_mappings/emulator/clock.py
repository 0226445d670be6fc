"""Owns the org's time: the machine's clock, or a time that a test moves by hand."""

from datetime import UTC, datetime, timedelta


class Clock:
    """Without a start: the machine's time plus whatever was advanced.
    With a start: stands still until somebody advances it."""

    def __init__(self, start: datetime | None = None) -> None:
        self._start = start
        self._ahead = timedelta()

    def now(self) -> datetime:
        return (self._start or datetime.now(UTC)) + self._ahead

    def advance(self, by: timedelta | None = None, **units: float) -> datetime:
        """Move by a timedelta or by its units: ``advance(hours=2)``."""
        self._ahead += by if by is not None else timedelta(**units)
        return self.now()
