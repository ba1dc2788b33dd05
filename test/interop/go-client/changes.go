package main

import (
	"context"
	"fmt"
	"sync"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/util/retry"
)

var patchChecks = []check{
	{"patch: JSON patch", jsonPatch},
	{"patch: merge patch", mergePatch},
	{"patch: strategic merge patch joins containers by name", strategicPatch},
	{"patch: of status leaves spec alone", statusPatch},
	{"patch: a stale resourceVersion conflicts", stalePatch},
}

var conflictChecks = []check{
	{"update: a stale resourceVersion conflicts", staleUpdate},
	{"update: RetryOnConflict loses no increment", retryOnConflict},
}

func jsonPatch(ctx context.Context, c *clients) error {
	maps := c.typed.CoreV1().ConfigMaps(c.namespace)
	if _, err := maps.Create(ctx, configMap("json-patch", nil), metav1.CreateOptions{}); err != nil {
		return err
	}
	patch := `[{"op":"test","path":"/data/key","value":"value"},{"op":"copy","from":"/data/key","path":"/data/copy"},{"op":"remove","path":"/data/key"}]`
	changed, err := maps.Patch(ctx, "json-patch", types.JSONPatchType, []byte(patch), metav1.PatchOptions{})
	if err != nil {
		return err
	}
	if err := expect(len(changed.Data) == 1 && changed.Data["copy"] == "value", "data is %v", changed.Data); err != nil {
		return err
	}
	_, err = maps.Patch(ctx, "json-patch", types.JSONPatchType, []byte(`[{"op":"test","path":"/data/copy","value":"other"}]`), metav1.PatchOptions{})
	return expect(apierrors.IsInvalid(err), "a test that fails answers %v", err)
}

func mergePatch(ctx context.Context, c *clients) error {
	maps := c.typed.CoreV1().ConfigMaps(c.namespace)
	if _, err := maps.Create(ctx, configMap("merge-patch", nil), metav1.CreateOptions{}); err != nil {
		return err
	}
	changed, err := maps.Patch(ctx, "merge-patch", types.MergePatchType, []byte(`{"data":{"key":null,"new":"1"},"metadata":{"labels":{"a":"b"}}}`), metav1.PatchOptions{})
	if err != nil {
		return err
	}
	return expect(len(changed.Data) == 1 && changed.Data["new"] == "1" && changed.Labels["a"] == "b", "the object is %v", changed)
}

func strategicPatch(ctx context.Context, c *clients) error {
	deployments := c.typed.AppsV1().Deployments(c.namespace)
	if _, err := deployments.Create(ctx, deployment("strategic", 0), metav1.CreateOptions{}); err != nil {
		return err
	}
	patch := `{"spec":{"template":{"spec":{"containers":[{"name":"main","env":[{"name":"B","value":"2"}]},{"name":"side","image":"example.test/side:1"}]}}}}`
	changed, err := deployments.Patch(ctx, "strategic", types.StrategicMergePatchType, []byte(patch), metav1.PatchOptions{})
	if err != nil {
		return err
	}
	containers := map[string]corev1.Container{}
	for _, container := range changed.Spec.Template.Spec.Containers {
		containers[container.Name] = container
	}
	return expect(len(containers) == 2 && len(containers["main"].Env) == 2 && containers["main"].Image == "example.test/none:1" && changed.Generation == 2,
		"containers are %v", changed.Spec.Template.Spec.Containers)
}

func statusPatch(ctx context.Context, c *clients) error {
	pods := c.typed.CoreV1().Pods(c.namespace)
	if _, err := pods.Create(ctx, pod("status-patch"), metav1.CreateOptions{}); err != nil {
		return err
	}
	patch := `{"spec":{"activeDeadlineSeconds":5},"status":{"conditions":[{"type":"example.test/ready","status":"True"}]}}`
	changed, err := pods.Patch(ctx, "status-patch", types.StrategicMergePatchType, []byte(patch), metav1.PatchOptions{}, "status")
	if err != nil {
		return err
	}
	found := false
	for _, condition := range changed.Status.Conditions {
		found = found || condition.Type == "example.test/ready"
	}
	return expect(found && changed.Spec.ActiveDeadlineSeconds == nil, "the pod is %v", changed)
}

func stalePatch(ctx context.Context, c *clients) error {
	maps := c.typed.CoreV1().ConfigMaps(c.namespace)
	made, err := maps.Create(ctx, configMap("stale-patch", nil), metav1.CreateOptions{})
	if err != nil {
		return err
	}
	patch := fmt.Sprintf(`{"metadata":{"resourceVersion":%q},"data":{"n":"1"}}`, made.ResourceVersion)
	if _, err = maps.Patch(ctx, "stale-patch", types.MergePatchType, []byte(patch), metav1.PatchOptions{}); err != nil {
		return err
	}
	_, err = maps.Patch(ctx, "stale-patch", types.MergePatchType, []byte(patch), metav1.PatchOptions{})
	return expect(apierrors.IsConflict(err), "the second patch answers %v", err)
}

func staleUpdate(ctx context.Context, c *clients) error {
	maps := c.typed.CoreV1().ConfigMaps(c.namespace)
	made, err := maps.Create(ctx, configMap("stale", nil), metav1.CreateOptions{})
	if err != nil {
		return err
	}
	first := made.DeepCopy()
	first.Data["by"] = "first"
	if _, err = maps.Update(ctx, first, metav1.UpdateOptions{}); err != nil {
		return err
	}
	made.Data["by"] = "second"
	_, err = maps.Update(ctx, made, metav1.UpdateOptions{})
	return expect(apierrors.IsConflict(err), "the second update answers %v", err)
}

func retryOnConflict(ctx context.Context, c *clients) error {
	const writers, rounds = 4, 5
	maps := c.typed.CoreV1().ConfigMaps(c.namespace)
	counter := configMap("counter", nil)
	counter.Data = map[string]string{"n": "0"}
	if _, err := maps.Create(ctx, counter, metav1.CreateOptions{}); err != nil {
		return err
	}
	many := retry.DefaultBackoff
	many.Steps, many.Factor = 200, 1
	var group sync.WaitGroup
	failures := make(chan error, writers*rounds)
	for range writers {
		group.Go(func() {
			for range rounds {
				failures <- retry.RetryOnConflict(many, func() error {
					got, err := maps.Get(ctx, "counter", metav1.GetOptions{})
					if err != nil {
						return err
					}
					var n int
					fmt.Sscan(got.Data["n"], &n)
					got.Data["n"] = fmt.Sprint(n + 1)
					_, err = maps.Update(ctx, got, metav1.UpdateOptions{})
					return err
				})
			}
		})
	}
	group.Wait()
	close(failures)
	for err := range failures {
		if err != nil {
			return err
		}
	}
	got, err := maps.Get(ctx, "counter", metav1.GetOptions{})
	if err != nil {
		return err
	}
	return expect(got.Data["n"] == fmt.Sprint(writers*rounds), "the counter is %s", got.Data["n"])
}
