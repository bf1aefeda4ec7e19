"""The skills of list_files and read_file, and of reading one value out of a file."""

from .builtin_tools import LIST_FILES, READ_FILE, variants
from .file_wording import FIELDS, READINGS, READINGS_MANY
from .folder_wording import LISTINGS, LISTINGS_HERE, LISTINGS_MANY
from .skills import Skill

LINES_MAX = 3    # of a file
ENTRIES_MAX = 5  # of a folder
HERE = "."       # the folder of a request that names none


def listing(dice, low=0, high=ENTRIES_MAX):
    """An observation of list_files: names, folders with a slash."""
    names = []
    for _ in range(dice.between(low, high)):
        name = dice.entity("folder") + "/" if dice.chance(0.2) else dice.file_name()
        if name not in names:
            names.append(name)
    return sorted(names)


def _draw_folder(dice):
    """A folder, or the one that is meant when none is named."""
    if dice.chance(0.12):
        return {"d": HERE, "cores": LISTINGS_HERE}
    return {"d": dice.folder()}


def _conclude_list(s, r):
    d = "This folder" if s["d"] == HERE else s["d"]
    if r == "(empty)":
        return f"{d} is empty.", ["empty"], s["d"], "empty"
    names = r.split("\n")
    return f"{d} contains: {', '.join(names)}", names, s["d"], ", ".join(names)


LIST = Skill(
    "list",
    variants(LIST_FILES, ("list_dir", "ls", "list_folder", "dir"),
          ("List a folder.", "Show the files in a folder.", "List the files in a directory."),
          ("path", "folder", "directory", "dir")),
    _draw_folder, LISTINGS, lambda s: [s["d"]],
    lambda dice, s: "\n".join(listing(dice, 0 if dice.chance(0.2) else 1)) or "(empty)",
    _conclude_list,
    LISTINGS_MANY)


def _said(dice):
    """A few words that stand in a file: mostly English, else one or two made-up words."""
    return dice.entity("phrase") if dice.chance(0.7) else dice.few_words()


def file_text(dice):
    """A short file: a phrase, a few lines, or a sentence."""
    kind = dice.between(0, 9)
    if kind < 5:
        return _said(dice)
    if kind < 8:
        lines = [dice.pick((lambda: _said(dice), lambda: f"- {dice.entity('item')}",
                            lambda: f"{dice.entity('attr')}: {dice.value()}"))()
                 for _ in range(dice.between(2, LINES_MAX))]
        return "\n".join(lines)
    return f"{dice.entity('first')} will bring the {dice.entity('item')} to " \
           f"{dice.entity('city')} on {dice.entity('weekday')}."


def long_text(dice, lines):
    """Many lines of prose-like filler."""
    return "\n".join(
        dice.pick((dice.words(2, 6).capitalize() + ".",
                   f"{dice.full_name()}: {dice.entity('phrase')}",
                   f"{dice.date()} {dice.entity('verb')} {dice.entity('noun')} {dice.code()}",
                   f"{dice.entity('attr')}: {dice.value()}")) for _ in range(lines))


def _conclude_read(s, r):
    lines = r.split("\n")
    if len(lines) > 6:
        return f"{s['f']} starts with: {lines[0]}", [lines[0]], s["f"], lines[0]
    return f"{s['f']} says: {r}", lines, s["f"], r


READ = Skill(
    "read",
    variants(READ_FILE, ("open_file", "cat", "load_file", "get_file"),
          ("Read a file.", "Return the text of a file.", "Show what a file contains."),
          ("path", "file", "filename", "name")),
    lambda dice: {"f": dice.path()}, READINGS, lambda s: [s["f"]], lambda dice, s: file_text(dice),
    _conclude_read,
    READINGS_MANY)


def record_text(dice, attr, value, others=LINES_MAX - 1):
    """A file that states one attribute among others."""
    mark = dice.pick((": ", ": ", "=", " = "))
    told = {attr: value}
    for _ in range(dice.between(0, others)):
        told.setdefault(dice.entity("attr"), dice.value())
    lines = [f"{name}{mark}{what}" for name, what in told.items()]
    dice.rng.shuffle(lines)
    return "\n".join(lines)


def _draw_field(dice):
    return {"f": dice.path(), "a": dice.entity("attr"), "value": str(dice.value())}


READ_FIELD = Skill(
    "read", READ.forms, _draw_field, FIELDS, lambda s: [s["f"]],
    lambda dice, s: record_text(dice, s["a"], s["value"]),
    lambda s, r: (f"The {s['a']} is {s['value']}.", [s["value"]], s["f"], s["value"]))
