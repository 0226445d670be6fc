"""Faults: processes that are killed, calls that are dropped, orgs that refuse."""
