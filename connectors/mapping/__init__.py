"""From what a system calls things to what the hub calls them.

A mapping is a JSON document (schema.json; docs/integrator/mapping.md): for each kind of raw record, which
canonical records it becomes and where each of their fields comes from, through a small set of named
transformations. It is compiled once and then applied to every record; it never holds code.

    compile(document).apply("worker", raw) → canonical records, or connectors.errors.Refused

`lifecycle` keeps versions of documents for a system, `trial` tries one on samples, `sheet` writes one out for
people. Nothing in here but `lifecycle` touches the database.
"""

from connectors.mapping.compiled import Mapping, Read, compile  # noqa: A004  reads well as mapping.compile
from connectors.mapping.document import problems, schema
from connectors.mapping.fault import Malformed, Problem
from connectors.mapping.program import AsKnown

__all__ = ["AsKnown", "Malformed", "Mapping", "Problem", "Read", "compile", "problems", "schema"]
