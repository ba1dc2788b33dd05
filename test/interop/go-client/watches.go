package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/tools/cache"
	watchtools "k8s.io/client-go/tools/watch"
)

var watchChecks = []check{
	{"watch: resumes where it stopped", watchResumes},
	{"watch: a selector turns changes into additions and deletions", watchSelector},
	{"watch: ends after timeoutSeconds", watchTimeout},
	{"watch: initial events end with a marked bookmark", initialEvents},
	{"watch: a forgotten resourceVersion has expired", watchForgotten},
	{"watch: an invalid resourceVersion is refused", watchInvalid},
	{"watch: RetryWatcher and UntilWithSync", watchTools},
}

func next(ctx context.Context, w watch.Interface) (watch.Event, error) {
	select {
	case event, open := <-w.ResultChan():
		if !open {
			return event, fmt.Errorf("the watch ended")
		}
		return event, nil
	case <-time.After(5 * time.Second):
		return watch.Event{}, fmt.Errorf("no event came")
	case <-ctx.Done():
		return watch.Event{}, ctx.Err()
	}
}

// follow expects these events: "ADDED NAME" and so on.
func follow(ctx context.Context, w watch.Interface, lines ...string) error {
	for _, line := range lines {
		event, err := next(ctx, w)
		if err != nil {
			return fmt.Errorf("instead of %s: %w", line, err)
		}
		object, is := event.Object.(metav1.Object)
		if !is {
			return fmt.Errorf("instead of %s: %s %v", line, event.Type, event.Object)
		}
		if got := fmt.Sprintf("%s %s", event.Type, object.GetName()); got != line {
			return fmt.Errorf("instead of %s: %s", line, got)
		}
	}
	return nil
}

func watchResumes(ctx context.Context, c *clients) error {
	maps := c.typed.CoreV1().ConfigMaps(c.namespace)
	first, err := maps.Create(ctx, configMap("resumed", map[string]string{"suite": "resume"}), metav1.CreateOptions{})
	if err != nil {
		return err
	}
	first.Data["key"] = "2"
	second, err := maps.Update(ctx, first, metav1.UpdateOptions{})
	if err != nil {
		return err
	}
	if err := maps.Delete(ctx, "resumed", metav1.DeleteOptions{}); err != nil {
		return err
	}
	if _, err := maps.Create(ctx, configMap("resumed-next", map[string]string{"suite": "resume"}), metav1.CreateOptions{}); err != nil {
		return err
	}
	for version, lines := range map[string][]string{
		first.ResourceVersion:  {"MODIFIED resumed", "DELETED resumed", "ADDED resumed-next"},
		second.ResourceVersion: {"DELETED resumed", "ADDED resumed-next"},
	} {
		w, err := maps.Watch(ctx, metav1.ListOptions{LabelSelector: "suite=resume", ResourceVersion: version})
		if err != nil {
			return err
		}
		err = follow(ctx, w, lines...)
		w.Stop()
		if err != nil {
			return err
		}
	}
	return nil
}

func watchSelector(ctx context.Context, c *clients) error {
	maps := c.typed.CoreV1().ConfigMaps(c.namespace)
	made, err := maps.Create(ctx, configMap("selected", nil), metav1.CreateOptions{})
	if err != nil {
		return err
	}
	w, err := maps.Watch(ctx, metav1.ListOptions{LabelSelector: "chosen=yes", ResourceVersion: made.ResourceVersion})
	if err != nil {
		return err
	}
	defer w.Stop()
	made.Labels = map[string]string{"chosen": "yes"}
	if made, err = maps.Update(ctx, made, metav1.UpdateOptions{}); err != nil {
		return err
	}
	if err := follow(ctx, w, "ADDED selected"); err != nil {
		return err
	}
	made.Labels = nil
	if made, err = maps.Update(ctx, made, metav1.UpdateOptions{}); err != nil {
		return err
	}
	event, err := next(ctx, w)
	if err != nil {
		return err
	}
	gone, is := event.Object.(*corev1.ConfigMap)
	return expect(is && event.Type == watch.Deleted && gone.Labels["chosen"] == "yes" && gone.ResourceVersion == made.ResourceVersion,
		"leaving the selection is %s %v", event.Type, event.Object)
}

func watchTimeout(ctx context.Context, c *clients) error {
	seconds := int64(1)
	started := time.Now()
	w, err := c.typed.CoreV1().ConfigMaps(c.namespace).Watch(ctx, metav1.ListOptions{LabelSelector: "no=such", TimeoutSeconds: &seconds})
	if err != nil {
		return err
	}
	defer w.Stop()
	event, open := <-w.ResultChan()
	took := time.Since(started)
	return expect(!open && took > 900*time.Millisecond && took < 4*time.Second, "after %v came %v", took, event)
}

func initialEvents(ctx context.Context, c *clients) error {
	maps := c.typed.CoreV1().ConfigMaps(c.namespace)
	for _, name := range []string{"initial-a", "initial-b"} {
		if _, err := maps.Create(ctx, configMap(name, map[string]string{"suite": "initial"}), metav1.CreateOptions{}); err != nil {
			return err
		}
	}
	yes := true
	w, err := maps.Watch(ctx, metav1.ListOptions{
		LabelSelector: "suite=initial", SendInitialEvents: &yes, AllowWatchBookmarks: true,
		ResourceVersionMatch: metav1.ResourceVersionMatchNotOlderThan,
	})
	if err != nil {
		return err
	}
	defer w.Stop()
	if err := follow(ctx, w, "ADDED initial-a", "ADDED initial-b"); err != nil {
		return err
	}
	event, err := next(ctx, w)
	if err != nil {
		return err
	}
	bookmark, is := event.Object.(*corev1.ConfigMap)
	return expect(is && event.Type == watch.Bookmark && bookmark.ResourceVersion != "" && bookmark.Annotations[metav1.InitialEventsAnnotationKey] == "true",
		"after the initial events came %s %v", event.Type, event.Object)
}

func watchForgotten(ctx context.Context, c *clients) error {
	w, err := c.typed.CoreV1().ConfigMaps(c.namespace).Watch(ctx, metav1.ListOptions{ResourceVersion: "1"})
	if err != nil {
		return expect(apierrors.IsResourceExpired(err), "it answers %v", err)
	}
	defer w.Stop()
	event, err := next(ctx, w)
	if err != nil {
		return err
	}
	err = apierrors.FromObject(event.Object)
	return expect(event.Type == watch.Error && apierrors.IsResourceExpired(err), "it tells %s %v", event.Type, err)
}

func watchInvalid(ctx context.Context, c *clients) error {
	_, err := c.typed.CoreV1().ConfigMaps(c.namespace).Watch(ctx, metav1.ListOptions{ResourceVersion: "not-a-number"})
	return expect(err != nil && strings.Contains(err.Error(), "resourceVersion"), "it answers %v", err)
}

func watchTools(ctx context.Context, c *clients) error {
	maps := c.typed.CoreV1().ConfigMaps(c.namespace)
	made, err := maps.Create(ctx, configMap("tools", nil), metav1.CreateOptions{})
	if err != nil {
		return err
	}
	source := cache.NewListWatchFromClient(c.typed.CoreV1().RESTClient(), "configmaps", c.namespace, fields.OneTermEqualSelector("metadata.name", "tools"))
	retrying, err := watchtools.NewRetryWatcherWithContext(ctx, made.ResourceVersion, source)
	if err != nil {
		return err
	}
	defer retrying.Stop()
	made.Data["key"] = "done"
	if _, err := maps.Update(ctx, made, metav1.UpdateOptions{}); err != nil {
		return err
	}
	if err := follow(ctx, retrying, "MODIFIED tools"); err != nil {
		return err
	}
	event, err := watchtools.UntilWithSync(ctx, source, &corev1.ConfigMap{}, nil, func(event watch.Event) (bool, error) {
		one, is := event.Object.(*corev1.ConfigMap)
		return is && one.Data["key"] == "done", nil
	})
	if err != nil {
		return err
	}
	return expect(event != nil && event.Object.(*corev1.ConfigMap).Name == "tools", "the condition was met by %v", event)
}
