"""The one wildcard that ECR knows: `*` stands for any run of characters, and the whole text has to match."""

from __future__ import annotations


def matches(pattern: str, text: str) -> bool:
    """Whether `text` is of the form `pattern`; time grows with len(text), never with the number of stars."""
    first, *rest = pattern.split("*")
    if not rest:
        return pattern == text
    *middle, last = rest
    if not text.startswith(first) or not text.endswith(last) or len(text) < len(first) + len(last):
        return False
    at = len(first)
    end = len(text) - len(last)
    for part in middle:
        found = text.find(part, at, end)
        if found < 0:
            return False
        at = found + len(part)
    return True
