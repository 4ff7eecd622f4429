"""Who asserts a statement: the authority the record store sets on everything it stores.

In: the credential, and for OAuth the application and user. Out: an xAPI Agent, or for three-legged OAuth
an anonymous Group of exactly two Agents, application first. An authority that was posted is never kept:
whoever posts is who asserts (xAPI 1.0.3, Data 2.4.9).
"""

from __future__ import annotations

from typing import Any

from lrs import conf


def of_key(*, key: str, source_name: str, authority: dict[str, Any] | None) -> dict[str, Any]:
    """Return the authority of a credential used over HTTP Basic: its own where one was set."""
    if authority:
        return {"objectType": "Agent", **authority}
    return {
        "objectType": "Agent",
        "name": source_name,
        "account": {"homePage": conf.endpoint(), "name": key},
    }


def of_application(*, key: str, name: str) -> dict[str, Any]:
    """Return the authority of an OAuth application by itself.

    The specification fixes the account: the token endpoint, and the consumer key.
    """
    return {
        "objectType": "Agent",
        "name": name,
        "account": {"homePage": conf.token_endpoint(), "name": key},
    }


def of_application_and_user(*, key: str, name: str, user_name: str, full_name: str) -> dict[str, Any]:
    """Return the authority of an OAuth application that acts for a user of the hub.

    The user is an account of the hub, not an e-mail address: addresses change, and an authority must
    mean the same person in ten years. Its home page is not that of API keys, so that no user name can
    pass for one.
    """
    user: dict[str, Any] = {
        "objectType": "Agent",
        "account": {"homePage": f"{conf.public_url()}/users/", "name": user_name},
    }
    if full_name:
        user["name"] = full_name
    return {"objectType": "Group", "member": [of_application(key=key, name=name), user]}
