"""The rules of a model for a simple value beyond its type: words, lengths, ranges and patterns."""

import re
from functools import cache

# A request must obey all of them. Answers of AWS itself break the limits of its models, so only names count there.
REQUEST = "request"
ANSWER = "answer"


def broken_constraints(shape, value, direction: str) -> list[str]:
    problems = []
    words = shape.metadata.get("enum")
    if words and value not in words:
        problems.append(f"{value!r} is none of {', '.join(words)[:200]}")
    if direction == ANSWER:
        return problems
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    size = len(value) if isinstance(value, (str, bytes, list, dict)) else value
    if not isinstance(value, bool) and isinstance(size, (int, float)):
        if low is not None and size < low:
            problems.append(f"{size} is less than {low}")
        if high is not None and size > high:
            problems.append(f"{size} is more than {high}")
    pattern = shape.metadata.get("pattern")
    if pattern and isinstance(value, str):
        expression = compiled(pattern)
        if expression is not None and expression.fullmatch(value) is None:
            problems.append(f"{value!r} does not match {pattern}")
    return problems


@cache
def compiled(pattern: str):
    """Converts a Java pattern to Python; None for the few that Python does not support."""
    if "\\p{" in pattern:
        return None
    try:
        return re.compile(pattern)
    except re.error:
        return None
