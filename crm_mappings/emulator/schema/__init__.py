"""The shape of the org: objects, their fields, and how both are described."""
