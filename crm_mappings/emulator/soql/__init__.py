"""The subset of SOQL that the org speaks: read by a real parser, run over the rows."""
