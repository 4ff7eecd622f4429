"""Signed notes, checkpoints, co-signatures and tile names are those of the specifications."""

from __future__ import annotations

from base64 import b64decode, b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compliance.proof import checkpoint, cosignature, note, tiles
from compliance.proof.errors import NoteRefused, ProofError
from compliance.proof.note import COSIGNATURE, Signer, Verifier
from compliance.proof.tiles import Name

#: Published with the specification of signed notes.
VKEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
TEXT = "This is an example message.\n"
SIGNATURE = "Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM="
PUBLISHED = f"{TEXT}\n— example.com/foo {SIGNATURE}\n"

HOSPITAL = Signer("hospital.example/log", b"h" * 32)
WITNESS = Signer("witness.example/w1", b"w" * 32)
WITNESS_KEY = Verifier(WITNESS.name, WITNESS.verifier.public, COSIGNATURE)


def test_the_published_note_opens_with_the_published_key() -> None:
    opened, by = note.opened(PUBLISHED, [note.verifier(VKEY)])
    assert (opened.text, [each.vkey for each in by]) == (TEXT, [VKEY])


def test_a_note_we_sign_opens_and_its_key_survives_being_written() -> None:
    made = note.signed(TEXT, [HOSPITAL])
    opened, by = note.opened(made, [note.verifier(HOSPITAL.verifier.vkey)])
    assert (opened.text, by) == (TEXT, [HOSPITAL.verifier])
    assert note.signer(HOSPITAL.written) == HOSPITAL
    assert HOSPITAL.written not in made


def test_signatures_of_strangers_are_passed_over_and_wrong_ones_of_known_keys_refuse() -> None:
    stranger = Signer("hospital.example/log", b"s" * 32)
    mixed = note.signed(TEXT, [stranger, HOSPITAL])
    assert note.opened(mixed, [HOSPITAL.verifier])[1] == [HOSPITAL.verifier]
    with pytest.raises(NoteRefused, match="No key that is known"):
        note.opened(note.signed(TEXT, [stranger]), [HOSPITAL.verifier])
    forged = note.signature_line(HOSPITAL.name, HOSPITAL.verifier.key_id, b"x" * 64)
    with pytest.raises(NoteRefused, match="does not hold"):
        note.opened(note.joined(mixed, [forged]).replace(HOSPITAL.line(TEXT) + "\n", ""), [HOSPITAL.verifier])


@given(st.integers(0, len(PUBLISHED.encode()) - 1), st.integers(1, 255))
def test_no_changed_byte_leaves_the_note_signed(at: int, flip: int) -> None:
    changed = bytearray(PUBLISHED.encode())
    changed[at] ^= flip
    try:
        content = changed.decode()
    except UnicodeDecodeError:
        return
    try:
        opened, _ = note.opened(content, [note.verifier(VKEY)])
    except NoteRefused:
        return
    # Only base64's unused bits may differ, never what is signed.
    assert opened.text == TEXT


@pytest.mark.parametrize(
    "content",
    [
        "",
        "text",
        "text\n",
        "text\n\n",
        "text\n\n— a b",
        "te\0xt\n\n— a YWFhYWFhYQ==\n",
        "text\n\n- a YWFhYWFhYQ==\n",
    ],
)
def test_what_is_no_note_is_refused(content: str) -> None:
    with pytest.raises(NoteRefused):
        note.opened(content, [HOSPITAL.verifier])


@pytest.mark.parametrize(
    "vkey",
    [
        "",
        "a",
        "a+b",
        VKEY.replace("530d903a", "530d903b"),
        VKEY.replace("foo", "fooo"),
        VKEY[:-4],
        "a b+00+AA==",
    ],
)
def test_what_is_no_key_is_refused(vkey: str) -> None:
    with pytest.raises(NoteRefused):
        note.verifier(vkey)
    with pytest.raises(NoteRefused):
        note.signer(vkey)


def test_a_checkpoint_is_read_as_it_was_written() -> None:
    made = checkpoint.Checkpoint("hospital.example/log", 20_852_163, b"r" * 32)
    assert made.text == f"hospital.example/log\n20852163\n{b64encode(b'r' * 32).decode()}\n"
    assert checkpoint.said(made.text) == made
    assert checkpoint.said(made.text + "an extension\n") == made


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a\n1\n",
        "\n1\nAAAA\n",
        "a\n01\nAAAA\n",
        "a\n-1\nAAAA\n",
        "a\n1\nAAAA\n",
        "a\n1\n!\n",
        "a\n1.0\nx\n",
    ],
)
def test_what_is_no_checkpoint_is_refused(text: str) -> None:
    with pytest.raises(NoteRefused):
        checkpoint.said(text)


def test_a_witness_signs_the_time_and_the_whole_checkpoint() -> None:
    text = checkpoint.Checkpoint("hospital.example/log", 7, b"r" * 32).text
    line = cosignature.line(WITNESS, text, 1_790_000_000)
    made = note.signature(line)
    assert cosignature.moment(WITNESS_KEY, text, made) == 1_790_000_000
    assert WITNESS.verifier.key_id != WITNESS_KEY.key_id
    other = checkpoint.Checkpoint("hospital.example/log", 8, b"r" * 32).text
    later = note.Signature(made.name, made.key_id, (1_790_000_001).to_bytes(8, "big") + made.content[8:])
    for said, found in ((other, made), (text, later), (text, note.Signature(made.name, made.key_id, b"x"))):
        with pytest.raises(NoteRefused):
            cosignature.moment(WITNESS_KEY, said, found)
    with pytest.raises(NoteRefused):
        cosignature.moment(WITNESS.verifier, text, made)
    assert b64decode(line.split(" ")[2])[4:12] == (1_790_000_000).to_bytes(8, "big")


@pytest.mark.parametrize(
    ("name", "path"),
    [
        (Name(0, 0), "tile/0/000"),
        (Name(0, 273, 112), "tile/0/273.p/112"),
        (Name(1, 1_234_067), "tile/1/x001/x234/067"),
        (Name(None, 1_000, 8), "tile/entries/x001/000.p/8"),
        (Name(63, 999), "tile/63/999"),
    ],
)
def test_tiles_have_the_names_of_the_layout(name: Name, path: str) -> None:
    assert name.path == path
    assert tiles.named(path) == name


@pytest.mark.parametrize(
    "path",
    [
        "tile/64/000", "tile/00/000", "tile/0/0", "tile/0/x000/001", "tile/0/000.p/0", "tile/0/000.p/256",
        "tile/0/000.p/01", "tile/-1/000", "tile/0/000/", "tile/0/x1/001", "tile/entry/000", "tile/0/../000",
        "tile/0/" + "x999/" * 7 + "999", "tile/0/٠٠٠",
    ],
)  # fmt: skip
def test_other_names_are_none(path: str) -> None:
    assert tiles.named(path) is None


@given(st.integers(0, 300_000), st.integers(0, 300_000))
def test_what_a_tree_needs_beyond_an_earlier_one_is_all_it_has_and_that_had_not(old: int, new: int) -> None:
    old, new = sorted((old, new))
    found = set(tiles.needed(old, new))
    assert found == set(tiles.needed(0, new)) - set(tiles.needed(0, old))
    assert all(each.within(new) for each in found)


@given(st.lists(st.binary(max_size=300), max_size=20))
def test_a_bundle_is_read_as_it_was_written(entries: list[bytes]) -> None:
    assert tiles.unbundled(tiles.bundle(entries)) == entries


def test_an_entry_that_does_not_fit_and_a_bundle_cut_short_are_refused() -> None:
    with pytest.raises(ProofError, match="does not fit"):
        tiles.bundle([b"x" * 65_536])
    for content in (tiles.bundle([b"abc"])[:-1], b"\0"):
        with pytest.raises(ProofError, match="within an entry"):
            tiles.unbundled(content)
