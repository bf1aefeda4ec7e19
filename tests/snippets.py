#!/usr/bin/env python3
"""snippets.py CXX CC INCLUDE FILE: every C++ and C block of a document compiles, as the body of a function.

Types in a C++ block stand before the function: from a line `struct X {` to its `};`.
"""
import re
import subprocess
import sys
import tempfile
from pathlib import Path

DOORS = ("agent/agent.h", "agent/code_agent.h", "agent/sub_agent.h", "model/model_card.h", "model/quick.h",
         "model/remote_model.h", "server.h", "tools/roles.h")


def in_cpp(blocks):
    text = "".join(f'#include "puna/{door}"\n' for door in DOORS)
    for number, block in enumerate(blocks):
        types = "".join(re.findall(r"^struct .*?^};\n", block, re.M | re.S))
        body = re.sub(r"^struct .*?^};\n", "", block, flags=re.M | re.S)
        text += (f"namespace snippet_{number} {{\n{types}[[maybe_unused]] void run([[maybe_unused]] puna::LocalModel& model, "
                 f"[[maybe_unused]] puna::Toolbox& tools) {{\n{body}}}\n}}\n")
    return text


def in_c(blocks):
    return '#include "puna/puna.h"\n' + "".join(
        f"void snippet_{number}(void);\nvoid snippet_{number}(void) {{\n{block}}}\n" for number, block in enumerate(blocks))


def main():
    cxx, cc, include, document = sys.argv[1:]
    text = Path(document).read_text()
    status = 0
    with tempfile.TemporaryDirectory() as folder:
        for language, make, suffix, compiler in (("cpp", in_cpp, "cpp", [cxx, "-std=c++23"]), ("c", in_c, "c", [cc, "-std=c11"])):
            blocks = re.findall(rf"^```{language}\n(.*?)^```$", text, re.M | re.S)
            if not blocks:
                sys.exit(f"{document}: no {language} block: nothing was checked")
            unit = Path(folder) / f"blocks.{suffix}"
            unit.write_text(make(blocks))
            status |= subprocess.run([*compiler, "-fsyntax-only", "-Wall", "-I", include, unit]).returncode
            print(f"{len(blocks)} blocks of {language}")
    return 1 if status else 0


if __name__ == "__main__":
    sys.exit(main())
