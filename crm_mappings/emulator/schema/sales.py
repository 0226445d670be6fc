"""The object tables of opportunities, campaigns and campaign members."""

from typing import Any

from crm_mappings.emulator.schema.fields import (
    READ_ONLY,
    area,
    audit,
    check,
    day,
    deletion,
    email,
    identity,
    integer,
    link,
    moment,
    number,
    owner,
    phone,
    pick,
    text,
)
from crm_mappings.emulator.schema.objects import SObject
from crm_mappings.emulator.schema.people import SOURCES

# Stage: probability, forecast category, closed, won.
STAGES: dict[str, tuple[int, str, bool, bool]] = {
    "Prospecting": (10, "Pipeline", False, False),
    "Qualification": (10, "Pipeline", False, False),
    "Needs Analysis": (20, "Pipeline", False, False),
    "Value Proposition": (50, "Pipeline", False, False),
    "Id. Decision Makers": (60, "Pipeline", False, False),
    "Perception Analysis": (70, "Pipeline", False, False),
    "Proposal/Price Quote": (75, "Pipeline", False, False),
    "Negotiation/Review": (90, "Pipeline", False, False),
    "Closed Won": (100, "Closed", True, True),
    "Closed Lost": (0, "Omitted", True, False),
}
HIDDEN: dict[str, Any] = {"permissionable": False, **READ_ONLY}

OPPORTUNITY = SObject(
    name="Opportunity",
    label="Opportunity",
    plural="Opportunities",
    prefix="006",
    fields=(
        identity("Opportunity"),
        deletion(),
        link("AccountId", "Account ID", "Account", child_relationship="Opportunities"),
        check("IsPrivate", "Private"),
        text(
            "Name",
            "Name",
            120,
            nillable=False,
            id_lookup=True,
            name_field=True,
            permissionable=False,
        ),
        area("Description", "Description", 32000),
        pick(
            "StageName",
            "Stage",
            ",".join(STAGES),
            nillable=False,
            permissionable=False,
        ),
        number("Amount", "Amount", 18, 2, type="currency"),
        number("Probability", "Probability (%)", 3, 0, type="percent", defaulted=True),
        number(
            "ExpectedRevenue", "Expected Amount", 18, 2, type="currency", **READ_ONLY
        ),
        number("TotalOpportunityQuantity", "Quantity", 18, 2),
        day("CloseDate", "Close Date", nillable=False, permissionable=False),
        pick(
            "Type",
            "Opportunity Type",
            "Existing Customer - Upgrade,Existing Customer - Replacement,"
            "Existing Customer - Downgrade,New Customer",
        ),
        text("NextStep", "Next Step", 255),
        pick("LeadSource", "Lead Source", SOURCES),
        check("IsClosed", "Closed", **HIDDEN),
        check("IsWon", "Won", **HIDDEN),
        pick(
            "ForecastCategoryName",
            "Forecast Category",
            "Omitted,Pipeline,Best Case,Commit,Closed",
            defaulted=True,
            restricted=True,
            permissionable=False,
        ),
        link(
            "CampaignId", "Campaign ID", "Campaign", child_relationship="Opportunities"
        ),
        owner(),
        *audit(),
        day("LastActivityDate", "Last Activity", **HIDDEN),
        moment("LastStageChangeDate", "Last Stage Change Date", **HIDDEN),
        integer("FiscalQuarter", "Fiscal Quarter", compound="Fiscal", **HIDDEN),
        integer("FiscalYear", "Fiscal Year", compound="Fiscal", **HIDDEN),
        text("Fiscal", "Fiscal Period", 6, **HIDDEN),
        link(
            "ContactId",
            "Contact ID",
            "Contact",
            relationship=None,
            updateable=False,
            permissionable=False,
        ),
    ),
)

CAMPAIGN = SObject(
    name="Campaign",
    label="Campaign",
    plural="Campaigns",
    prefix="701",
    fields=(
        identity("Campaign"),
        deletion(),
        text(
            "Name",
            "Name",
            80,
            nillable=False,
            id_lookup=True,
            name_field=True,
            permissionable=False,
        ),
        link("ParentId", "Parent Campaign ID", "Campaign"),
        pick(
            "Type",
            "Type",
            "Conference,Webinar,Trade Show,Public Relations,Partners,"
            "Referral Program,Advertisement,Banner Ads,Direct Mail,Email,"
            "Telemarketing,Other",
            40,
        ),
        pick(
            "Status",
            "Status",
            "Planned,In Progress,Completed,Aborted",
            40,
            default="Planned",
        ),
        day("StartDate", "Start Date"),
        day("EndDate", "End Date"),
        number("ExpectedRevenue", "Expected Revenue", 18, 0, type="currency"),
        number("BudgetedCost", "Budgeted Cost", 18, 0, type="currency"),
        number("ActualCost", "Actual Cost", 18, 0, type="currency"),
        number("ExpectedResponse", "Expected Response (%)", 10, 2, type="percent"),
        check("IsActive", "Active"),
        area("Description", "Description", 32000),
        owner(),
        *audit(),
        day("LastActivityDate", "Last Activity", **HIDDEN),
    ),
)

CAMPAIGN_MEMBER = SObject(
    name="CampaignMember",
    label="Campaign Member",
    plural="Campaign Members",
    prefix="00v",
    undeletable=False,
    fields=(
        identity("Campaign Member"),
        deletion(),
        link(
            "CampaignId",
            "Campaign ID",
            "Campaign",
            nillable=False,
            updateable=False,
            permissionable=False,
            child_relationship="CampaignMembers",
        ),
        link(
            "LeadId",
            "Lead ID",
            "Lead",
            updateable=False,
            child_relationship="CampaignMembers",
        ),
        link(
            "ContactId",
            "Contact ID",
            "Contact",
            updateable=False,
            child_relationship="CampaignMembers",
        ),
        pick("Status", "Status", "Sent,Responded", 40, default="Sent"),
        check("HasResponded", "Responded", **HIDDEN),
        day("FirstRespondedDate", "First Responded Date", **HIDDEN),
        *audit(),
        text("FirstName", "First Name", 40, **HIDDEN),
        text("LastName", "Last Name", 80, **HIDDEN),
        text("Title", "Title", 128, **HIDDEN),
        email("Email", "Email", **HIDDEN),
        phone("Phone", "Phone", **HIDDEN),
        check("HasOptedOutOfEmail", "Email Opt Out", **HIDDEN),
    ),
)
