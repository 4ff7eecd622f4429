"""SAP SuccessFactors Employee Central over OData v2: people with all their slices, and the organization.

The way of a record: `client` (login, errors, sessions) → `pages` (paging, snapshots, what is left to read) →
`records` (the entry as a raw record, without a network) → `default_mapping` → the engine. `query` writes the
addresses, `assertion` signs what OAuth asks for, `manager_keys` finds whose employment a manager's userId is.
"""

from __future__ import annotations

from connectors.adapters import Adapter
from connectors.adapters.successfactors.default_mapping import DEFAULT_MAPPING
from connectors.adapters.successfactors.options import LEAST_PRIVILEGE, SECRETS, SETTINGS_SCHEMA
from connectors.adapters.successfactors.pages import read
from connectors.adapters.successfactors.trial import tried

ADAPTER = Adapter(
    key="successfactors",
    title="SAP SuccessFactors Employee Central (OData v2)",
    settings_schema=SETTINGS_SCHEMA,
    secrets=SECRETS,
    least_privilege=LEAST_PRIVILEGE,
    read=read,
    test=tried,
    default_mapping=DEFAULT_MAPPING,
    reads_changes=True,
)
