"""Tags of the connectors' templates."""
