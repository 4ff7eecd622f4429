"""Bytes to typed values and back: everything about the form of a request, nothing about its meaning.

`strict_json` `version` `content_type` `content_encoding` `multipart` `alternate` `parameters` read
requests; `timestamps` `durations` `iri` `language` `identifiers` read the small formats inside them.
No Django, no database, no setting: limits come as arguments, refusals go out as `lrs.errors`.
"""
