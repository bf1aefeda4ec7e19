"""The skills of list_files and read_file, and of reading one value out of a file."""

from .builtin_tools import LIST_FILES, READ_FILE, variants
from .skills import Skill
from .wording import parts

LISTINGS = parts("""
?what files are in {d}
?which files are in {d}
?what is in the folder {d}
?what's in the {d} folder
?what is inside the directory {d}
?what does the folder {d} contain
?which documents are in {d}
?what files does {d} have
?what files do I have in {d}
?what can be found in the folder {d}
?is there anything in the folder {d}
!list {d}
!list the files in {d}
!list the folder {d}
!list all files of {d}
!list everything in {d}
!show the files in {d}
!show the folder {d}
!look into the folder {d}
!check which files are in {d}
!see what files are in {d}
!print the folder {d}
!tell me which files {d} has
!tell me what is in the directory {d}
!open the folder {d}
!give the file list of {d}
!browse {d}
!ls {d}
?what documents does the folder {d} hold
?how does the folder {d} look
?which things are in the directory {d}
?what do I keep in {d}
=the files in {d}
=the files of the folder {d}
=the list of files in {d}
=the contents of the folder {d}
=the file names in {d}
=all files under {d}
=a listing of {d}
--
!go through the directory {d}
?which files live in {d}
=everything stored in folder {d}
!name the files in {d}
?what sort of files are in {d}
?what have we got in the folder {d}
=the directory {d}
""")


def listing(dice, low=0, high=9):
    """An observation of list_files: names, folders with a slash."""
    names = []
    for _ in range(dice.between(low, high)):
        name = dice.entity("folder") + "/" if dice.chance(0.2) else dice.file_name()
        if name not in names:
            names.append(name)
    return sorted(names)


def _conclude_list(s, r):
    if r == "(empty)":
        return f"{s['d']} is empty.", ["empty"], s["d"], "empty"
    names = r.split("\n")
    return f"{s['d']} contains: {', '.join(names)}", names, s["d"], ", ".join(names)


LIST = Skill(
    "list",
    variants(LIST_FILES, ("list_dir", "ls", "list_folder", "dir"),
          ("List a folder.", "Show the files in a folder.", "List the files in a directory."),
          ("path", "folder", "directory", "dir")),
    lambda dice: {"d": dice.folder()}, LISTINGS, lambda s: [s["d"]],
    lambda dice, s: "\n".join(listing(dice, 0 if dice.chance(0.3) else 1)) or "(empty)",
    _conclude_list,
    parts("""
?what files are in {all}
!list the folders {all}
!list {all}
=the files in {all}
?which files are in {all}
!show the files of {all}
--
!go through the directories {all}
?which files live in {all}
"""))

READINGS = parts("""
?what does {f} say
?what does the file {f} say
?what is in {f}
?what's in the file {f}
?what is in the file {f}
?what is written in {f}
?what does {f} contain
?what text is in {f}
?what stands in {f}
?what did I write in {f}
!read {f}
!read the file {f}
!read {f} to me
!open {f}
!open the file {f}
!show {f}
!show the contents of {f}
!look at {f}
!print {f}
!check what {f} says
!take a look at the file {f}
!load the text of {f}
!tell me what {f} says
!tell me what is in {f}
!get the text of {f}
!see what {f} contains
!find out what {f} says
!give the contents of {f}
!cat {f}
!quote {f}
?what can I read in {f}
?which text does {f} hold
?what message is in {f}
?how does the file {f} read
=the text of {f}
=the contents of {f}
=the content of {f}
=the file {f}
=the text in {f}
--
!peek inside {f}
!go over {f}
?what have I put in {f}
?what would I find in {f}
=whatever {f} says
!view {f}
?what information is in {f}
=the words in {f}
""")


def file_text(dice):
    """A short file: a phrase, a few lines, or settings."""
    kind = dice.between(0, 9)
    if kind < 5:
        return dice.entity("phrase") if dice.chance(0.6) else dice.words(2, 6)
    if kind < 8:
        lines = [dice.pick((dice.entity("phrase"), dice.words(1, 4), f"- {dice.entity('item')}",
                            f"{dice.entity('attr')}: {dice.value()}"))
                 for _ in range(dice.between(2, 4))]
        return "\n".join(lines)
    return f"{dice.entity('first')} will bring the {dice.entity('item')} to " \
           f"{dice.entity('city')} on {dice.entity('weekday')}."


def long_text(dice, lines):
    """Many lines of prose-like filler."""
    return "\n".join(
        dice.pick((dice.words(4, 14).capitalize() + ".",
                   f"{dice.full_name()}: {dice.entity('phrase')}",
                   f"{dice.date()} {dice.entity('verb')} {dice.entity('noun')} {dice.code()}",
                   f"{dice.entity('attr')}: {dice.value()}")) for _ in range(lines))


def _conclude_read(s, r):
    lines = r.split("\n")
    if len(lines) > 6:
        return f"{s['f']} starts with: {lines[0]}", [lines[0]], s["f"], lines[0]
    return f"{s['f']} says: {r}", lines, s["f"], r


def _observe_file(dice, s):
    if dice.chance(0.06):
        return long_text(dice, dice.between(8, 40))
    return file_text(dice)


READ = Skill(
    "read",
    variants(READ_FILE, ("open_file", "cat", "load_file", "get_file"),
          ("Read a file.", "Return the text of a file.", "Show what a file contains."),
          ("path", "file", "filename", "name")),
    lambda dice: {"f": dice.path()}, READINGS, lambda s: [s["f"]], _observe_file, _conclude_read,
    parts("""
?what do {all} say
!read {all}
!read the files {all}
!open {all}
=the text of {all}
?what is in {all}
!show the contents of {all}
--
!go over {all}
!view {all}
=the words in {all}
"""))

FIELDS = parts("""
?what is the {a} in {f}
?what is the {a} in the file {f}
?which {a} does {f} give
?what {a} does {f} name
?what does {f} say about the {a}
!find the {a} in {f}
!look up the {a} in {f}
!read the {a} from {f}
!get the {a} out of {f}
!check the {a} in {f}
!open {f} and tell me the {a}
!read {f} and tell me the {a}
=the {a} in {f}
=the {a} from {f}
=the {a} from the file {f}
=the {a} given in {f}
--
?what {a} stands in {f}
!see which {a} {f} has
=whatever {f} says about the {a}
!go through {f} for the {a}
""")


def record_text(dice, attr, value, others=4):
    """A file that states one attribute among others."""
    mark = dice.pick((": ", ": ", "=", " = "))
    lines = [f"{attr}{mark}{value}"]
    for _ in range(dice.between(0, others)):
        other = dice.entity("attr")
        if other != attr:
            lines.append(f"{other}{mark}{dice.value()}")
    dice.rng.shuffle(lines)
    return "\n".join(lines)


def _draw_field(dice):
    return {"f": dice.path(), "a": dice.entity("attr"), "value": str(dice.value())}


READ_FIELD = Skill(
    "read", READ.forms, _draw_field, FIELDS, lambda s: [s["f"]],
    lambda dice, s: record_text(dice, s["a"], s["value"], 30 if dice.chance(0.08) else 5),
    lambda s, r: (f"The {s['a']} is {s['value']}.", [s["value"]], s["f"], s["value"]))
