"""The admin of write-backs: what reached Salesforce, what did not, and why."""

from crm_mappings.admin.write_backs.screens import WriteBackAdmin

__all__ = ["WriteBackAdmin"]
