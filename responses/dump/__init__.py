"""Owns the periodic dump: completed responses in an order that never changes.

`positions` numbers what was committed, `cursors` says how a place is written,
`reading` goes through the rows in constant memory, `formats` and `columns` write them.
"""
