"""Owns XML-RPC: the operations as `survey.…`, and `system.…` to ask which there are."""

PREFIX = "survey."
