"""The cluster that is checked, and the pods that the checks share."""

from kubernetes import client, watch

SHELL, ECHO = "shell", "echo"


class Cluster:
    """A namespace of its own with a shell and an echo server in it."""

    def __init__(self) -> None:
        self.core = client.CoreV1Api()
        made = self.core.create_namespace({"metadata": {"generateName": "python-"}})
        self.namespace = made.metadata.name
        try:
            # a server without controllers makes none, and without it no pod is admitted
            self.core.create_namespaced_service_account(self.namespace, {"metadata": {"name": "default"}})
        except client.ApiException as error:
            if error.status != 409:
                raise
        self.run(SHELL, {"image": "shell", "args": ["-c", "echo one; echo two; exec sleep 600"]})
        self.run(ECHO, {"image": "fairlead.local/echo"})

    def run(self, name: str, container: dict, phase: str = "Running", **spec) -> None:
        """Makes a pod and waits for its phase; a running one is also ready."""
        containers = [{"name": "main", **container}]
        body = {"metadata": {"name": name}, "spec": {"terminationGracePeriodSeconds": 0, "containers": containers, **spec}}
        self.core.create_namespaced_pod(self.namespace, body)
        selector = f"metadata.name={name}"
        events = watch.Watch()
        for event in events.stream(
            self.core.list_namespaced_pod, self.namespace, field_selector=selector, timeout_seconds=30
        ):
            status = event["object"].status
            ready = any(one.type == "Ready" and one.status == "True" for one in status.conditions or [])
            if status.phase == phase and (ready or phase != "Running"):
                events.stop()
                return
        raise AssertionError(f"the pod {name} is not {phase} after 30 seconds")

    def log(self, name: str, **options) -> str:
        """A pod's log; without _preload_content=False the client returns how Python would write its bytes."""
        read = self.core.read_namespaced_pod_log
        return read(name, self.namespace, _preload_content=False, **options).data.decode()
