"""Files: CSV, JSON and XML from a folder or over SFTP, announced by manifests.

The way of a file: `place` (folder or `sftp`) → `manifest` (which is next) → `delivered` (SHA-256, `pgp`,
`packed`, `text`, count of rows) → `csv_rows`, `json_records` or `xml_records` → `pages` → the engine. `run`
holds them together; a file moves to processed/ or failed/ only when its run is over.
"""

from __future__ import annotations

from connectors.adapters import Adapter
from connectors.adapters.files.default_mapping import DEFAULT_MAPPING
from connectors.adapters.files.options import SETTINGS_SCHEMA
from connectors.adapters.files.run import finish, read, watermark
from connectors.adapters.files.trial import tried

#: Secrets of every adapter that reads delivered files.
SECRETS = {
    "private_key": "SSH private key the hub logs in with (OpenSSH or PEM)",
    "private_key_passphrase": "Passphrase of the SSH key, if it has one",
    "pgp_key": "OpenPGP secret key files are encrypted to, in ASCII armor",
    "pgp_passphrase": "Passphrase of the OpenPGP key, if it has one",
}
LEAST_PRIVILEGE = """\
- An SFTP account of its own, restricted to SFTP (no shell, no forwarding) and to the delivery folder.
- Login by key only; the key is made for the hub and used nowhere else.
- It may list and read the folder, and create and rename inside it (`processed/`, `failed/`). It need not
  delete, and needs no right on any other folder.
- From a folder of this machine: the account the hub runs as may read and rename in that folder.
"""

ADAPTER = Adapter(
    key="files",
    title="Files (CSV, JSON, XML) from a folder or over SFTP",
    settings_schema=SETTINGS_SCHEMA,
    secrets=SECRETS,
    least_privilege=LEAST_PRIVILEGE,
    read=read,
    test=tried,
    default_mapping=DEFAULT_MAPPING,
    watermark=watermark,
    reads_changes=True,
    finish=finish,
)
