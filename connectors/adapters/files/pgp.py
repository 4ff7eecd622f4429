"""PGP: from an encrypted file to a plain one, and who signed it.

In: a file, the hub's secret key and the certificates of those who may sign. Out: the plain file. Raises
Damaged for a message that cannot be opened or was signed by nobody known; NotAuthorized where the hub's own
key is not usable. Secrets go to the child process by its standard input, never by arguments or environment.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from connectors.adapters.files import pgp_child
from connectors.adapters.files.damage import Damaged
from connectors.adapters.files.options import Options
from connectors.errors import CannotConnect, NotAuthorized

#: Names that say a file is encrypted.
ENDINGS = (".pgp", ".gpg", ".asc")
_SECONDS_MOST = 3600


def opened(path: Path, name: str, options: Options, secrets: Mapping[str, str]) -> Path:
    """Return the plain file of an encrypted one; a plain one itself, where the settings expect that."""
    looks_encrypted = name.lower().endswith(ENDINGS)
    if options.pgp == "off":
        if looks_encrypted:
            raise Damaged(
                f"{name} is encrypted, and the connection does not expect that.",
                suggestion="Set pgp in the connection and store the hub's key.",
            )
        return path
    target = path.with_name(f"{path.name}.plain")
    told = _asked(path, target, options, secrets)
    path.unlink()
    if told.get("stage") == "keys":
        raise NotAuthorized("The hub's PGP key, its passphrase or a signer's certificate cannot be used.")
    if "error" in told:
        raise Damaged(
            f"{name} cannot be decrypted: {told['error']}",
            suggestion="Is it encrypted to the hub's key, and smaller than most_bytes?",
        )
    if options.pgp == "signed" and not told["signed_by"]:
        raise Damaged(f"{name} carries no valid signature of a known signer.")
    return target


def _asked(path: Path, target: Path, options: Options, secrets: Mapping[str, str]) -> Mapping[str, str]:
    if not secrets.get("pgp_key"):
        raise NotAuthorized("The connection has no PGP key to decrypt with.")
    asked = {
        "input": str(path),
        "output": str(target),
        "most": options.most_bytes,
        "key": secrets["pgp_key"],
        "passphrase": secrets.get("pgp_passphrase", ""),
        "signers": list(options.pgp_signers),
        "must_be_signed": options.pgp == "signed",
    }
    try:
        done = subprocess.run(  # noqa: S603  our own program, run by its path
            [sys.executable, "-I", pgp_child.__file__],
            input=json.dumps(asked),
            capture_output=True,
            text=True,
            timeout=_SECONDS_MOST,
            check=False,
        )
        told: Mapping[str, str] = json.loads(done.stdout)
    except (OSError, subprocess.TimeoutExpired, json.JSONDecodeError) as error:
        # What the child wrote to standard error may come from the library; it is not repeated.
        raise CannotConnect("The file could not be decrypted: the program for it failed.") from error
    return told
