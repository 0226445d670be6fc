"""A client of the REST API in one file."""
