"""`/api/v1/log/`: what a monitor, a witness and who holds a statement are given, and nobody else."""

from __future__ import annotations

import hashlib
from base64 import b64decode
from typing import Any
from uuid import uuid4

import orjson
import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.test import Client
from jsonschema import Draft202012Validator
from pytest_django import Settings

from compliance.proof import checkpoint, conf, cosignature, keys, metrics, note, publish, tiles
from compliance.proof.hashing import leaf_hash
from compliance.proof.note import Signer
from compliance.proof.tiles import Name
from compliance.proof.tree import Edge, grown
from tests.compliance.proof import reference
from tests.compliance.proof.academy import Log
from tests.connectors.api.client import Api
from tests.fixtures import Hub, Xapi
from tests.statements import statement


@pytest.fixture
def auditor(hub: Hub) -> Api:
    """A verifier with a key of the academy's store."""
    return Api(hub.caller("Auditor", scopes=["log/read"]))


@pytest.fixture
def logged(moodle: Xapi, log: Log) -> str:
    """A statement that is in the log."""
    made = statement()
    moodle.store(made)
    log.caught_up()
    return str(made["id"])


def _content(api: Api, path: str) -> bytes:
    return api.request("GET", f"log/{path}").expect(200).content


def test_a_monitor_can_rebuild_the_whole_tree_from_the_static_files(auditor: Api, logged: str) -> None:
    answer = auditor.request("GET", "log/checkpoint").expect(200)
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert "max-age=2" in answer.headers["cache-control"]
    told = auditor.get("log/keys")
    known = [note.verifier(each["vkey"]) for each in told["keys"]]
    opened, _ = note.opened(answer.content.decode(), known)
    said = checkpoint.said(opened.text)
    assert said.origin == told["origin"]
    leaves: list[bytes] = []
    for number in range(-(-said.size // 256)):
        width = min(256, said.size - number * 256)
        bundle = _content(auditor, Name(None, number, width).path)
        hashes = _content(auditor, Name(0, number, width).path)
        entries = [leaf_hash(each) for each in tiles.unbundled(bundle)]
        assert b"".join(entries) == hashes
        leaves += entries
    edge, grew = grown(Edge(), leaves)
    assert (edge.size, edge.root) == (said.size, said.root)
    for each in grew:
        if each.level:
            assert _content(auditor, Name(each.level, each.number, each.width).path) == each.hashes


def test_tiles_may_be_kept_for_ever(auditor: Api, logged: str, log: Log) -> None:
    path = Name(0, 0, min(256, log.head.size)).path
    answer = auditor.request("GET", f"log/{path}").expect(200)
    assert answer.headers["cache-control"] == "private, max-age=31536000, immutable"
    assert answer.headers["content-type"] == "application/octet-stream"
    again = auditor.request("GET", f"log/{path}", headers={"If-None-Match": answer.headers["etag"]})
    again.expect(304)
    assert again.content == b""
    assert auditor.request("HEAD", f"log/{path}").expect(200).content == b""


def test_what_is_not_published_is_not_there(auditor: Api, moodle: Xapi, logged: str, log: Log) -> None:
    size = log.head.size
    for path in (
        Name(0, 0, 256).path if size < 256 else Name(0, size // 256 + 1).path,
        Name(0, size // 256, size % 256 + 1).path,
        Name(3, 0).path,
        "tile/0/0",
        "tile/x/000",
        "tile/0/../000",
        "nothing",
    ):
        assert auditor.refused(404, f"log/{path}")["rule"] == "not-found"
    waits = statement()
    moodle.store(waits)
    assert auditor.refused(404, "log/inclusion", statement=waits["id"])["rule"] == "not-logged"
    assert auditor.refused(404, "log/inclusion", index=size)["rule"] == "not-logged"
    assert auditor.refused(404, "log/inclusion", statement=str(uuid4()))["rule"] == "not-found"


def test_tiles_come_out_of_the_database_where_the_files_are_elsewhere(
    auditor: Api, logged: str, log: Log, settings: Settings, tmp_path: Any
) -> None:
    name = Name(0, (log.head.size - 1) // 256, (log.head.size - 1) % 256 + 1)
    here = [_content(auditor, each.path) for each in (name, Name(None, name.number, name.width))]
    settings.COMPLIANCE_LOG_DIR = tmp_path / "elsewhere"
    assert [_content(auditor, each.path) for each in (name, Name(None, name.number, name.width))] == here
    assert not conf.folder().exists()


def test_who_holds_a_statement_can_prove_it_by_hand(auditor: Api, moodle: Xapi, logged: str) -> None:
    told = auditor.get("log/inclusion", statement=logged)
    record = orjson.loads(told["record"])
    payload = moodle.get(statementId=logged).content
    assert record["payload_sha256"] == hashlib.sha256(payload).hexdigest()
    committed = hashlib.sha256(bytes.fromhex(told["salt"]) + told["record"].encode()).hexdigest()
    assert orjson.loads(told["entry"])["commitment"] == committed
    leaf = hashlib.sha256(b"\0" + told["entry"].encode()).digest()
    assert leaf.hex() == told["leaf"]
    path = [b64decode(each) for each in told["path"]]
    assert reference.includes(told["index"], told["size"], leaf, path, bytes.fromhex(told["root"]))
    opened, _ = note.opened(told["checkpoint"], keys.verifiers())
    assert checkpoint.said(opened.text).root.hex() == told["root"]
    by_index = auditor.get("log/inclusion", index=told["index"])
    assert by_index == {name: value for name, value in told.items() if name not in {"record", "salt"}}


def test_the_proof_is_a_file_of_the_known_form(auditor: Api, logged: str) -> None:
    answer = auditor.request("GET", "log/proof", statement=logged).expect(200)
    head, _, made = answer.content.decode().partition("\n\n")
    form, index, *path = head.split("\n")
    assert form == "c2sp.org/tlog-proof@v1"
    assert answer.headers["content-disposition"].endswith(f'{index.removeprefix("index ")}.tlog-proof"')
    opened, _ = note.opened(made, keys.verifiers())
    said = checkpoint.said(opened.text)
    leaf = bytes.fromhex(auditor.get("log/inclusion", statement=logged)["leaf"])
    assert reference.includes(
        int(index.removeprefix("index ")), said.size, leaf, [b64decode(each) for each in path], said.root
    )


def test_two_checkpoints_are_proven_to_follow_each_other(
    auditor: Api, moodle: Xapi, logged: str, log: Log
) -> None:
    before = publish.latest()
    assert before is not None
    moodle.store(*(statement() for _ in range(30)))
    after = log.caught_up()
    told = auditor.get("log/consistency", **{"from": before.size})
    assert (told["from"], told["to"]) == (before.size, after.size)
    path = [b64decode(each) for each in told["path"]]
    assert reference.consistent(before.size, after.size, path, bytes(before.root), bytes(after.root))
    for wrong in ({}, {"from": 0}, {"from": "x"}, {"from": 1, "to": after.size + 1}, {"from": 2, "to": 1}):
        assert auditor.refused(400, "log/consistency", **wrong)["errors"][0]["parameter"] in {"from", "to"}


def test_a_leaf_and_a_statement_are_not_asked_for_together(auditor: Api, logged: str) -> None:
    for asked in ({}, {"index": 0, "statement": logged}, {"index": -1}, {"statement": "x"}):
        assert auditor.refused(400, "log/inclusion", **asked)["rule"] == "parameter.value"


ADDRESSES = [
    "checkpoint",
    "tile/0/000.p/1",
    "keys",
    "inclusion?index=0",
    "proof?index=0",
    "consistency?from=1",
]


def test_the_log_asks_for_its_scope_and_not_less(hub: Hub, logged: str) -> None:
    lms = Api(hub.caller("Moodle Berlin", scopes=["all", "workforce/read"]))
    for path in ADDRESSES:
        assert lms.refused(403, f"/api/v1/log/{path}")["rule"] == "scope"
        assert Api(Xapi(None)).refused(401, f"/api/v1/log/{path}")["rule"] == "credential.missing"


def test_a_public_log_is_open_and_still_tells_no_statement(hub: Hub, logged: str, settings: Settings) -> None:
    settings.COMPLIANCE_LOG_PUBLIC = True
    anybody = Api(Xapi(None))
    for path in ADDRESSES:
        answer = anybody.request("GET", f"/api/v1/log/{path}").expect(200)
        assert logged.encode() not in answer.content
    assert anybody.request("GET", "log/checkpoint").headers["cache-control"].startswith("public")
    assert anybody.refused(401, "log/inclusion", statement=logged)["rule"] == "credential.missing"
    assert anybody.refused(401, "log/cosignatures", method="POST", body=b"")["rule"] == "credential.missing"


def test_nobody_learns_of_a_statement_of_another_store(hub: Hub, logged: str) -> None:
    stranger = Api(hub.caller("Auditor", scopes=["log/read"], store="Factory"))
    for path in ("inclusion", "proof"):
        assert stranger.refused(404, f"log/{path}", statement=logged)["rule"] == "not-found"


def test_staff_with_the_permission_may_look(auditor: Api, logged: str) -> None:
    user = get_user_model().objects.create_user(username=uuid4().hex, is_staff=True)
    client = Client(raise_request_exception=False)
    client.force_login(user)
    address = f"/api/v1/log/inclusion?statement={logged}&store={auditor.store_id}"
    assert client.get(address).status_code == 403
    user.user_permissions.set(Permission.objects.filter(codename="view_logentry"))
    assert client.get(address).json()["record"]
    assert client.get("/api/v1/log/checkpoint?store=1").status_code in {200, 400}


def test_a_co_signature_may_be_posted(hub: Hub, logged: str, settings: Settings) -> None:
    witness = Signer(f"witness.example/{uuid4().hex}", b"w" * 32)
    settings.COMPLIANCE_LOG_WITNESSES = [witness.verifier.vkey]
    last = publish.latest()
    assert last is not None
    text = note.taken_apart(last.note).text
    body = note.joined(last.note, [cosignature.line(witness, text, 1_790_000_000)]).encode()
    sent: dict[str, Any] = {"method": "POST", "content_type": "text/plain"}
    reader = Api(hub.caller("Auditor", scopes=["log/read"]))
    assert reader.refused(403, "log/cosignatures", body=body, **sent)["rule"] == "scope"
    api = Api(hub.caller("Courier", scopes=["log/write"]))
    kept = api.request("POST", "log/cosignatures", body=body, content_type="text/plain").expect(200)
    assert kept.content.decode().startswith(f"— {witness.name} ")
    shown = reader.request("GET", "log/checkpoint").expect(200)
    assert witness.name.encode() in shown.content
    assert api.refused(422, "log/cosignatures", body=b"x", **sent)["rule"] == "body.note"
    assert api.refused(422, "log/cosignatures", body=last.note.encode(), **sent)["rule"] == "body.witness"
    assert api.refused(413, "log/cosignatures", body=b"x" * 100_001, **sent)["rule"] == "body.size"
    assert api.refused(400, "log/cosignatures", body=b"\xff", **sent)["rule"] == "body.note"
    assert api.refused(405, "log/cosignatures")["rule"] == "method_not_allowed"


def test_every_answer_is_as_it_is_described(auditor: Api, moodle: Xapi, logged: str) -> None:
    described = Client().get("/api/schema/", headers={"Accept": "application/json"}).json()["paths"]
    asked: dict[str, dict[str, Any]] = {
        "/api/v1/log/keys": {},
        "/api/v1/log/inclusion": {"statement": logged},
        "/api/v1/log/consistency": {"from": 1},
    }
    assert {path for path in described if "/log/" in path} == {*asked, "/api/v1/log/proof"}
    for path, parameters in asked.items():
        operation = described[path]["get"]
        schema = operation["responses"]["200"]["content"]["application/json"]["schema"]
        strict = schema | {"additionalProperties": False}
        Draft202012Validator(strict).validate(auditor.get(path, **parameters))
        assert operation["security"][0] == {"token": ["log/read"]}
        assert set(schema["required"]) <= set(schema["properties"])


def test_the_metrics_tell_size_and_lag(moodle: Xapi, logged: str, log: Log) -> None:
    moodle.store(statement())
    found = {sample.name: sample for family in metrics.families() for sample in family.samples}
    assert found["compliance_log_size"].value == log.head.size
    lag = [
        sample.value
        for family in metrics.families()
        for sample in family.samples
        if sample.name == "compliance_log_lag_records" and sample.labels["kind"] == "statement"
    ]
    assert lag[0] >= 1
