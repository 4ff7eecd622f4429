"""Template tags of the connectors' pages."""
