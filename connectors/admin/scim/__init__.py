"""Tokens of SCIM connections in the administration: issued, shown this once, withdrawn."""

from connectors.admin.scim import tokens

__all__ = ["MENU", "tokens"]

MENU = [("SCIM tokens", "passkey", "admin:connectors_scimtoken_changelist", "connectors.view_scimtoken")]
