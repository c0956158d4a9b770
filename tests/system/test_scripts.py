# -*- test-case-name: tests.system.test_scripts -*-
"""
Our own scripts in C{scripts/heartbeat}: what they write, say and end with.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from hatwist.wire.message import Message
from hatwist.wire.written import Written
from tests.service.fakes import temporary

TOP = Path(__file__).parents[2]
SCRIPTS = TOP / "scripts" / "heartbeat"
HATWISTCTL = f"""#!/bin/sh
exec {sys.executable} -c 'from hatwist.cli.main import run; run()' --socket /nowhere/control.sock "$@"
"""
STAND_IN = """#!/bin/sh
# hatwistctl resources -c DIRECTORY VERB ARGUMENT, as far as scripts need it
case $4 in
    listkeys) [ $5 = node01 ] && echo disk || echo mail ;;
    status) [ -e "$3/running" ] || exit 3 ;;
    takegroup) [ -e "$3/broken" ] && exit 1; touch "$3/running" ;;
    *) exit 2 ;;
esac
"""
PROGRAM = """#!/bin/sh
state=$HA_DIR/running
case $1 in
    start) touch "$state" ;;
    stop) rm -f "$state" ;;
    status) [ -e "$state" ] && echo running || echo stopped ;;
esac
"""
HOOK = """#!/bin/sh
. "$HA_FUNCS"
ha_clustermsg <<EOF
t=hook
info=$HA_info
EOF
"""


class ScriptTests(SynchronousTestCase):
    """A host in a directory, with a FIFO that the test reads."""

    def setUp(self) -> None:
        self.directory = Path(temporary(self))
        self.fifo = self.directory / "fifo"
        os.mkfifo(self.fifo)
        self.reader = os.open(self.fifo, os.O_RDONLY | os.O_NONBLOCK)
        self.addCleanup(lambda: os.close(self.reader))
        self.write("haresources", "node01 disk\nnode02 mail\n")
        self.write("ha.cf", "auto_failback on # or off\nkeepalive 5\n")
        self.environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(TOP),
            "HA_DIR": str(self.directory),
            "HA_FIFO": str(self.fifo),
            "HA_CURHOST": "node01",
            "OCF_ROOT": "/nowhere",
            "HATWISTCTL": self.program("hatwistctl", STAND_IN),
        }

    def write(self, name: str, text: str) -> Path:
        """Write a file."""
        path = self.directory / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        return path

    def program(self, name: str, text: str) -> str:
        """Write a program."""
        path = self.write(name, text)
        path.chmod(0o755)
        return str(path)

    def run_script(self, name: str, *arguments: str, **environment: str) -> tuple[int, str, str]:
        """Run a script; return its status, output and complaints."""
        done = subprocess.run(
            [str(SCRIPTS / name), *arguments],
            env={**self.environment, **environment},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        return done.returncode, done.stdout, done.stderr

    def sent(self, name: str, *arguments: str, **environment: str) -> list[Message]:
        """Run a script that works; return what it sends."""
        status, _, err = self.run_script(name, *arguments, **environment)
        self.assertEqual(status, 0, err)
        return self.read()

    def read(self) -> list[Message]:
        """Return what was written into the FIFO."""
        try:
            return Written().feed(os.read(self.reader, 65536))
        except BlockingIOError:
            return []

    def test_standby(self) -> None:
        """hb_standby asks in the words of this node; failback means that foreign groups go home."""
        for given, which in ((), "all"), (("local",), "local"), (("failback",), "foreign"):
            expected = Message.of(t="ask_resources", rsc_hold=which, info="me")
            self.assertEqual(self.sent("hb_standby", *given), [expected])

    def test_takeover(self) -> None:
        """hb_takeover asks the others; failback means that local groups come home."""
        for given, which in ((), "all"), (("foreign",), "foreign"), (("failback",), "local"):
            self.assertEqual(self.sent("hb_takeover", *given), [Message.of(t="hb_takeover", rsc_hold=which)])

    def test_nodes(self) -> None:
        """Nodes are added, taken away and labelled."""
        expected = Message.of(t="addnode", nodelist="node03 node04")
        self.assertEqual(self.sent("hb_addnode", "node03", "node04"), [expected])
        self.assertEqual(self.sent("hb_delnode", "node03"), [Message.of(t="delnode", nodelist="node03")])
        expected = Message.of(t="setweight", node="node02", weight="50")
        self.assertEqual(self.sent("hb_setweight", "node02", "50"), [expected])
        expected = Message.of(t="setsite", node="node02", site="cellar")
        self.assertEqual(self.sent("hb_setsite", "node02", "cellar"), [expected])

    def test_wrong_usage(self) -> None:
        """Wrong usage is status 1 and a line that says what is right; nothing is sent."""
        for name, *arguments in (
            ["hb_standby", "everything"],
            ["hb_standby", "--help"],
            ["hb_takeover", "all", "local"],
            ["hb_addnode"],
            ["hb_delnode", "--help"],
            ["hb_setweight", "node02"],
            ["hb_setsite"],
            ["req_resource"],
            ["mach_down"],
        ):
            status, _, err = self.run_script(name, *arguments)
            self.assertEqual(status, 1, name)
            self.assertIn("usage: ", err)
        self.assertIn("wrong resources(everything).", self.run_script("hb_standby", "everything")[2])
        self.assertEqual(self.run_script("ResourceManager", "explode")[0], 1)
        self.assertEqual(self.read(), [])

    def test_nobody_listens(self) -> None:
        """Without a daemon a script ends with 1 at once, and makes no file in the FIFO's place."""
        os.close(self.reader)
        self.assertEqual(self.run_script("hb_standby")[0], 1)
        self.fifo.unlink()
        status, _, err = self.run_script("hb_takeover")
        self.assertEqual(status, 1)
        self.assertIn("heartbeat is not running", err)
        self.assertFalse(self.fifo.exists())
        self.fifo.touch()
        self.assertEqual(self.run_script("hb_takeover")[0], 1)
        self.assertEqual(self.fifo.read_text(), "")
        self.reader = os.open("/dev/null", os.O_RDONLY)

    def test_request(self) -> None:
        """req_resource asks itself where nodes agree beforehand, else the others; never for what runs."""
        own = Message.of(t="ip-request-resp", dest="node01", ipaddr="disk", weown="yes", ok="OK")
        asked = Message.of(t="ip-request", ipaddr="disk")
        self.assertEqual(self.sent("req_resource", "disk"), [own])
        self.assertEqual(self.sent("req_resource", "disk", HA_NICEFAILBACK="no"), [asked])
        self.assertEqual(self.sent("req_resource", "disk", HA_NICEFAILBACK="no", HA_DONTASK="yes"), [own])
        self.write("ha.cf", "keepalive 5\n")
        self.assertEqual(self.sent("req_resource", "disk"), [asked])
        self.write("running", "")
        self.assertEqual(self.sent("req_resource", "disk"), [])

    def test_mach_down(self) -> None:
        """mach_down starts what a dead node had, then says so; itself and ping nodes it leaves alone."""
        self.assertEqual(self.sent("mach_down", "node01"), [])
        self.assertEqual(self.sent("mach_down", "node02", HA_info="ping"), [])
        self.assertFalse((self.directory / "running").exists())
        expected = Message.of(t="resource", rsc_hold="foreign", info="mach_down")
        self.assertEqual(self.sent("mach_down", "NODE02"), [expected])
        self.assertTrue((self.directory / "running").exists())
        self.write("broken", "")
        self.assertEqual(self.run_script("mach_down", "node02")[0], 1)
        self.assertEqual(self.read(), [])

    def test_manager(self) -> None:
        """ResourceManager starts, stops and lists."""
        self.program("hatwistctl", HATWISTCTL)
        self.program("resource.d/disk", PROGRAM)
        self.program("resource.d/mail", PROGRAM)
        self.assertEqual(self.run_script("ResourceManager", "listkeys", "node01")[:2], (0, "disk\n"))
        for verb, status in (
            ("takegroup", 0),
            ("status", 0),
            ("givegroup", 0),
            ("status", 3),
            ("explode", 1),
        ):
            self.assertEqual(self.run_script("ResourceManager", verb, "disk")[0], status, verb)

    def test_harc(self) -> None:
        """harc logs and runs the script of a type, which may speak to the cluster."""
        self.program("rc.d/hook", HOOK)
        log = self.directory / "ha-log"
        said = self.sent(
            "harc", "hook", HA_info="a b", HA_LOGFILE=str(log), HA_FUNCS=str(SCRIPTS / "shellfuncs")
        )
        self.assertEqual(said, [Message.of(t="hook", info="a b")])
        self.assertRegex(
            log.read_text(),
            rf"  harc\(default\)\[\d+\]:    info: Running {self.directory}//rc.d/hook hook\n$",
        )
        self.assertEqual(self.run_script("harc", "other")[0], 1)

    def test_functions(self) -> None:
        """Scripts find the values of ha.cf, a log and whether a program runs in shellfuncs."""
        names = "keepalive deadtime auto_failback"
        text = f'. "$0"; for one in {names}; do ha_parameter $one; done; BSD_Status nosuch'
        done = subprocess.run(
            ["/bin/sh", "-c", text, str(SCRIPTS / "shellfuncs")],
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        self.assertEqual(done.stdout, "5\n30\non\nnosuch is not running\n")
        self.assertEqual(done.returncode, 3)
