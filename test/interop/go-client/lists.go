package main

import (
	"context"
	"fmt"
	"slices"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/tools/pager"
)

var listChecks = []check{
	{"list: label and field selectors", selectors},
	{"list: the pager reads pages by limit and continue", pages},
	{"list: a page is of the moment of the first one", consistentPages},
	{"list: resourceVersion 0 and exact matches", listVersions},
}

func selectors(ctx context.Context, c *clients) error {
	maps := c.typed.CoreV1().ConfigMaps(c.namespace)
	for name, tier := range map[string]string{"select-a": "front", "select-b": "back", "select-c": "middle"} {
		if _, err := maps.Create(ctx, configMap(name, map[string]string{"suite": "select", "tier": tier}), metav1.CreateOptions{}); err != nil {
			return err
		}
	}
	for selector, want := range map[string][]string{
		"suite=select":                       {"select-a", "select-b", "select-c"},
		"suite=select,tier in (front, back)": {"select-a", "select-b"},
		"suite=select,tier!=front":           {"select-b", "select-c"},
		"suite,!no-such,tier notin (middle)": {"select-a", "select-b"},
	} {
		got, err := maps.List(ctx, metav1.ListOptions{LabelSelector: selector})
		if err != nil {
			return err
		}
		var names []string
		for _, one := range got.Items {
			names = append(names, one.Name)
		}
		if err := expect(slices.Equal(names, want), "%s lists %v", selector, names); err != nil {
			return err
		}
	}
	got, err := maps.List(ctx, metav1.ListOptions{FieldSelector: "metadata.name=select-b"})
	if err != nil {
		return err
	}
	return expect(len(got.Items) == 1 && got.Items[0].Name == "select-b", "by name: %v", got.Items)
}

func makePages(ctx context.Context, c *clients, suite string, count int) error {
	for n := range count {
		name := fmt.Sprintf("%s-%02d", suite, n)
		if _, err := c.typed.CoreV1().ConfigMaps(c.namespace).Create(ctx, configMap(name, map[string]string{"suite": suite}), metav1.CreateOptions{}); err != nil {
			return err
		}
	}
	return nil
}

func pages(ctx context.Context, c *clients) error {
	if err := makePages(ctx, c, "pages", 23); err != nil {
		return err
	}
	requests := 0
	reader := pager.New(func(ctx context.Context, options metav1.ListOptions) (runtime.Object, error) {
		requests++
		return c.typed.CoreV1().ConfigMaps(c.namespace).List(ctx, options)
	})
	reader.PageSize = 5
	var names []string
	err := reader.EachListItem(ctx, metav1.ListOptions{LabelSelector: "suite=pages"}, func(item runtime.Object) error {
		names = append(names, item.(metav1.Object).GetName())
		return nil
	})
	if err != nil {
		return err
	}
	return expect(len(names) == 23 && slices.IsSorted(names) && requests == 5, "%d requests gave %v", requests, names)
}

func consistentPages(ctx context.Context, c *clients) error {
	if err := makePages(ctx, c, "moment", 6); err != nil {
		return err
	}
	maps := c.typed.CoreV1().ConfigMaps(c.namespace)
	first, err := maps.List(ctx, metav1.ListOptions{LabelSelector: "suite=moment", Limit: 3})
	if err != nil {
		return err
	}
	if err := maps.Delete(ctx, "moment-05", metav1.DeleteOptions{}); err != nil {
		return err
	}
	if _, err := maps.Create(ctx, configMap("moment-99", map[string]string{"suite": "moment"}), metav1.CreateOptions{}); err != nil {
		return err
	}
	rest, err := maps.List(ctx, metav1.ListOptions{LabelSelector: "suite=moment", Limit: 10, Continue: first.Continue})
	if err != nil {
		return err
	}
	var names []string
	for _, one := range append(first.Items, rest.Items...) {
		names = append(names, one.Name)
	}
	want := []string{"moment-00", "moment-01", "moment-02", "moment-03", "moment-04", "moment-05"}
	return expect(slices.Equal(names, want) && rest.ResourceVersion == first.ResourceVersion && rest.Continue == "", "pages are %v", names)
}

func listVersions(ctx context.Context, c *clients) error {
	if err := makePages(ctx, c, "versions", 2); err != nil {
		return err
	}
	maps := c.typed.CoreV1().ConfigMaps(c.namespace)
	before, err := maps.List(ctx, metav1.ListOptions{LabelSelector: "suite=versions"})
	if err != nil {
		return err
	}
	if err := maps.Delete(ctx, "versions-00", metav1.DeleteOptions{}); err != nil {
		return err
	}
	exact, err := maps.List(ctx, metav1.ListOptions{LabelSelector: "suite=versions", ResourceVersion: before.ResourceVersion, ResourceVersionMatch: metav1.ResourceVersionMatchExact})
	if err != nil {
		return err
	}
	if err := expect(len(exact.Items) == 2 && exact.ResourceVersion == before.ResourceVersion, "exact lists %d items of %s", len(exact.Items), exact.ResourceVersion); err != nil {
		return err
	}
	fresh, err := maps.List(ctx, metav1.ListOptions{LabelSelector: "suite=versions", ResourceVersion: before.ResourceVersion, ResourceVersionMatch: metav1.ResourceVersionMatchNotOlderThan})
	if err != nil {
		return err
	}
	if err := expect(len(fresh.Items) >= 1, "not older lists %d items", len(fresh.Items)); err != nil {
		return err
	}
	if _, err = maps.List(ctx, metav1.ListOptions{ResourceVersion: "0"}); err != nil {
		return err
	}
	_, err = maps.List(ctx, metav1.ListOptions{ResourceVersion: "not-a-number"})
	return expect(apierrors.IsBadRequest(err) || apierrors.IsInvalid(err), "a bad resourceVersion answers %v", err)
}
