"""Objects: made, read, listed, watched, patched and deleted, by typed and dynamic clients, from outside and inside."""

import contextlib
import io

from kubernetes import client, dynamic, watch

from pods import ECHO, SHELL


def body(name: str, **data: str) -> dict:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "labels": {"of": "python"}}, "data": data}


def status_of(call) -> int:
    try:
        call()
    except client.ApiException as error:
        return error.status
    return 200


def life(cluster):
    """objects are made, read, replaced, patched, listed and deleted"""
    core, namespace = cluster.core, cluster.namespace
    made = core.create_namespaced_config_map(namespace, body("life", a="1"))
    assert status_of(lambda: core.create_namespaced_config_map(namespace, body("life"))) == 409
    made.data["b"] = "2"
    replaced = core.replace_namespaced_config_map("life", namespace, made)
    assert replaced.data == {"a": "1", "b": "2"}, replaced.data
    assert status_of(lambda: core.replace_namespaced_config_map("life", namespace, made)) == 409
    patched = core.patch_namespaced_config_map("life", namespace, {"data": {"a": None, "c": "3"}})
    assert patched.data == {"b": "2", "c": "3"}, patched.data
    steps = [{"op": "replace", "path": "/data/c", "value": "4"}]
    assert core.patch_namespaced_config_map("life", namespace, steps).data["c"] == "4"
    listed = core.list_namespaced_config_map(namespace, label_selector="of=python")
    assert [one.metadata.name for one in listed.items] == ["life"], listed
    core.delete_namespaced_config_map("life", namespace)
    assert status_of(lambda: core.read_namespaced_config_map("life", namespace)) == 404


def pages(cluster):
    """a list is read page by page"""
    for number in range(5):
        cluster.core.create_namespaced_config_map(cluster.namespace, body(f"page-{number}"))
    names, token = [], None
    while token != "":
        page = cluster.core.list_namespaced_config_map(
            cluster.namespace, label_selector="of=python", limit=2, _continue=token
        )
        assert len(page.items) <= 2
        names += [one.metadata.name for one in page.items]
        token = page.metadata._continue or ""
    assert names == [f"page-{number}" for number in range(5)], names
    cluster.core.delete_collection_namespaced_config_map(cluster.namespace, label_selector="of=python")
    left = cluster.core.list_namespaced_config_map(cluster.namespace, label_selector="of=python").items
    assert left == [], left


def watched(cluster):
    """a watch tells what happens, in order, and goes on from a version"""
    core, namespace = cluster.core, cluster.namespace
    version = core.list_namespaced_config_map(namespace).metadata.resource_version
    core.create_namespaced_config_map(namespace, body("watched"))
    core.patch_namespaced_config_map("watched", namespace, {"data": {"a": "1"}})
    core.delete_namespaced_config_map("watched", namespace)
    seen = []
    events = watch.Watch()
    for event in events.stream(core.list_namespaced_config_map, namespace, resource_version=version, timeout_seconds=30):
        seen.append((event["type"], event["object"].metadata.name))
        if event["type"] == "DELETED":
            events.stop()
    assert seen == [(kind, "watched") for kind in ("ADDED", "MODIFIED", "DELETED")], seen


def watch_ends(cluster):
    """a watch ends when its time is over"""
    events = watch.Watch()
    listed = cluster.core.list_namespaced_secret
    assert list(events.stream(listed, cluster.namespace, timeout_seconds=1)) == []


def dynamic_client(cluster):
    """the dynamic client finds kinds by discovery, patches and watches"""
    found = dynamic.DynamicClient(client.ApiClient())
    maps = found.resources.get(api_version="v1", kind="ConfigMap")
    made = maps.create(body=body("dynamic", a="1"), namespace=cluster.namespace)
    patched = maps.patch(
        body={"data": {"b": "2"}}, name="dynamic", namespace=cluster.namespace, content_type="application/merge-patch+json"
    )
    assert patched.data.to_dict() == {"a": "1", "b": "2"}, patched
    events = maps.watch(namespace=cluster.namespace, resource_version=made.metadata.resourceVersion, timeout=1)
    assert [event["type"] for event in events] == ["MODIFIED"]
    maps.delete(name="dynamic", namespace=cluster.namespace)
    deployments = found.resources.get(api_version="apps/v1", kind="Deployment")
    assert deployments.get(namespace=cluster.namespace).items == []


def scale(cluster):
    """a Deployment is made and scaled"""
    apps = client.AppsV1Api()
    labels = {"app": "scaled"}
    spec = {
        "replicas": 0,
        "selector": {"matchLabels": labels},
        "template": {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "main", "image": "shell"}]}},
    }
    apps.create_namespaced_deployment(cluster.namespace, {"metadata": {"name": "scaled"}, "spec": spec})
    seen = apps.patch_namespaced_deployment_scale("scaled", cluster.namespace, {"spec": {"replicas": 1}})
    assert seen.spec.replicas == 1, seen
    apps.delete_namespaced_deployment("scaled", cluster.namespace)


def impersonated(cluster):
    """a client acts as somebody else"""
    other = client.ApiClient()
    other.set_default_header("Impersonate-User", "ann")
    asked = client.AuthenticationV1Api(other).create_self_subject_review({})
    assert asked.status.user_info.username == "ann", asked
    assert status_of(lambda: client.CoreV1Api(other).list_namespaced_secret(cluster.namespace)) == 403


def documented(cluster):
    """the example of Kubernetes' documentation lists all pods with their addresses"""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        v1 = client.CoreV1Api()
        print("Listing pods with their IPs:")
        ret = v1.list_pod_for_all_namespaces(watch=False)
        for i in ret.items:
            print("%s\t%s\t%s" % (i.status.pod_ip, i.metadata.namespace, i.metadata.name))
    lines = [line.split("\t") for line in printed.getvalue().splitlines()[1:]]
    mine = {name: address for address, namespace, name in lines if namespace == cluster.namespace}
    assert all(mine.get(name, "").count(".") == 3 for name in (SHELL, ECHO)), lines


IN_POD = """
import os
from kubernetes import client
from kubernetes.config.incluster_config import InClusterConfigLoader
account = os.environ.get('FAIRLEAD_ROOT', '') + '/var/run/secrets/kubernetes.io/serviceaccount'
InClusterConfigLoader(account + '/token', account + '/ca.crt').load_and_set()
namespace = open(account + '/namespace').read()
for pod in client.CoreV1Api().list_namespaced_pod(namespace).items:
    print(pod.metadata.name)
"""


def in_cluster(cluster):
    """a program in a pod finds the API server by its service account, and has its rights"""
    namespace = cluster.namespace
    rights = client.RbacAuthorizationV1Api()
    rules = [{"apiGroups": [""], "resources": ["pods"], "verbs": ["list"]}]
    rights.create_namespaced_role(namespace, {"metadata": {"name": "lister"}, "rules": rules})
    role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "lister"}
    subjects = [{"kind": "ServiceAccount", "name": "default", "namespace": namespace}]
    binding = {"metadata": {"name": "lister"}, "roleRef": role, "subjects": subjects}
    rights.create_namespaced_role_binding(namespace, binding)
    cluster.run("inside", {"image": "python", "args": ["-c", IN_POD]}, phase="Succeeded", restartPolicy="Never")
    printed = cluster.log("inside")
    assert {"shell", "echo", "inside"} <= set(printed.split()), printed


CHECKS = [life, pages, watched, watch_ends, dynamic_client, scale, impersonated, documented, in_cluster]
