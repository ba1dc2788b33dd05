package main

import (
	"context"
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

var typedChecks = []check{
	{"typed client: the life of a ConfigMap, sent as protobuf", configMapLife},
	{"typed client: a Secret keeps its bytes", secretBytes},
	{"typed client: a Deployment gets Kubernetes' defaults", deploymentDefaults},
	{"typed client: a Service gets an address", serviceAddress},
	{"typed client: a Pod gets Kubernetes' defaults", podDefaults},
	{"typed client: roles and bindings", rolesAndBindings},
	{"typed client: an EndpointSlice of one's own", ownEndpointSlice},
	{"typed client: generateName makes names that differ", generatedNames},
	{"typed client: errors have Kubernetes' reasons", typedErrors},
	{"typed client: a dry run changes nothing", dryRun},
}

func configMapLife(ctx context.Context, c *clients) error {
	mark := c.requests.mark()
	maps := c.typed.CoreV1().ConfigMaps(c.namespace)
	made, err := maps.Create(ctx, configMap("life", nil), metav1.CreateOptions{})
	if err != nil {
		return err
	}
	if err := expect(made.UID != "" && made.ResourceVersion != "" && !made.CreationTimestamp.IsZero(), "metadata is not set: %v", made.ObjectMeta); err != nil {
		return err
	}
	made.Data["more"] = "ü\x00\n"
	made.BinaryData = map[string][]byte{"bytes": {0, 255, 128}}
	changed, err := maps.Update(ctx, made, metav1.UpdateOptions{})
	if err != nil {
		return err
	}
	if err := expect(changed.UID == made.UID && changed.ResourceVersion != made.ResourceVersion, "an update kept resourceVersion %s", made.ResourceVersion); err != nil {
		return err
	}
	got, err := maps.Get(ctx, "life", metav1.GetOptions{})
	if err != nil {
		return err
	}
	if err := expect(got.Data["more"] == "ü\x00\n" && string(got.BinaryData["bytes"]) == "\x00\xff\x80", "data came back as %q %q", got.Data, got.BinaryData); err != nil {
		return err
	}
	if err := maps.Delete(ctx, "life", metav1.DeleteOptions{}); err != nil {
		return err
	}
	_, err = maps.Get(ctx, "life", metav1.GetOptions{})
	if err := expect(apierrors.IsNotFound(err), "after deletion: %v", err); err != nil {
		return err
	}
	for _, sent := range c.requests.since(mark) {
		if (sent.method == "POST" || sent.method == "PUT") && sent.contentType != "application/vnd.kubernetes.protobuf" {
			return fmt.Errorf("%s was sent as %s", sent.method, sent.contentType)
		}
	}
	return nil
}

func secretBytes(ctx context.Context, c *clients) error {
	made, err := c.typed.CoreV1().Secrets(c.namespace).Create(ctx, &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Name: "bytes"},
		Data:       map[string][]byte{"raw": {0, 1, 254, 255}},
		StringData: map[string]string{"text": "plain"},
	}, metav1.CreateOptions{})
	if err != nil {
		return err
	}
	return expect(string(made.Data["raw"]) == "\x00\x01\xfe\xff" && string(made.Data["text"]) == "plain" && made.Type == corev1.SecretTypeOpaque && len(made.StringData) == 0,
		"the secret came back as %v", made)
}

func deploymentDefaults(ctx context.Context, c *clients) error {
	made, err := c.typed.AppsV1().Deployments(c.namespace).Create(ctx, deployment("defaults", 1), metav1.CreateOptions{})
	if err != nil {
		return err
	}
	spec := made.Spec
	rolling := spec.Strategy.RollingUpdate
	if err := expect(rolling != nil && rolling.MaxSurge.String() == "25%" && rolling.MaxUnavailable.String() == "25%", "strategy is %v", spec.Strategy); err != nil {
		return err
	}
	if err := expect(made.Generation == 1 && *spec.RevisionHistoryLimit == 10 && *spec.ProgressDeadlineSeconds == 600, "spec is %v", spec); err != nil {
		return err
	}
	// A controller may have written its status by now; without a version the update does not mind.
	made.Spec.MinReadySeconds, made.ResourceVersion = 3, ""
	changed, err := c.typed.AppsV1().Deployments(c.namespace).Update(ctx, made, metav1.UpdateOptions{})
	if err != nil {
		return err
	}
	if err := expect(changed.Generation == 2, "generation after a change of spec is %d", changed.Generation); err != nil {
		return err
	}
	changed.Labels["only"], changed.ResourceVersion = "metadata", ""
	again, err := c.typed.AppsV1().Deployments(c.namespace).Update(ctx, changed, metav1.UpdateOptions{})
	if err != nil {
		return err
	}
	return expect(again.Generation == 2, "generation after a change of labels is %d", again.Generation)
}

func serviceAddress(ctx context.Context, c *clients) error {
	services := c.typed.CoreV1().Services(c.namespace)
	made, err := services.Create(ctx, service("address"), metav1.CreateOptions{})
	if err != nil {
		return err
	}
	spec := made.Spec
	if err := expect(strings.HasPrefix(spec.ClusterIP, "10.") && len(spec.ClusterIPs) == 1 && spec.Type == corev1.ServiceTypeClusterIP && spec.SessionAffinity == corev1.ServiceAffinityNone && spec.Ports[0].Protocol == corev1.ProtocolTCP && *spec.InternalTrafficPolicy == corev1.ServiceInternalTrafficPolicyCluster && spec.Ports[0].TargetPort.StrVal == "web",
		"spec is %v", spec); err != nil {
		return err
	}
	made.Spec.Type = corev1.ServiceTypeNodePort
	changed, err := services.Update(ctx, made, metav1.UpdateOptions{})
	if err != nil {
		return err
	}
	for _, port := range changed.Spec.Ports {
		if port.NodePort < 30000 || port.NodePort > 32767 {
			return fmt.Errorf("node port is %d", port.NodePort)
		}
	}
	changed.Spec.ClusterIP, changed.Spec.ClusterIPs = "10.96.9.9", []string{"10.96.9.9"}
	_, err = services.Update(ctx, changed, metav1.UpdateOptions{})
	return expect(apierrors.IsInvalid(err), "a changed cluster IP answers %v", err)
}

func podDefaults(ctx context.Context, c *clients) error {
	made, err := c.typed.CoreV1().Pods(c.namespace).Create(ctx, pod("defaults"), metav1.CreateOptions{})
	if err != nil {
		return err
	}
	spec, main := made.Spec, made.Spec.Containers[0]
	return expect(spec.RestartPolicy == corev1.RestartPolicyAlways && spec.DNSPolicy == corev1.DNSClusterFirst &&
		*spec.TerminationGracePeriodSeconds == 30 && spec.ServiceAccountName == "default" && spec.SchedulerName == "default-scheduler" &&
		main.ImagePullPolicy == corev1.PullIfNotPresent && main.TerminationMessagePath == "/dev/termination-log" &&
		main.Ports[0].Protocol == corev1.ProtocolTCP && made.Status.Phase == corev1.PodPending && made.Status.QOSClass == corev1.PodQOSBestEffort &&
		len(spec.Tolerations) == 2 && *spec.Priority == 0, "the pod came back as %v", made)
}

func rolesAndBindings(ctx context.Context, c *clients) error {
	role := &rbacv1.Role{ObjectMeta: metav1.ObjectMeta{Name: "reader"}, Rules: []rbacv1.PolicyRule{{
		APIGroups: []string{""}, Resources: []string{"pods"}, Verbs: []string{"get", "list", "watch"},
	}}}
	if _, err := c.typed.RbacV1().Roles(c.namespace).Create(ctx, role, metav1.CreateOptions{}); err != nil {
		return err
	}
	binding := &rbacv1.RoleBinding{
		ObjectMeta: metav1.ObjectMeta{Name: "reader"},
		RoleRef:    rbacv1.RoleRef{Kind: "Role", Name: "reader", APIGroup: rbacv1.GroupName},
		Subjects:   []rbacv1.Subject{{Kind: "User", Name: "ann"}},
	}
	made, err := c.typed.RbacV1().RoleBindings(c.namespace).Create(ctx, binding, metav1.CreateOptions{})
	if err != nil {
		return err
	}
	if err := expect(made.Subjects[0].APIGroup == rbacv1.GroupName, "the subject's group is %q", made.Subjects[0].APIGroup); err != nil {
		return err
	}
	made.RoleRef.Name = "other"
	_, err = c.typed.RbacV1().RoleBindings(c.namespace).Update(ctx, made, metav1.UpdateOptions{})
	return expect(apierrors.IsInvalid(err), "a changed roleRef answers %v", err)
}

func ownEndpointSlice(ctx context.Context, c *clients) error {
	port, protocol, ready := int32(8080), corev1.ProtocolTCP, true
	made, err := c.typed.DiscoveryV1().EndpointSlices(c.namespace).Create(ctx, &discoveryv1.EndpointSlice{
		ObjectMeta:  metav1.ObjectMeta{Name: "own", Labels: map[string]string{discoveryv1.LabelServiceName: "own"}},
		AddressType: discoveryv1.AddressTypeIPv4,
		Endpoints:   []discoveryv1.Endpoint{{Addresses: []string{"10.9.8.7"}, Conditions: discoveryv1.EndpointConditions{Ready: &ready}}},
		Ports:       []discoveryv1.EndpointPort{{Port: &port, Protocol: &protocol}},
	}, metav1.CreateOptions{})
	if err != nil {
		return err
	}
	return expect(*made.Ports[0].Port == 8080 && *made.Ports[0].Name == "", "ports are %v", made.Ports)
}

func generatedNames(ctx context.Context, c *clients) error {
	names := map[string]bool{}
	for range 5 {
		made, err := c.typed.CoreV1().ConfigMaps(c.namespace).Create(ctx, &corev1.ConfigMap{
			ObjectMeta: metav1.ObjectMeta{GenerateName: "generated-"},
		}, metav1.CreateOptions{})
		if err != nil {
			return err
		}
		if err := expect(len(made.Name) == len("generated-")+5, "the name is %q", made.Name); err != nil {
			return err
		}
		names[made.Name] = true
	}
	return expect(len(names) == 5, "names are %v", names)
}

func typedErrors(ctx context.Context, c *clients) error {
	maps := c.typed.CoreV1().ConfigMaps(c.namespace)
	_, err := maps.Get(ctx, "no-such", metav1.GetOptions{})
	if err := expect(apierrors.IsNotFound(err), "get of what is not there: %v", err); err != nil {
		return err
	}
	if _, err = maps.Create(ctx, configMap("twice", nil), metav1.CreateOptions{}); err != nil {
		return err
	}
	_, err = maps.Create(ctx, configMap("twice", nil), metav1.CreateOptions{})
	if err := expect(apierrors.IsAlreadyExists(err), "create of what is there: %v", err); err != nil {
		return err
	}
	_, err = maps.Create(ctx, configMap("Bad_Name", nil), metav1.CreateOptions{})
	if err := expect(apierrors.IsInvalid(err) && apierrors.HasStatusCause(err, metav1.CauseTypeFieldValueInvalid), "a bad name: %v", err); err != nil {
		return err
	}
	_, err = c.typed.CoreV1().ConfigMaps("no-such-namespace").Create(ctx, configMap("a", nil), metav1.CreateOptions{})
	return expect(apierrors.IsNotFound(err), "a namespace that is not there: %v", err)
}

func dryRun(ctx context.Context, c *clients) error {
	maps := c.typed.CoreV1().ConfigMaps(c.namespace)
	if _, err := maps.Create(ctx, configMap("dry", nil), metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}}); err != nil {
		return err
	}
	_, err := maps.Get(ctx, "dry", metav1.GetOptions{})
	return expect(apierrors.IsNotFound(err), "after a dry run: %v", err)
}
