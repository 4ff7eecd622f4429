"""SCIM 2.0: the hub as service provider, so that an identity provider provisions and deprovisions live.

    resources   what users and groups are here: schemas, extensions, capabilities (scim2-models)
    tokens      the bearer tokens of a connection: issued, checked, withdrawn
    kept        resources as they are kept: read, written, compared with a version
    write       create, replace, patch, delete; one transaction with what follows for the workforce record
    search      filter, sort, page
    bulk        several operations in one request
    facts       what the mapping is given of a user
    live        from a user to the workforce record, through the connection's mapping
    answer      results and errors as HTTP
    views       every address below /scim/v2/

Each connection (a System whose adapter is `scim`) is a world of its own: a token opens one of them, and no
query here goes without it.
"""
