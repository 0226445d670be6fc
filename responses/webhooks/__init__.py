"""Owns webhooks: other systems are told what happened, each once it is committed.

`events` says what can be told, `outbox` keeps it until it is delivered, `delivering`
sends it, `posting` opens the one connection, `signing` proves that it comes from us,
`keeping` is what people and systems do with a webhook.
"""
