"""Two roles in the database: the owner makes tables, the application works with them and owns none.

    roles    who is who, and a block in which this process is the owner
    grants   what the application's role may do with each table; given anew after every migration
    upkeep   makes the application's role where it is missing

In: DATABASE_URL (application) and DATABASE_OWNER_URL (owner), or the embedded database, which has both.
Out: connections as one or the other. Where only one role is named, everything runs as that one, and
hub.W006 says so.
"""
