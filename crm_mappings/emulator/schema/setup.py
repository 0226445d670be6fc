"""The object tables of users, the organization and the rights of the current user."""

from crm_mappings.emulator.schema.fields import (
    READ_ONLY,
    audit,
    check,
    email,
    full_name,
    identity,
    link,
    moment,
    phone,
    pick,
    text,
)
from crm_mappings.emulator.schema.objects import SObject

USER = SObject(
    name="User",
    label="User",
    plural="Users",
    prefix="005",
    deletable=False,
    undeletable=False,
    fields=(
        identity("User"),
        text("Username", "Username", 80, nillable=False, id_lookup=True, unique=True),
        text("LastName", "Last Name", 80, nillable=False, compound="Name"),
        text("FirstName", "First Name", 40, compound="Name"),
        full_name(),
        text("CompanyName", "Company Name", 80),
        text("Department", "Department", 80),
        text("Title", "Title", 80),
        email("Email", "Email", nillable=False),
        phone("Phone", "Phone"),
        text("Alias", "Alias", 8),
        text("CommunityNickname", "Nickname", 40),
        check("IsActive", "Active"),
        text(
            "TimeZoneSidKey", "Time Zone", 40, defaulted=True, default="Europe/Berlin"
        ),
        text("LocaleSidKey", "Locale", 40, defaulted=True, default="en_US"),
        text("LanguageLocaleKey", "Language", 40, defaulted=True, default="en_US"),
        pick(
            "UserType",
            "User Type",
            "Standard,PowerPartner,CspLitePortal,Guest,AutomatedProcess",
            40,
            default="Standard",
            restricted=True,
            **READ_ONLY,
        ),
        moment("LastLoginDate", "Last Login", **READ_ONLY),
        *audit(),
    ),
)

RECORD_TYPE = SObject(
    name="RecordType",
    label="Record Type",
    plural="Record Types",
    prefix="012",
    deletable=False,
    undeletable=False,
    fields=(
        identity("Record Type"),
        text("Name", "Name", 80, nillable=False, name_field=True),
        text("DeveloperName", "Record Type Name", 80, nillable=False),
        text("SobjectType", "SObject Type Name", 40, nillable=False),
        check("IsActive", "Active"),
        *audit(),
    ),
)

ORGANIZATION = SObject(
    name="Organization",
    label="Organization",
    plural="Organizations",
    prefix="00D",
    createable=False,
    deletable=False,
    undeletable=False,
    fields=(
        identity("Organization"),
        text("Name", "Name", 80, nillable=False, name_field=True),
        text("Country", "Country", 80),
        text("PrimaryContact", "Primary Contact", 80),
        text("DefaultLocaleSidKey", "Locale", 40),
        text("TimeZoneSidKey", "Time Zone", 40),
        text("LanguageLocaleKey", "Language", 40),
        pick(
            "OrganizationType",
            "Edition",
            "Team Edition,Professional Edition,Enterprise Edition,"
            "Developer Edition,Personal Edition,Unlimited Edition",
            40,
            restricted=True,
            **READ_ONLY,
        ),
        text("NamespacePrefix", "Namespace Prefix", 15, **READ_ONLY),
        text("InstanceName", "Instance Name", 5, **READ_ONLY),
        check("IsSandbox", "Is Sandbox", **READ_ONLY),
        moment("TrialExpirationDate", "Trial Expiration Date", **READ_ONLY),
        *audit(),
    ),
)

PERMISSIONS = {
    "ApiEnabled": "API Enabled",
    "ApiUserOnly": "Api Only User",
    "EnableNotifications": "Send Outbound Messages",
    "ModifyAllData": "Modify All Data",
    "ViewAllData": "View All Data",
    "ModifyMetadata": "Modify Metadata Through Metadata API Functions",
    "CustomizeApplication": "Customize Application",
    "ViewSetup": "View Setup and Configuration",
    "ManageInteraction": "Manage Flow",
    "RunFlow": "Run Flows",
    "ManageUsers": "Manage Internal Users",
    "ViewAllUsers": "View All Users",
    "PasswordNeverExpires": "Password Never Expires",
    "BulkApiHardDelete": "Bulk API Hard Delete",
    "AssignPermissionSets": "Assign Permission Sets",
}
GRANTED = frozenset(
    {
        *("ApiEnabled", "ModifyAllData", "ViewAllData", "ModifyMetadata"),
        *("CustomizeApplication", "ViewSetup", "ManageInteraction", "RunFlow"),
        *("ViewAllUsers", "EnableNotifications", "AssignPermissionSets"),
    }
)

USER_PERMISSION_ACCESS = SObject(
    name="UserPermissionAccess",
    label="User Permission Access",
    plural="User Permission Access",
    prefix="0tl",
    createable=False,
    updateable=False,
    deletable=False,
    undeletable=False,
    fields=(
        identity("User Permission Access"),
        *(
            check(f"Permissions{name}", label, permissionable=False, **READ_ONLY)
            for name, label in PERMISSIONS.items()
        ),
    ),
)

PERMISSION_SET = SObject(
    name="PermissionSet",
    label="Permission Set",
    plural="Permission Sets",
    prefix="0PS",
    createable=False,
    updateable=False,
    deletable=False,
    undeletable=False,
    fields=(
        identity("Permission Set"),
        text("Name", "Name", 80, nillable=False, name_field=True, **READ_ONLY),
        text("Label", "Label", 80, nillable=False, **READ_ONLY),
        check("IsOwnedByProfile", "Is Owned By Profile", **READ_ONLY),
        *(
            check(f"Permissions{name}", label, permissionable=False, **READ_ONLY)
            for name, label in PERMISSIONS.items()
        ),
    ),
)

PERMISSION_SET_ASSIGNMENT = SObject(
    name="PermissionSetAssignment",
    label="Permission Set Assignment",
    plural="Permission Set Assignments",
    prefix="0Pa",
    updateable=False,
    undeletable=False,
    fields=(
        identity("Permission Set Assignment"),
        link("AssigneeId", "Assignee ID", "User", nillable=False, updateable=False),
        link(
            "PermissionSetId",
            "Permission Set ID",
            "PermissionSet",
            nillable=False,
            updateable=False,
        ),
    ),
)
