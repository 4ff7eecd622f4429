"""Workday: workers over SOAP (Get_Workers), or a custom report (RaaS).

`options` says which. SOAP: `queries` → `soap` (zeep, through connectors.outbound) → `worker_xml` → `earlier`
(what was corrected) → `sections` (what is withheld) → `get_workers` gives the pages. A report: `raas`, signed
in by `sign_in`. Both are read by one mapping.
"""

from __future__ import annotations

from collections.abc import Iterator

from connectors.adapters import Adapter, Finding, Page, Reading
from connectors.adapters.workday.default_mapping import DEFAULT_MAPPING
from connectors.adapters.workday.options import SETTINGS_SCHEMA, options

LEAST_PRIVILEGE = """\
An **integration system user** of its own, in an integration system security group (unconstrained, so that
nobody is left out by accident), with *Do Not Allow UI Sessions* and a password that does not expire.

- **SOAP**: *Get* access, and no other, to the domains
  *Worker Data: Public Worker Reports*, *Worker Data: Current Staffing Information*,
  *Worker Data: Job Details*, *Worker Data: Organization Information*, *Worker Data: Business Site*,
  *Person Data: Name* and *Person Data: Work Email*. No pay, no birth dates, no national identifiers.
- **RaaS**: the custom report is shared with the user; the user may see the report's data source and its
  fields. With OAuth: an API client for integrations with a non-expiring refresh token and the scopes of the
  report's fields only.

The hub never writes to Workday.
"""


def _read(reading: Reading) -> Iterator[Page]:
    if options(reading.settings).interface == "raas":
        from connectors.adapters.workday import raas

        return raas.read(reading)
    # zeep takes a while to import; most processes never need it.
    from connectors.adapters.workday import get_workers

    return get_workers.read(reading)


def _test(reading: Reading) -> list[Finding]:
    from connectors.adapters.workday import trial

    return trial.tried(reading)


ADAPTER = Adapter(
    key="workday",
    title="Workday (SOAP Get_Workers, or a custom report)",
    settings_schema=SETTINGS_SCHEMA,
    secrets={
        "password": "Password of the integration system user",
        "client_secret": "RaaS with OAuth: client secret of the API client",
        "refresh_token": "RaaS with OAuth: refresh token of the API client",
    },
    least_privilege=LEAST_PRIVILEGE,
    read=_read,
    test=_test,
    default_mapping=DEFAULT_MAPPING,
    reads_changes=True,
)
