"""Defaults that migrations refer to by name."""


def all_scope() -> list[str]:
    """The xAPI scope that permits everything."""
    return ["all"]
