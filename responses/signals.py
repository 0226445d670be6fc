"""News that goes up: a response was completed, screened out, or erased (arguments:
`response`, and `now` when it was erased).

Sent inside the transaction; receivers only insert rows, or blank their copies.
"""

from django.dispatch import Signal

response_completed = Signal()
response_screened_out = Signal()
response_erased = Signal()
