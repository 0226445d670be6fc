"""Owns the rows that a fresh demo org holds."""

from crm_mappings.emulator.org import Org

PEOPLE = (
    ("Ada", "Lovelace", "ada@example.com"),
    ("Alan", "Turing", "alan@example.com"),
    ("Edsger", "Dijkstra", "edsger@example.org"),
)
CASES = (
    ("Ada", "The difference engine stops at seven", "High"),
    ("Alan", "The tape is too short", "Medium"),
    ("Edsger", "A statement jumps where it should not", "Low"),
)


def seed(org: Org) -> dict[str, str]:
    """Add the demo rows; the ids by a name for each."""
    acme = org.insert(
        "Account",
        {"Name": "Acme", "Industry": "Technology", "Website": "https://acme.example"},
    )
    ids = {"account": acme}
    for first, last, email in PEOPLE:
        person = {"FirstName": first, "LastName": last, "Email": email}
        ids[f"contact_{first.lower()}"] = org.insert(
            "Contact", {**person, "AccountId": acme}
        )
    for first, subject, priority in CASES:
        ids[f"case_{first.lower()}"] = org.insert(
            "Case",
            {
                "Subject": subject,
                "Priority": priority,
                "Origin": "Email",
                "ContactId": ids[f"contact_{first.lower()}"],
            },
        )
    return ids | _sales(org, ids)


def _sales(org: Org, ids: dict[str, str]) -> dict[str, str]:
    closing = (org.clock.now().date()).isoformat()
    campaign = org.insert(
        "Campaign", {"Name": "Customer survey", "IsActive": True, "Type": "Email"}
    )
    return {
        "campaign": campaign,
        "member": org.insert(
            "CampaignMember",
            {"CampaignId": campaign, "ContactId": ids["contact_ada"]},
        ),
        "opportunity": org.insert(
            "Opportunity",
            {
                "Name": "Acme renewal",
                "StageName": "Proposal/Price Quote",
                "CloseDate": closing,
                "Amount": 12000,
                "AccountId": ids["account"],
            },
        ),
        "lead": org.insert(
            "Lead",
            {
                "FirstName": "Barbara",
                "LastName": "Liskov",
                "Company": "Substitution Ltd",
                "Email": "barbara@example.net",
            },
        ),
    }
