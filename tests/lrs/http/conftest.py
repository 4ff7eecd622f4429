"""Fixtures of the tests over real HTTP: the live hub and a system connected to it."""

from __future__ import annotations

from tests.live import berlin, live_hub

__all__ = ["berlin", "live_hub"]
