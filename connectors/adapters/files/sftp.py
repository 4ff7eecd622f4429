"""An SFTP server as a place: key login, pinned host keys, a checked address.

In: the connection's options and its private key. Out: a `Place`. Never a password login, an agent, a
configuration file of the account the hub runs as, or a host key nobody has pinned.
"""

from __future__ import annotations

import asyncio
import stat
from collections.abc import Awaitable, Coroutine, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

import asyncssh

from connectors.adapters.files.options import Options
from connectors.adapters.files.place import Entry, free_name, too_large
from connectors.errors import CannotConnect, NotAuthorized
from connectors.outbound.address import reachable

Result = TypeVar("Result")
# It tells of every connection and channel; the hub tells of runs.
asyncssh.set_log_level("WARNING")
_CHUNK = 256 * 1024
_CONNECT_SECONDS = 30
_STEP_SECONDS = 120
_PLAIN_FILE = asyncssh.FILEXFER_TYPE_REGULAR


@contextmanager
def connect(options: Options, secrets: Mapping[str, str]) -> Iterator[Server]:
    """Log in, and out at the end."""
    with _Loop() as loop:
        connection = _translated(loop, _connected(options, secrets))
        try:
            client = _translated(loop, _in_time(connection.start_sftp_client()))
            yield Server(loop, client, options.folder.rstrip("/") or "/")
        finally:
            loop.run(_closed(connection))


async def _closed(connection: asyncssh.SSHClientConnection) -> None:
    connection.abort()
    await connection.wait_closed()


class _Loop:
    """An event loop in a thread of its own, as the caller's thread may have one that is running."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="sftp")
        self._runner = asyncio.Runner()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._thread.submit(self._runner.close).result()
        self._thread.shutdown()

    def run(self, step: Coroutine[Any, Any, Result]) -> Result:
        """Run a step to its end."""
        return self._thread.submit(self._runner.run, step).result()


class Server:
    """A folder of an SFTP server."""

    def __init__(self, loop: _Loop, client: asyncssh.SFTPClient, folder: str) -> None:
        self._loop, self._client, self._folder = loop, client, folder

    def entries(self) -> Mapping[str, Entry]:
        return self._do(_in_time(self._listed()))

    def fetch(self, name: str, to: Path, *, most: int) -> None:
        self._do(self._fetched(name, to, most))

    def put_away(self, name: str, folder: str) -> None:
        self._do(_in_time(self._moved(name, folder)))

    def may_put_away(self) -> bool:
        try:
            told = self._do(_in_time(self._client.stat(self._folder)))
        except CannotConnect:
            return False
        # Who owns what is the server's business; a folder nobody may write to is told apart all the same.
        return told.permissions is None or bool(told.permissions & 0o222)

    def _do(self, step: Coroutine[Any, Any, Result]) -> Result:
        return _translated(self._loop, step)

    async def _listed(self) -> dict[str, Entry]:
        found = {}
        async for each in self._client.scandir(self._folder):
            name, told = str(each.filename), each.attrs
            if _is_plain(told):
                found[name] = Entry(told.size or 0, float(told.mtime or 0))
        return found

    async def _fetched(self, name: str, to: Path, most: int) -> None:
        path = f"{self._folder}/{name}"
        if not _is_plain(await _in_time(self._client.lstat(path))):
            raise CannotConnect(f"{name} is not a plain file.")
        copied = 0
        async with self._client.open(path, "rb") as source:
            with to.open("wb") as target:
                while chunk := await _in_time(source.read(_CHUNK)):
                    copied += len(chunk)
                    if copied > most:
                        raise too_large(name, most)
                    target.write(chunk)  # type: ignore[arg-type]  # opened for bytes

    async def _moved(self, name: str, folder: str) -> None:
        target = f"{self._folder}/{folder}"
        if not await self._client.exists(f"{self._folder}/{name}"):
            return
        await self._client.makedirs(target, exist_ok=True)
        taken = {str(each) for each in await self._client.listdir(target)}
        await self._client.rename(f"{self._folder}/{name}", f"{target}/{free_name(name, taken)}")


def _is_plain(told: asyncssh.SFTPAttrs) -> bool:
    if told.permissions is not None and stat.S_IFMT(told.permissions):
        return stat.S_ISREG(told.permissions)
    return told.type == _PLAIN_FILE


async def _connected(options: Options, secrets: Mapping[str, str]) -> asyncssh.SSHClientConnection:
    key, trusted = _login_key(secrets), _trusted(options)
    address = await _address(options)
    return await _in_time(
        asyncssh.connect(
            address,
            options.port,
            username=options.username,
            client_keys=[key],
            known_hosts=(trusted, [], []),
            server_host_key_algs=_algorithms(trusted),
            agent_path=None,
            config=None,
            password=None,
            preferred_auth="publickey",
            connect_timeout=_CONNECT_SECONDS,
            login_timeout=_CONNECT_SECONDS,
            keepalive_interval=30,
        )
    )


def _login_key(secrets: Mapping[str, str]) -> asyncssh.SSHKey:
    if not secrets.get("private_key"):
        raise NotAuthorized("The connection has no private key to log in with.")
    try:
        return asyncssh.import_private_key(
            secrets["private_key"], secrets.get("private_key_passphrase") or None
        )
    except (asyncssh.KeyImportError, asyncssh.KeyEncryptionError) as error:
        # What the library says may quote the key.
        raise NotAuthorized(
            "The private key cannot be read, or its passphrase is wrong.",
            suggestion="A key with a passphrase must be in PKCS#8 (BEGIN ENCRYPTED PRIVATE KEY).",
        ) from error


def _trusted(options: Options) -> list[asyncssh.SSHKey]:
    if not options.host_keys:
        raise NotAuthorized("No host key of the SFTP server is pinned.")
    try:
        return [asyncssh.import_public_key(each) for each in options.host_keys]
    except asyncssh.KeyImportError as error:
        raise NotAuthorized(f"A pinned host key cannot be read: {error}") from error


def _algorithms(trusted: list[asyncssh.SSHKey]) -> list[str]:
    """Return what the server is asked to prove itself with: only what is pinned."""
    found = (name.decode() for key in trusted for name in key.sig_algorithms)
    return [each for each in dict.fromkeys(found) if each != "ssh-rsa"]


async def _address(options: Options) -> str:
    """Return a checked address of the server; the name is not resolved a second time."""
    found = await asyncio.to_thread(
        reachable, options.host, options.port, allow_private=options.allow_private
    )
    return found[0]


async def _in_time(step: Awaitable[Result]) -> Result:
    async with asyncio.timeout(_STEP_SECONDS):
        return await step


def _translated(loop: _Loop, step: Coroutine[Any, Any, Result]) -> Result:
    """Run a step; say what goes wrong in the hub's own errors."""
    try:
        return loop.run(step)
    except asyncssh.HostKeyNotVerifiable as error:
        raise NotAuthorized(
            "The server shows a host key that is not pinned.",
            suggestion="Ask its owner whether the key has changed before pinning another.",
        ) from error
    except asyncssh.PermissionDenied as error:
        raise NotAuthorized("The server refuses the hub's key or user name.") from error
    except asyncssh.SFTPNoSuchFile as error:
        raise FileNotFoundError(str(error)) from error
    except asyncssh.SFTPPermissionDenied as error:
        raise NotAuthorized(f"The server refuses: {error.reason}") from error
    except (TimeoutError, OSError, asyncssh.Error) as error:
        if isinstance(error, FileNotFoundError):
            raise
        raise CannotConnect(
            f"The SFTP server does not answer as it should: {str(error) or 'timed out'}"
        ) from error
