"""Does to a cluster what programs do with the Python client of Kubernetes, and prints one JSON line for each check.

{"check": NAME}, with "error" when it failed. The exit code is 0 even then: the reader decides.
Usage: main.py KUBECONFIG. The node has the images shell (/bin/sh), python (this one) and fairlead.local/echo.
"""

import json
import sys
import traceback

from kubernetes import config

import api_checks
import log_checks
import port_checks
import stream_checks
from pods import Cluster


def main() -> None:
    config.load_kube_config(config_file=sys.argv[1])
    cluster = Cluster()
    for module in (api_checks, log_checks, stream_checks, port_checks):
        for check in module.CHECKS:
            line = {"check": check.__doc__}
            try:
                check(cluster)
            except Exception:  # every failure is a line
                line["error"] = traceback.format_exc()[-2000:]
            print(json.dumps(line), flush=True)


main()
