"""Who an actor of a statement is."""
