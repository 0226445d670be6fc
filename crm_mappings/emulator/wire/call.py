"""Owns one authenticated API call: the org, the request, the version, the user."""

from collections.abc import Callable
from dataclasses import dataclass

from crm_mappings.emulator.logins import Session
from crm_mappings.emulator.org import Org
from crm_mappings.emulator.refusals import not_found
from crm_mappings.emulator.schema.objects import SObject
from crm_mappings.emulator.wire.exchange import Answer, Request


@dataclass(kw_only=True)
class ApiCall:
    org: Org
    request: Request
    version: str
    session: Session
    dispatch: Callable[["ApiCall"], Answer]  # the way of a call that is part of it
    place: tuple[str, ...] = ()  # what stood for the stars of the route

    @property
    def user_id(self) -> str:
        return self.session.user_id

    @property
    def base(self) -> str:
        return f"/services/data/v{self.version}"

    def sobject(self, name: str | None = None) -> SObject:
        """The object that the path names, or 404."""
        found = self.org.catalogue.find(name or self.place[0])
        if found is None:
            raise not_found()
        return found
