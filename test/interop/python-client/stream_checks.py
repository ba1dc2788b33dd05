"""Commands in pods: what `kubernetes.stream` makes of exec and attach."""

import os

from kubernetes import client
from kubernetes.stream import stream

from pods import SHELL


def run(cluster, *command: str, **options):
    exec_ = client.CoreV1Api().connect_get_namespaced_pod_exec
    defaults = {"stdin": False, "stdout": True, "stderr": True, "tty": False}
    return stream(exec_, SHELL, cluster.namespace, command=list(command), **{**defaults, **options})


def preloaded(cluster):
    """exec returns what a command printed"""
    printed = run(cluster, "/bin/sh", "-c", "echo out; echo err >&2")
    assert sorted(printed.split()) == ["err", "out"], printed


def interactive(cluster):
    """exec goes line by line: input, output, errors, and the exit code"""
    session = run(
        cluster, "/bin/sh", "-c", "while read line; do echo \"got $line\"; echo err >&2; done; exit 7",
        stdin=True, _preload_content=False,
    )
    for number in range(3):
        session.write_stdin(f"{number}\n")
        assert session.readline_stdout(timeout=10) == f"got {number}"
        assert session.readline_stderr(timeout=10) == "err"
    session.write_stdin("last\n")
    assert session.readline_stdout(timeout=10) == "got last"
    session.close()


def exit_codes(cluster):
    """exit codes are told"""
    for code in (0, 1, 42):
        session = run(cluster, "/bin/sh", "-c", f"exit {code}", _preload_content=False)
        session.run_forever(timeout=10)
        assert session.returncode == code, (session.returncode, code)


def input_ends(cluster):
    """the end of the input reaches the command"""
    session = run(cluster, "/bin/sh", "-c", "cat; echo end; exit 3", stdin=True, _preload_content=False)
    session.write_stdin("typed\n")
    if session.subprotocol == "v5.channel.k8s.io":
        session.close_channel(0)
        session.run_forever(timeout=10)
        assert session.read_stdout() == "typed\nend\n"
        assert session.returncode == 3, session.returncode
    session.close()


def much(cluster):
    """binary data comes out as it is, much of it"""
    read = run(cluster, "/bin/sh", "-c", "head -c 5000000 /dev/zero", binary=True, _preload_content=False)
    received = bytearray()
    while read.is_open():
        read.update(timeout=1)
        received += read.read_stdout(timeout=0) or b""
    assert len(received) == 5000000 and not any(received), len(received)


def much_in(cluster):
    """much input is taken and comes back"""
    sent = os.urandom(300_000).hex()
    session = run(cluster, "head", "-c", str(len(sent)), stdin=True, _preload_content=False)
    for start in range(0, len(sent), 50_000):
        session.write_stdin(sent[start : start + 50_000])
    session.run_forever(timeout=20)
    received = session.read_stdout()
    assert received == sent, len(received)
    assert session.returncode == 0, session.returncode


def missing(cluster):
    """what is not there is told: the program, the container, the pod"""
    session = run(cluster, "/no/such/program", _preload_content=False)
    session.run_forever(timeout=10)
    status = session.read_channel(3)
    assert "no such file" in status, status
    for name, options in ((SHELL, {"container": "other"}), ("nothing", {})):
        exec_ = client.CoreV1Api().connect_get_namespaced_pod_exec
        try:
            stream(exec_, name, cluster.namespace, command=["true"], stdout=True, **options)
        except (client.ApiException, AttributeError) as error:
            # the client stumbles over an error that has no body, of its own making
            refusal = error.__context__ if isinstance(error, AttributeError) else error
            assert f"{400 if options else 404} " in str(refusal.reason), refusal
        else:
            raise AssertionError(f"exec into {name} {options} says nothing")


def attached(cluster):
    """attach reads and writes the main program of a container"""
    script = "while read line; do echo \"got $line\"; done"
    cluster.run("attached", {"image": "shell", "args": ["-c", script], "stdin": True})
    attach = client.CoreV1Api().connect_get_namespaced_pod_attach
    session = stream(attach, "attached", cluster.namespace, stdin=True, stdout=True, _preload_content=False)
    session.write_stdin("hello\n")
    assert session.readline_stdout(timeout=10) == "got hello"
    session.close()


CHECKS = [preloaded, interactive, exit_codes, input_ends, much, much_in, missing, attached]
