"""Keeps opt-outs of Tellback and of an org the same, by choice of each connection.

`people` finds who in the org has an address and what stands against mail to it,
`reading` brings that here, `noting` and `writing` bring ours there.
"""

from crm_mappings.opting_out.noting import note, send_again
from crm_mappings.opting_out.reading import read_due
from crm_mappings.opting_out.writing import write_due

__all__ = ["note", "read_due", "send_again", "write_due"]
