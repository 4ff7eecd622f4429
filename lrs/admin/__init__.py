"""What administrators see of the record store: Django admin, themed by django-unfold.

A module for each subject. Stores, sources and credentials can be changed; statements, documents, activities,
agents and attachments can only be looked at: their addresses for adding, changing and deleting do not exist.
Lists page by key, never by offset, and nothing counts the statement table.
"""

from django.contrib import admin

from lrs.admin import (
    attachments,
    credentials,
    documents,
    entities,
    feed,
    inbox,
    people,
    sources,
    statements,
    stores,
)

__all__ = [
    "attachments",
    "credentials",
    "documents",
    "entities",
    "feed",
    "inbox",
    "people",
    "sources",
    "statements",
    "stores",
]

admin.site.index_template = "lrs/admin/dashboard.html"
