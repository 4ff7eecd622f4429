"""`/api/v1/`: the workforce record, statements with their context, and the export, over HTTP.

access        who asks, of which store
problems      the one place where errors become problem details
parameters    query parameters: read, refused and documented from one declaration
cursor        signed continuations of lists
resource      what every resource does alike
description   the OpenAPI document of all of it
names         what the ids of contexts are called, as of then, as known then
"""
