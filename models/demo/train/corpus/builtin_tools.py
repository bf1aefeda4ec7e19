"""The four built-in tools, exactly as the product specifies them, and variants of them."""

from .skills import Argument, Tool

CALCULATOR = Tool("calculator", "Evaluate an arithmetic expression.", (Argument("expression"),))
CURRENT_TIME = Tool("current_time", "Tell the current date and time.",
                    (Argument("timezone", required=False),))
LIST_FILES = Tool("list_files", "List the files in a folder.", (Argument("path"),))
READ_FILE = Tool("read_file", "Read a text file.", (Argument("path"),))
BUILTIN = (CALCULATOR, CURRENT_TIME, LIST_FILES, READ_FILE)


def variants(builtin, names, descriptions, arguments):
    """Mostly the built-in tool, else a variant somebody else might offer."""
    def draw(dice):
        if dice.chance(0.6):
            return builtin
        keep = builtin.arguments[0]
        return Tool(dice.pick(names), dice.pick(descriptions),
                    (Argument(dice.pick(arguments), keep.kind, keep.required),))
    return draw
