package main

import (
	"context"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

var removalChecks = []check{
	{"delete: preconditions", deletePreconditions},
	{"delete: a collection by selector", deleteCollection},
	{"delete: foreground leaves the object until its dependents are gone", foregroundDeletion},
	{"delete: the namespace", deleteNamespace},
}

func deletePreconditions(ctx context.Context, c *clients) error {
	maps := c.typed.CoreV1().ConfigMaps(c.namespace)
	made, err := maps.Create(ctx, configMap("conditional", nil), metav1.CreateOptions{})
	if err != nil {
		return err
	}
	other := types.UID("another-uid")
	err = maps.Delete(ctx, "conditional", metav1.DeleteOptions{Preconditions: &metav1.Preconditions{UID: &other}})
	if err := expect(apierrors.IsConflict(err), "another uid answers %v", err); err != nil {
		return err
	}
	return maps.Delete(ctx, "conditional", metav1.DeleteOptions{Preconditions: &metav1.Preconditions{UID: &made.UID, ResourceVersion: &made.ResourceVersion}})
}

func deleteCollection(ctx context.Context, c *clients) error {
	maps := c.typed.CoreV1().ConfigMaps(c.namespace)
	for _, name := range []string{"collected-a", "collected-b"} {
		if _, err := maps.Create(ctx, configMap(name, map[string]string{"suite": "collected"}), metav1.CreateOptions{}); err != nil {
			return err
		}
	}
	if _, err := maps.Create(ctx, configMap("kept", nil), metav1.CreateOptions{}); err != nil {
		return err
	}
	if err := maps.DeleteCollection(ctx, metav1.DeleteOptions{}, metav1.ListOptions{LabelSelector: "suite=collected"}); err != nil {
		return err
	}
	left, err := maps.List(ctx, metav1.ListOptions{LabelSelector: "suite=collected"})
	if err != nil {
		return err
	}
	if err := expect(len(left.Items) == 0, "%d are left", len(left.Items)); err != nil {
		return err
	}
	_, err = maps.Get(ctx, "kept", metav1.GetOptions{})
	return err
}

func foregroundDeletion(ctx context.Context, c *clients) error {
	maps := c.typed.CoreV1().ConfigMaps(c.namespace)
	if _, err := maps.Create(ctx, configMap("foreground", nil), metav1.CreateOptions{}); err != nil {
		return err
	}
	watching, err := maps.Watch(ctx, metav1.ListOptions{FieldSelector: "metadata.name=foreground", ResourceVersion: "0"})
	if err != nil {
		return err
	}
	defer watching.Stop()
	how := metav1.DeletePropagationForeground
	if err := maps.Delete(ctx, "foreground", metav1.DeleteOptions{PropagationPolicy: &how}); err != nil {
		return err
	}
	// A garbage collector, where there is one, then takes the finalizer away and the object goes.
	if err := follow(ctx, watching, "ADDED foreground", "MODIFIED foreground"); err != nil {
		return err
	}
	return nil
}

func deleteNamespace(ctx context.Context, c *clients) error {
	if err := c.typed.CoreV1().Namespaces().Delete(ctx, c.namespace, metav1.DeleteOptions{}); err != nil {
		return err
	}
	_, err := c.typed.CoreV1().ConfigMaps(c.namespace).Create(ctx, configMap("late", nil), metav1.CreateOptions{})
	return expect(apierrors.IsForbidden(err) || apierrors.IsNotFound(err), "a create in a namespace that goes answers %v", err)
}
