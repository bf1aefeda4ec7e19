"""What became of one line of the table."""
from collections import namedtuple

Verdict = namedtuple("Verdict", "word detail")
Row = namedtuple("Row", "name verdict")


def passed(detail=""):
    return Verdict("passed", detail)


def failed(detail):
    return Verdict("failed", detail)


def expected(reason):
    return Verdict("expected failure", reason)


def skipped(reason):
    return Verdict("skipped", reason)
