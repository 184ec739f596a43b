"""Exact match and edit similarity as RTL-Repo defines them (Allam and Shalan 2024).

A prediction is its first line that is neither blank nor a comment. Exact match compares words, so that blanks
do not count. Edit similarity is `fuzz.ratio` of fuzzywuzzy with Levenshtein: 200 · LCS / (length + length),
rounded; 0 if either text is empty.
"""

from __future__ import annotations


def first_line(text: str) -> str:
    r"""RTL-Repo's rule; the last comment where there is nothing else.

    >>> first_line("\n  // adds\n  a = b;\n c")
    '  a = b;'
    """
    comment = ""
    for line in text.split("\n"):
        if line.strip():
            if not line.strip().startswith("//"):
                return line
            comment = line
    return comment


def exact(prediction: str, truth: str) -> bool:
    return prediction.split() == truth.split()


def edit_similarity(prediction: str, truth: str) -> int:
    """0 … 100.

    >>> edit_similarity("assign a = b;", "assign a = c;"), edit_similarity("", "x")
    (92, 0)
    """
    if not prediction or not truth:
        return 0
    return round(200 * _common(prediction, truth) / (len(prediction) + len(truth)))


def _common(one: str, other: str) -> int:
    """Length of the longest common subsequence, one row of bits at a time (Hyyrö 2004)."""
    places: dict[str, int] = {}
    for index, character in enumerate(one):
        places[character] = places.get(character, 0) | 1 << index
    row = full = (1 << len(one)) - 1
    for character in other:
        hits = row & places.get(character, 0)
        row = ((row + hits) | (row - hits)) & full
    return len(one) - row.bit_count()
