"""Column types of PostgreSQL that Django does not bring."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper

if TYPE_CHECKING:
    _IntegerField = models.Field[int, int]
else:
    _IntegerField = models.Field  # Django's fields take no type parameters at run time


class Xid8Field(_IntegerField):
    """`xid8`: a 64-bit transaction id, which never wraps around."""

    description = "64-bit transaction id"

    def db_type(self, connection: BaseDatabaseWrapper) -> str:  # noqa: ARG002  Django's signature
        return "xid8"

    def from_db_value(self, value: Any, *_: object) -> int | None:
        return None if value is None else int(value)

    def get_prep_value(self, value: Any) -> str | None:
        # There is no cast from bigint to xid8; an untyped literal needs none.
        return None if value is None else str(int(value))
