"""The data folder: one hub at a time, secrets made once, sockets at any depth."""

import os
import shutil
import socket
from pathlib import Path

import pytest

from hub.embedded import child, folders
from hub.errors import CannotStart, Exit
from hub.serve.folder import DataFolder


def test_it_refuses_a_second_hub_in_the_same_folder(tmp_path: Path) -> None:
    with DataFolder(tmp_path), pytest.raises(CannotStart) as refusal, DataFolder(tmp_path):
        pass
    assert refusal.value.code == Exit.FOLDER_IN_USE
    assert str(os.getpid()) in str(refusal.value)


def test_it_can_be_taken_again_after_it_was_let_go(tmp_path: Path) -> None:
    with DataFolder(tmp_path):
        pass
    with DataFolder(tmp_path) as folder:
        assert folder.left_behind is False


def test_it_notices_that_its_last_holder_was_killed(tmp_path: Path) -> None:
    (tmp_path / "hub.lock").write_text("4711", encoding="ascii")
    with DataFolder(tmp_path) as folder:
        assert folder.left_behind is True


def test_the_secret_key_is_made_once_for_the_owner_alone(tmp_path: Path) -> None:
    assert folders.secret_key(tmp_path) == ""
    folders.make_secret_key(tmp_path)
    made = folders.secret_key(tmp_path)
    folders.make_secret_key(tmp_path)
    assert folders.secret_key(tmp_path) == made
    assert len(made) > 64
    assert (tmp_path / "secret_key").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["secret_key"]


@pytest.mark.parametrize("depth", [0, 1, 3])
def test_sockets_find_room_however_deep_the_folder_lies(tmp_path: Path, depth: int) -> None:
    data = tmp_path.joinpath(*["d" * 60] * depth)
    data.mkdir(parents=True, exist_ok=True)
    folder = folders.prepare_run_folder(data, owner=None)
    assert folder == folders.run_folder(data)
    assert folder.stat().st_mode & 0o777 == 0o700
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(folder / ".s.PGSQL.5432.lock"))
    assert folders.prepare_run_folder(data, owner=None) == folder
    shutil.rmtree(folder)


def test_a_link_to_a_folder_that_is_not_ours_alone_is_made_anew(tmp_path: Path) -> None:
    data = tmp_path.joinpath("d" * 60, "d" * 60)
    data.mkdir(parents=True)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir(mode=0o755)
    elsewhere.chmod(0o777)
    (data / "run").symlink_to(elsewhere)
    made = folders.prepare_run_folder(data, owner=None)
    assert made != elsewhere
    shutil.rmtree(made)
    assert elsewhere.stat().st_mode & 0o777 == 0o777


def test_servers_are_only_handed_to_another_account_by_root() -> None:
    account = child.account()
    assert (account is not None) == (os.geteuid() == 0)
    assert account is None or account.uid != 0
