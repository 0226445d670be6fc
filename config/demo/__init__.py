"""The demo: the whole loop on one machine, with an emulated org and a mailbox."""
