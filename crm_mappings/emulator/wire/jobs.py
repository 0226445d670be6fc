"""Owns the resources of bulk jobs."""

from typing import Any

from crm_mappings.emulator.bulk import work
from crm_mappings.emulator.jobs import (
    DELIMITERS,
    KEPT_FOR,
    LINE_ENDINGS,
    OPERATIONS,
    Job,
)
from crm_mappings.emulator.refusals import Refusal, not_found
from crm_mappings.emulator.wire.call import ApiCall
from crm_mappings.emulator.wire.exchange import Answer

LARGEST_FILE = 150_000_000


def create(call: ApiCall) -> Answer:
    asked = call.request.json_object()
    sobject = call.sobject(str(asked.get("object")))
    operation = asked.get("operation")
    if operation not in OPERATIONS:
        raise Refusal("INVALIDJOB", f"InvalidJob : Unknown operation: {operation}")
    key_name = asked.get("externalIdFieldName")
    if operation == "upsert":
        call.org.lookup_key(sobject, str(key_name))
    now = call.org.clock.now()
    job = Job(
        id=call.org.mint.next_id("750"),
        object_name=sobject.name,
        operation=operation,
        user_id=call.user_id,
        version=call.version,
        made_at=now,
        changed_at=now,
        key_name=key_name if operation == "upsert" else None,
        delimiter=_one_of(asked, "columnDelimiter", DELIMITERS, "COMMA"),
        line_ending=_one_of(asked, "lineEnding", LINE_ENDINGS, "LF"),
    )
    call.org.jobs[job.id] = job
    base = f"services/data/v{call.version}/jobs/ingest/{job.id}/batches"
    return Answer(document={**job.as_json(), "contentUrl": base, **job.file_form()})


def _one_of(
    asked: dict[str, Any], name: str, known: dict[str, str], default: str
) -> str:
    given = asked.get(name, default)
    if given not in known:
        raise Refusal("INVALIDJOB", f"InvalidJob : Unknown {name}: {given}")
    return str(given)


def upload(call: ApiCall) -> Answer:
    job = _job(call)
    kind = (call.request.header("Content-Type") or "").partition(";")[0]
    if kind != "text/csv":
        message = f"Content-Type '{kind}' not supported"
        raise Refusal("UNSUPPORTED_MEDIA_TYPE", message)
    if job.state != "Open" or job.text is not None:
        raise Refusal("INVALIDJOBSTATE", "Upload allowed only once, while Open")
    if len(call.request.body) > LARGEST_FILE:
        raise Refusal("INVALIDBATCH", "The file is larger than 150 MB")
    job.text = call.request.body.decode("utf-8", "replace").removeprefix("\ufeff")
    return Answer(status=201)


def change(call: ApiCall) -> Answer:
    job = _job(call)
    state = call.request.json_object().get("state")
    if state not in {"UploadComplete", "Aborted"} or job.closed:
        message = f"Job with the state {job.state} cannot become {state}"
        raise Refusal("INVALIDJOBSTATE", message)
    job.state, job.changed_at = state, call.org.clock.now()
    return Answer(document=job.as_json())


def read(call: ApiCall) -> Answer:
    """The first question after the upload finds the job at work, the next one done."""
    job = _job(call)
    if job.state == "UploadComplete":
        job.state = "InProgress"
    elif job.state == "InProgress":
        work(call.org, job)
    told = {**job.as_json(), "jobType": "V2Ingest", **job.file_form()}
    return Answer(document={**told, **job.counts()})


def delete(call: ApiCall) -> Answer:
    job = _job(call)
    if not job.closed:
        raise Refusal("INVALIDJOBSTATE", "Only a closed job can be deleted")
    del call.org.jobs[job.id]
    return Answer(status=204)


def succeeded(call: ApiCall) -> Answer:
    job = _job(call)
    return _file(job.result(job.succeeded, "sf__Id", "sf__Created"))


def failed(call: ApiCall) -> Answer:
    job = _job(call)
    return _file(job.result(job.failed, "sf__Id", "sf__Error"))


def unprocessed(call: ApiCall) -> Answer:
    """All of the file where the job never came to its rows."""
    job = _job(call)
    left = job.text if job.state in {"Failed", "Aborted"} else None
    return _file(left or job.result([]))


def _job(call: ApiCall) -> Job:
    job = call.org.jobs.get(call.place[0])
    if job is None or call.org.clock.now() - job.made_at > KEPT_FOR:
        raise not_found()
    return job


def _file(text: str) -> Answer:
    return Answer(body=text.encode(), content_type="text/csv")
