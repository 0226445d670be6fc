"""The demo's mailbox: real SMTP in, a page and JSON out."""

import smtplib
import subprocess
import sys
from email.message import EmailMessage

import pytest
import requests

from config.demo.processes import free_ports, listens
from config.settings import ROOT
from tests.factories.processes import eventually


def up(port):
    try:
        return listens(port)()
    except OSError:
        return False


@pytest.fixture
def mailbox():
    ports = free_ports()
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "config.demo.mailbox"),
            *("--smtp", str(ports.smtp), "--http", str(ports.mail)),
        ],
        cwd=ROOT,
    )
    eventually(lambda: up(ports.smtp) and up(ports.mail))
    yield ports
    process.terminate()
    assert process.wait(timeout=30) == 0


def send(port, subject="Hello", html="<p>Hi <script>alert(1)</script></p>"):
    message = EmailMessage()
    message["From"], message["To"] = "a@example.com", "b@example.com"
    message["Subject"] = subject
    message.set_content("Hi")
    message.add_alternative(html, subtype="html")
    with smtplib.SMTP("127.0.0.1", port) as server:
        server.send_message(message)


def test_an_empty_mailbox_says_what_to_do(mailbox):
    assert "No mail yet" in requests.get(mailbox.mail_url, timeout=5).text


def test_a_mail_is_listed_and_given_to_programs(mailbox):
    send(mailbox.smtp, subject="Grüße & <b>")

    [mail] = requests.get(f"{mailbox.mail_url}/messages.json", timeout=5).json()
    assert mail["subject"] == "Grüße & <b>"
    assert mail["text"].strip() == "Hi"
    assert mail["recipients"] == ["b@example.com"]
    assert "Grüße &amp; &lt;b&gt;" in requests.get(mailbox.mail_url, timeout=5).text


def test_the_html_of_a_mail_is_shown_in_a_sandbox(mailbox):
    send(mailbox.smtp)

    page = requests.get(f"{mailbox.mail_url}/message?number=1", timeout=5).text

    assert "sandbox=" in page
    assert "<script>" not in page


def test_a_mail_that_is_not_there_is_not_found(mailbox):
    answer = requests.get(f"{mailbox.mail_url}/message?number=9", timeout=5)

    assert answer.status_code == 404
