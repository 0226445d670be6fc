"""Responses and results in the admin."""

from responses.admin.response import ResponseAdmin

__all__ = ["ResponseAdmin"]
