"""Reading statements: what a query means (`statement_query`), how it is answered (`pages`), how `more`
continues it (`cursor`), and single statements (`single`)."""
