"""Owns what happens to a connection: log in, stay logged in, prove it, stop it."""

from crm_mappings.connections.addresses import (
    callback_url,
    create,
    hook_url,
    login_address_problem,
    prepare,
)
from crm_mappings.connections.checking import CheckResult, check
from crm_mappings.connections.descriptions import (
    MAX_AGE,
    ObjectInfo,
    describe,
    forget,
    known,
    known_objects,
    list_objects,
)
from crm_mappings.connections.log_in import (
    NotConnected,
    WrongOrganisation,
    authorize_url,
    client,
    connect,
    connect_with_code,
    log_in_again,
    note_usage,
    pause,
    resume,
)

__all__ = [
    "MAX_AGE",
    "CheckResult",
    "NotConnected",
    "ObjectInfo",
    "WrongOrganisation",
    "authorize_url",
    "callback_url",
    "check",
    "client",
    "connect",
    "connect_with_code",
    "create",
    "describe",
    "forget",
    "hook_url",
    "known",
    "known_objects",
    "list_objects",
    "log_in_again",
    "login_address_problem",
    "note_usage",
    "pause",
    "prepare",
    "resume",
]
