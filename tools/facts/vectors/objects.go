package main

import (
	"time"

	appsv1 "k8s.io/api/apps/v1"
	authenticationv1 "k8s.io/api/authentication/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/intstr"
)

func to[T any](value T) *T { return &value }

var moment = time.Date(2026, 2, 3, 4, 5, 6, 789012000, time.UTC)

// protobufVectors are a few objects that between them have every form of field.
func protobufVectors() []vector {
	scheme := newScheme()
	port := intstr.FromString("web")
	return []vector{
		encode("namespace", scheme, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "shop"}}),
		encode("metadata", scheme, &corev1.ConfigMap{
			ObjectMeta: metav1.ObjectMeta{
				Name: "all", Namespace: "shop", UID: types.UID("u-1"), Generation: 1 << 40,
				CreationTimestamp: metav1.NewTime(moment), DeletionTimestamp: to(metav1.NewTime(moment.Add(time.Hour))),
				DeletionGracePeriodSeconds: to(int64(0)), Labels: map[string]string{"a": "1", "b": ""},
				OwnerReferences: []metav1.OwnerReference{{APIVersion: "v1", Kind: "Pod", Name: "p", UID: "u-0", Controller: to(false)}},
				Finalizers:      []string{"x/y"},
				ManagedFields: []metav1.ManagedFieldsEntry{{
					Manager: "m", Operation: "Apply", Time: to(metav1.NewTime(moment)),
					FieldsV1: metav1.NewFieldsV1(`{"f:data":{}}`),
				}},
			},
			Data: map[string]string{"ключ": "значение \u2028 \U0001F600"}, BinaryData: map[string][]byte{"b": {0, 255, 128}},
			Immutable: to(false),
		}),
		encode("deployment", scheme, &appsv1.Deployment{
			ObjectMeta: metav1.ObjectMeta{Name: "web"},
			Spec: appsv1.DeploymentSpec{
				Replicas: to(int32(0)),
				Selector: &metav1.LabelSelector{MatchLabels: map[string]string{"app": "web"}},
				Strategy: appsv1.DeploymentStrategy{RollingUpdate: &appsv1.RollingUpdateDeployment{
					MaxSurge: to(intstr.FromString("25%")), MaxUnavailable: to(intstr.FromInt32(-1)),
				}},
				Template: corev1.PodTemplateSpec{Spec: corev1.PodSpec{
					Containers: []corev1.Container{{
						Name: "c", Image: "fairlead.local/echo", Args: []string{"", "-v"},
						Ports: []corev1.ContainerPort{{ContainerPort: 8080}},
						Env: []corev1.EnvVar{{Name: "POD_IP", ValueFrom: &corev1.EnvVarSource{
							FieldRef: &corev1.ObjectFieldSelector{FieldPath: "status.podIP"},
						}}, {Name: "KEY", ValueFrom: &corev1.EnvVarSource{SecretKeyRef: &corev1.SecretKeySelector{
							LocalObjectReference: corev1.LocalObjectReference{Name: "s"}, Key: "k", Optional: to(true),
						}}}},
						Resources: corev1.ResourceRequirements{Limits: corev1.ResourceList{
							corev1.ResourceCPU: resource.MustParse("1500m"), corev1.ResourceMemory: resource.MustParse("64Mi"),
						}},
						ReadinessProbe: &corev1.Probe{ProbeHandler: corev1.ProbeHandler{HTTPGet: &corev1.HTTPGetAction{
							Path: "/", Port: port,
						}}, PeriodSeconds: 3},
						VolumeMounts: []corev1.VolumeMount{{Name: "v", MountPath: "/v", ReadOnly: true}},
					}},
					Volumes: []corev1.Volume{
						{Name: "v", VolumeSource: corev1.VolumeSource{EmptyDir: &corev1.EmptyDirVolumeSource{}}},
						{Name: "p", VolumeSource: corev1.VolumeSource{Projected: &corev1.ProjectedVolumeSource{
							Sources: []corev1.VolumeProjection{{ServiceAccountToken: &corev1.ServiceAccountTokenProjection{
								Path: "token", ExpirationSeconds: to(int64(3607)),
							}}},
						}}},
					},
					TerminationGracePeriodSeconds: to(int64(0)),
				}},
			},
		}),
		encode("service", scheme, &corev1.Service{
			ObjectMeta: metav1.ObjectMeta{Name: "web"},
			Spec: corev1.ServiceSpec{
				Ports: []corev1.ServicePort{{Port: 80, TargetPort: intstr.FromInt32(8080)}, {Name: "n", Port: 1, TargetPort: port}},
			},
		}),
		encode("lease", scheme, &coordinationv1.Lease{Spec: coordinationv1.LeaseSpec{
			HolderIdentity: to(""), RenewTime: to(metav1.NewMicroTime(moment)), LeaseTransitions: to(int32(0)),
		}}),
		encode("token request", scheme, &authenticationv1.TokenRequest{Spec: authenticationv1.TokenRequestSpec{
			Audiences: []string{"api"}, ExpirationSeconds: to(int64(600)),
		}}),
		encode("access review", scheme, &authorizationv1.SelfSubjectAccessReview{
			Spec: authorizationv1.SelfSubjectAccessReviewSpec{ResourceAttributes: &authorizationv1.ResourceAttributes{Verb: "get"}},
		}),
		encode("extra", scheme, &authorizationv1.SubjectAccessReview{Spec: authorizationv1.SubjectAccessReviewSpec{
			User: "u", Extra: map[string]authorizationv1.ExtraValue{"scopes": {"a", "b"}},
		}}),
		encode("delete options", scheme, &metav1.DeleteOptions{
			GracePeriodSeconds: to(int64(0)), PropagationPolicy: to(metav1.DeletePropagationForeground),
			Preconditions: &metav1.Preconditions{UID: to(types.UID("u-1"))}, DryRun: []string{"All"},
		}),
		encode("event", scheme, &corev1.Event{
			ObjectMeta: metav1.ObjectMeta{Name: "e"}, EventTime: metav1.NewMicroTime(moment), Count: 3,
			FirstTimestamp: metav1.NewTime(moment),
		}),
	}
}
