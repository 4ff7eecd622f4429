#!/usr/bin/env python3
"""Checks a bundle of LRS Hub without the hub: what was verified, or exactly what is wrong and where.

    python3 verify.py BUNDLE [--key VKEY | --fingerprint HEX]

In: the bundle, as the ZIP or as the folder it was unpacked to, and the log's public key, which should come
from elsewhere (`/api/v1/log/keys`, a witness, a letter). Out: lines of text; exit code 0 where everything
holds, 1 where anything does not, 2 where it was called wrongly. Needs Python 3.9 and its standard library.
Ed25519 is checked by the package `cryptography` where that is installed, else by the functions below, which
follow RFC 8032, section 5.1.7. Never writes, never asks a network.

    payload or row → record → salted commitment → leaf → inclusion proof → checkpoint → key
"""

from __future__ import annotations

import argparse
import json
import sys
from base64 import b64decode, b64encode
from collections.abc import Iterator
from hashlib import sha256, sha512
from pathlib import Path
from typing import IO, Any, TextIO, Tuple
from zipfile import ZipFile

MANIFEST, SIGNED, CHECKPOINT, KEYS = "manifest.json", "manifest.note", "checkpoint.txt", "keys.txt"
STATEMENTS, PROOFS, CONTEXTS = "statements.jsonl", "statements.proofs.jsonl", "contexts.jsonl"
SIGNATURES, ASSIGNMENTS, COMPLETIONS = "signatures.jsonl", "assignments.jsonl", "completions.jsonl"
EVIDENCE_OF = "completion-evidence.jsonl"
FAULTS_MOST = 50

# Written so that Python 3.9 reads it.
Key = Tuple[str, bytes, bytes]
Point = Tuple[int, int, int, int]


class Wrong(Exception):
    """Something does not hold; the text says what."""


# Ed25519 (RFC 8032, section 5.1)

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT_OF_MINUS_ONE = pow(2, (P - 1) // 4, P)


def _x_of(y: int, sign: int) -> int | None:
    """Return x of the point with this y, None where there is none (5.1.3)."""
    if y >= P:
        return None
    squared = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(squared, (P + 3) // 8, P)
    if (x * x - squared) % P:
        x = x * ROOT_OF_MINUS_ONE % P
    if (x * x - squared) % P or (x == 0 and sign):
        return None
    return P - x if x & 1 != sign else x


def _point(content: bytes) -> Point | None:
    """Return a point in extended coordinates out of its 32 bytes."""
    number = int.from_bytes(content, "little")
    y = number & ((1 << 255) - 1)
    x = _x_of(y, number >> 255)
    return None if x is None else (x, y, 1, x * y % P)


def _sum(one: Point, other: Point) -> Point:
    """Return the sum of two points (5.1.4)."""
    a = (one[1] - one[0]) * (other[1] - other[0]) % P
    b = (one[1] + one[0]) * (other[1] + other[0]) % P
    c = 2 * one[3] * other[3] * D % P
    d = 2 * one[2] * other[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return (e * f % P, g * h % P, f * g % P, e * h % P)


def _times(number: int, point: Point) -> Point:
    found: Point = (0, 1, 1, 0)
    while number:
        if number & 1:
            found = _sum(found, point)
        point = _sum(point, point)
        number >>= 1
    return found


def _base() -> Point:
    """Return the base point: its y is 4/5, its x even."""
    y = 4 * pow(5, P - 2, P) % P
    x = _x_of(y, 0) or 0
    return (x, y, 1, x * y % P)


def ed25519_plain(public: bytes, message: bytes, signature: bytes) -> bool:
    """Whether a signature is the key's over a message, without any library."""
    if len(public) != 32 or len(signature) != 64:
        return False
    key, commitment = _point(public), _point(signature[:32])
    scalar = int.from_bytes(signature[32:], "little")
    if key is None or commitment is None or scalar >= ORDER:
        return False
    challenge = int.from_bytes(sha512(signature[:32] + public + message).digest(), "little") % ORDER
    left, right = _times(scalar, _base()), _sum(commitment, _times(challenge, key))
    return (left[0] * right[2] - right[0] * left[2]) % P == 0 and (
        left[1] * right[2] - right[1] * left[2]
    ) % P == 0


def ed25519(public: bytes, message: bytes, signature: bytes) -> bool:
    """Whether a signature is the key's over a message."""
    try:
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    except ImportError:
        return ed25519_plain(public, message, signature)
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


# Keys and signed notes (C2SP signed-note)


def key_of(vkey: str) -> Key:
    """Return name, key id and public key of `name+id+base64`."""
    name, _, rest = vkey.strip().partition("+")
    hashed, _, content = rest.partition("+")
    try:
        key = b64decode(content, validate=True)
    except ValueError:
        raise Wrong("a key is not base64") from None
    if not name or len(key) != 33 or key[0] != 1:
        raise Wrong("a key is no Ed25519 key of the form name+id+base64")
    if sha256(name.encode() + b"\n" + key).hexdigest()[:8] != hashed:
        raise Wrong("the id of the key does not belong to it")
    return name, bytes.fromhex(hashed), key[1:]


def opened(note: str, keys: list[Key]) -> str:
    """Return the text of a note that one of the keys signed."""
    text, blank, rest = note.rpartition("\n\n")
    if not blank or not rest.endswith("\n"):
        raise Wrong("this is no signed note")
    text += "\n"
    held = False
    for line in rest[:-1].split("\n"):
        mark, _, after = line.partition(" ")
        name, _, content = after.partition(" ")
        try:
            signature = b64decode(content, validate=True)
        except ValueError:
            raise Wrong("a line of signature is not base64") from None
        # The last letter of base64 may hold bits that decode to nothing.
        if mark != "\u2014" or len(signature) < 5 or b64encode(signature).decode() != content:
            raise Wrong("a line of signature is malformed")
        for known, key_id, public in keys:
            if (known, key_id) == (name, signature[:4]):
                if not ed25519(public, text.encode(), signature[4:]):
                    raise Wrong(f"the signature of {name} does not hold")
                held = True
    if not held:
        raise Wrong("the key did not sign it")
    return text


# The tree (RFC 9162, section 2.1.3.2)


def root_of(index: int, size: int, leaf: bytes, path: list[bytes]) -> bytes:
    """Return the root a path leads to; Wrong where it is no path of such a tree."""
    if not 0 <= index < size:
        raise Wrong(f"leaf {index} is not in a tree of {size} leaves")
    at, last, found = index, size - 1, leaf
    for each in path:
        if last == 0 or len(each) != 32:
            raise Wrong("the path to the root is malformed")
        if at & 1 or at == last:
            found = sha256(b"\x01" + each + found).digest()
            while at and not at & 1:
                at >>= 1
                last >>= 1
        else:
            found = sha256(b"\x01" + found + each).digest()
        at >>= 1
        last >>= 1
    if last:
        raise Wrong("the path to the root is too short")
    return found


# What PostgreSQL writes, by which long values are compared


class Number(str):
    """A number with a point, as it is written."""

    __slots__ = ()


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice in an object")
    return found


def parsed(text: str) -> Any:
    """Return a value of JSON; numbers with a point stay as they are written."""
    return json.loads(text, parse_float=Number, object_pairs_hook=_once)


def written(value: Any) -> str:
    """Return a value as PostgreSQL writes jsonb."""
    if isinstance(value, Number):
        return str(value)
    if isinstance(value, dict):
        return "{{{}}}".format(", ".join(f"{written(name)}: {written(each)}" for name, each in value.items()))
    if isinstance(value, list):
        return "[{}]".format(", ".join(map(written, value)))
    return json.dumps(value, ensure_ascii=False)


def same(told: Any, value: Any) -> bool:
    """Whether a value is what the audit trail tells; of long ones it tells length and hash."""
    if told == value:
        return True
    if isinstance(told, dict) and set(told) == {"bytes", "sha256"}:
        return bool(sha256(written(value).encode()).hexdigest() == told["sha256"])
    return False


class Bundle:
    """A bundle, packed or unpacked."""

    def __init__(self, path: Path) -> None:
        self._zip = None if path.is_dir() else ZipFile(path)
        self._path = path

    def close(self) -> None:
        """Close the archive."""
        if self._zip is not None:
            self._zip.close()

    def names(self) -> list[str]:
        """Return the names of its files."""
        if self._zip is not None:
            return [each for each in self._zip.namelist() if not each.endswith("/")]
        return [each.relative_to(self._path).as_posix() for each in self._path.rglob("*") if each.is_file()]

    def open(self, name: str) -> IO[bytes]:
        """Return a file, read as bytes."""
        return (self._path / name).open("rb") if self._zip is None else self._zip.open(name)

    def read(self, name: str) -> bytes:
        """Return all of a short file."""
        with self.open(name) as file:
            return file.read()


class Check:
    """One run over a bundle."""

    def __init__(self, bundle: Bundle, out: TextIO) -> None:
        self.bundle = bundle
        self.out = out
        self.faults = 0
        self.waiting = 0
        self.proven = 0
        self.root = b""
        self.size = 0
        self.manifest: dict[str, Any] = {}
        self.statements: set[str] = set()
        self.seqs: set[int] = set()
        self.assignments: set[tuple[Any, ...]] = set()
        self.completions: set[int] = set()

    def say(self, text: str) -> None:
        """Print a line."""
        print(text, file=self.out)

    def wrong(self, place: str, text: object) -> None:
        """Print what is wrong, and where."""
        self.faults += 1
        if self.faults <= FAULTS_MOST:
            self.say(f"WRONG  {place}: {text}")

    def run(self, vkey: str | None, fingerprint: str | None) -> bool:
        """Check everything; return whether it holds."""
        try:
            keys = self.keys(vkey, fingerprint)
        except (Wrong, ValueError, KeyError, OSError) as error:
            self.wrong(KEYS, error)
            return False
        for name, step in ((SIGNED, self.seal), (MANIFEST, self.files), (CHECKPOINT, self.checkpoint)):
            try:
                step(keys)
            except Exception as error:  # whatever is malformed in whichever way
                self.wrong(name, error)
        names = set(self.bundle.names())
        for name, look in (
            (STATEMENTS, self.check_statements),
            *((name, self.check_rows) for name in self.manifest.get("rows", {})),
            (CONTEXTS, self.check_contexts),
        ):
            if name not in names:
                self.wrong(name, "the file is missing")
                continue
            try:
                look(name)
            except Exception as error:  # what the ZIP itself finds
                self.wrong(name, error)
        if self.waiting:
            self.wrong("bundle", f"{self.waiting} records are under no checkpoint yet: pull it again")
        return not self.faults

    def keys(self, vkey: str | None, fingerprint: str | None) -> list[Key]:
        """Return the keys of the log, compared with the one that was given."""
        lines = self.bundle.read(KEYS).decode().splitlines()
        if not lines:
            raise Wrong("there is no key")
        keys = [key_of(each) for each in lines]
        for (name, _, public), line in zip(keys, lines):
            self.say(f"key       {line}")
            self.say(f"          SHA-256 of it: {sha256(public).hexdigest()} ({name})")
        if vkey:
            given = key_of(vkey)
            if given not in keys:
                raise Wrong("the key given is not among those of the bundle")
            return [given]
        if fingerprint:
            wanted = fingerprint.replace(":", "").lower()
            keys = [each for each in keys if sha256(each[2]).hexdigest() == wanted]
            if not keys:
                raise Wrong("no key of the bundle has the fingerprint given")
            return keys
        self.say("          NOT COMPARED: no --key was given. Compare it with the log's by other means.")
        return keys

    def seal(self, keys: list[Key]) -> None:
        """Check that the key signed the manifest."""
        text = opened(self.bundle.read(SIGNED).decode(), keys)
        found = sha256(self.bundle.read(MANIFEST)).hexdigest()
        expected = f"lrs-hub-bundle/v1 {keys[0][0]}\nsha256 {found}\n"
        if text != expected:
            raise Wrong(f"the signed hash is not that of {MANIFEST}")
        self.say("manifest  signed by the log's key")

    def files(self, _: list[Key]) -> None:
        """Check that every file is there, and as the manifest says."""
        self.manifest = json.loads(self.bundle.read(MANIFEST))
        listed = {each["name"]: each for each in self.manifest["files"]}
        there = self.bundle.names()
        for name in there:
            if there.count(name) > 1:
                self.wrong(name, "stands twice in the bundle")
        for name in sorted(set(there) - set(listed) - {MANIFEST, SIGNED}):
            self.wrong(name, "is not in the manifest")
        for name, each in listed.items():
            if name not in there:
                self.wrong(name, "is missing")
                continue
            try:
                if self._hash(name) != each["sha256"]:
                    self.wrong(name, "its SHA-256 is not that of the manifest")
            except Exception as error:  # what the ZIP itself finds
                self.wrong(name, error)
        self.say(f"files     {len(listed)}, as the manifest says")

    def _hash(self, name: str) -> str:
        digest = sha256()
        with self.bundle.open(name) as file:
            while piece := file.read(1 << 16):
                digest.update(piece)
        return digest.hexdigest()

    def checkpoint(self, keys: list[Key]) -> None:
        """Check the signature of the checkpoint, and take over size and root."""
        text = opened(self.bundle.read(CHECKPOINT).decode(), keys)
        origin, size, root = text.split("\n")[:3]
        if origin != keys[0][0]:
            raise Wrong("it is of another log than the key")
        self.size, self.root = int(size), b64decode(root, validate=True)
        self.say(f"checkpoint  {origin}: {self.size} leaves, signed")

    def record(self, proof: dict[str, Any], kind: str) -> dict[str, Any]:
        """Return the record a proof is for, once it is shown to be in the log."""
        record: dict[str, Any] = parsed(proof["record"])
        if record.get("kind") != kind:
            raise Wrong("the record is of another kind")
        if proof.get("waiting"):
            self.waiting += 1
            return record
        commitment = sha256(bytes.fromhex(proof["salt"]) + proof["record"].encode()).hexdigest()
        entry = '{{"commitment":"{}","id":"{}","kind":"{}"}}'.format(commitment, proof["id"], kind)
        leaf = sha256(b"\x00" + entry.encode()).digest()
        path = [b64decode(each, validate=True) for each in proof["path"]]
        if root_of(proof["index"], self.size, leaf, path) != self.root:
            raise Wrong("it does not lead to the root of the checkpoint")
        self.proven += 1
        return record

    def lines(self, name: str) -> Iterator[tuple[int, str]]:
        """Yield number and text of each line; what is no UTF-8 is told."""
        with self.bundle.open(name) as file:
            for number, line in enumerate(file, 1):
                if not line.endswith(b"\n"):
                    self.wrong(f"{name}:{number}", "the line has no end")
                try:
                    yield number, line.rstrip(b"\n").decode()
                except UnicodeDecodeError:
                    self.wrong(f"{name}:{number}", "the line is no UTF-8")
                    yield number, ""

    def check_statements(self, name: str) -> None:
        """Check each statement against its record, and that against the root."""
        before, proofs = self.proven, self.lines(PROOFS)
        for number, payload in self.lines(name):
            place = f"{name}:{number}"
            found = next(proofs, None)
            if found is None:
                self.wrong(place, f"it has no line in {PROOFS}")
                break
            try:
                proof = json.loads(found[1])
                said = json.loads(proof["record"])["id"]
                place += f" (statement {said})"
            except Exception:
                self.wrong(f"{PROOFS}:{found[0]}", "the line is no proof")
                continue
            try:
                record = self.record(proof, "statement")
                if sha256(payload.encode()).hexdigest() != record["payload_sha256"]:
                    raise Wrong("the statement is not the one that was logged")
                if json.loads(payload)["id"].lower() != record["id"]:
                    raise Wrong("the statement has another id than its record")
                self.statements.add(record["id"])
                self.seqs.add(int(record["seq"]))
            except Exception as error:
                self.wrong(place, error)
        for number, _ in proofs:
            self.wrong(f"{PROOFS}:{number}", "a statement is missing")
        self.say(f"{name:<28} {self.proven - before} proven")

    def check_rows(self, name: str) -> None:
        """Check each row against what the audit trail says of it, and that against the root."""
        table, count = self.manifest["rows"][name], 0
        for number, line in self.lines(name):
            place = f"{name}:{number}"
            try:
                told = parsed(line)
                place += " ({} {})".format(table, told["key"])
                self.row(name, table, told)
                count += 1
            except Exception as error:
                self.wrong(place, error)
        self.say(f"{name:<28} {count} rows proven with their history")

    def row(self, name: str, table: str, told: dict[str, Any]) -> None:
        """Check one row."""
        key, row, made, last = told["key"], told["row"], None, -1
        for entry in told["trail"]:
            record = self.record(entry, "audit")
            if (record["table"], record["row"]) != (table, key):
                raise Wrong("entry {} of the audit trail is of another row".format(record["key"]))
            if int(record["key"]) <= last:
                raise Wrong("the entries of the audit trail are out of order")
            last = int(record["key"])
            for side in ("before", "after"):
                text = entry[side]
                found = None if text is None else sha256(text.encode()).hexdigest()
                if found != record[side + "_sha256"]:
                    raise Wrong("entry {} of the audit trail was changed ({})".format(record["key"], side))
            if record["operation"] == "insert":
                made = parsed(entry["after"])
            elif made is None:
                raise Wrong("the audit trail does not tell how it was made")
            elif record["operation"] == "update":
                made.update(parsed(entry["after"]))
            else:
                raise Wrong("the audit trail says that it was removed")
        if made is None:
            raise Wrong("the audit trail does not tell how it was made")
        if str(row.get("number" if name == SIGNATURES else "id")) != key:
            raise Wrong("its key is not that of the row")
        for column in sorted(set(made) | set(row)):
            if column not in made or column not in row or not same(made[column], row[column]):
                raise Wrong(f"{column} is not what the audit trail says")
        self.meaning(name, row)

    def meaning(self, name: str, row: dict[str, Any]) -> None:
        """Check what a row says of others."""
        if name == COMPLETIONS:
            self.completions.add(row["id"])
        if name == EVIDENCE_OF:
            if row["completion_id"] not in self.completions:
                raise Wrong("completion {} is not in the bundle".format(row["completion_id"]))
            if row["seq"] not in self.seqs:
                raise Wrong("the statement {} it stands on is not in the bundle".format(row["seq"]))
        if name == ASSIGNMENTS:
            self.assignments.add((row["id"], row["person_id"], row["unit_id"], row["job_id"]))
        if name == SIGNATURES and sha256(row["shown"].encode()).hexdigest() != row["shown_hash"]:
            raise Wrong("what was signed is not what its hash says")

    def check_contexts(self, name: str) -> None:
        """Check that each context belongs to a statement and stands on an assignment of the bundle."""
        count = 0
        for number, line in self.lines(name):
            place = f"{name}:{number}"
            try:
                told = json.loads(line)
                place += " (statement {})".format(told["statement"])
                if told["statement"] not in self.statements:
                    raise Wrong("the statement is not in the bundle")
                found = told["context"]
                wanted = tuple(
                    found[each] for each in ("assignment_version_id", "person_id", "unit_id", "job_id")
                )
                if wanted[0] is not None and wanted not in self.assignments:
                    raise Wrong("it does not stand on an assignment of the bundle")
                count += 1
            except Exception as error:
                self.wrong(place, error)
        self.say(f"{name:<28} {count} bound to statements and assignments")


def main(arguments: list[str] | None = None, out: TextIO = sys.stdout) -> int:
    """Run; return the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("bundle", nargs="?", type=Path, default=Path(__file__).resolve().parent)
    parser.add_argument("--key", help="the log's public key: name+id+base64")
    parser.add_argument("--fingerprint", help="SHA-256 of the 32 bytes of the log's public key")
    given = parser.parse_args(arguments)
    try:
        bundle = Bundle(given.bundle)
        try:
            check = Check(bundle, out)
            holds = check.run(given.key, given.fingerprint)
        finally:
            bundle.close()
    except Exception as error:
        print(f"WRONG  {given.bundle}: {error}", file=out)
        return 1
    if check.faults > FAULTS_MOST:
        print(f"… and {check.faults - FAULTS_MOST} more", file=out)
    if holds:
        print(f"VERIFIED  {check.proven} records lead to the signed checkpoint", file=out)
        return 0
    print(f"NOT VERIFIED  {check.faults} faults", file=out)
    return 1


if __name__ == "__main__":
    sys.exit(main())
