"""Owns what happens to a connection: log in, stay logged in, prove it, stop it."""

from crm_mappings.connections.addresses import (
    callback_url,
    create,
    hook_url,
    login_address_problem,
    prepare,
)
from crm_mappings.connections.checking import check
from crm_mappings.connections.descriptions import (
    MAX_AGE,
    Fresh,
    ObjectInfo,
    describe,
    forget,
    known,
    known_objects,
    list_objects,
    refresh,
)
from crm_mappings.connections.hooks import (
    UnknownHook,
    WrongCertificate,
    check_certificate,
    end_overlap,
    find_by_hook,
    former_hook_until,
    rotate_hook,
)
from crm_mappings.connections.keeping import keep_alive
from crm_mappings.connections.key_pairs import (
    certificate_ends_at,
    certificate_fingerprint,
    make_key_pair,
)
from crm_mappings.connections.log_in import (
    NotConnected,
    WrongOrganisation,
    WrongVersion,
    authorize_url,
    client,
    connect,
    connect_with_code,
    log_in_again,
    note_usage,
)
from crm_mappings.connections.pausing import (
    can_stand_in,
    disconnect,
    pause,
    resume,
)
from crm_mappings.connections.results import CheckResult
from crm_mappings.connections.rights import permission_set
from crm_mappings.connections.telling import (
    recipients,
    tell_of_changes,
    tell_of_problems,
)

__all__ = [
    "MAX_AGE",
    "CheckResult",
    "Fresh",
    "NotConnected",
    "ObjectInfo",
    "UnknownHook",
    "WrongCertificate",
    "WrongOrganisation",
    "WrongVersion",
    "authorize_url",
    "callback_url",
    "can_stand_in",
    "certificate_ends_at",
    "certificate_fingerprint",
    "check",
    "check_certificate",
    "client",
    "connect",
    "connect_with_code",
    "create",
    "describe",
    "disconnect",
    "end_overlap",
    "find_by_hook",
    "forget",
    "former_hook_until",
    "hook_url",
    "keep_alive",
    "known",
    "known_objects",
    "list_objects",
    "log_in_again",
    "login_address_problem",
    "make_key_pair",
    "note_usage",
    "pause",
    "permission_set",
    "prepare",
    "recipients",
    "refresh",
    "resume",
    "rotate_hook",
    "tell_of_changes",
    "tell_of_problems",
]
