"""The admin of this room: connections, mappings with their editor, write-backs."""

from crm_mappings.admin import connections, descriptions, mappings, write_backs

__all__ = ["connections", "descriptions", "mappings", "write_backs"]
