"""News that goes up: a response was completed (argument: `response`).

Sent inside the completing transaction; receivers only insert rows.
"""

from django.dispatch import Signal

response_completed = Signal()
