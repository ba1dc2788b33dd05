"""Logs of pods."""

import os
import tempfile

from kubernetes import watch

from pods import SHELL


def whole(cluster):
    """a log is read whole, its end and with times"""
    assert cluster.log(SHELL) == "one\ntwo\n"
    assert cluster.log(SHELL, follow=False, tail_lines=1) == "two\n"
    times = cluster.log(SHELL, timestamps=True).splitlines()
    assert [line.split(" ", 1)[1] for line in times] == ["one", "two"] and times[0].startswith("2"), times


def followed(cluster):
    """a log is followed line by line until its container ends"""
    with tempfile.TemporaryDirectory() as directory:
        seen = os.path.join(directory, "seen")
        # pods are processes of this machine: it goes on, and ends, when its first line has been seen
        script = f"echo line 1; until [ -e {seen} ]; do sleep 0.02; done; for i in 2 3; do echo line $i; sleep 0.2; done"
        cluster.run("counting", {"image": "shell", "args": ["-c", script]}, restartPolicy="Never")
        lines = []
        for line in watch.Watch().stream(
            cluster.core.read_namespaced_pod_log, "counting", cluster.namespace, follow=True
        ):
            lines.append(line)
            open(seen, "w").close()
    assert lines == ["line 1", "line 2", "line 3"], lines


CHECKS = [whole, followed]
