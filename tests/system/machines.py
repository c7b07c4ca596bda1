# SPDX-License-Identifier: MIT
"""
The two machines on which the programs are tested as users have them.

Each test gets one of its own: a network namespace with nothing but loopback, folders of
its own and, for Windows, a Wine prefix of its own. Both have the same methods, so that a
test says what must be true and not on which system.
"""

import json
import os
import pathlib
import shutil
import signal
import subprocess
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
PATIENCE = 30.0  # seconds until something that must happen has happened


class Result:
    """What a program that has ended left behind."""

    def __init__(self, status, out, err):
        self.status = status
        self.out = out
        self.err = err

    def json(self):
        return json.loads(self.out)

    def __repr__(self):
        return f"status {self.status}\n--- stdout\n{self.out}\n--- stderr\n{self.err}"


def wait_until(true, what, patience=PATIENCE):
    """Returns what `true` returned as soon as that is true."""
    end = time.monotonic() + patience
    while True:
        value = true()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"waited {patience:g} s in vain: {what}")
        time.sleep(0.05)


class Machine:
    """What both have. A subclass says how a program is started."""

    def __init__(self, folder, programs):
        self.folder = folder
        self.programs = programs
        self.actors = []
        self.calls = 0
        self.foregrounds = 0
        self.foreground = None  # the service, where it runs in the foreground
        self.around = []  # a command that starts what is said behind it: it may change what that sees

    # Programs.

    def spawn(self, command, out, err):
        raise NotImplementedError

    def program(self, name):
        """The path by which `spawn` starts one of our programs."""
        raise NotImplementedError

    def run(self, program, *arguments, timeout=PATIENCE):
        """Runs a program of ours to its end. Output goes to files: see spawn()."""
        self.calls += 1
        out = self.folder / f"call-{self.calls}.out"
        err = self.folder / f"call-{self.calls}.err"
        process = self.spawn([self.program(program), *arguments], out, err)
        try:
            status = process.wait(timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise
        return Result(status, out.read_bytes().decode(), err.read_bytes().decode())

    def cli(self, *arguments, status=0):
        result = self.run("portledger", "--ledger", self.ledger_name, *arguments)
        assert result.status == status, result
        return result

    def records(self, *arguments, status=0):
        """The records of a command, by --json."""
        return self.cli("--json", *arguments, status=status).json()

    # The program that opens and closes ports.

    def act(self, *script, name="port_actor"):
        """Starts the port actor with a script; it ends with the machine at the latest."""
        actor = Actor(self, len(self.actors))
        self.actors.append(actor)
        actor.start(script, name)
        return actor

    def copy_actor(self, name):
        """Makes a port actor of another name, for act(name=...)."""
        raise NotImplementedError

    def file_name(self, path):
        """The name under which a program of the machine finds a file of ours."""
        return str(path)

    # The service in the foreground, where its events can be read.

    def start_foreground(self):
        self.foregrounds += 1
        self.foreground = self.spawn(
            [self.program("portledgerd"), "run", "--config", self.file_name(self.settings)],
            self.folder / f"foreground-{self.foregrounds}.out",
            self.foreground_log(),
        )

        def started():
            assert self.foreground.poll() is None, self.foreground_log().read_text()
            return " started: " in self.foreground_log().read_text()

        wait_until(started, "the service watches")

    def foreground_log(self):
        return self.folder / f"foreground-{self.foregrounds}.err"

    def interrupt_foreground(self):
        """Ctrl-C; Wine makes a CTRL_C_EVENT of it."""
        self.foreground.send_signal(signal.SIGINT)
        assert self.foreground.wait(PATIENCE) == 0, self.foreground_log().read_text()

    # Settings and ledger.

    def write_settings(self, **keys):
        """collector_interval="1s" becomes collector.interval: 1s."""
        parts = {}
        for key, value in keys.items():
            part, name = key.split("_", 1)
            parts.setdefault(part, []).append(f"  {name}: {value}")
        text = "".join(f"{part}:\n" + "\n".join(lines) + "\n" for part, lines in parts.items())
        self.settings.parent.mkdir(parents=True, exist_ok=True)
        self.settings.write_text(text)

    def wait_for_sample(self):
        """Waits until a sample that began after this call is in the ledger."""
        now = time.time() * 1000

        def newer():
            result = self.run("portledger", "--ledger", self.ledger_name, "--json", "status")
            if result.status != 0:
                return False
            last = result.json()[0]["last_sample_at"]
            return last is not None and milliseconds(last) > now

        wait_until(newer, "a new sample in the ledger")

    def close(self):
        for actor in self.actors:
            actor.kill()
        if self.foreground is not None and self.foreground.poll() is None:
            self.foreground.kill()
            self.foreground.wait()


class Actor:
    """A run of port_actor: opens and closes ports as its script says."""

    def __init__(self, machine, number):
        self.machine = machine
        self.folder = machine.folder / f"actor-{number}"
        self.folder.mkdir()
        self.process = None

    def start(self, script, name):
        words = []
        for word in script:
            words.append(self.machine.file_name(word) if isinstance(word, pathlib.Path) else word)
        self.process = self.machine.spawn(
            [self.machine.program(name), *words],
            self.folder / "out",
            self.folder / "err",
        )

    def said(self):
        """The lines so far, as {name: [the rest of the line]}; the last one wins."""
        out = self.folder / "out"
        lines = out.read_text().splitlines(keepends=True) if out.exists() else []
        whole = [line.split() for line in lines if line.endswith("\n")]
        return {words[0]: words[1:] for words in whole if words}

    def wait_for(self, name):
        """What it said of `name`: address, port."""

        def there():
            if name not in self.said():
                assert self.process.poll() is None, (self.folder / "err").read_text()
            return self.said().get(name)

        return wait_until(there, f"{name} of the actor")

    def port(self, name):
        return int(self.wait_for(name)[1])

    def pid(self):
        """As its own system counts it."""
        return int(self.wait_for("pid")[0])

    def wait(self):
        assert self.process.wait(PATIENCE) == 0, (self.folder / "err").read_text()

    def kill(self):
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()


class LinuxMachine(Machine):
    """A network namespace of its own; the programs run as they are."""

    system = "linux"
    actor_name = "port_actor"
    ledger_folder_name = "ledger"

    def __init__(self, folder, programs):
        super().__init__(folder, programs)
        self.ledger = folder / "data" / "ledger.db"
        self.ledger_name = str(self.ledger)
        self.settings = folder / "portledger.yaml"
        self.holder = subprocess.Popen(
            ["unshare", "-n", "sh", "-c", "ip link set lo up && echo up && exec sleep 3600"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
        )
        assert self.holder.stdout.readline() == b"up\n"
        self.write_settings()

    def program(self, name):
        own = self.folder / name
        return str(own if own.exists() else self.programs / name)

    def copy_actor(self, name):
        shutil.copy2(self.programs / self.actor_name, self.folder / name)

    def spawn(self, command, out, err):
        with open(out, "wb") as out_file, open(err, "wb") as err_file:
            return subprocess.Popen(
                [*self.around, "nsenter", "-t", str(self.holder.pid), "-n", "--", *command],
                stdin=subprocess.DEVNULL,
                stdout=out_file,
                stderr=err_file,
                cwd=self.folder,
            )

    def interactive(self, *command):
        """What starts a program of ours with the caller's standard input."""
        return ["nsenter", "-t", str(self.holder.pid), "-n", "--", *command]

    def network(self):
        """A process in the network namespace of this machine; what Lan takes as its client."""
        return self.holder.pid

    def native(self, command, **options):
        """Starts a Linux command in the machine's network."""
        return subprocess.Popen(
            ["nsenter", "-t", str(self.holder.pid), "-n", "--", *command], **options
        )

    def write_settings(self, **keys):
        keys.setdefault("ledger_path", self.ledger)
        super().write_settings(**keys)

    def install(self):
        pass

    def start(self):
        self.start_foreground()

    def service_pid(self):
        return self.foreground.pid

    def stop(self):
        self.foreground.send_signal(signal.SIGTERM)
        assert self.foreground.wait(PATIENCE) == 0, self.foreground_log().read_text()

    def reload(self):
        self.foreground.send_signal(signal.SIGHUP)

    def kill_service(self):
        self.foreground.kill()
        self.foreground.wait()

    def close(self):
        super().close()
        self.holder.kill()
        self.holder.wait()
        self.holder.stdout.close()


class WindowsMachine(Machine):
    """A Wine prefix and a network namespace of its own; see tools/wine-machine."""

    system = "windows"
    actor_name = "port_actor.exe"
    PROGRAMS = "Program Files/PortLedger"

    def __init__(self, folder, programs):
        super().__init__(folder, programs)
        self.machine = folder / "machine"
        self.tool("start")
        self.drive = self.machine / "prefix" / "drive_c"
        self.install_folder = self.drive / self.PROGRAMS
        self.install_folder.mkdir(parents=True)
        for name in (
            "portledger.exe", "portledgerd.exe", "portledger_events.dll", "port_actor.exe",
        ):
            (self.install_folder / name).write_bytes((programs / name).read_bytes())
        self.ledger = self.drive / "ProgramData" / "PortLedger" / "ledger.db"
        self.ledger_name = "C:\\ProgramData\\PortLedger\\ledger.db"
        self.settings = self.drive / "ProgramData" / "PortLedger" / "portledger.yaml"

    def tool(self, verb, *arguments, **options):
        log = self.folder / f"wine-machine-{verb}.log"
        with open(log, "wb") as file:
            status = subprocess.run(
                ["sh", str(ROOT / "tools" / "wine-machine"), verb, str(self.machine), *arguments],
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                timeout=120,
                check=False,
                **options,
            ).returncode
        assert status == 0, log.read_text()

    def program(self, name):
        return "C:\\Program Files\\PortLedger\\" + name + ".exe"

    def copy_actor(self, name):
        shutil.copy2(self.install_folder / self.actor_name, self.install_folder / (name + ".exe"))

    def interactive(self, *command):
        """As that of LinuxMachine; on a terminal Wine makes a console of it."""
        return ["sh", str(ROOT / "tools" / "wine-machine"), "run", str(self.machine), "--stdin",
                "--", *command]

    def network(self):
        """As that of LinuxMachine."""
        return int((self.machine / "server.pid").read_text())

    def file_name(self, path):
        return "Z:" + str(path).replace("/", "\\")

    def spawn(self, command, out, err):
        with open(out, "wb") as out_file, open(err, "wb") as err_file:
            return subprocess.Popen(
                [*self.around, "sh", str(ROOT / "tools" / "wine-machine"), "run"]
                + [str(self.machine), "--", *command],
                stdin=subprocess.DEVNULL,
                stdout=out_file,
                stderr=err_file,
                cwd=self.folder,
            )

    def native(self, command, **options):
        """Starts a Linux command in the machine's network."""
        return subprocess.Popen(
            ["sh", str(ROOT / "tools" / "wine-machine"), "native", str(self.machine), "--", *command],
            **options,
        )

    def verb(self, name, *arguments, status=0):
        result = self.run("portledgerd", name, *arguments, timeout=90)
        assert result.status == status, result
        return result

    def install(self):
        self.verb("install")

    def start(self):
        self.verb("start")

    def stop(self):
        self.verb("stop")

    def reload(self):
        self.verb("reload")

    def service_pid(self):
        words = self.verb("status").out.replace(")", " ").split()
        return int(words[words.index("(pid") + 1])

    def kill_service(self):
        """From outside, as a power cut would: Windows has no say in it."""
        pids = self.processes_of("portledgerd.exe")
        assert len(pids) == 1, pids
        os.kill(pids[0], signal.SIGKILL)
        wait_until(lambda: not self.processes_of("portledgerd.exe"), "the end of the service")

    def processes_of(self, name):
        """Pids, as Linux counts them, of this machine's processes of a program."""
        found = []
        prefix = f"WINEPREFIX={self.machine / 'prefix'}".encode()
        for entry in pathlib.Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            try:
                words = (entry / "cmdline").read_bytes().split(b"\0")
                environment = (entry / "environ").read_bytes().split(b"\0")
            except OSError:
                continue
            if words[0].endswith(name.encode()) and prefix in environment:
                found.append(int(entry.name))
        return found

    def close(self):
        super().close()
        self.tool("stop")
        self.tool("remove")


def milliseconds(text):
    """Milliseconds since 1970 UTC of an RFC 3339 time with offset."""
    import datetime

    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp() * 1000
