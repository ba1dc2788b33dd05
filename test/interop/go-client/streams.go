package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/util/httpstream"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/remotecommand"
	watchtools "k8s.io/client-go/tools/watch"
	"k8s.io/client-go/util/exec"
)

// streamChecks need a node that has the images "shell" (/bin/sh) and fairlead.local/echo.
func streamChecks() []check {
	var checks []check
	for _, transport := range []string{"WebSocket", "SPDY", "fallback"} {
		for _, one := range commandChecks {
			checks = append(checks, check{fmt.Sprintf("exec over %s: %s", transport, one.name), func(ctx context.Context, c *clients) error {
				return one.run(ctx, c, executors[transport])
			}})
		}
		checks = append(checks, check{"attach over " + transport, func(ctx context.Context, c *clients) error {
			return attach(ctx, c, executors[transport], strings.ToLower(transport))
		}})
	}
	return append(checks, forwardChecks()...)
}

var commandChecks = []struct {
	name string
	run  func(context.Context, *clients, executorMaker) error
}{
	{"input, output and errors", commandStreams},
	{"exit codes", commandExitCode},
	{"a program that is not there is an error", missingProgram},
	{"a container that is not there is an error", missingContainer},
	{"much data both ways", muchData},
	{"much output, and no input", outputAlone},
	{"a caller that stops waiting", cancelledCommand},
	{"twenty commands at once", manyCommands},
}

type executorMaker func(config *rest.Config, target *url.URL) (remotecommand.Executor, error)

func webSocket(config *rest.Config, target *url.URL) (remotecommand.Executor, error) {
	return remotecommand.NewWebSocketExecutor(config, http.MethodGet, target.String())
}

func spdyExecutor(config *rest.Config, target *url.URL) (remotecommand.Executor, error) {
	return remotecommand.NewSPDYExecutor(config, http.MethodPost, target)
}

var executors = map[string]executorMaker{
	"WebSocket": webSocket,
	"SPDY":      spdyExecutor,
	"fallback": func(config *rest.Config, target *url.URL) (remotecommand.Executor, error) {
		first, err := webSocket(config, target)
		if err != nil {
			return nil, err
		}
		second, err := spdyExecutor(config, target)
		if err != nil {
			return nil, err
		}
		return remotecommand.NewFallbackExecutor(first, second, func(err error) bool {
			return httpstream.IsUpgradeFailure(err) || httpstream.IsHTTPSProxyError(err)
		})
	},
}

const shellPod, echoPod = "shell", "echo"

// runPods makes the pods that the checks share and waits until they are ready.
func runPods(ctx context.Context, c *clients) error {
	now := int64(0)
	shell := pod(shellPod)
	shell.Spec = corev1.PodSpec{TerminationGracePeriodSeconds: &now, Containers: []corev1.Container{{
		Name: "main", Image: "shell", Args: []string{"-c", "echo begun; exec sleep 600"},
	}}}
	echo := pod(echoPod)
	echo.Spec = corev1.PodSpec{TerminationGracePeriodSeconds: &now, Containers: []corev1.Container{{Name: "main", Image: "fairlead.local/echo"}}}
	for _, one := range []*corev1.Pod{shell, echo} {
		if err := c.run(ctx, one); err != nil {
			return err
		}
	}
	return nil
}

func (c *clients) run(ctx context.Context, one *corev1.Pod) error {
	pods := c.typed.CoreV1().Pods(c.namespace)
	if _, err := pods.Create(ctx, one, metav1.CreateOptions{}); err != nil {
		return err
	}
	selected := fields.OneTermEqualSelector("metadata.name", one.Name).String()
	events, err := pods.Watch(ctx, metav1.ListOptions{FieldSelector: selected})
	if err != nil {
		return err
	}
	defer events.Stop()
	_, err = watchtools.UntilWithoutRetry(ctx, events, func(event watch.Event) (bool, error) {
		seen, isPod := event.Object.(*corev1.Pod)
		if !isPod {
			return false, fmt.Errorf("the watch says %v", event.Object)
		}
		return seen.Status.Phase == corev1.PodRunning && len(seen.Status.ContainerStatuses) > 0 && seen.Status.ContainerStatuses[0].Ready, nil
	})
	return err
}

// plainConfig is without the observer of requests, which is not made for connections that change their protocol.
func (c *clients) plainConfig() *rest.Config {
	config := c.copyOfConfig()
	config.WrapTransport = nil
	return config
}

func (c *clients) podURL(pod, subresource string, options *corev1.PodExecOptions) *url.URL {
	request := c.typed.CoreV1().RESTClient().Post().Resource("pods").Namespace(c.namespace).Name(pod).SubResource(subresource)
	if options != nil {
		request = request.VersionedParams(options, scheme.ParameterCodec)
	}
	return request.URL()
}

type finished struct {
	out, errors string
	err         error
}

func (c *clients) exec(ctx context.Context, make executorMaker, stdin io.Reader, container string, command ...string) finished {
	target := c.podURL(shellPod, "exec", &corev1.PodExecOptions{
		Container: container, Command: command, Stdin: stdin != nil, Stdout: true, Stderr: true,
	})
	executor, err := make(c.plainConfig(), target)
	if err != nil {
		return finished{err: err}
	}
	var out, errors bytes.Buffer
	err = executor.StreamWithContext(ctx, remotecommand.StreamOptions{Stdin: stdin, Stdout: &out, Stderr: &errors})
	return finished{out.String(), errors.String(), err}
}

func commandStreams(ctx context.Context, c *clients, make executorMaker) error {
	done := c.exec(ctx, make, strings.NewReader("typed\nmore"), "main", "/bin/sh", "-c", "cat; echo problem >&2")
	if done.err != nil {
		return done.err
	}
	return expect(done.out == "typed\nmore" && done.errors == "problem\n", "the command said %q and %q", done.out, done.errors)
}

func commandExitCode(ctx context.Context, c *clients, make executorMaker) error {
	for _, code := range []int{1, 7, 255} {
		done := c.exec(ctx, make, nil, "main", "/bin/sh", "-c", fmt.Sprintf("echo out; exit %d", code))
		var ended exec.CodeExitError
		if !errors.As(done.err, &ended) {
			return fmt.Errorf("exit %d: %v", code, done.err)
		}
		if err := expect(ended.Code == code && done.out == "out\n", "exit %d: %v, %q", code, ended, done.out); err != nil {
			return err
		}
	}
	return nil
}

func missingProgram(ctx context.Context, c *clients, make executorMaker) error {
	done := c.exec(ctx, make, nil, "main", "/no/such/program")
	return expect(done.err != nil && strings.Contains(done.err.Error(), "no such file"), "the error is %v", done.err)
}

func missingContainer(ctx context.Context, c *clients, make executorMaker) error {
	done := c.exec(ctx, make, nil, "other", "true")
	return expect(done.err != nil && strings.Contains(done.err.Error(), "other"), "the error is %v", done.err)
}

func muchData(ctx context.Context, c *clients, make executorMaker) error {
	sent := randomText(8 << 20)
	done := c.exec(ctx, make, strings.NewReader(sent), "main", "cat")
	if done.err != nil {
		return done.err
	}
	return expect(done.out == sent, "%d of %d bytes came back", len(done.out), len(sent))
}

func outputAlone(ctx context.Context, c *clients, make executorMaker) error {
	done := c.exec(ctx, make, nil, "main", "/bin/sh", "-c", "head -c 5000000 /dev/zero; head -c 3000000 /dev/zero >&2")
	if done.err != nil {
		return done.err
	}
	return expect(len(done.out) == 5000000 && len(done.errors) == 3000000, "%d and %d bytes came", len(done.out), len(done.errors))
}

// cancelledCommand stops waiting once the command runs: while it connects client-go may tell of that in words of its own.
func cancelledCommand(ctx context.Context, c *clients, make executorMaker) error {
	reader, writer := io.Pipe()
	defer writer.Close()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	executor, err := make(c.plainConfig(), c.podURL(shellPod, "exec", &corev1.PodExecOptions{
		Container: "main", Command: []string{"/bin/sh", "-c", "echo begun; exec sleep 600"}, Stdin: true, Stdout: true, Stderr: true,
	}))
	if err != nil {
		return err
	}
	err = executor.StreamWithContext(ctx, remotecommand.StreamOptions{Stdin: reader, Stdout: onWrite(cancel), Stderr: io.Discard})
	return expect(errors.Is(err, context.Canceled), "the error is %v", err)
}

// onWrite is called with whatever is written.
type onWrite func()

func (f onWrite) Write(some []byte) (int, error) {
	f()
	return len(some), nil
}

func manyCommands(ctx context.Context, c *clients, make executorMaker) error {
	return atOnce(20, func(number int) error {
		want := fmt.Sprintf("%d\n", number)
		done := c.exec(ctx, make, strings.NewReader(want), "main", "cat")
		if done.err != nil {
			return done.err
		}
		return expect(done.out == want, "command %d said %q", number, done.out)
	})
}

func attach(ctx context.Context, c *clients, make executorMaker, name string) error {
	attached := pod("attached-" + name)
	attached.Spec = corev1.PodSpec{RestartPolicy: corev1.RestartPolicyNever, Containers: []corev1.Container{{
		Name: "main", Image: "shell", Args: []string{"-c", "cat; echo done >&2"}, Stdin: true, StdinOnce: true,
	}}}
	if err := c.run(ctx, attached); err != nil {
		return err
	}
	target := c.podURL(attached.Name, "attach", nil)
	target.RawQuery = "container=main&stdin=true&stdout=true&stderr=true"
	executor, err := make(c.plainConfig(), target)
	if err != nil {
		return err
	}
	var out, errors bytes.Buffer
	err = executor.StreamWithContext(ctx, remotecommand.StreamOptions{Stdin: strings.NewReader("typed\n"), Stdout: &out, Stderr: &errors})
	if err != nil {
		return err
	}
	return expect(out.String() == "typed\n" && errors.String() == "done\n", "the container said %q and %q", out.String(), errors.String())
}

func randomText(size int) string {
	text := make([]byte, size)
	_, _ = rand.Read(text)
	return string(text)
}

// atOnce runs the same thing so many times at once, and returns the first error.
func atOnce(times int, run func(number int) error) error {
	results := make(chan error, times)
	for number := range times {
		go func() { results <- run(number) }()
	}
	var first error
	for range times {
		if err := <-results; first == nil {
			first = err
		}
	}
	return first
}
