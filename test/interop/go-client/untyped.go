package main

import (
	"context"
	"slices"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/discovery/cached/memory"
	"k8s.io/client-go/restmapper"
	"k8s.io/client-go/scale"

	autoscalingv1 "k8s.io/api/autoscaling/v1"
	"k8s.io/client-go/dynamic"
)

var untypedChecks = []check{
	{"dynamic client: the life of a Deployment", dynamicLife},
	{"metadata client: gets, lists, patches and deletes metadata alone", metadataOnly},
}

var discoveryChecks = []check{
	{"discovery: aggregated", aggregatedDiscovery},
	{"discovery: of each group, as older clients read it", legacyDiscovery},
	{"discovery: the REST mapper finds kinds and short names", restMapping},
	{"discovery: version and OpenAPI", versionAndOpenAPI},
	{"scale client: reads and changes the size of a Deployment", scaleClient},
}

var deploymentResource = schema.GroupVersionResource{Group: "apps", Version: "v1", Resource: "deployments"}
var configMapResource = schema.GroupVersionResource{Version: "v1", Resource: "configmaps"}

func dynamicLife(ctx context.Context, c *clients) error {
	deployments := c.dynamic.Resource(deploymentResource).Namespace(c.namespace)
	labels := map[string]any{"app": "dynamic"}
	made, err := deployments.Create(ctx, &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "apps/v1", "kind": "Deployment",
		"metadata": map[string]any{"name": "dynamic"},
		"spec": map[string]any{
			"paused": true, "replicas": int64(0), "selector": map[string]any{"matchLabels": labels},
			"template": map[string]any{"metadata": map[string]any{"labels": labels}, "spec": map[string]any{
				"containers": []any{map[string]any{"name": "main", "image": "example.test/none:1"}},
			}},
		},
	}}, metav1.CreateOptions{FieldValidation: "Strict"})
	if err != nil {
		return err
	}
	w, err := deployments.Watch(ctx, metav1.ListOptions{ResourceVersion: made.GetResourceVersion(), FieldSelector: "metadata.name=dynamic"})
	if err != nil {
		return err
	}
	defer w.Stop()
	if _, err := deployments.Patch(ctx, "dynamic", types.MergePatchType, []byte(`{"spec":{"minReadySeconds":7}}`), metav1.PatchOptions{}); err != nil {
		return err
	}
	// A controller may write its status in between.
	for {
		event, err := next(ctx, w)
		if err != nil {
			return err
		}
		seconds, _, _ := unstructured.NestedInt64(event.Object.(*unstructured.Unstructured).Object, "spec", "minReadySeconds")
		if seconds == 7 {
			break
		}
	}
	list, err := deployments.List(ctx, metav1.ListOptions{FieldSelector: "metadata.name=dynamic"})
	if err != nil {
		return err
	}
	if err := expect(len(list.Items) == 1 && list.GetKind() == "DeploymentList" && list.Items[0].GetKind() == "Deployment", "the list is %v", list); err != nil {
		return err
	}
	if err := deployments.Delete(ctx, "dynamic", metav1.DeleteOptions{}); err != nil {
		return err
	}
	_, err = deployments.Get(ctx, "dynamic", metav1.GetOptions{})
	return expect(apierrors.IsNotFound(err), "after deletion: %v", err)
}

func metadataOnly(ctx context.Context, c *clients) error {
	if _, err := c.typed.CoreV1().ConfigMaps(c.namespace).Create(ctx, configMap("partial", map[string]string{"suite": "partial"}), metav1.CreateOptions{}); err != nil {
		return err
	}
	maps := c.metadata.Resource(configMapResource).Namespace(c.namespace)
	got, err := maps.Get(ctx, "partial", metav1.GetOptions{})
	if err != nil {
		return err
	}
	if err := expect(got.Labels["suite"] == "partial" && got.UID != "", "the object is %v", got); err != nil {
		return err
	}
	list, err := maps.List(ctx, metav1.ListOptions{LabelSelector: "suite=partial"})
	if err != nil {
		return err
	}
	if err := expect(len(list.Items) == 1 && list.ResourceVersion != "", "the list is %v", list); err != nil {
		return err
	}
	changed, err := maps.Patch(ctx, "partial", types.MergePatchType, []byte(`{"metadata":{"finalizers":["example.test/hold"]}}`), metav1.PatchOptions{})
	if err != nil {
		return err
	}
	if err := expect(slices.Contains(changed.Finalizers, "example.test/hold"), "the object is %v", changed); err != nil {
		return err
	}
	if err := maps.Delete(ctx, "partial", metav1.DeleteOptions{}); err != nil {
		return err
	}
	held, err := maps.Get(ctx, "partial", metav1.GetOptions{})
	if err != nil {
		return err
	}
	if err := expect(held.DeletionTimestamp != nil, "a finalizer did not hold: %v", held); err != nil {
		return err
	}
	if _, err = maps.Patch(ctx, "partial", types.MergePatchType, []byte(`{"metadata":{"finalizers":null}}`), metav1.PatchOptions{}); err != nil {
		return err
	}
	_, err = maps.Get(ctx, "partial", metav1.GetOptions{})
	return expect(apierrors.IsNotFound(err), "after the last finalizer: %v", err)
}

func checkResources(lists []*metav1.APIResourceList) error {
	for _, want := range []struct{ groupVersion, resource, shortName string }{
		{"v1", "pods", "po"}, {"v1", "services", "svc"}, {"v1", "configmaps", "cm"}, {"v1", "events", "ev"}, {"apps/v1", "deployments", "deploy"},
		{"apps/v1", "replicasets", "rs"}, {"coordination.k8s.io/v1", "leases", ""}, {"discovery.k8s.io/v1", "endpointslices", ""},
		{"rbac.authorization.k8s.io/v1", "clusterroles", ""},
	} {
		found := false
		for _, list := range lists {
			for _, one := range list.APIResources {
				if list.GroupVersion == want.groupVersion && one.Name == want.resource {
					found = one.Kind != "" && slices.Contains(one.Verbs, "watch") && (want.shortName == "" || slices.Contains(one.ShortNames, want.shortName))
				}
			}
		}
		if err := expect(found, "%s of %s is not as expected", want.resource, want.groupVersion); err != nil {
			return err
		}
	}
	return nil
}

func aggregatedDiscovery(ctx context.Context, c *clients) error {
	mark := c.requests.mark()
	_, lists, err := c.typed.Discovery().ServerGroupsAndResources()
	if err != nil {
		return err
	}
	sent := c.requests.since(mark)
	if err := expect(len(sent) == 2, "discovery took %d requests", len(sent)); err != nil {
		return err
	}
	return checkResources(lists)
}

func legacyDiscovery(ctx context.Context, c *clients) error {
	client, err := discovery.NewDiscoveryClientForConfig(c.config)
	if err != nil {
		return err
	}
	client.UseLegacyDiscovery = true
	_, lists, err := client.ServerGroupsAndResources()
	if err != nil {
		return err
	}
	return checkResources(lists)
}

func restMapping(ctx context.Context, c *clients) error {
	cached := memory.NewMemCacheClient(c.typed.Discovery())
	mapper := restmapper.NewDeferredDiscoveryRESTMapper(cached)
	mapping, err := mapper.RESTMapping(schema.GroupKind{Group: "apps", Kind: "Deployment"})
	if err != nil {
		return err
	}
	if err := expect(mapping.Resource == deploymentResource && mapping.Scope.Name() == "namespace", "the mapping is %v", mapping); err != nil {
		return err
	}
	short := restmapper.NewShortcutExpander(mapper, cached, nil)
	for name, want := range map[string]string{"deploy": "deployments", "cm": "configmaps", "svc": "services", "no": "nodes", "ns": "namespaces", "sa": "serviceaccounts", "ep": "endpoints"} {
		got, err := short.ResourceFor(schema.GroupVersionResource{Resource: name})
		if err != nil {
			return err
		}
		if err := expect(got.Resource == want, "%s is %v", name, got); err != nil {
			return err
		}
	}
	return nil
}

func versionAndOpenAPI(ctx context.Context, c *clients) error {
	version, err := c.typed.Discovery().ServerVersion()
	if err != nil {
		return err
	}
	if err := expect(version.Major == "1" && version.Minor == "36", "the version is %v", version); err != nil {
		return err
	}
	paths, err := c.typed.Discovery().OpenAPIV3().Paths()
	if err != nil {
		return err
	}
	document, is := paths["apis/apps/v1"]
	if err := expect(is, "OpenAPI paths are %v", paths); err != nil {
		return err
	}
	text, err := document.Schema("application/json")
	if err != nil {
		return err
	}
	return expect(len(text) > 1000, "the document has %d bytes", len(text))
}

func scaleClient(ctx context.Context, c *clients) error {
	if _, err := c.typed.AppsV1().Deployments(c.namespace).Create(ctx, deployment("scaled", 0), metav1.CreateOptions{}); err != nil {
		return err
	}
	cached := memory.NewMemCacheClient(c.typed.Discovery())
	mapper := restmapper.NewDeferredDiscoveryRESTMapper(cached)
	getter, err := scale.NewForConfig(c.copyOfConfig(), mapper, dynamic.LegacyAPIPathResolverFunc, scale.NewDiscoveryScaleKindResolver(cached))
	if err != nil {
		return err
	}
	scales, resource := getter.Scales(c.namespace), deploymentResource.GroupResource()
	got, err := scales.Get(ctx, resource, "scaled", metav1.GetOptions{})
	if err != nil {
		return err
	}
	if err := expect(got.Spec.Replicas == 0 && got.Status.Selector == "app=scaled", "the scale is %v", got); err != nil {
		return err
	}
	// A controller may write its status in between; without a version the update does not mind.
	got.Spec.Replicas, got.ResourceVersion = 3, ""
	if _, err := scales.Update(ctx, resource, got, metav1.UpdateOptions{}); err != nil {
		return err
	}
	typed, err := c.typed.AppsV1().Deployments(c.namespace).UpdateScale(ctx, "scaled", &autoscalingv1.Scale{
		ObjectMeta: metav1.ObjectMeta{Name: "scaled", Namespace: c.namespace}, Spec: autoscalingv1.ScaleSpec{Replicas: 4},
	}, metav1.UpdateOptions{})
	if err != nil {
		return err
	}
	changed, err := c.typed.AppsV1().Deployments(c.namespace).Get(ctx, "scaled", metav1.GetOptions{})
	if err != nil {
		return err
	}
	return expect(typed.Spec.Replicas == 4 && *changed.Spec.Replicas == 4, "the Deployment is %v", changed.Spec)
}
