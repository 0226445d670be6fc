"""The org's Metadata API: packages that change objects, fields and permissions."""
