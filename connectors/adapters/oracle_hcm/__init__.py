"""Oracle HCM Cloud: workers over REST, changes by Atom feeds.

The way of a worker: `changes` (who changed) or `pages` (everybody, in an order that holds) → `children`
(child collections to their ends) → `slices` (what was and will be so, row by effective row) →
`manager_numbers` (whose assignment number that is) → the engine. `client` and `tokens` speak to the system,
`run` holds all together.
"""

from __future__ import annotations

from connectors.adapters import Adapter
from connectors.adapters.oracle_hcm.default_mapping import DEFAULT_MAPPING
from connectors.adapters.oracle_hcm.options import SETTINGS_SCHEMA
from connectors.adapters.oracle_hcm.run import read, watermark
from connectors.adapters.oracle_hcm.trial import tried

SECRETS = {
    "password": "Password of the integration user (Basic)",
    "client_secret": "Secret of the OAuth 2 client (client credentials)",
}
LEAST_PRIVILEGE = """\
- An integration user of its own, without access to the user interface, or an OAuth 2 client that acts as
  one.
- A custom job role with the aggregate privilege *Use REST Service - Workers Read Only*, and the read only
  ones of the organizations, jobs and locations resources where the connection reads them. No role that can
  change anything.
- For the Atom feeds the duty role *Atom Feed Access (Employee)*, and the one of work structures.
- A **person security profile** that shows everybody the hub is to know: also people who left, people to come,
  and contingent workers. Whoever it hides is taken for somebody who left.
- No access to pay, national identifiers, health or home addresses: the hub asks for names, work e-mail and
  work relationships only.
"""

ADAPTER = Adapter(
    key="oracle_hcm",
    title="Oracle HCM Cloud",
    settings_schema=SETTINGS_SCHEMA,
    secrets=SECRETS,
    least_privilege=LEAST_PRIVILEGE,
    read=read,
    test=tried,
    default_mapping=DEFAULT_MAPPING,
    watermark=watermark,
    reads_changes=True,
)
