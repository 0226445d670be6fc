"""The object tables of accounts, contacts and leads."""

from crm_mappings.emulator.schema.fields import (
    READ_ONLY,
    Field,
    address,
    area,
    audit,
    check,
    day,
    deletion,
    email,
    external_key,
    identity,
    integer,
    link,
    moment,
    number,
    owner,
    person_name,
    phone,
    pick,
    text,
    url,
)
from crm_mappings.emulator.schema.objects import SObject

INDUSTRIES = (
    "Agriculture,Apparel,Banking,Biotechnology,Chemicals,Communications,Construction,"
    "Consulting,Education,Electronics,Energy,Engineering,Entertainment,Environmental,"
    "Finance,Food & Beverage,Government,Healthcare,Hospitality,Insurance,Machinery,"
    "Manufacturing,Media,Not For Profit,Other,Recreation,Retail,Shipping,Technology,"
    "Telecommunications,Transportation,Utilities"
)
RATINGS = "Hot,Warm,Cold"
SOURCES = "Web,Phone Inquiry,Partner Referral,Purchased List,Other"
CLEAN = "Matched,Different,Acknowledged,NotFound,Inactive,Pending,SelectMatch,Skipped"


def _seen() -> tuple[Field, ...]:
    return (
        moment("LastViewedDate", "Last Viewed Date", permissionable=False, **READ_ONLY),
        moment(
            "LastReferencedDate",
            "Last Referenced Date",
            permissionable=False,
            **READ_ONLY,
        ),
    )


def _last_activity() -> Field:
    return day("LastActivityDate", "Last Activity", permissionable=False, **READ_ONLY)


def _bounces() -> tuple[Field, ...]:
    return (
        text("EmailBouncedReason", "Email Bounced Reason", permissionable=False),
        moment("EmailBouncedDate", "Email Bounced Date", permissionable=False),
    )


def _master(name: str) -> Field:
    return link(
        "MasterRecordId", "Master Record ID", name, permissionable=False, **READ_ONLY
    )


ACCOUNT = SObject(
    name="Account",
    label="Account",
    plural="Accounts",
    prefix="001",
    mergeable=True,
    fields=(
        identity("Account"),
        deletion(),
        _master("Account"),
        text(
            "Name",
            "Account Name",
            255,
            nillable=False,
            name_field=True,
            extra="switchablepersonname",
            permissionable=False,
        ),
        pick(
            "Type",
            "Account Type",
            "Prospect,Customer - Direct,Customer - Channel,"
            "Channel Partner / Reseller,Installation Partner,Technology Partner,Other",
        ),
        link(
            "ParentId",
            "Parent Account ID",
            "Account",
            relationship="Parent",
            child_relationship="ChildAccounts",
        ),
        *address("Billing", "Billing"),
        *address("Shipping", "Shipping"),
        phone("Phone", "Account Phone"),
        phone("Fax", "Account Fax"),
        text("AccountNumber", "Account Number", 40),
        url("Website", "Website"),
        url(
            "PhotoUrl", "Photo URL", extra="imageurl", permissionable=False, **READ_ONLY
        ),
        text("Sic", "SIC Code", 20),
        pick("Industry", "Industry", INDUSTRIES),
        number("AnnualRevenue", "Annual Revenue", 18, 0, type="currency"),
        integer("NumberOfEmployees", "Employees"),
        pick("Ownership", "Ownership", "Public,Private,Subsidiary,Other"),
        text("TickerSymbol", "Ticker Symbol", 20),
        area("Description", "Account Description", 32000),
        pick("Rating", "Account Rating", RATINGS),
        text("Site", "Account Site", 80),
        owner(),
        *audit(),
        _last_activity(),
        *_seen(),
        pick("CleanStatus", "Clean Status", CLEAN, 40, restricted=True),
        pick("AccountSource", "Account Source", SOURCES),
    ),
)

CONTACT = SObject(
    name="Contact",
    label="Contact",
    plural="Contacts",
    prefix="003",
    mergeable=True,
    fields=(
        identity("Contact"),
        deletion(),
        _master("Contact"),
        link("AccountId", "Account ID", "Account", child_relationship="Contacts"),
        *person_name(),
        *address("Other", "Other"),
        *address("Mailing", "Mailing"),
        phone("Phone", "Business Phone"),
        phone("Fax", "Business Fax"),
        phone("MobilePhone", "Mobile Phone"),
        phone("HomePhone", "Home Phone"),
        phone("OtherPhone", "Other Phone"),
        phone("AssistantPhone", "Asst. Phone"),
        link("ReportsToId", "Reports To ID", "Contact"),
        email("Email", "Email", id_lookup=True),
        text("Title", "Title", 128),
        text("Department", "Department", 80),
        text("AssistantName", "Assistant's Name", 40),
        pick("LeadSource", "Lead Source", SOURCES),
        day("Birthdate", "Birthdate"),
        area("Description", "Contact Description", 32000),
        owner(),
        check("HasOptedOutOfEmail", "Email Opt Out"),
        check("HasOptedOutOfFax", "Fax Opt Out"),
        link(
            "IndividualId",
            "Individual ID",
            "Individual",
            permissionable=False,
        ),
        check("DoNotCall", "Do Not Call"),
        *audit(),
        _last_activity(),
        *_seen(),
        *_bounces(),
        check("IsEmailBounced", "Is Email Bounced", permissionable=False, **READ_ONLY),
        url(
            "PhotoUrl", "Photo URL", extra="imageurl", permissionable=False, **READ_ONLY
        ),
        pick("CleanStatus", "Clean Status", CLEAN, 40, restricted=True),
        number("Last_NPS__c", "Last NPS", 2, 0),
        moment("Last_Survey__c", "Last Survey"),
        external_key("Tellback_Key__c", "Tellback Key"),
    ),
)

LEAD = SObject(
    name="Lead",
    label="Lead",
    plural="Leads",
    prefix="00Q",
    mergeable=True,
    fields=(
        identity("Lead"),
        deletion(),
        _master("Lead"),
        *person_name(),
        text("Title", "Title", 128),
        text("Company", "Company", 255, nillable=False, permissionable=False),
        *address("", ""),
        phone("Phone", "Phone"),
        phone("MobilePhone", "Mobile Phone"),
        phone("Fax", "Fax"),
        email("Email", "Email", id_lookup=True),
        url("Website", "Website"),
        area("Description", "Description", 32000),
        pick("LeadSource", "Lead Source", SOURCES),
        pick(
            "Status",
            "Status",
            "Open - Not Contacted,Working - Contacted,Closed - Converted,"
            "Closed - Not Converted",
            nillable=False,
            default="Open - Not Contacted",
            permissionable=False,
        ),
        pick("Industry", "Industry", INDUSTRIES),
        pick("Rating", "Rating", RATINGS),
        number("AnnualRevenue", "Annual Revenue", 18, 0, type="currency"),
        integer("NumberOfEmployees", "Employees"),
        owner("Group,User"),
        check("HasOptedOutOfEmail", "Email Opt Out"),
        check("DoNotCall", "Do Not Call"),
        link(
            "IndividualId",
            "Individual ID",
            "Individual",
            permissionable=False,
        ),
        check("IsConverted", "Converted", permissionable=False, **READ_ONLY),
        day("ConvertedDate", "Converted Date", permissionable=False, **READ_ONLY),
        link(
            "ConvertedContactId",
            "Converted Contact ID",
            "Contact",
            permissionable=False,
            **READ_ONLY,
        ),
        *audit(),
        _last_activity(),
        *_seen(),
        *_bounces(),
        external_key("Tellback_Key__c", "Tellback Key"),
    ),
)
