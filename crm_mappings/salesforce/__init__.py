"""How Tellback talks with Salesforce: the wire, and nothing of our own rules."""
