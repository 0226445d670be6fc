"""Owns how often something happens within a short time: counted in the cache alone,
and forgotten with that time. Web processes that share a cache count together.

No answer is lost for a counter: a cache that is down counts nothing.
"""

from __future__ import annotations

import logging

from django.core.cache import cache

log = logging.getLogger(__name__)
DOWN = "The cache that counts repeats cannot be used"


def count(name: str, *, window: int) -> int:
    """Count it once more; how often it was within `window` seconds of the first."""
    try:
        cache.add(name, 0, timeout=window)
        return cache.incr(name)
    except ValueError:  # the window ended in between
        return 1
    except Exception:  # each kind of cache has errors of its own
        log.exception(DOWN)
        return 1


def give_back(name: str) -> None:
    """Count it once less."""
    try:
        cache.decr(name)
    except ValueError:
        pass  # the window has ended
    except Exception:
        log.exception(DOWN)
