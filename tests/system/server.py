# SPDX-License-Identifier: MIT
"""
What every server that is probed has in common: a host of its own (lan.py), from Debian's
packages, with settings of the tests.
"""


class Server:
    """A subclass has the table of its ports and says what runs."""

    name = ""
    ports = {}  # name: (protocol, port)
    options = {}  # of Lan.host()

    def __init__(self, lan):
        self.lan = lan
        self.host = lan.host(self.name, settings=self.settings(), **self.options)
        try:
            self.prepare()
            for command in self.commands():
                self.host.start(*command)
            self.host.wait_for_ports(self.ports.values())
            self.wait()
        except BaseException:
            self.stop()
            raise

    @property
    def address(self):
        return self.host.address

    @property
    def address6(self):
        return self.host.address6

    def port(self, name):
        return self.ports[name][1]

    def settings(self):
        """Files of the server: {path: text}."""
        return {}

    def prepare(self):
        """What has to be done in the host before the server starts."""

    def commands(self):
        raise NotImplementedError

    def wait(self):
        """Until more than the ports is there, where that is needed."""

    def stop(self):
        self.host.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()
