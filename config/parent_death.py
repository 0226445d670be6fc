"""Owns that a process ends when the one that started it is gone (on Linux)."""

import ctypes
import signal
import sys

PR_SET_PDEATHSIG = 1


def tell_at_parents_end(number: signal.Signals) -> None:
    """Ask the kernel (Linux) for this signal when the parent process ends."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, number)


def die_with_parent() -> None:
    tell_at_parents_end(signal.SIGKILL)


def end_with_parent() -> None:
    tell_at_parents_end(signal.SIGTERM)
