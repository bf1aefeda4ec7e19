"""The skills of the four built-in tools, in one place."""

from .arithmetic_skill import CALCULATE, computed
from .builtin_tools import BUILTIN
from .file_skills import LIST, READ, READ_FIELD, file_text, listing, long_text, record_text
from .time_skill import TIME

BUILTIN_SKILLS = (CALCULATE, TIME, LIST, READ)  # in the order of BUILTIN

__all__ = ["BUILTIN", "BUILTIN_SKILLS", "CALCULATE", "LIST", "READ", "READ_FIELD", "TIME",
           "computed", "file_text", "listing", "long_text", "record_text"]
