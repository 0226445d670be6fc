"""Owns the page of switches: each failure can be tried by hand, without script."""

from dataclasses import dataclass
from typing import Any

from crm_mappings.emulator.org import Org
from crm_mappings.emulator.refusals import Refusal
from crm_mappings.emulator.schema.setup import PERMISSIONS
from crm_mappings.emulator.wire import control
from crm_mappings.emulator.wire.exchange import Answer, Request, page, redirect
from crm_mappings.emulator.wire.html import Html, document, tag

PATH = "/emulator/switches"


@dataclass(frozen=True, slots=True, kw_only=True)
class Switch:
    name: str
    text: str
    kind: str = "count"  # or flag, act, text, lines, choice
    example: str = ""


GROUPS: dict[str, tuple[Switch, ...]] = {
    "Log-ins": (
        Switch(name="expire_tokens", kind="act", text="End every session now"),
        Switch(name="revoke_grants", kind="act", text="Take back every permission"),
        Switch(
            name="rotate_refresh_tokens",
            kind="flag",
            text="Rotate refresh tokens; one that is used twice ends its permission",
        ),
        Switch(
            name="app_installed",
            kind="flag",
            text="The app is installed; if not, it is blocked",
        ),
        Switch(name="app_blocked", kind="flag", text="An admin has blocked the app"),
        Switch(
            name="token_errors",
            kind="text",
            text="The next token is refused: error | description | shape | status",
            example="invalid_grant | expired access/refresh token | object | 400",
        ),
        Switch(name="bad_signatures", text="Tokens that another secret has signed"),
        Switch(
            name="instance_url",
            kind="text",
            text="Tokens name this address as the org's; empty: the real one",
            example="https://evil.example",
        ),
        Switch(
            name="client_secret",
            kind="text",
            text="A new consumer secret",
            example="another-secret",
        ),
        Switch(
            name="certificate",
            kind="lines",
            text="A certificate of the app's for JWT bearer; empty takes all away",
            example="-----BEGIN CERTIFICATE-----",
        ),
    ),
    "Answers": (
        Switch(name="unavailable", text="Calls that answer 503 with a page"),
        Switch(name="retry_after", text="Seconds that a 503 asks to wait"),
        Switch(name="server_errors", text="Calls that answer 500"),
        Switch(name="request_limit", text="Calls that are over the daily limit"),
        Switch(name="daily_limit", text="API calls in 24 hours"),
        Switch(name="api_disabled", text="Calls for which the API is switched off"),
        Switch(name="policy_errors", text="Calls that a security policy blocks"),
        Switch(name="not_modified", text="Descriptions that answer 304"),
        Switch(name="drop_after_commit", text="Writes done but never answered"),
        Switch(name="drop_before_commit", text="Writes neither done nor answered"),
        Switch(name="latency_ms", text="Milliseconds that each call takes longer"),
    ),
    "Rights and objects": (
        Switch(name="withdraw_right", kind="choice", text="Take a right from the user"),
        Switch(name="grant_right", kind="choice", text="Give the user a right"),
        Switch(
            name="withdraw_object",
            kind="text",
            text="Take the right to create or edit an object",
            example="Case.edit",
        ),
        Switch(
            name="hide_field",
            kind="text",
            text="Hide a field from the user",
            example="Case.Comments",
        ),
        Switch(
            name="read_only_field",
            kind="text",
            text="Make a field read-only",
            example="Case.Priority",
        ),
        Switch(
            name="restore_fields",
            kind="text",
            text="Give everything of an object back",
            example="Case",
        ),
    ),
    "The org": (
        Switch(
            name="refresh_sandbox",
            kind="text",
            text="Refresh as a sandbox, with this organisation id",
            example="00DTb0000000002",
        ),
        Switch(name="advance_seconds", text="Move the clock on by so many seconds"),
    ),
}
FLAT = {each.name: each for group in GROUPS.values() for each in group}


def answer(org: Org, request: Request) -> Answer | None:
    if request.segments != ("emulator", "switches"):
        return None
    problem = done = ""
    if request.method == "POST":
        try:
            done = _set(org, request.form)
        except Refusal as refusal:
            problem = f"{refusal.code}: {refusal.message}"
        else:
            return redirect(f"{request.mount}{PATH}?done={done}", status=303)
    shown = _page(org, request, problem)
    return page(shown, status=400 if problem else 200)


def _set(org: Org, form: dict[str, str]) -> str:
    name = form.get("name", "")
    if name == "clear":
        org.faults.clear()
        return name
    switch = FLAT.get(name)
    if switch is None:
        raise Refusal("INVALID_INPUT", "There is no such switch")
    value = _value(switch, form.get("value", ""))
    if name == "advance_seconds":
        org.clock.advance(seconds=value)
    else:
        control.switch(org, name, value)
    return name


def _value(switch: Switch, text: str) -> Any:
    if switch.kind == "count":
        if not text.isdigit() or len(text) > 9:
            raise Refusal("INVALID_INPUT", f"{switch.name} must be a whole number")
        return int(text)
    if switch.kind == "flag":
        return text == "on"
    return True if switch.kind == "act" else text.strip()


def _page(org: Org, request: Request, problem: str) -> str:
    done = FLAT.get(request.parameters.get("done", ""))
    parts: list[str] = [tag("h1", "Switches")]
    if problem:
        parts.append(tag("p", problem, class_="problem", role="alert"))
    elif done:
        parts.append(tag("p", f"Done: {done.text}.", role="status"))
    parts.append(tag("p", f"The org's clock says {org.clock.now():%Y-%m-%d %H:%M} UTC"))
    for title, group in GROUPS.items():
        parts.append(tag("h2", title))
        parts.append(tag("div", *(_form(org, each) for each in group)))
    hidden = tag("input", type="hidden", name="name", value="clear")
    button = tag("button", "Take back all failures that wait", type="submit")
    parts.append(tag("form", hidden, button, method="post"))
    return document("Switches", *parts, root=request.mount)


def _form(org: Org, switch: Switch) -> Html:
    hidden = tag("input", type="hidden", name="name", value=switch.name)
    label = tag("label", switch.text, for_=switch.name)
    button = tag("button", "Do it" if switch.kind == "act" else "Set", type="submit")
    line = [*_control(org, switch), button]
    return tag("form", hidden, label, tag("div", *line, class_="switch"), method="post")


def _control(org: Org, switch: Switch) -> list[Html]:
    name = {"id": switch.name, "name": "value"}
    now = _now(org, switch.name)
    if switch.kind == "act":
        return []
    if switch.kind == "flag":
        state = tag("option", "on", value="on", selected=bool(now))
        return [
            tag(
                "select",
                state,
                tag("option", "off", value="off", selected=not now),
                **name,
            )
        ]
    if switch.kind == "choice":
        options = (
            tag("option", text, value=key) for key, text in sorted(PERMISSIONS.items())
        )
        return [tag("select", *options, **name)]
    if switch.kind == "lines":
        return [tag("textarea", "", rows="4", placeholder=switch.example, **name)]
    return [
        tag(
            "input",
            type="text",
            value=str(now or ("0" if switch.kind == "count" else "")),
            placeholder=switch.example,
            **name,
        )
    ]


def _now(org: Org, name: str) -> Any:
    """What a switch stands at, where that can be told."""
    known = {
        "rotate_refresh_tokens": org.logins.rotate,
        "app_installed": org.client.installed,
        "app_blocked": org.client.blocked,
        "daily_limit": org.usage.daily_limit,
        "instance_url": org.faults.instance_url,
    }
    waiting = getattr(org.faults, name, 0)
    return known.get(name, waiting if isinstance(waiting, int) else "")
