"""Outbound messages as Salesforce sends them."""

from __future__ import annotations


def message(
    *notifications: str, org: str = "00Dxx0000001gPFEAY", before: str = ""
) -> bytes:
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>{before}'
        '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"'
        ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><soapenv:Body>'
        '<notifications xmlns="http://soap.sforce.com/2005/09/outbound">'
        f"<OrganizationId>{org}</OrganizationId>"
        "<ActionId>04kxx00000000blAAA</ActionId>"
        '<SessionId xsi:nil="true"/>'
        f"{''.join(notifications)}"
        "</notifications></soapenv:Body></soapenv:Envelope>"
    ).encode()


def notification(
    fields: str = "<sf:Subject>Printer</sf:Subject>", number: int = 0
) -> str:
    return (
        f"<Notification><Id>04lxx000000{number:04d}AAA</Id>"
        '<sObject xsi:type="sf:Case" xmlns:sf="urn:sobject.enterprise.soap.sforce.com">'
        f"<sf:Id>500xx000003DGb2AAG</sf:Id>{fields}</sObject></Notification>"
    )
