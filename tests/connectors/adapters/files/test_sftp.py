"""Over a real SFTP server on loopback: login, host keys, moving files, servers that are not who they say."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import asyncssh
import pytest

from connectors.adapters import files
from connectors.adapters.files.damage import Damaged
from connectors.errors import CannotConnect, Forbidden, Incomplete, NotAuthorized
from connectors.outbound.address import reachable
from simulators import sftp
from simulators.sftp import Running
from tests.connectors.adapters.files.incoming import Incoming, worker


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Running]:
    with sftp.serve(tmp_path) as running:
        yield running


@pytest.fixture
def incoming(server: Running) -> Incoming:
    return Incoming(server.folder, settings=server.settings(), secrets=server.secrets())


def test_a_file_is_fetched_and_put_away_on_the_server(incoming: Incoming) -> None:
    incoming.deliver([worker(f"{number:05}") for number in range(1_500)], 1)
    (incoming.folder / "loose.csv").write_text("x")
    records = incoming.run()
    assert [each.key for each in records] == [f"{number:05}" for number in range(1_500)]
    assert incoming.names() == {"loose.csv"}
    assert len(incoming.names("processed")) == 2


def test_the_same_name_twice_does_not_overwrite_what_was_put_away(incoming: Incoming) -> None:
    incoming.deliver([worker("1")], 1)
    incoming.run()
    incoming.deliver([worker("1")], 1)
    incoming.run()
    assert len(incoming.names("processed")) == 4


def test_a_damaged_file_goes_to_failed_on_the_server(incoming: Incoming) -> None:
    manifest = incoming.deliver([worker("1")], 1)
    manifest.with_name(manifest.name.removesuffix(".manifest.json")).write_text("worker_id\n2\n")
    manifest.touch()
    with pytest.raises(Damaged):
        incoming.run()
    incoming.fail()
    assert len(incoming.names("failed")) == 2


def test_another_host_key_than_the_pinned_one_is_refused(incoming: Incoming) -> None:
    other = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode().strip()
    incoming.settings["host_keys"] = [other]
    with pytest.raises(NotAuthorized, match="not pinned"):
        incoming.run()


def test_without_a_pinned_host_key_nothing_is_called(incoming: Incoming) -> None:
    incoming.settings["host_keys"] = []
    with pytest.raises(NotAuthorized, match="No host key"):
        incoming.run()


def test_another_login_key_is_refused(incoming: Incoming) -> None:
    key = asyncssh.generate_private_key("ssh-ed25519").export_private_key().decode()
    incoming.secrets["private_key"] = key
    with pytest.raises(NotAuthorized, match="refuses the hub's key"):
        incoming.run()


def test_another_user_name_is_refused(incoming: Incoming) -> None:
    incoming.settings["username"] = "root"
    with pytest.raises(NotAuthorized):
        incoming.run()


def test_a_login_key_may_have_a_passphrase(incoming: Incoming) -> None:
    key = asyncssh.import_private_key(incoming.secrets["private_key"])
    incoming.secrets["private_key"] = key.export_private_key("pkcs8-pem", "correct horse").decode()
    with pytest.raises(NotAuthorized, match="passphrase is wrong"):
        incoming.run()
    incoming.secrets["private_key_passphrase"] = "correct horse"
    assert incoming.run() == []


def test_a_key_that_cannot_be_read_is_not_repeated_in_the_error(incoming: Incoming) -> None:
    incoming.secrets["private_key"] = "-----BEGIN OPENSSH PRIVATE KEY-----\nc2VjcmV0\n"
    with pytest.raises(NotAuthorized) as caught:
        incoming.run()
    assert "c2VjcmV0" not in str(caught.value)


def test_a_private_address_is_called_only_where_the_settings_allow_it(incoming: Incoming) -> None:
    incoming.settings["allow_private"] = False
    with pytest.raises(Forbidden, match="private network"):
        incoming.run()


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "::1", "::ffff:10.0.0.1", "169.254.169.254", "192.168.1.1", "0.0.0.0", "224.0.0.1"]
)
def test_addresses_of_private_networks_are_known(host: str) -> None:
    with pytest.raises(Forbidden):
        reachable(host, 22, allow_private=False)


def test_a_server_that_is_gone_can_be_tried_again_later(tmp_path: Path) -> None:
    with sftp.serve(tmp_path) as running:
        settings, secrets = running.settings(), running.secrets()
    with pytest.raises(CannotConnect) as caught:
        Incoming(tmp_path, settings=settings, secrets=secrets).run()
    assert not isinstance(caught.value, NotAuthorized)


def test_nothing_outside_of_the_folder_can_be_reached(
    incoming: Incoming, tmp_path_factory: pytest.TempPathFactory
) -> None:
    outside = tmp_path_factory.mktemp("outside") / "secret.csv"
    outside.write_text("worker_id\n1\n")
    incoming.announce("workers.csv", outside.read_bytes(), 1)
    (incoming.folder / "workers.csv").unlink()
    (incoming.folder / "workers.csv").symlink_to(outside)
    with pytest.raises(Incomplete, match="is not there"):
        incoming.run()


def test_trying_a_connection_says_what_is_wrong(incoming: Incoming) -> None:
    incoming.deliver([worker("1")], 1)
    assert all(each.ok for each in files.ADAPTER.test(incoming.reading()))
    incoming.settings["folder"] = "/missing"
    findings = files.ADAPTER.test(incoming.reading())
    assert not findings[-1].ok
    assert "/missing" in findings[-1].detail
