"""A mail server on this machine that does what a test tells it, good or bad."""

from __future__ import annotations

import email
import email.policy
import socket
from contextlib import contextmanager

from aiosmtpd.controller import Controller
from django.core.mail.backends.base import BaseEmailBackend


class Script:
    """What the server answers: by address of the recipient, or to every connection."""

    def __init__(self):
        self.mails = []
        self.rcpt = {}
        self.data = {}
        self.drop_at = None
        self.on_data = None

    async def handle_RCPT(self, server, _session, envelope, address, _options):
        if self.drop_at == "rcpt":
            server.transport.close()
        if address in self.rcpt:
            return self.rcpt[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, _session, envelope):
        if self.on_data:
            self.on_data()
        if self.drop_at == "data":
            server.transport.close()
        answer = self.data.get(envelope.rcpt_tos[0], "250 Taken")
        if answer.startswith("250"):
            self.mails.append(
                email.message_from_bytes(envelope.content, policy=email.policy.default)
            )
        return answer


class SlowBackend(BaseEmailBackend):
    """Takes every mail, and lets something happen while it does."""

    meanwhile = None

    def send_messages(self, messages):
        type(self).meanwhile()
        return len(messages)


class IdleBackend(BaseEmailBackend):
    """Takes no mail at all."""

    def send_messages(self, _messages):
        return 0


@contextmanager
def mail_server(settings):
    """Start it on a free port and point the settings at it."""
    script = Script()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    controller = Controller(script, hostname="127.0.0.1", port=port)
    controller.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST = "127.0.0.1"
    settings.EMAIL_PORT = port
    settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
    settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
    settings.EMAIL_TIMEOUT = 5
    try:
        yield script
    finally:
        controller.stop()
