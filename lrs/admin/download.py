"""Contents of strangers, sent so that a browser saves them and never opens them as a page of ours."""

from __future__ import annotations

import mimetypes
import re
from collections.abc import Iterable

from django.http import HttpResponseBase, StreamingHttpResponse
from django.utils.http import content_disposition_header


def download(chunks: Iterable[bytes], *, name: str, content_type: str, size: int) -> HttpResponseBase:
    """Return a download; the extension of its name follows from the content type."""
    essence = content_type.partition(";")[0].strip().lower()
    extension = mimetypes.guess_extension(essence) or ".bin"
    safe = re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip(".-")[:80] or "content"
    response = StreamingHttpResponse(chunks, content_type="application/octet-stream")
    response.headers["Content-Disposition"] = (
        content_disposition_header(as_attachment=True, filename=f"{safe}{extension}") or "attachment"
    )
    response.headers["Content-Length"] = str(size)
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response
