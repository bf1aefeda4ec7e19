"""What a code agent's model reads, exactly as the product writes it, and pieces of Python.

The wire of a turn: the model says a thought and one block of code, the user's next message
is the observation. Tools are Python functions in the system message.
"""

import re

from .render import as_json

RULES = """\
Solve the task with Python. Each reply is one line that begins with "Thought:" and then one block of code:
Thought: what to do next and why
<code>
print(6 * 7)
</code>
The code is run, and its output comes back as an observation. Variables stay. Print what you need to see. Never guess \
a result. When the answer is known, call final_answer(answer) in the code."""
IMPORTS = ("collections", "datetime", "itertools", "math", "queue", "random", "re", "stat",
           "statistics", "time", "unicodedata")
TYPES = {"string": "str", "integer": "int", "number": "float", "boolean": "bool", "array": "list", "object": "dict"}


def identifier(name):
    """A tool's name as one of Python."""
    return re.sub(r"[^A-Za-z0-9_]", "_", name)


def signature(tool, notes=()):
    """A tool as the head of a function with its description; `notes` are lines on its arguments."""
    ordered = sorted(tool.arguments, key=lambda a: not a.required)
    listed = ", ".join(f"{identifier(a.name)}: {TYPES[a.kind]}{'' if a.required else ' = None'}" for a in ordered)
    text = "".join(f"\n    {note}" for note in notes)
    return f'def {identifier(tool.name)}({listed}) -> str:\n    """{tool.description}{text}"""'


def code_system(signatures, instructions=""):
    """The system message of a code agent with these functions."""
    functions = "\n\nThese functions can be called:\n" + "\n".join(signatures) if signatures else ""
    return (f"{RULES}{functions}\n\nThese modules can be imported: {', '.join(IMPORTS)}."
            + (f"\n\n{instructions}" if instructions else ""))


def step(thought, *lines):
    """The text of an assistant turn: a thought and code."""
    code = "\n".join(lines)
    return f"Thought: {thought}\n<code>\n{code}\n</code>"


def code_call(tool, /, **arguments):
    """A call of a tool in Python."""
    given = ", ".join(f"{identifier(k)}={as_json(v)}" for k, v in arguments.items())
    return f"{identifier(tool.name)}({given})"


def observed(text):
    """The observation as the user's message has it."""
    return f"Observation:\n{text or '(no output)'}"
