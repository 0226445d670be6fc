"""Outbound messages: the rules that make them, their queue, and their delivery."""
