"""The object tables of what people agreed to: individuals, their consent by channel,
and the addresses at which they are reached."""

from crm_mappings.emulator.schema.fields import (
    audit,
    check,
    day,
    deletion,
    email,
    identity,
    link,
    moment,
    owner,
    person_name,
    pick,
    text,
)
from crm_mappings.emulator.schema.objects import SObject

CHANNELS = "Email,MailingAddress,Phone,Social,Web"
STATUSES = "NotSeen,Seen,OptIn,OptOut"

INDIVIDUAL = SObject(
    name="Individual",
    label="Individual",
    plural="Individuals",
    prefix="0PK",
    mergeable=True,
    fields=(
        identity("Individual"),
        owner(),
        deletion(),
        *person_name(),
        day("BirthDate", "Birth Date"),
        *audit(),
        check("HasOptedOutTracking", "Don't Track"),
        check("HasOptedOutProfiling", "Don't Profile"),
        check("HasOptedOutProcessing", "Don't Process"),
        check("HasOptedOutSolicit", "Don't Market"),
        check("ShouldForget", "Forget this Individual"),
        check("SendIndividualData", "Export Individual's Data"),
        check("CanStorePiiElsewhere", "OK to Store PII Data Elsewhere"),
        check("HasOptedOutGeoTracking", "Block Geolocation Tracking"),
    ),
)

TYPE_CONSENT = SObject(
    name="ContactPointTypeConsent",
    label="Contact Point Type Consent",
    plural="Contact Point Type Consents",
    prefix="0ZY",
    fields=(
        identity("Contact Point Type Consent"),
        owner(),
        deletion(),
        text("Name", "Name", 255, nillable=False, name_field=True),
        *audit(),
        link("PartyId", "Party ID", "Individual"),
        pick(
            "ContactPointType",
            "Contact Point Type ID",
            CHANNELS,
            nillable=False,
            restricted=True,
        ),
        moment("EffectiveFrom", "Effective From"),
        moment("EffectiveTo", "Effective To"),
        moment("CaptureDate", "Capture Date", nillable=False),
        pick(
            "CaptureContactPointType",
            "Capture Contact Point Type",
            CHANNELS,
            nillable=False,
            restricted=True,
        ),
        text("CaptureSource", "Capture Source", 255, nillable=False),
        text("DataUsePurposeId", "Data Use Purpose ID", 18),
        pick(
            "PrivacyConsentStatus",
            "Privacy Consent Status",
            STATUSES,
            nillable=False,
            restricted=True,
        ),
        moment("DoubleConsentCaptureDate", "Double Consent Capture Date"),
    ),
)

POINT_EMAIL = SObject(
    name="ContactPointEmail",
    label="Contact Point Email",
    plural="Contact Point Emails",
    prefix="9Vl",
    fields=(
        identity("Contact Point Email"),
        owner(),
        deletion(),
        text("Name", "Name", 255, name_field=True),
        *audit(),
        link("ParentId", "Parent ID", "Account,Individual"),
        email("EmailAddress", "Email address", nillable=False),
        day("ActiveFromDate", "Active from Date"),
        day("ActiveToDate", "Active to Date"),
        check("IsPrimary", "Is Primary"),
        pick("UsageType", "Usage Type", "Home,Temp,Work", restricted=True),
        moment("EmailLatestBounceDateTime", "Email latest bounce date time"),
        text("EmailLatestBounceReasonText", "Email latest bounce reason text", 250),
    ),
)
