#!/usr/bin/env python3
"""./dev on machines that are not this one: a full disk, a killed call, no root, a path with spaces.

What ./dev calls on a machine to make its environment (apt, dpkg, mmdebstrap, bubblewrap, df, id) stands in a folder of
its own, first on the path, and does what the test says. The rest is real: the script, its locks, its signals.
"""
import os
import shutil
import signal
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PATIENCE = 30  # seconds until something that must happen has not

TOOLS = {
    "id": "echo ${FAKE_UID:-0}",
    "apt-get": 'case "$1" in indextargets) echo "stable ${FAKE_MIRROR-http://mirror.invalid/debian}" ;; esac\n'
               'echo "apt-get $*" >>"$FAKE/calls"',
    "apt-cache": "echo \"  Candidate: 1:0.1\"",  # dpkg says that it is too old
    "apt-config": "exit 0",
    "dpkg-query": "exit 1",
    "dpkg": "exit 1",
    "df": 'printf "Filesystem 1M-blocks Used Available\\n/dev/x 9 9 %s\\n" "${FAKE_FREE_MB:-99999}"',
    "unshare": 'while [ "$1" != -- ]; do shift; done; shift; exec "$@"',
    # The folder is the last argument but one. What it must not do yet or ever is told by files.
    "mmdebstrap": 'echo "mmdebstrap $*" >>"$FAKE/calls"\n'
                  'for last in "$@"; do folder=${before:-}; before=$last; done\n'
                  'mkdir -p "$folder/etc" "$folder/usr/bin" "$folder/var/lib/dpkg"\n'
                  'touch "$FAKE/begun"; while [ -e "$FAKE/hold" ]; do sleep 0.05; done\n'
                  'if [ -e "$FAKE/fails" ]; then cat "$FAKE/fails"; rm "$FAKE/fails"; exit 25; fi',
    "bwrap": 'echo "bwrap $*" >>"$FAKE/calls"\n'
             'while [ $# -gt 0 ]; do case "$1" in --) shift; break ;; true) break ;; esac; shift; done\n'
             'case "$*" in *"apt-get -q -y install"*) [ ! -e "$FAKE/group_fails" ] || { echo "E: no such package"; exit 100; } ;; '
             '"apt-get "*|sh\\ -c*) ;; *) exec "$@" ;; esac',
}


class DevTest(unittest.TestCase):
    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(prefix="puna dev "))
        self.addCleanup(shutil.rmtree, self.folder)
        self.clone, self.cache = self.folder / "my clone", self.folder / "my cache"
        self.fake, tools = self.folder / "fake", self.folder / "tools"
        for place in (self.clone / "scripts", self.cache, self.fake, tools):
            place.mkdir(parents=True)
        shutil.copy(ROOT / "dev", self.clone)
        shutil.copytree(ROOT / "scripts/dev", self.clone / "scripts/dev")
        for name, text in TOOLS.items():
            (tools / name).write_text(f"#!/bin/bash\n{text}\n")
            (tools / name).chmod(0o755)
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith("PUNA_")}
        self.environment.update(PATH=f"{tools}:{self.environment['PATH']}", HOME=str(self.folder), FAKE=str(self.fake),
                                XDG_CACHE_HOME=str(self.cache))

    def start(self, *words, **extra):
        return subprocess.Popen(["env", "--default-signal=INT,QUIT,TERM", self.clone / "dev", *words],
                                cwd=self.folder, env=self.environment | extra, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def dev(self, *words, **extra):
        """(exit status, stdout, stderr) of ./dev with these words."""
        process = self.start(*words, **extra)
        out, err = process.communicate(timeout=4 * PATIENCE)
        return process.returncode, out, err

    def made(self):
        """How often an environment was begun."""
        calls = self.fake / "calls"
        return sum(line.startswith("mmdebstrap") for line in calls.read_text().splitlines()) if calls.exists() else 0

    def left(self):
        """Complete environments, and what is left of others."""
        return [list((self.cache / "puna").glob(pattern)) for pattern in ("env-*", ".partial-*")]

    def wait_for(self, what):
        late = time.monotonic() + PATIENCE
        while not what():
            self.assertLess(time.monotonic(), late, "it does not happen")
            time.sleep(0.02)

    def begun(self):
        self.wait_for((self.fake / "begun").exists)

    # ---- what works -----------------------------------------------------------------------------------------------

    def test_the_environment_is_made_once_and_the_program_speaks_alone(self):
        status, out, err = self.dev("shell", "sh", "-c", "echo said; exit 7")
        self.assertEqual((status, out), (7, "said\n"), err)
        self.assertIn("making the build environment, once", err)
        self.assertEqual(self.dev("shell", "echo", "two words"), (0, "two words\n", ""))
        self.assertEqual(self.made(), 1)
        self.assertEqual([len(names) for names in self.left()], [1, 0])

    def test_two_calls_at_once_make_one(self):
        (self.fake / "hold").touch()
        first = self.start("shell", "true")
        self.begun()
        second = self.start("shell", "true")
        self.assertTrue(any("another ./dev is making" in line for line in iter(second.stderr.readline, "")))
        (self.fake / "hold").unlink()
        for process in (first, second):
            process.communicate(timeout=PATIENCE)
            self.assertEqual(process.returncode, 0)
        self.assertEqual(self.made(), 1)

    def test_a_group_is_added_once(self):
        for _ in range(2):
            self.assertEqual(self.dev("setup", "cluster")[0], 0)
        calls = (self.fake / "calls").read_text()
        self.assertEqual(calls.count("sh -c dpkg --configure -a"), 1, calls)

    # ---- interrupted ----------------------------------------------------------------------------------------------

    def test_a_call_that_is_told_to_end_leaves_nothing(self):
        for number, status in ((signal.SIGTERM, 143), (signal.SIGINT, 130)):
            (self.fake / "hold").touch()
            (self.fake / "begun").unlink(missing_ok=True)
            process = self.start("shell", "true")
            self.begun()
            process.send_signal(number)
            (self.fake / "hold").unlink()  # bash hears of it when the command that runs has ended
            process.communicate(timeout=PATIENCE)
            self.assertEqual((process.returncode, self.left()), (status, [[], []]))
        self.assertEqual(self.dev("shell", "true")[0], 0)

    def test_what_a_killed_call_left_is_removed_by_the_next(self):
        (self.fake / "hold").touch()
        process = self.start("shell", "true")
        self.begun()
        process.kill()
        process.wait(PATIENCE)
        process.stdout.close()
        process.stderr.close()
        (self.fake / "hold").unlink()  # the orphaned mmdebstrap still holds the lock until here
        self.assertEqual(len(self.left()[1]), 1)
        status, _, err = self.dev("shell", "true")
        self.assertEqual(status, 0, err)
        self.assertIn("removing what an interrupted ./dev left", err)
        self.assertEqual([len(names) for names in self.left()], [1, 0])

    # ---- what is missing ------------------------------------------------------------------------------------------

    def failure(self, *words, **extra):
        status, out, err = self.dev(*words, **extra)
        self.assertEqual((status, out), (1, ""), err)
        self.assertEqual(self.left()[1], [], "nothing half made stays")
        return err

    def test_a_short_disk_says_how_much_is_needed_before_anything_is_made(self):
        err = self.failure("shell", "true", FAKE_FREE_MB="1234")
        self.assertRegex(err, r"the build environment needs \d{4} MB in .*my cache/puna, and 1234 MB are free there")
        self.assertEqual(self.made(), 0)
        self.assertEqual(self.dev("shell", "true")[0], 0)
        self.assertIn("group 'browser' needs 420 MB", self.failure("setup", "browser", FAKE_FREE_MB="300"))

    def test_without_root_the_one_command_that_needs_it_is_named(self):
        err = self.failure("shell", "true", FAKE_UID="1000")
        self.assertIn('sudo HOME="$HOME" ./dev setup', err)
        self.assertEqual(self.dev("setup")[0], 0)
        self.assertEqual(self.dev("shell", "true", FAKE_UID="1000")[0], 0)
        self.assertIn('sudo HOME="$HOME" ./dev setup train', self.failure("setup", "train", FAKE_UID="1000"))

    def test_without_a_mirror_it_asks_for_one(self):
        self.assertIn("PUNA_MIRROR=", self.failure("shell", "true", FAKE_MIRROR=""))
        status, _, err = self.dev("shell", "true", FAKE_MIRROR="", PUNA_MIRROR="http://other.invalid/debian")
        self.assertEqual(status, 0, err)
        self.assertIn("http://other.invalid/debian", (self.fake / "calls").read_text())

    def test_reasons_of_the_mirror_and_the_disk_are_told_with_what_to_do(self):
        for said, hint in (("E: No space left on device", "the disk is full"), ("W: NO_PUBKEY 0E98404D", "keys are too old"),
                           ("E: something else", "the whole log:")):
            (self.fake / "fails").write_text(said + "\n")
            err = self.failure("shell", "true")
            self.assertIn("mmdebstrap ended with 25", err)
            self.assertIn(said, err)
            self.assertIn(hint, err)

    def test_an_old_release_file_is_tried_again_without_its_date(self):
        (self.fake / "fails").write_text("E: Release file for ... is expired (invalid since 3d)\n")
        status, _, err = self.dev("shell", "true")
        self.assertEqual((status, self.made()), (0, 2), err)
        self.assertIn('Acquire::Check-Valid-Until "false"', (self.fake / "calls").read_text())

    def test_packages_that_cannot_be_added_are_said_and_tried_again(self):
        (self.fake / "group_fails").touch()
        self.assertIn("E: no such package", self.failure("setup", "cluster"))
        (self.fake / "group_fails").unlink()
        self.assertEqual(self.dev("setup", "cluster")[0], 0)
        self.assertIn("no package group is called 'clutser'", self.failure("setup", "clutser"))


if __name__ == "__main__":
    unittest.main()
