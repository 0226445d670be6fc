"""An emulated Salesforce org for the demo and the tests: describe-driven, so that
it refuses what Salesforce refuses. Imports nothing of the project."""
