"""Owns the calls about a job of the Bulk API: open it, fill it, ask how far it is."""

from __future__ import annotations

from crm_mappings.plan.ids import is_id
from crm_mappings.salesforce import bulk, collections
from crm_mappings.salesforce.client import OrgClient, name

JOBS = "jobs/ingest"


def open_job(
    org: OrgClient, object_: str, operation: str, key_field: str | None
) -> str:
    """Make a job that nothing is in yet; return its id."""
    asked = bulk.job(name(object_), operation, key_field and name(key_field))
    answer = org.rest("POST", JOBS, asked)
    job_id = answer.get("id") if isinstance(answer, dict) else None
    if not isinstance(job_id, str) or not is_id(job_id):
        raise collections.UnreadableAnswer
    return job_id


def fill_job(org: OrgClient, job_id: str, file: bytes) -> None:
    """Send the file up and let the org begin."""
    org.raw("PUT", f"{JOBS}/{job_id}/batches", file, "text/csv")
    org.rest("PATCH", f"{JOBS}/{job_id}", {"state": "UploadComplete"})


def abort_job(org: OrgClient, job_id: str) -> None:
    org.rest("PATCH", f"{JOBS}/{job_id}", {"state": "Aborted"})


def job_state(org: OrgClient, job_id: str) -> bulk.State:
    told = org.get(f"{JOBS}/{job_id}")
    message = str(told.get("errorMessage") or "")
    return bulk.State(name=str(told.get("state")), message=message)


def job_results(org: OrgClient, job_id: str, key: str) -> list[bulk.Outcome]:
    """Return what became of each record; what is missing was not processed."""
    base = f"{JOBS}/{job_id}"
    done = bulk.succeeded(org.raw("GET", f"{base}/successfulResults/"), key)
    failed = bulk.failed(org.raw("GET", f"{base}/failedResults/"), key)
    return [*done, *failed]
