"""News that goes up: a response was completed, or erased (arguments:
`response`, and `now` when it was erased).

Sent inside the transaction; receivers only insert rows, or blank their copies.
"""

from django.dispatch import Signal

response_completed = Signal()
response_erased = Signal()
