"""A bundle proves itself: untouched it passes, and whatever byte is changed, its place is named."""

from __future__ import annotations

import json
import subprocess
import sys
import tracemalloc
from hashlib import sha256
from io import StringIO
from pathlib import Path
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from compliance.access.scope import Scope
from compliance.proof import keys, note
from compliance.reports.bundle import build, verify
from tests.compliance.courses import ANN, caught_up, did
from tests.compliance.reports.academy import Academy, files


def written(folder: Path, content: dict[str, bytes]) -> Path:
    for name, each in content.items():
        (folder / name).write_bytes(each)
    return folder


def checked(path: Path, *arguments: str) -> tuple[int, str]:
    """Run the program in this process; return its exit code and what it said."""
    out = StringIO()
    return verify.main([str(path), *arguments], out), out.getvalue()


def alone(path: Path, program: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the program as an auditor does: isolated, and without any package."""
    return subprocess.run(
        [sys.executable, "-I", "-S", str(program), str(path), *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def flipped(content: bytes, at: int) -> bytes:
    return content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]


def _signing(bundle: bytes) -> note.Verifier:
    """Return the key that signs the log now; the log keeps the name it was begun with."""
    origin = files(bundle)["checkpoint.txt"].decode().partition("\n")[0]
    return keys.signers(origin)[0].verifier


def test_an_untouched_bundle_passes_without_any_package(academy: Academy, tmp_path: Path) -> None:
    bundle = academy.bundle(unit_id=academy.unit("ICU").pk)
    (tmp_path / "bundle.zip").write_bytes(bundle)
    (tmp_path / "open").mkdir()
    written(tmp_path / "open", files(bundle))
    vkey = _signing(bundle).vkey
    for path in (tmp_path / "bundle.zip", tmp_path / "open"):
        done = alone(path, tmp_path / "open" / "verify.py", "--key", vkey)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "VERIFIED" in done.stdout
        assert "NOT COMPARED" not in done.stdout


def test_it_holds_what_was_asked_for_and_no_more(academy: Academy) -> None:
    content = files(academy.bundle(unit_id=academy.unit("ICU").pk))
    [statement] = content["statements.jsonl"].splitlines()
    assert json.loads(statement)["id"] == academy.statements["Ann"]
    assert academy.statements["Bea"].encode() not in b"".join(content.values())
    [completion] = map(json.loads, content["completions.jsonl"].splitlines())
    assert completion["row"]["person_id"] == academy.ann.pk
    [context] = map(json.loads, content["contexts.jsonl"].splitlines())
    assert context["context"]["unit_id"] == academy.unit("ICU").pk
    assert b"Ann Lee" in content["people.jsonl"]
    page = content["index.html"].decode()
    assert "<script" not in page
    assert "://" not in page
    manifest = json.loads(content["manifest.json"])
    assert {each["name"] for each in manifest["files"]} == set(content) - {"manifest.json", "manifest.note"}
    assert manifest["made_for"] == "Inés Gómez"


def test_whoever_is_out_of_sight_is_in_no_bundle(academy: Academy) -> None:
    emergency = Scope(units=(academy.unit("ER").pk,))
    content = files(academy.bundle(person_id=academy.ann.pk, visible=emergency))
    assert content["statements.jsonl"] == b""
    assert content["people.jsonl"] == b""


def test_what_was_not_known_yet_is_in_no_bundle(academy: Academy) -> None:
    before = academy.asked().known
    did(academy.moodle, "passed", "2026-02-20", who=ANN)
    caught_up()
    assert len(files(academy.bundle(known=before))["statements.jsonl"].splitlines()) == 2
    assert len(files(academy.bundle())["statements.jsonl"].splitlines()) == 3


def test_one_flipped_byte_in_any_file_is_told_with_its_place(academy: Academy, tmp_path: Path) -> None:
    content = files(academy.bundle())
    written(tmp_path, content)
    for name, each in content.items():
        if not each:
            continue
        (tmp_path / name).write_bytes(flipped(each, len(each) // 2))
        code, said = checked(tmp_path)
        assert code == 1, f"{name}: {said}"
        assert any(line.startswith(f"WRONG  {name}") for line in said.splitlines()) or (
            name in ("manifest.json", "statements.proofs.jsonl") and "WRONG" in said
        ), f"{name}: {said}"
        (tmp_path / name).write_bytes(each)
    assert checked(tmp_path)[0] == 0


def test_a_signature_is_written_in_one_way_only(academy: Academy, tmp_path: Path) -> None:
    """The last letter of its base64 has bits that decode to nothing: another would decode to the same."""
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    content = files(academy.bundle())
    seal = content["manifest.note"].decode()
    assert seal.endswith("=\n")
    other = letters[letters.index(seal[-3]) ^ 1]
    content["manifest.note"] = f"{seal[:-3]}{other}=\n".encode()
    code, said = checked(written(tmp_path, content))
    assert code == 1
    assert "WRONG  manifest.note: a line of signature is malformed" in said


def test_evidence_is_named_by_file_line_and_record(academy: Academy, tmp_path: Path) -> None:
    content = files(academy.bundle())
    content["statements.jsonl"] = content["statements.jsonl"].replace(b"verbs/passed", b"verbs/failed", 1)
    code, said = checked(written(tmp_path, content))
    assert code == 1
    assert f"statements.jsonl:1 (statement {academy.statements['Ann']}): the statement is not the one" in said


@pytest.mark.parametrize("name", ["completions.jsonl", "assignments.jsonl", "people.jsonl"])
def test_a_row_and_its_history_are_bound(academy: Academy, tmp_path: Path, name: str) -> None:
    content = files(academy.bundle())
    first = json.loads(content[name].splitlines()[0])
    for change in ("row", "trail", "key"):
        told = json.loads(json.dumps(first))
        if change == "row":
            told["row"]["person_id"] += 1
        elif change == "trail":
            told["trail"] = told["trail"][1:]
        else:
            told["key"] = "999999999"
        lines = content[name].splitlines(keepends=True)
        changed = content | {name: b"".join([json.dumps(told).encode() + b"\n", *lines[1:]])}
        code, said = checked(written(tmp_path, changed))
        assert code == 1
        assert f"WRONG  {name}:1 (" in said, said


def test_a_bundle_whose_manifest_was_written_anew_is_refused(academy: Academy, tmp_path: Path) -> None:
    """Whoever takes out a statement with all that tells of it still has not the key of the log."""
    content = files(academy.bundle())
    content["signatures.jsonl"] = b""
    manifest = json.loads(content["manifest.json"])
    for each in manifest["files"]:
        each["sha256"] = sha256(content[each["name"]]).hexdigest()
    manifest["made_for"] = "Mallory"
    content["manifest.json"] = json.dumps(manifest).encode()
    code, said = checked(written(tmp_path, content))
    assert code == 1
    assert "WRONG  manifest.note: the signed hash is not that of manifest.json" in said


def test_a_key_from_elsewhere_counts(academy: Academy, tmp_path: Path) -> None:
    bundle = academy.bundle()
    path = written(tmp_path, files(bundle))
    mine = _signing(bundle)
    other = keys.new_signer(mine.name).verifier
    code, said = checked(path, "--key", mine.vkey)
    assert code == 0, said
    assert checked(path, "--key", other.vkey)[0] == 1
    assert checked(path, "--fingerprint", sha256(mine.public).hexdigest())[0] == 0
    assert checked(path, "--fingerprint", sha256(other.public).hexdigest())[0] == 1


@pytest.fixture(scope="module")
def kept() -> dict[str, dict[str, bytes]]:
    return {}


@given(data=st.data())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_byte_changed_anywhere_is_found(
    kept: dict[str, dict[str, bytes]],
    academy: Academy,
    tmp_path_factory: pytest.TempPathFactory,
    data: st.DataObject,
) -> None:
    if not kept:
        kept["files"] = {name: each for name, each in files(academy.bundle()).items() if each}
    content = kept["files"]
    name = data.draw(st.sampled_from(sorted(content)))
    at = data.draw(st.integers(0, len(content[name]) - 1))
    other = data.draw(st.integers(1, 255))
    whole = content[name]
    changed = whole[:at] + bytes([whole[at] ^ other]) + whole[at + 1 :]
    folder = tmp_path_factory.mktemp("changed")
    code, said = checked(written(folder, {**files_of(content), name: changed}))
    assert code == 1
    assert "WRONG" in said


def files_of(content: dict[str, bytes]) -> dict[str, bytes]:
    """Return a bundle with its empty files."""
    listed = [each["name"] for each in json.loads(content["manifest.json"])["files"]]
    return {**dict.fromkeys(listed, b""), **content}


@given(message=st.binary(max_size=200), seed=st.binary(min_size=32, max_size=32), flip=st.integers(0, 511))
@settings(max_examples=30, deadline=None)
def test_signatures_are_checked_alike_with_and_without_the_library(
    message: bytes, seed: bytes, flip: int
) -> None:
    signer = note.Signer("log", seed)
    [line] = note.taken_apart(note.signed("text\n", [signer])).signatures
    public = signer.verifier.public
    assert verify.ed25519_plain(public, b"text\n", line.content)
    assert not verify.ed25519_plain(public, b"text\n" + message + b"x", line.content)
    wrong = bytearray(line.content)
    wrong[flip // 8] ^= 1 << flip % 8
    assert not verify.ed25519_plain(public, b"text\n", bytes(wrong))
    assert not verify.ed25519(public, b"text\n", bytes(wrong))


def test_a_vector_of_rfc_8032_holds() -> None:
    public = bytes.fromhex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c")
    signature = bytes.fromhex(
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
        "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
    )
    assert verify.ed25519_plain(public, b"\x72", signature)
    assert not verify.ed25519_plain(public, b"\x73", signature)


class Counting:
    """A sink that cannot be sought in and keeps nothing."""

    def __init__(self) -> None:
        self.bytes = 0

    def write(self, content: bytes) -> int:
        self.bytes += len(content)
        return len(content)


def test_the_memory_of_a_bundle_does_not_grow_with_it(academy: Academy) -> None:
    def peak() -> tuple[int, int]:
        sink = Counting()
        tracemalloc.start()
        try:
            made = build.write(sink, academy.asked(), by="Inés Gómez")
            return tracemalloc.get_traced_memory()[1], made.proven
        finally:
            tracemalloc.stop()

    peak()  # what is loaded once
    few, small = peak()
    for _ in range(6):
        academy.moodle.store(
            *(
                {
                    "id": str(uuid4()),
                    "actor": ANN,
                    "verb": {"id": "http://adlnet.gov/expapi/verbs/experienced"},
                    "object": {
                        "id": f"http://example.com/{number}",
                        "definition": {"description": {"en": "x" * 2_000}},
                    },
                    "timestamp": "2026-02-10T10:00:00Z",
                }
                for number in range(500)
            )
        )
    caught_up()
    many, large = peak()
    assert large > small + 2_999
    # Four parts' worth of statements, not all of them (6 MB).
    assert many - few < 12_000_000, f"{few:,} bytes for {small} records, {many:,} for {large}"
