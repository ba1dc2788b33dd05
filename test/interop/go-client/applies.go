package main

import (
	"context"

	appsv1 "k8s.io/api/apps/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	appsac "k8s.io/client-go/applyconfigurations/apps/v1"
	autoscalingac "k8s.io/client-go/applyconfigurations/autoscaling/v1"
	coreac "k8s.io/client-go/applyconfigurations/core/v1"
	metaac "k8s.io/client-go/applyconfigurations/meta/v1"
)

var applyChecks = []check{
	{"apply: a configuration makes the object, the same one changes nothing", applyTwice},
	{"apply: what was extracted and changed is applied again", applyExtracted},
	{"apply: a conflict names its fields, force takes over", applyConflict},
	{"apply: of status and of scale", applySubresources},
	{"apply: an unstructured object", applyUnstructured},
}

var force = metav1.ApplyOptions{FieldManager: "go", Force: true}

func deploymentConfiguration(name, namespace string, replicas int32) *appsac.DeploymentApplyConfiguration {
	labels := map[string]string{"app": name}
	container := coreac.Container().WithName("main").WithImage("example.test/none:1").
		WithPorts(coreac.ContainerPort().WithContainerPort(80))
	return appsac.Deployment(name, namespace).WithSpec(appsac.DeploymentSpec().
		WithReplicas(replicas).WithPaused(true).
		WithSelector(metaac.LabelSelector().WithMatchLabels(labels)).
		WithTemplate(coreac.PodTemplateSpec().WithLabels(labels).WithSpec(coreac.PodSpec().WithContainers(container))))
}

func applyTwice(ctx context.Context, c *clients) error {
	deployments := c.typed.AppsV1().Deployments(c.namespace)
	wanted := deploymentConfiguration("applied", c.namespace, 0)
	made, err := deployments.Apply(ctx, wanted, metav1.ApplyOptions{FieldManager: "go"})
	if err != nil {
		return err
	}
	if err := expect(made.Spec.Template.Spec.Containers[0].Ports[0].Protocol == "TCP" && made.Generation == 1, "made %v", made.Spec); err != nil {
		return err
	}
	owned := 0
	for _, entry := range made.ManagedFields {
		if entry.Manager == "go" && entry.Operation == metav1.ManagedFieldsOperationApply {
			owned++
		}
	}
	if err := expect(owned == 1, "owners are %v", made.ManagedFields); err != nil {
		return err
	}
	again, err := deployments.Apply(ctx, wanted, metav1.ApplyOptions{FieldManager: "go"})
	if err != nil {
		return err
	}
	return expect(again.Generation == made.Generation, "generation %d became %d", made.Generation, again.Generation)
}

// applyExtracted does what controllers do that change one field of what they applied before.
func applyExtracted(ctx context.Context, c *clients) error {
	deployments := c.typed.AppsV1().Deployments(c.namespace)
	if _, err := deployments.Apply(ctx, deploymentConfiguration("extracted", c.namespace, 0), force); err != nil {
		return err
	}
	other := appsac.Deployment("extracted", c.namespace).WithAnnotations(map[string]string{"other": "1"})
	if _, err := deployments.Apply(ctx, other, metav1.ApplyOptions{FieldManager: "other"}); err != nil {
		return err
	}
	live, err := deployments.Get(ctx, "extracted", metav1.GetOptions{})
	if err != nil {
		return err
	}
	mine, err := appsac.ExtractDeployment(live, "go")
	if err != nil {
		return err
	}
	isMine := mine.Spec != nil && len(mine.Spec.Template.Spec.Containers) == 1 && mine.Annotations == nil && mine.Spec.Strategy == nil
	if err := expect(isMine, "extracted %v", mine); err != nil {
		return err
	}
	mine.Spec.Template.Spec.Containers[0].WithEnv(coreac.EnvVar().WithName("A").WithValue("1"))
	changed, err := deployments.Apply(ctx, mine, force)
	if err != nil {
		return err
	}
	return expect(len(changed.Spec.Template.Spec.Containers[0].Env) == 1 && changed.Annotations["other"] == "1" && changed.Generation == live.Generation+1, "changed to %v", changed)
}

func applyConflict(ctx context.Context, c *clients) error {
	deployments := c.typed.AppsV1().Deployments(c.namespace)
	if _, err := deployments.Apply(ctx, deploymentConfiguration("contested", c.namespace, 0), force); err != nil {
		return err
	}
	other := appsac.Deployment("contested", c.namespace).WithSpec(appsac.DeploymentSpec().WithReplicas(1))
	_, err := deployments.Apply(ctx, other, metav1.ApplyOptions{FieldManager: "other"})
	if err := expect(apierrors.IsConflict(err), "the apply answers %v", err); err != nil {
		return err
	}
	cause, found := apierrors.StatusCause(err, metav1.CauseTypeFieldManagerConflict)
	if err := expect(found && cause.Field == ".spec.replicas" && cause.Message == `conflict with "go"`, "the cause is %v", cause); err != nil {
		return err
	}
	taken, err := deployments.Apply(ctx, other, metav1.ApplyOptions{FieldManager: "other", Force: true})
	if err != nil {
		return err
	}
	return expect(*taken.Spec.Replicas == 1, "replicas are %d", *taken.Spec.Replicas)
}

func applySubresources(ctx context.Context, c *clients) error {
	deployments := c.typed.AppsV1().Deployments(c.namespace)
	if _, err := deployments.Apply(ctx, deploymentConfiguration("parts", c.namespace, 0), force); err != nil {
		return err
	}
	condition := appsac.DeploymentCondition().WithType(appsv1.DeploymentConditionType("example.test/Known")).WithStatus("True")
	status := appsac.Deployment("parts", c.namespace).WithStatus(appsac.DeploymentStatus().WithConditions(condition))
	changed, err := deployments.ApplyStatus(ctx, status, force)
	if err != nil {
		return err
	}
	found := false
	for _, one := range changed.Status.Conditions {
		found = found || one.Type == "example.test/Known"
	}
	if err := expect(found, "conditions are %v", changed.Status.Conditions); err != nil {
		return err
	}
	scale := autoscalingac.Scale().WithName("parts").WithNamespace(c.namespace).WithSpec(autoscalingac.ScaleSpec().WithReplicas(1))
	scaled, err := deployments.ApplyScale(ctx, "parts", scale, force)
	if err != nil {
		return err
	}
	return expect(scaled.Spec.Replicas == 1, "the scale is %v", scaled)
}

func applyUnstructured(ctx context.Context, c *clients) error {
	maps := c.dynamic.Resource(configMapResource).Namespace(c.namespace)
	wanted := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "v1", "kind": "ConfigMap", "metadata": map[string]any{"name": "untyped-apply"}, "data": map[string]any{"a": "1"},
	}}
	made, err := maps.Apply(ctx, "untyped-apply", wanted, metav1.ApplyOptions{FieldManager: "go"})
	if err != nil {
		return err
	}
	wanted.Object["data"] = map[string]any{"b": "1"}
	changed, err := maps.Apply(ctx, "untyped-apply", wanted, metav1.ApplyOptions{FieldManager: "go"})
	if err != nil {
		return err
	}
	data, _, _ := unstructured.NestedStringMap(changed.Object, "data")
	return expect(len(data) == 1 && data["b"] == "1" && made.GetResourceVersion() != changed.GetResourceVersion(), "data is %v", data)
}
