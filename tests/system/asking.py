# SPDX-License-Identifier: MIT
"""
Asks a server as the client of a Lan, with plain sockets.
"""

import socket
import ssl

PATIENCE = 15.0  # seconds for the first byte of an answer
QUIET = 0.25  # seconds after which a stream has said all
TLS = object()  # among requests: from here on they are in TLS


def ask_udp(lan, address, port, request, source=0, connected=False):
    """The first datagram that comes back, from whatever port of the server."""
    return ask_udp_all(lan, address, port, request, 1, source, connected)[0]


def ask_udp_all(lan, address, port, request, count, source=0, connected=False):
    """The first `count` of them."""
    with lan.inside(), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(PATIENCE)
        client.bind((lan.address, source))
        if connected:
            client.connect((address, port))
            client.send(request)
        else:
            client.sendto(request, (address, port))
        replies = []
        for _ in range(count):
            reply, sender = client.recvfrom(65536)
            assert sender[0] == address, sender
            replies.append(reply)
        return replies


def read_stream(client):
    """All until the server closes, or has said nothing for a moment."""
    data = b""
    client.settimeout(PATIENCE)
    while True:
        try:
            part = client.recv(65536)
        except socket.timeout:
            if not data:
                raise
            return data
        except ConnectionResetError:
            return data
        if not part:
            return data
        data += part
        client.settimeout(QUIET)


def begin_tls(client):
    """Whatever the certificate is."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context.wrap_socket(client)


def ask_tcp(lan, address, port, requests):
    """The answer to each request; an empty request waits for what the server says first."""
    replies = []
    with lan.inside():
        client = socket.create_connection((address, port), PATIENCE)
    try:
        for request in requests:
            if request is TLS:
                client = begin_tls(client)
                continue
            last = replies[-1] if replies else b""
            made = request(last) if callable(request) else request
            if made is None:
                break
            client.sendall(made)
            replies.append(read_stream(client))
    finally:
        client.close()
    return replies
