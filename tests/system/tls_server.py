# SPDX-License-Identifier: MIT
"""
Servers for test_tls.py, on loopback: `python3 tls_server.py FOLDER`, with the files of an
Authority in FOLDER. Prints a line "NAME PORT" for each, then waits.

    valid, expired, future, wrong-name, self-signed    say one line in TLS 1.2, with that certificate
    newest     the same as valid, in TLS 1.3 alone
    refuses    has no cipher in common with anybody
    plain      is no TLS
"""

import pathlib
import socket
import ssl
import sys
import threading

NAMES = ("valid", "expired", "future", "wrong-name", "self-signed")
REPLY = b"HTTP/1.1 204 No Content\r\nServer: portledger-test\r\nConnection: close\r\n\r\n"


def context(folder, name, version=ssl.TLSVersion.TLSv1_2):
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(folder / f"{name}.chain", folder / f"{name}.key")
    made.minimum_version = version
    made.maximum_version = version
    return made


def talk(connection, made):
    """A client that goes away in the midst of it is none of our business."""
    connection.settimeout(10)
    try:
        with made.wrap_socket(connection, server_side=True) as inside:
            inside.recv(4096)
            inside.sendall(REPLY)
            inside.unwrap()
    except OSError:
        pass
    finally:
        connection.close()


def talk_plainly(connection, _):
    with connection:
        connection.settimeout(10)
        try:
            connection.sendall(b"SSH-2.0-nobody\r\n")
            connection.recv(4096)
        except OSError:
            pass


def serve(there, body, made):
    while True:
        connection, _ = there.accept()
        threading.Thread(target=body, args=(connection, made), daemon=True).start()


def main():
    folder = pathlib.Path(sys.argv[1])
    servers = {name: (talk, context(folder, name)) for name in NAMES}
    servers["newest"] = (talk, context(folder, "valid", ssl.TLSVersion.TLSv1_3))
    refuses = context(folder, "valid")
    refuses.set_ciphers("PSK-AES256-CBC-SHA")
    servers["refuses"] = (talk, refuses)
    servers["plain"] = (talk_plainly, None)
    for name, (body, made) in servers.items():
        there = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=serve, args=(there, body, made), daemon=True).start()
        print(name, there.getsockname()[1])
    print("ready", 0, flush=True)
    threading.Event().wait()


main()
