"""A cache that is away: whatever is asked of it fails as a lost connection does."""

from __future__ import annotations

from typing import Any, NoReturn

from django.core.cache.backends.base import BaseCache


class AbsentCache(BaseCache):
    #: How often anything was asked of it.
    asked = 0

    def __init__(self, _: str, parameters: dict[str, Any]) -> None:
        super().__init__(parameters)

    def _fail(self, *_: Any, **__: Any) -> NoReturn:
        type(self).asked += 1
        raise ConnectionError("redis://:hunter2@cache:6379 refused the connection")

    add = get = set = touch = delete = get_many = incr = has_key = clear = _fail
