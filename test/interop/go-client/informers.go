package main

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/metadata/metadatainformer"
	"k8s.io/client-go/tools/cache"
)

var informerChecks = []check{
	{"informers: a shared factory follows several kinds", sharedInformers},
	{"informers: they start by streamed lists, with no other list", streamedLists},
	{"informers: of metadata alone", metadataInformer},
}

// journal is what an informer told, in its order: "add NAME", "update NAME", "delete NAME".
type journal struct {
	mutex sync.Mutex
	lines []string
}

func (j *journal) write(what string, object any) {
	if tombstone, is := object.(cache.DeletedFinalStateUnknown); is {
		object = tombstone.Obj
	}
	accessor, is := object.(metav1.Object)
	if !is {
		return
	}
	j.mutex.Lock()
	defer j.mutex.Unlock()
	j.lines = append(j.lines, what+" "+accessor.GetName())
}

func (j *journal) handler() cache.ResourceEventHandler {
	return cache.ResourceEventHandlerFuncs{
		AddFunc:    func(object any) { j.write("add", object) },
		UpdateFunc: func(_, object any) { j.write("update", object) },
		DeleteFunc: func(object any) { j.write("delete", object) },
	}
}

func (j *journal) has(line string) bool {
	j.mutex.Lock()
	defer j.mutex.Unlock()
	for _, one := range j.lines {
		if one == line {
			return true
		}
	}
	return false
}

func (j *journal) wait(ctx context.Context, lines ...string) error {
	for _, line := range lines {
		err := wait.PollUntilContextTimeout(ctx, 5*time.Millisecond, 5*time.Second, true, func(context.Context) (bool, error) {
			return j.has(line), nil
		})
		if err != nil {
			return fmt.Errorf("no %q among %v", line, j.lines)
		}
	}
	return nil
}

func sharedInformers(ctx context.Context, c *clients) error {
	ctx, stop := context.WithCancel(ctx)
	maps, deployments := c.typed.CoreV1().ConfigMaps(c.namespace), c.typed.AppsV1().Deployments(c.namespace)
	if _, err := maps.Create(ctx, configMap("informed-before", nil), metav1.CreateOptions{}); err != nil {
		stop()
		return err
	}
	factory := informers.NewSharedInformerFactoryWithOptions(c.typed, 0, informers.WithNamespace(c.namespace))
	defer factory.Shutdown()
	defer stop()
	seen := &journal{}
	for _, informer := range []cache.SharedIndexInformer{
		factory.Core().V1().ConfigMaps().Informer(), factory.Core().V1().Services().Informer(), factory.Core().V1().Pods().Informer(),
		factory.Core().V1().Secrets().Informer(), factory.Apps().V1().Deployments().Informer(), factory.Apps().V1().ReplicaSets().Informer(),
		factory.Discovery().V1().EndpointSlices().Informer(), factory.Coordination().V1().Leases().Informer(), factory.Rbac().V1().Roles().Informer(),
	} {
		if _, err := informer.AddEventHandler(seen.handler()); err != nil {
			return err
		}
	}
	factory.Start(ctx.Done())
	for kind, synced := range factory.WaitForCacheSync(ctx.Done()) {
		if !synced {
			return fmt.Errorf("the informer of %v did not sync", kind)
		}
	}
	if err := seen.wait(ctx, "add informed-before"); err != nil {
		return err
	}
	one, err := maps.Create(ctx, configMap("informed", nil), metav1.CreateOptions{})
	if err != nil {
		return err
	}
	one.Data["key"] = "changed"
	if _, err = maps.Update(ctx, one, metav1.UpdateOptions{}); err != nil {
		return err
	}
	two, err := deployments.Create(ctx, deployment("informed-too", 0), metav1.CreateOptions{})
	if err != nil {
		return err
	}
	if err := seen.wait(ctx, "add informed", "update informed", "add informed-too"); err != nil {
		return err
	}
	cached, err := factory.Core().V1().ConfigMaps().Lister().ConfigMaps(c.namespace).Get("informed")
	if err != nil {
		return err
	}
	if err := expect(cached.Data["key"] == "changed", "the lister holds %v", cached.Data); err != nil {
		return err
	}
	listed, err := factory.Apps().V1().Deployments().Lister().List(labels.SelectorFromSet(labels.Set{"app": "informed-too"}))
	if err != nil {
		return err
	}
	if err := expect(len(listed) == 1 && listed[0].UID == two.UID, "the lister lists %v", listed); err != nil {
		return err
	}
	if err := maps.Delete(ctx, "informed", metav1.DeleteOptions{}); err != nil {
		return err
	}
	if err := deployments.Delete(ctx, "informed-too", metav1.DeleteOptions{}); err != nil {
		return err
	}
	return seen.wait(ctx, "delete informed", "delete informed-too")
}

func streamedLists(ctx context.Context, c *clients) error {
	mark := c.requests.mark()
	ctx, stop := context.WithCancel(ctx)
	factory := informers.NewSharedInformerFactoryWithOptions(c.typed, 0, informers.WithNamespace(c.namespace))
	defer factory.Shutdown()
	defer stop()
	configMaps, deployments := factory.Core().V1().ConfigMaps().Informer(), factory.Apps().V1().Deployments().Informer()
	factory.Start(ctx.Done())
	if !cache.WaitForCacheSync(ctx.Done(), configMaps.HasSynced, deployments.HasSynced) {
		return fmt.Errorf("the informers did not sync")
	}
	var streamed int
	for _, sent := range c.requests.since(mark) {
		if !strings.Contains(sent.query, "watch=true") {
			return fmt.Errorf("a list was sent: %s?%s", sent.path, sent.query)
		}
		if strings.Contains(sent.query, "sendInitialEvents=true") {
			streamed++
		}
	}
	return expect(streamed == 2, "%d watches asked for initial events", streamed)
}

func metadataInformer(ctx context.Context, c *clients) error {
	ctx, stop := context.WithCancel(ctx)
	factory := metadatainformer.NewFilteredSharedInformerFactory(c.metadata, 0, c.namespace, nil)
	defer factory.Shutdown()
	defer stop()
	seen := &journal{}
	if _, err := factory.ForResource(corev1.SchemeGroupVersion.WithResource("configmaps")).Informer().AddEventHandler(seen.handler()); err != nil {
		return err
	}
	factory.Start(ctx.Done())
	factory.WaitForCacheSync(ctx.Done())
	maps := c.typed.CoreV1().ConfigMaps(c.namespace)
	if _, err := maps.Create(ctx, configMap("partly-informed", nil), metav1.CreateOptions{}); err != nil {
		return err
	}
	if err := seen.wait(ctx, "add partly-informed"); err != nil {
		return err
	}
	if err := maps.Delete(ctx, "partly-informed", metav1.DeleteOptions{}); err != nil {
		return err
	}
	return seen.wait(ctx, "delete partly-informed")
}
