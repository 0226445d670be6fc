"""Owns the resources of the Metadata API: a deploy is asked for, followed, cancelled."""

from email.parser import BytesParser
from email.policy import HTTP
from typing import Any

from crm_mappings.emulator.metadata.deploying import move
from crm_mappings.emulator.metadata.deploys import KEPT_FOR, Deploy
from crm_mappings.emulator.metadata.reading import LARGEST, read_package
from crm_mappings.emulator.refusals import Refusal, not_found
from crm_mappings.emulator.wire.call import ApiCall
from crm_mappings.emulator.wire.exchange import Answer, read_json

OPTIONS: dict[str, Any] = {
    "allowMissingFiles": False,
    "autoUpdatePackage": False,
    "checkOnly": False,
    "ignoreWarnings": False,
    "performRetrieve": False,
    "purgeOnDelete": False,
    "rollbackOnError": True,
    "runTests": None,
    "singlePackage": True,
    "testLevel": None,
}
LEVELS = {
    *(None, "NoTestRun", "RunSpecifiedTests"),
    *("RunLocalTests", "RunAllTestsInOrg"),
}


def create(call: ApiCall) -> Answer:
    _refuse_stranger(call)
    asked, body = _parts(call)
    options = _options(call, asked)
    package = read_package(body)
    org = call.org
    user = org.rows.table("User").rows[call.user_id]
    deploy = Deploy(
        id=org.mint.next_id("0Af"),
        package=package,
        options=options,
        user_id=call.user_id,
        user_name=str(user["Name"]),
        made_at=org.clock.now(),
    )
    org.deploys[deploy.id] = deploy
    return Answer(status=201, document=_shown(deploy, details=False))


def read(call: ApiCall) -> Answer:
    _refuse_stranger(call)
    deploy = _deploy(call)
    move(call.org, deploy)
    details = call.request.parameters.get("includeDetails") == "true"
    return Answer(document=_shown(deploy, details=details))


def change(call: ApiCall) -> Answer:
    """Cancel: nothing else of a deploy can be changed."""
    _refuse_stranger(call)
    deploy = _deploy(call)
    asked = call.request.json_object().get("deployResult")
    if not isinstance(asked, dict) or asked.get("status") != "Canceling":
        raise Refusal("INVALID_INPUT", "The only status that can be set is Canceling")
    if not deploy.under_way:
        raise Refusal("INVALID_ID_FIELD", "Deployment already completed")
    deploy.status = "Canceling"
    return Answer(status=202, document=_shown(deploy, details=False))


def _shown(deploy: Deploy, *, details: bool) -> dict[str, Any]:
    return {
        "id": deploy.id,
        "validatedDeployRequestId": None,
        "deployOptions": deploy.options,
        "deployResult": deploy.as_json(details=details),
    }


def _refuse_stranger(call: ApiCall) -> None:
    if not call.org.holds_right(call.user_id, "ModifyMetadata", "ModifyAllData"):
        raise Refusal(
            "INSUFFICIENT_ACCESS",
            "use of the Metadata API requires a user with the ModifyAllData or "
            "ModifyMetadata permissions",
            status=403,
        )


def _deploy(call: ApiCall) -> Deploy:
    deploy = call.org.deploys.get(call.place[0])
    if deploy is None or call.org.clock.now() - deploy.made_at > KEPT_FOR:
        raise not_found()
    return deploy


def _options(call: ApiCall, asked: Any) -> dict[str, Any]:
    given = asked.get("deployOptions") if isinstance(asked, dict) else None
    if not isinstance(given, dict):
        raise Refusal("INVALID_INPUT", "deployOptions is required")
    unknown = sorted(set(given) - set(OPTIONS))
    if unknown:
        message = f'Unrecognized field "{unknown[0]}"'
        raise Refusal("JSON_PARSER_ERROR", message)
    options = {**OPTIONS, **given}
    if options["testLevel"] not in LEVELS:
        raise Refusal("INVALID_INPUT", f"testLevel: {options['testLevel']}")
    if not options["rollbackOnError"] and not call.org.sandbox:
        raise Refusal(
            "INVALID_OPERATION",
            "rollbackOnError option must be true on a production org",
        )
    return options


def _parts(call: ApiCall) -> tuple[Any, bytes]:
    """The two parts of a multipart request: what is asked, and the zip."""
    kind = call.request.header("Content-Type") or ""
    if not kind.lower().startswith("multipart/form-data"):
        shown = kind.partition(";")[0]
        raise Refusal("UNSUPPORTED_MEDIA_TYPE", f"Content-Type '{shown}' not supported")
    if len(call.request.body) > LARGEST:
        raise Refusal("LIMIT_EXCEEDED", "Maximum size of request reached.")
    head = f"Content-Type: {kind}\r\n\r\n".encode()
    message = BytesParser(policy=HTTP).parsebytes(head + call.request.body)
    found = {
        str(part.get_param("name", header="content-disposition")): part
        for part in (message.iter_parts() if message.is_multipart() else ())
    }
    if not {"json", "file"} <= set(found):
        raise Refusal("INVALID_MULTIPART_REQUEST", "Parts json and file are required")
    asked = found["json"].get_payload(decode=True)
    body = found["file"].get_payload(decode=True)
    return read_json(bytes(asked)), bytes(body)
