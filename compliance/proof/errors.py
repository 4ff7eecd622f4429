"""What the proof log refuses.

ProofError
├── NoteRefused      a note, checkpoint, key or cosignature is malformed or not rightly signed
├── LogRefused       the log must not go on: it is behind, or other than, what was published
├── NotLogged        there is no such leaf (yet)
├── WitnessRefused   a witness did not co-sign
└── StampRefused     a time-stamp cannot be had, or is none of this checkpoint
"""

from __future__ import annotations


class ProofError(Exception):
    """The proof log refuses."""


class NoteRefused(ProofError):
    """A note is malformed, or not rightly signed."""


class LogRefused(ProofError):
    """The log must not go on."""


class NotLogged(ProofError):
    """There is no such leaf."""


class WitnessRefused(ProofError):
    """A witness did not co-sign."""


class StampRefused(ProofError):
    """A time-stamp cannot be had or does not hold."""
