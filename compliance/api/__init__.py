"""Compliance under `/api/v1/`: a module for each resource, on what connectors.api offers all of them."""
