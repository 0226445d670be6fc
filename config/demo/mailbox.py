"""The demo's mailbox: a real SMTP server that keeps what it gets, and a page.

`python -m config.demo.mailbox --smtp 8025 --http 8026`. `/` lists the mail,
`/messages.json` gives it to programs. Nothing leaves this machine.
"""

from __future__ import annotations

import argparse
import html
import json
import signal
import threading
from collections import deque
from dataclasses import asdict, dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from aiosmtpd.controller import Controller

KEPT = 500
STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;"
    "padding:0 1rem;color:#1b1f24;background:#fff}table{width:100%;"
    "border-collapse:collapse}th,td{text-align:start;padding:.5rem;"
    "border-bottom:1px solid #d0d7de}pre{white-space:pre-wrap;overflow-wrap:anywhere}"
    "iframe{width:100%;height:36rem;border:1px solid #d0d7de}"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """One message as it came in."""

    number: int
    recipients: tuple[str, ...]
    sender: str
    subject: str
    date: str
    text: str
    html: str
    headers: dict[str, str]


def read(number: int, recipients: list[str], content: bytes) -> Mail:
    message = message_from_bytes(content, policy=policy.default)
    assert isinstance(message, EmailMessage)  # noqa: S101 - by the policy
    return Mail(
        number=number,
        recipients=tuple(recipients),
        sender=str(message["From"] or ""),
        subject=str(message["Subject"] or ""),
        date=str(message["Date"] or ""),
        text=part(message, "plain"),
        html=part(message, "html"),
        headers={name: str(value) for name, value in message.items()},
    )


def part(message: EmailMessage, kind: str) -> str:
    body = message.get_body(preferencelist=(kind,))
    return str(body.get_content()) if body else ""


class Box:
    """The newest messages; the SMTP server's handler."""

    def __init__(self) -> None:
        self.mails: deque[Mail] = deque(maxlen=KEPT)
        self.count = 0

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        self.count += 1
        self.mails.append(read(self.count, envelope.rcpt_tos, envelope.content))
        return "250 Kept in the demo's mailbox"

    def find(self, number: str) -> Mail | None:
        return next((mail for mail in self.mails if str(mail.number) == number), None)


def page(title: str, body: str) -> str:
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        f"<title>{html.escape(title)}</title><style>{STYLE}</style>"
        f"<h1>{html.escape(title)}</h1>{body}</html>"
    )


def listing(box: Box) -> str:
    if not box.mails:
        return page(
            "Mailbox",
            "<p>No mail yet. Close a case in the emulated org and look again.</p>",
        )
    rows = "".join(
        f'<tr><td><a href="/message?number={mail.number}">'
        f"{html.escape(mail.subject or '(no subject)')}</a></td>"
        f"<td>{html.escape(', '.join(mail.recipients))}</td>"
        f"<td>{html.escape(mail.date)}</td></tr>"
        for mail in reversed(box.mails)
    )
    head = "<tr><th>Subject</th><th>To</th><th>Sent</th></tr>"
    return page("Mailbox", f"<table>{head}{rows}</table>")


def one(mail: Mail) -> str:
    shown = html.escape(mail.html, quote=True)
    return page(
        mail.subject or "(no subject)",
        f'<p><a href="/">All mail</a></p><p>From {html.escape(mail.sender)}<br>'
        f"To {html.escape(', '.join(mail.recipients))}</p>"
        f'<h2>HTML</h2><iframe title="The message as HTML" '
        f'sandbox="allow-popups allow-popups-to-escape-sandbox" srcdoc="{shown}">'
        f"</iframe><h2>Plain text</h2><pre>{html.escape(mail.text)}</pre>",
    )


def handler_for(box: Box) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            address = urlsplit(self.path)
            number = parse_qs(address.query).get("number", [""])[0]
            mail = box.find(number)
            if address.path == "/":
                self.answer(200, "text/html", listing(box))
            elif address.path == "/messages.json":
                mails = [asdict(each) for each in box.mails]
                self.answer(200, "application/json", json.dumps(mails))
            elif address.path == "/message" and mail:
                self.answer(200, "text/html", one(mail))
            else:
                self.answer(404, "text/html", page("Not found", '<a href="/">Mail</a>'))

        def answer(self, status: int, kind: str, text: str) -> None:
            body = text.encode()
            self.send_response(status)
            self.send_header("Content-Type", f"{kind}; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            """Say nothing: the demo's terminal is for the person."""

    return Handler


def main() -> None:
    parser = argparse.ArgumentParser(description="The demo's mailbox.")
    parser.add_argument("--smtp", type=int, required=True)
    parser.add_argument("--http", type=int, required=True)
    options = parser.parse_args()
    box = Box()
    smtp = Controller(box, hostname="127.0.0.1", port=options.smtp)
    smtp.start()
    web = ThreadingHTTPServer(("127.0.0.1", options.http), handler_for(box))
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(
            number,
            lambda *_: threading.Thread(target=web.shutdown, daemon=True).start(),
        )
    try:
        web.serve_forever(poll_interval=0.1)
    finally:
        smtp.stop()


if __name__ == "__main__":
    main()
