"""News that goes up: an invitation reached a milestone; a trigger has decided.

`invitation_changed` has `invitation` and `milestone`, `trigger_decided` the `decision`.
Both are sent inside the transaction; receivers only insert rows.
"""

from django.dispatch import Signal

invitation_changed = Signal()
trigger_decided = Signal()
