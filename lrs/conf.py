"""The only reader of `settings.LRS_*`: one typed function each, default in its docstring.

Everything below `lrs.views` gets limits as arguments or from here; nothing else reads settings.
Each setting has a heading in docs/operator/settings.md (a test demands it).
"""

from __future__ import annotations

from django.conf import settings


def body_bytes() -> int:
    """`LRS_BODY_BYTES`: largest request body a credential may send unless its own limit says else; 64 MiB."""
    return int(getattr(settings, "LRS_BODY_BYTES", 64 * 1024 * 1024))


def batch_statements() -> int:
    """`LRS_BATCH_STATEMENTS`: most statements in one POST; 10,000."""
    return int(getattr(settings, "LRS_BATCH_STATEMENTS", 10_000))


def document_bytes() -> int:
    """`LRS_DOCUMENT_BYTES`: largest state or profile document; 16 MiB."""
    return int(getattr(settings, "LRS_DOCUMENT_BYTES", 16 * 1024 * 1024))


def json_depth() -> int:
    """`LRS_JSON_DEPTH`: deepest nesting of a JSON body; 200."""
    return int(getattr(settings, "LRS_JSON_DEPTH", 200))


def requests_per_minute() -> int:
    """`LRS_REQUESTS_PER_MINUTE`: requests a credential may make unless its own limit says else; 0, no end."""
    return int(getattr(settings, "LRS_REQUESTS_PER_MINUTE", 0))


def page_statements() -> int:
    """`LRS_PAGE_STATEMENTS`: statements in a page where the query names no limit (or 0); 100."""
    return int(getattr(settings, "LRS_PAGE_STATEMENTS", 100))


def page_statements_most() -> int:
    """`LRS_PAGE_STATEMENTS_MOST`: statements in a page at the most, whatever limit is asked; 1,000."""
    return int(getattr(settings, "LRS_PAGE_STATEMENTS_MOST", 1_000))


def public_url() -> str:
    """`HUB_PUBLIC_URL`: how clients reach the hub, without a slash at the end; `http://localhost:8000`."""
    return str(getattr(settings, "HUB_PUBLIC_URL", "") or "http://localhost:8000").rstrip("/")


def endpoint() -> str:
    """The xAPI endpoint as LMSs are to be told it; ends with `/xapi/`. Made from `HUB_PUBLIC_URL`."""
    return f"{public_url()}/xapi/"


def token_endpoint() -> str:
    """The OAuth 2 token endpoint, which names applications in authorities. Made from `HUB_PUBLIC_URL`."""
    return f"{public_url()}/oauth/token/"


def secret_pepper() -> str:
    """`LRS_SECRET_PEPPER`: what the hashes of API secrets are keyed with; empty, then `SECRET_KEY` is."""
    return str(getattr(settings, "LRS_SECRET_PEPPER", "") or "")


def secret_keys() -> tuple[str, ...]:
    """What API secrets may have been hashed with, newest first.

    The pepper, `LRS_SECRET_PEPPER_FALLBACKS` (peppers of before; none), `SECRET_KEY` and its fallbacks.
    """
    keys = (
        secret_pepper(),
        *getattr(settings, "LRS_SECRET_PEPPER_FALLBACKS", ()),
        settings.SECRET_KEY,
        *getattr(settings, "SECRET_KEY_FALLBACKS", ()),
    )
    return tuple(key for key in keys if key)


def credential_seconds() -> float:
    """`LRS_CREDENTIAL_SECONDS`: how long a process trusts a credential it has checked; 5, and never more."""
    return min(5.0, float(getattr(settings, "LRS_CREDENTIAL_SECONDS", 5)))


def failures_per_minute() -> int:
    """`LRS_FAILURES_PER_MINUTE`: failed sign-ins a minute for a key, and for an address; 30. 0, no limit."""
    return int(getattr(settings, "LRS_FAILURES_PER_MINUTE", 30))


def cors_origins() -> tuple[str, ...]:
    """`LRS_CORS_ORIGINS`: origins whose pages may call the xAPI; `*` for all, the default."""
    return tuple(getattr(settings, "LRS_CORS_ORIGINS", ("*",)))


def hub_version() -> str:
    """The version of this software, as the About resource tells it; no setting of the operator's."""
    return str(settings.HUB_VERSION)


def proxies() -> int:
    """`HUB_PROXIES`: proxies between clients and the hub, each of which appends to X-Forwarded-For.

    1 where `HUB_BEHIND_PROXY` is set, else 0.
    """
    if not getattr(settings, "HUB_BEHIND_PROXY", False):
        return 0
    return int(getattr(settings, "HUB_PROXIES", 1))
