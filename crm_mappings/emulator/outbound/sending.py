"""Owns delivery: posts what is due, reads the acknowledgement, and does so again and
again in a thread of its own."""

import threading

import requests

from crm_mappings.emulator.org import Org
from crm_mappings.emulator.outbound import envelope
from crm_mappings.emulator.outbound.queue import Notification

HEADERS = {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": '""'}
LARGEST_ANSWER = 1_000_000


class Sender:
    """``send_due`` may be called by hand; ``start`` calls it in the background."""

    def __init__(
        self,
        org: Org,
        *,
        session: requests.Session | None = None,
        timeout: float = 60.0,
        pause: float = 0.2,
    ) -> None:
        self._org = org
        self._session = session or requests.Session()
        self._timeout = timeout
        self._pause = pause
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def send_due(self) -> int:
        """Try everything that is due once; the number of notifications acknowledged."""
        with self._org.lock:
            batches = self._org.outbound.due()
        return sum(self._send(batch) for batch in batches)

    def _send(self, batch: list[Notification]) -> int:
        with self._org.lock:
            body = self.body(batch)
            again = self._org.faults.take("outbound_duplicates")
        error = self._post(batch[0].rule.endpoint, body)
        if again and error is None:
            self._post(batch[0].rule.endpoint, body)
        with self._org.lock:
            if error is None:
                self._org.outbound.delivered(batch)
                return len(batch)
            self._org.outbound.failed(batch, error)
            return 0

    def body(self, batch: list[Notification]) -> bytes:
        """The message with each row as it is now, not as it was when it changed."""
        org = self._org
        parts = [
            envelope.OPENING,
            envelope.head(batch, org_id=org.org_id, instance_url=org.instance_url),
        ]
        for each in batch:
            sobject = org.catalogue.get(each.rule.object)
            row = org.rows.get(sobject.name, each.record_id)
            live = None if row is None or row["IsDeleted"] else row
            parts.append(envelope.notification(each, sobject, live, org.reader))
        return "".join([*parts, envelope.CLOSING]).encode()

    def _post(self, endpoint: str, body: bytes) -> str | None:
        try:
            answer = self._session.post(
                endpoint,
                data=body,
                headers=HEADERS,
                timeout=self._timeout,
                allow_redirects=False,
            )
        except requests.Timeout:
            return "java.net.SocketTimeoutException: Read timed out"
        except (requests.RequestException, ValueError) as error:
            return f"{type(error).__name__}: {error}"
        return envelope.problem_with_answer(
            answer.status_code, answer.content[:LARGEST_ANSWER]
        )

    # -- in the background

    def start(self) -> None:
        self._stopping.clear()
        self._thread = threading.Thread(
            target=self._run, name="outbound-messages", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        if self._thread:
            self._thread.join(timeout=5)

    def _run(self) -> None:
        while not self._stopping.wait(self._pause):
            self.send_due()
