"""Decrypts one file in a process of its own, whose files cannot grow beyond a limit.

Run by its path with one JSON object on standard input: input, output, most, key, passphrase, signers and
must_be_signed. Prints one JSON object: error, or the fingerprints of the certificates whose signatures are
valid. An encrypted message may be compressed; the limit holds the bomb. It imports nothing of the hub.
"""

from __future__ import annotations

import json
import resource
import sys
from typing import Any

import pysequoia


def main() -> None:
    """Decrypt as standard input says."""
    asked = json.load(sys.stdin)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (asked["most"], asked["most"]))
    json.dump(_decrypted(asked), sys.stdout)


def _decrypted(asked: dict[str, Any]) -> dict[str, Any]:
    try:
        key = pysequoia.Tsk.from_bytes(asked["key"].encode())
        decryptor = key.decryptor(asked["passphrase"] or None)
        signers = [pysequoia.Cert.from_bytes(each.encode()) for each in asked["signers"]]
    except Exception as error:  # noqa: BLE001  the library raises no type of its own
        return {"error": _first_line(error), "stage": "keys"}
    try:
        found = pysequoia.decrypt_file(
            asked["input"],
            asked["output"],
            decryptor=decryptor,
            # With a store the library itself refuses what none of these certificates has signed.
            store=(lambda _: signers) if asked["must_be_signed"] else None,
        )
    except Exception as error:  # noqa: BLE001  the library raises no type of its own
        return {"error": _first_line(error), "stage": "message"}
    valid = {each.certificate.lower() for each in found.valid_sigs}
    return {"signed_by": sorted(valid & {each.fingerprint.lower() for each in signers})}


def _first_line(error: Exception) -> str:
    # A stack of the library's follows.
    return str(error).partition("\n")[0]


if __name__ == "__main__":
    main()
