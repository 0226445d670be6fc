"""From a response and a mapping to what must be written, without touching anything.

Plain Python: no Django, no network, no clock and no settings.
"""
