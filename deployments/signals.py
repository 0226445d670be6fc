"""News that goes up: an invitation reached a milestone.

Arguments: `invitation`, `milestone`. Sent inside the transaction; receivers only
insert rows.
"""

from django.dispatch import Signal

invitation_changed = Signal()
