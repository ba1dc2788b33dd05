package main

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

// clients are all doors to one cluster, and a namespace made for this run.
type clients struct {
	config    *rest.Config
	typed     kubernetes.Interface
	dynamic   dynamic.Interface
	metadata  metadata.Interface
	namespace string
	requests  *requestLog
}

func connect(ctx context.Context, kubeconfig string) (*clients, error) {
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		return nil, err
	}
	// The client's own rate limit (5 a second) would be most of the run time.
	config.QPS = -1
	c := &clients{config: config, requests: &requestLog{}}
	config.Wrap(func(next http.RoundTripper) http.RoundTripper { return &observed{next: next, log: c.requests} })
	if c.typed, err = kubernetes.NewForConfig(config); err != nil {
		return nil, err
	}
	if c.dynamic, err = dynamic.NewForConfig(config); err != nil {
		return nil, err
	}
	if c.metadata, err = metadata.NewForConfig(config); err != nil {
		return nil, err
	}
	made, err := c.typed.CoreV1().Namespaces().Create(ctx, &corev1.Namespace{
		ObjectMeta: metav1.ObjectMeta{GenerateName: "go-client-"},
	}, metav1.CreateOptions{})
	if err != nil {
		return nil, fmt.Errorf("cannot make a namespace: %w", err)
	}
	c.namespace = made.Name
	// A server without controllers makes no default service account, and without it no Pod is admitted.
	_, err = c.typed.CoreV1().ServiceAccounts(c.namespace).Create(ctx, &corev1.ServiceAccount{
		ObjectMeta: metav1.ObjectMeta{Name: "default"},
	}, metav1.CreateOptions{})
	if err != nil && !apierrors.IsAlreadyExists(err) {
		return nil, fmt.Errorf("cannot make the service account: %w", err)
	}
	return c, nil
}

// requestLog remembers what was sent, so that a check can tell how the library reached its result.
type requestLog struct {
	mutex sync.Mutex
	seen  []sentRequest
}

type sentRequest struct {
	method, path, query, contentType, answerType string
	code                                         int
}

func (l *requestLog) since(mark int) []sentRequest {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return append([]sentRequest(nil), l.seen[mark:]...)
}

func (l *requestLog) mark() int {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return len(l.seen)
}

type observed struct {
	next http.RoundTripper
	log  *requestLog
}

func (o *observed) RoundTrip(request *http.Request) (*http.Response, error) {
	response, err := o.next.RoundTrip(request)
	sent := sentRequest{
		method: request.Method, path: request.URL.Path, query: request.URL.RawQuery,
		contentType: request.Header.Get("Content-Type"),
	}
	if err == nil {
		sent.code = response.StatusCode
		sent.answerType, _, _ = strings.Cut(response.Header.Get("Content-Type"), ";")
	}
	o.log.mutex.Lock()
	defer o.log.mutex.Unlock()
	o.log.seen = append(o.log.seen, sent)
	return response, err
}

// expect turns a broken expectation into the check's error.
func expect(holds bool, format string, values ...any) error {
	if holds {
		return nil
	}
	return fmt.Errorf(format, values...)
}
