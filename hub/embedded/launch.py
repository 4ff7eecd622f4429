"""Becomes another program: under an unprivileged account where asked, and not outliving its parent.

Run as a script by `hub.embedded.child`; imports nothing of ours and little of Python, as it starts before
every server. PostgreSQL refuses to run as root, so root hands it to an account without rights. The clone or
virtual environment may lie below a folder only root may enter (/root): the account then keeps one
capability, the right to read and enter any folder, and no other.
"""

import argparse
import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1
PR_SET_KEEPCAPS = 8
PR_SET_SECUREBITS = 28
SECBIT_NO_SETUID_FIXUP = 1 << 2
PR_CAP_AMBIENT = 47
PR_CAP_AMBIENT_RAISE = 2
CAP_DAC_OVERRIDE = 1
CAP_DAC_READ_SEARCH = 2
CAPABILITY_VERSION_3 = 0x20080522


class _Header(ctypes.Structure):
    _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))


class _Sets(ctypes.Structure):
    _fields_ = (
        ("effective", ctypes.c_uint32),
        ("permitted", ctypes.c_uint32),
        ("inheritable", ctypes.c_uint32),
    )


def _permitted(libc: ctypes.CDLL) -> int:
    header, sets = _Header(CAPABILITY_VERSION_3, 0), (_Sets * 2)()
    if libc.capget(ctypes.byref(header), sets) != 0:
        return 0
    return int(sets[0].permitted)


def _keep_only(libc: ctypes.CDLL, capability: int | None) -> None:
    bit = 0 if capability is None else 1 << capability
    header, sets = _Header(CAPABILITY_VERSION_3, 0), (_Sets * 2)(_Sets(bit, bit, bit), _Sets(0, 0, 0))
    if libc.capset(ctypes.byref(header), sets) != 0:
        sys.exit("The capabilities of root could not be given up.")
    if capability is not None:
        libc.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0)


def _change_account(libc: ctypes.CDLL | None, uid: int, gid: int) -> None:
    capability = None
    if libc is not None:
        permitted = _permitted(libc)
        # Containers often take the narrower right away and leave the wider one.
        wanted = (CAP_DAC_READ_SEARCH, CAP_DAC_OVERRIDE)
        capability = next((each for each in wanted if permitted & (1 << each)), None)
        libc.prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0)
        # access(2) leaves capabilities out of account without this, and initdb trusts it to find postgres.
        libc.prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP, 0, 0, 0)
    os.setgroups([])
    os.setgid(gid)
    os.setuid(uid)
    if libc is not None:
        _keep_only(libc, capability)


def end_with_parent(number: int = signal.SIGTERM) -> None:
    """Have the kernel send this process a signal when the one that started it ends."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, number, 0, 0, 0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--uid", type=int)
    parser.add_argument("--gid", type=int)
    parser.add_argument("--parent", type=int, required=True)
    parser.add_argument("--signal", default="SIGTERM", help="sent to the program when its parent dies")
    parser.add_argument("--session", action="store_true", help="keep the terminal's Ctrl-C away from it")
    parser.add_argument("program", nargs=argparse.REMAINDER)
    wanted = parser.parse_args()
    libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None
    if wanted.session:
        os.setsid()
    if wanted.uid is not None:
        _change_account(libc, wanted.uid, wanted.gid)
    if libc is not None:
        # After the change of account, which would clear it.
        end_with_parent(signal.Signals[wanted.signal])
        if os.getppid() != wanted.parent:
            sys.exit("The process that started this one is gone.")
    program = wanted.program[1:] if wanted.program[:1] == ["--"] else wanted.program
    os.execv(program[0], program)  # noqa: S606  becoming it, without a shell, is the point


if __name__ == "__main__":
    main()
