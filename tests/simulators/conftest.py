"""Fixtures of the simulators' tests: a live hub to post to."""

from __future__ import annotations

from tests.live import berlin, live_hub

__all__ = ["berlin", "live_hub"]
