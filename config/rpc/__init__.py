"""Owns the doors for systems that do not speak REST: SOAP and XML-RPC over the same
operations."""
