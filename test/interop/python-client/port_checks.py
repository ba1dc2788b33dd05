"""Ports of pods: what `kubernetes.stream.portforward` gives."""

import contextlib
import os
import threading

from kubernetes import client
from kubernetes.stream import portforward

from pods import ECHO


def forward(cluster, *ports: int):
    connect = client.CoreV1Api().connect_get_namespaced_pod_portforward
    return portforward(connect, ECHO, cluster.namespace, ports=",".join(map(str, ports)))


def receive(connection, size: int) -> bytes:
    received = bytearray()
    while len(received) < size:
        some = connection.recv(65536)
        if not some:
            break
        received += some
    return bytes(received)


def echoed(cluster):
    """a forwarded port is a socket: bytes go there and back"""
    forwarded = forward(cluster, 8080)
    connection = forwarded.socket(8080)
    connection.setblocking(True)
    connection.settimeout(20)
    sent = b"begin " + os.urandom(2_000_000)
    writer = threading.Thread(target=connection.sendall, args=(sent,))
    writer.start()
    received = receive(connection, len(sent))
    writer.join()
    assert received == sent, len(received)
    assert forwarded.error(8080) is None, forwarded.error(8080)
    connection.close()
    forwarded.close()


def http(cluster):
    """an HTTP request is answered through a forwarded port"""
    forwarded = forward(cluster, 8080)
    connection = forwarded.socket(8080)
    connection.settimeout(20)
    connection.sendall(b"GET /here HTTP/1.1\r\nHost: echo\r\nConnection: close\r\n\r\n")
    answer = receive(connection, 1 << 20).decode()
    assert answer.startswith("HTTP/1.1 200 ") and '"/here"' in answer, answer
    forwarded.close()


def nobody(cluster):
    """the error of a port where nobody listens is in its error channel"""
    forwarded = forward(cluster, 9)
    connection = forwarded.socket(9)
    connection.settimeout(20)
    assert receive(connection, 1) == b""
    error = forwarded.error(9)
    assert error is not None and "9" in error and "connection refused" in error, error
    forwarded.close()


def several(cluster):
    """several ports go through one connection, and the error of one leaves the other alone"""
    forwarded = forward(cluster, 9, 8080)
    broken, working = forwarded.socket(9), forwarded.socket(8080)
    working.settimeout(20)
    with contextlib.suppress(BrokenPipeError):  # its error may have come already
        broken.sendall(b"anybody?")
    working.sendall(b"begin still here")
    assert receive(working, 16) == b"begin still here"
    assert "connection refused" in (forwarded.error(9) or ""), forwarded.error(9)
    assert forwarded.error(8080) is None, forwarded.error(8080)
    forwarded.close()


CHECKS = [echoed, http, nobody, several]
