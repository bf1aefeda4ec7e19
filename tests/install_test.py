#!/usr/bin/env python3
"""install_test.py BUILD SOURCE CXX CC: installs, moves what was installed, and uses it as somebody else would.

The program must answer from any folder with its own model and helper; tests/consumer must build and run through
find_package and through pkg-config; no installed header may include a library that a user would then need.
Needs no network.
"""
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

# Headers of the libraries that stay behind the front doors.
FOREIGN = re.compile(r"/(llama|ggml|gguf|mtmd)[\w-]*\.h|/(nlohmann|minja|jsoncons\w*|curl|lexbor|re2|absl|yaml-cpp|toml\+\+|CLI)/"
                     r"|/(sqlite3|seccomp|httplib|simdutf|xxhash|utf8proc|isocline)\.h")
TASK = "What is 4817 * 36?"


def run(*words, folder=None, **environment):
    words = [str(word) for word in words]
    ran = subprocess.run(words, cwd=folder, env={**os.environ, **{k: str(v) for k, v in environment.items()}},
                         text=True, capture_output=True)
    if ran.returncode != 0:
        sys.exit(f"{' '.join(words)}\nended with {ran.returncode}\n{ran.stdout}\n{ran.stderr}")
    return ran.stdout


def expect(is_true, what):
    if not is_true:
        sys.exit(f"install_test: {what}")


def check_program(prefix, elsewhere):
    expect("173412" in run(prefix / "bin/puna", "run", TASK, folder=elsewhere), "the installed program has no answer")
    shown = run(prefix / "bin/puna", "show", folder=elsewhere)
    expect(str(prefix / "share/puna/models") in shown, f"not its own model:\n{shown}")
    doctor = subprocess.run([prefix / "bin/puna", "doctor"], cwd=elsewhere, text=True, capture_output=True).stdout
    expect("helper" not in doctor, f"the program does not find its helper:\n{doctor}")
    expect(not (prefix / "bin/puna-sandbox-helper").exists(), "the helper lies where the source tree's would")


def check_headers(prefix, cxx, elsewhere):
    headers = sorted((prefix / "include/puna").rglob("*.h"))
    expect(len(headers) > 40, f"only {len(headers)} headers are installed")
    unit = elsewhere / "all.cpp"
    unit.write_text("".join(f'#include "{header.relative_to(prefix / "include")}"\n' for header in headers))
    needed = run(cxx, "-std=c++23", "-M", f"-I{prefix / 'include'}", unit).split()
    foreign = [path for path in needed if FOREIGN.search(path)]
    expect(not foreign, f"front doors include foreign headers: {foreign}")
    expect(not any("bench" in path for path in needed), "headers of the command line's rooms are installed")


def check_answers(text):
    for word in ("173412", "serves", "helper found"):
        expect(word in text, f"no {word!r} in:\n{text}")


def check_cmake(prefix, project, cxx, cc, elsewhere):
    build = elsewhere / "build"
    run("cmake", "-S", project, "-B", build, "-G", "Ninja", f"-DCMAKE_PREFIX_PATH={prefix}",
        f"-DCMAKE_CXX_COMPILER={cxx}", f"-DCMAKE_C_COMPILER={cc}", "-DCMAKE_BUILD_TYPE=Debug")
    run("cmake", "--build", build)
    check_answers(run(build / "consumer", folder=elsewhere))
    expect("Hello" in run(build / "consumer_in_c", folder=elsewhere), "the consumer in C has no answer")


def check_pkg_config(prefix, project, cxx, cc, elsewhere):
    [pc] = prefix.rglob("puna.pc")

    def ask(*words):
        return run("pkg-config", *words, "puna", PKG_CONFIG_PATH=pc.parent).split()

    places = [f'-DDEMO_MODEL="{ask("--variable=demo_model")[0]}"',
              f'-DSANDBOX_HELPER="{ask("--variable=sandbox_helper")[0]}"']
    run(cxx, "-std=c++23", *places, project / "consumer.cpp", "-o", elsewhere / "by_pkg_config",
        *ask("--cflags", "--libs"))
    check_answers(run(elsewhere / "by_pkg_config", folder=elsewhere))
    run(cc, "-std=c11", *places, project / "consumer.c", "-o", elsewhere / "in_c", *ask("--cflags", "--libs"))
    expect("Hello" in run(elsewhere / "in_c", folder=elsewhere), "the consumer in C has no answer")


def main():
    build, source, cxx, cc = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], sys.argv[4]
    project = source / "tests/consumer"
    with tempfile.TemporaryDirectory(prefix="puna-install-") as folder:
        elsewhere = Path(folder) / "elsewhere"
        elsewhere.mkdir()
        run("cmake", "--install", build, "--prefix", Path(folder) / "first")
        prefix = Path(folder) / "moved"
        (Path(folder) / "first").rename(prefix)
        for word in sys.argv[5:] or ("program", "headers", "cmake", "pkg-config"):
            print(f"install_test: {word}", flush=True)
            {"program": lambda: check_program(prefix, elsewhere),
             "headers": lambda: check_headers(prefix, cxx, elsewhere),
             "cmake": lambda: check_cmake(prefix, project, cxx, cc, elsewhere),
             "pkg-config": lambda: check_pkg_config(prefix, project, cxx, cc, elsewhere)}[word]()


if __name__ == "__main__":
    main()
