package main

import (
	"context"
	"fmt"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
)

var subresourceChecks = []check{
	{"status: UpdateStatus changes status alone", updateStatus},
	{"eviction: a pod is evicted", eviction},
	{"reviews: SelfSubjectAccessReview and SelfSubjectRulesReview", selfReviews},
	{"reviews: SubjectAccessReview of another user", subjectReview},
	{"tokens: a service account's token is made, reviewed and used", serviceAccountToken},
	{"impersonation: takes the other user's rights", impersonation},
}

// copyOfConfig is for libraries that write into the configuration they are given.
func (c *clients) copyOfConfig() *rest.Config { return rest.CopyConfig(c.config) }

func updateStatus(ctx context.Context, c *clients) error {
	pods := c.typed.CoreV1().Pods(c.namespace)
	made, err := pods.Create(ctx, pod("status-update"), metav1.CreateOptions{})
	if err != nil {
		return err
	}
	made.Status.Phase, made.Spec.Containers[0].Image = corev1.PodFailed, "example.test/ignored:1"
	// The scheduler may have written a condition by now; without a version the update does not mind.
	made.Status.Message, made.ResourceVersion = "by the test", ""
	changed, err := pods.UpdateStatus(ctx, made, metav1.UpdateOptions{})
	if err != nil {
		return err
	}
	if err := expect(changed.Status.Phase == corev1.PodFailed && changed.Spec.Containers[0].Image == "example.test/none:1", "the pod is %v", changed); err != nil {
		return err
	}
	changed.Status.Message, changed.ResourceVersion = "must not be taken", ""
	again, err := pods.Update(ctx, changed, metav1.UpdateOptions{})
	if err != nil {
		return err
	}
	return expect(again.Status.Message == "by the test", "an update wrote status: %v", again.Status)
}

func eviction(ctx context.Context, c *clients) error {
	pods := c.typed.CoreV1().Pods(c.namespace)
	if _, err := pods.Create(ctx, pod("evicted"), metav1.CreateOptions{}); err != nil {
		return err
	}
	now := int64(0)
	err := pods.EvictV1(ctx, &policyv1.Eviction{
		ObjectMeta: metav1.ObjectMeta{Name: "evicted"}, DeleteOptions: &metav1.DeleteOptions{GracePeriodSeconds: &now},
	})
	if err != nil {
		return err
	}
	_, err = pods.Get(ctx, "evicted", metav1.GetOptions{})
	return expect(apierrors.IsNotFound(err), "after the eviction: %v", err)
}

func selfReviews(ctx context.Context, c *clients) error {
	reviews := c.typed.AuthorizationV1()
	access, err := reviews.SelfSubjectAccessReviews().Create(ctx, &authorizationv1.SelfSubjectAccessReview{
		Spec: authorizationv1.SelfSubjectAccessReviewSpec{ResourceAttributes: &authorizationv1.ResourceAttributes{Verb: "delete", Resource: "nodes"}},
	}, metav1.CreateOptions{})
	if err != nil {
		return err
	}
	if err := expect(access.Status.Allowed, "the administrator may not: %v", access.Status); err != nil {
		return err
	}
	rules, err := reviews.SelfSubjectRulesReviews().Create(ctx, &authorizationv1.SelfSubjectRulesReview{
		Spec: authorizationv1.SelfSubjectRulesReviewSpec{Namespace: c.namespace},
	}, metav1.CreateOptions{})
	if err != nil {
		return err
	}
	if err := expect(len(rules.Status.ResourceRules) > 0, "the rules are %v", rules.Status); err != nil {
		return err
	}
	self, err := c.typed.AuthenticationV1().SelfSubjectReviews().Create(ctx, &authenticationv1.SelfSubjectReview{}, metav1.CreateOptions{})
	if err != nil {
		return err
	}
	return expect(self.Status.UserInfo.Username != "", "the user is %v", self.Status)
}

func subjectReview(ctx context.Context, c *clients) error {
	ask := func(user, verb string) (bool, error) {
		review, err := c.typed.AuthorizationV1().SubjectAccessReviews().Create(ctx, &authorizationv1.SubjectAccessReview{
			Spec: authorizationv1.SubjectAccessReviewSpec{User: user, ResourceAttributes: &authorizationv1.ResourceAttributes{
				Verb: verb, Resource: "pods", Namespace: c.namespace,
			}},
		}, metav1.CreateOptions{})
		if err != nil {
			return false, err
		}
		return review.Status.Allowed, nil
	}
	// Bound to the role "reader" by an earlier check; rights may take a moment to be seen.
	for user, want := range map[string]bool{"ann": true, "bob": false} {
		allowed, err := ask(user, "list")
		for started := time.Now(); err == nil && allowed != want && time.Since(started) < 3*time.Second; allowed, err = ask(user, "list") {
			time.Sleep(10 * time.Millisecond)
		}
		if err != nil {
			return err
		}
		if err := expect(allowed == want, "%s: allowed is %v", user, allowed); err != nil {
			return err
		}
	}
	allowed, err := ask("ann", "delete")
	if err != nil {
		return err
	}
	return expect(!allowed, "a reader may delete")
}

func serviceAccountToken(ctx context.Context, c *clients) error {
	token, err := c.typed.CoreV1().ServiceAccounts(c.namespace).CreateToken(ctx, "default", &authenticationv1.TokenRequest{}, metav1.CreateOptions{})
	if err != nil {
		return err
	}
	if err := expect(token.Status.Token != "" && time.Until(token.Status.ExpirationTimestamp.Time) > 9*time.Minute, "the token expires %v", token.Status.ExpirationTimestamp); err != nil {
		return err
	}
	want := "system:serviceaccount:" + c.namespace + ":default"
	review, err := c.typed.AuthenticationV1().TokenReviews().Create(ctx, &authenticationv1.TokenReview{
		Spec: authenticationv1.TokenReviewSpec{Token: token.Status.Token},
	}, metav1.CreateOptions{})
	if err != nil {
		return err
	}
	if err := expect(review.Status.Authenticated && review.Status.User.Username == want, "the review is %v", review.Status); err != nil {
		return err
	}
	config := rest.AnonymousClientConfig(c.config)
	config.BearerToken = token.Status.Token
	account, err := kubernetes.NewForConfig(config)
	if err != nil {
		return err
	}
	self, err := account.AuthenticationV1().SelfSubjectReviews().Create(ctx, &authenticationv1.SelfSubjectReview{}, metav1.CreateOptions{})
	if err != nil {
		return err
	}
	if err := expect(self.Status.UserInfo.Username == want, "the token belongs to %v", self.Status.UserInfo); err != nil {
		return err
	}
	_, err = account.CoreV1().Secrets(c.namespace).List(ctx, metav1.ListOptions{})
	return expect(apierrors.IsForbidden(err), "the account reads secrets: %v", err)
}

func impersonation(ctx context.Context, c *clients) error {
	config := c.copyOfConfig()
	config.Impersonate = rest.ImpersonationConfig{UserName: "ann", Groups: []string{"system:authenticated"}}
	ann, err := kubernetes.NewForConfig(config)
	if err != nil {
		return err
	}
	// ann may read pods and nothing else.
	_, err = ann.CoreV1().ConfigMaps(c.namespace).List(ctx, metav1.ListOptions{})
	if apierrors.IsForbidden(err) {
		_, err = ann.CoreV1().Pods(c.namespace).List(ctx, metav1.ListOptions{})
		return err
	}
	return fmt.Errorf("as ann: %v", err)
}
