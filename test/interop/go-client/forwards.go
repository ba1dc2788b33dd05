package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/util/httpstream"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/portforward"
	"k8s.io/client-go/transport/spdy"
)

type dialerMaker func(config *rest.Config, target *url.URL) (httpstream.Dialer, error)

func spdyDialer(config *rest.Config, target *url.URL) (httpstream.Dialer, error) {
	transport, upgrader, err := spdy.RoundTripperFor(config)
	if err != nil {
		return nil, err
	}
	return spdy.NewDialer(upgrader, &http.Client{Transport: transport}, http.MethodPost, target), nil
}

func tunnelDialer(config *rest.Config, target *url.URL) (httpstream.Dialer, error) {
	return portforward.NewSPDYOverWebsocketDialer(target, config)
}

func fallbackDialer(config *rest.Config, target *url.URL) (httpstream.Dialer, error) {
	first, err := tunnelDialer(config, target)
	if err != nil {
		return nil, err
	}
	second, err := spdyDialer(config, target)
	if err != nil {
		return nil, err
	}
	return portforward.NewFallbackDialer(first, second, httpstream.IsUpgradeFailure), nil
}

var dialers = []struct {
	name string
	make dialerMaker
}{
	{"SPDY", spdyDialer},
	{"SPDY in WebSocket", tunnelDialer},
	{"both, as kubectl tries them", fallbackDialer},
}

var connectionChecks = []struct {
	name string
	run  func(context.Context, *clients, dialerMaker) error
}{
	{"a hundred connections at once", manyConnections},
	{"connections one after another", connectionsInTurn},
	{"a big transfer", bigTransfer},
	{"a port where nobody listens", nobodyListens},
	{"a pod that is not there", noPod},
}

func forwardChecks() []check {
	var checks []check
	for _, dialer := range dialers {
		for _, one := range connectionChecks {
			checks = append(checks, check{fmt.Sprintf("port-forward over %s: %s", dialer.name, one.name), func(ctx context.Context, c *clients) error {
				return one.run(ctx, c, dialer.make)
			}})
		}
	}
	return checks
}

type forward struct {
	port   uint16
	stop   func()
	ended  chan error
	errors *lockedBuffer
}

func (c *clients) forward(ctx context.Context, dial dialerMaker, pod string, port int) (*forward, error) {
	dialer, err := dial(c.plainConfig(), c.podURL(pod, "portforward", nil))
	if err != nil {
		return nil, err
	}
	stop, ready, ended := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	errors := &lockedBuffer{}
	forwarder, err := portforward.NewOnAddresses(dialer, []string{"127.0.0.1"}, []string{fmt.Sprintf("0:%d", port)}, stop, ready, io.Discard, errors)
	if err != nil {
		return nil, err
	}
	go func() { ended <- forwarder.ForwardPorts() }()
	select {
	case <-ready:
	case err := <-ended:
		return nil, fmt.Errorf("the forward ended: %v", err)
	case <-ctx.Done():
		close(stop)
		return nil, ctx.Err()
	}
	ports, err := forwarder.GetPorts()
	if err != nil {
		return nil, err
	}
	return &forward{port: ports[0].Local, stop: sync.OnceFunc(func() { close(stop) }), ended: ended, errors: errors}, nil
}

// exchange sends a text to the echo server and returns what came back until it closed.
func (f *forward) exchange(ctx context.Context, text string) (string, error) {
	dialed, err := (&net.Dialer{}).DialContext(ctx, "tcp", fmt.Sprintf("127.0.0.1:%d", f.port))
	if err != nil {
		return "", err
	}
	defer dialed.Close()
	if deadline, has := ctx.Deadline(); has {
		_ = dialed.SetDeadline(deadline)
	}
	go func() {
		_, _ = io.WriteString(dialed, text)
	}()
	received := make([]byte, len(text))
	read, err := io.ReadFull(dialed, received)
	return string(received[:read]), err
}

func manyConnections(ctx context.Context, c *clients, make dialerMaker) error {
	forwarded, err := c.forward(ctx, make, echoPod, 8080)
	if err != nil {
		return err
	}
	defer forwarded.stop()
	return atOnce(100, func(number int) error {
		sent := fmt.Sprintf("connection %d %s", number, strings.Repeat("x", 20000))
		received, err := forwarded.exchange(ctx, sent)
		if err != nil {
			return fmt.Errorf("connection %d: %w; %s", number, err, forwarded.errors)
		}
		return expect(received == sent, "connection %d got something else", number)
	})
}

func connectionsInTurn(ctx context.Context, c *clients, make dialerMaker) error {
	forwarded, err := c.forward(ctx, make, echoPod, 8080)
	if err != nil {
		return err
	}
	defer forwarded.stop()
	for number := range 50 {
		received, err := forwarded.exchange(ctx, "ping")
		if err != nil || received != "ping" {
			return fmt.Errorf("connection %d: %q, %v; %s", number, received, err, forwarded.errors)
		}
	}
	return nil
}

func bigTransfer(ctx context.Context, c *clients, make dialerMaker) error {
	forwarded, err := c.forward(ctx, make, echoPod, 8080)
	if err != nil {
		return err
	}
	defer forwarded.stop()
	sent := "begin " + randomText(32<<20)
	received, err := forwarded.exchange(ctx, sent)
	if err != nil {
		return fmt.Errorf("after %d bytes: %w; %s", len(received), err, forwarded.errors)
	}
	return expect(received == sent, "what came back is something else")
}

// The whole forward ends with the first error, which is what client-go does of its own.
func nobodyListens(ctx context.Context, c *clients, make dialerMaker) error {
	forwarded, err := c.forward(ctx, make, echoPod, 9)
	if err != nil {
		return err
	}
	defer forwarded.stop()
	received, err := forwarded.exchange(ctx, "anybody?")
	if err := expect(err != nil && received == "", "nobody answered %q, %v", received, err); err != nil {
		return err
	}
	select {
	case err := <-forwarded.ended:
		return expect(err != nil && strings.Contains(err.Error(), "lost connection to pod"), "the forward ended with %v; %s", err, forwarded.errors)
	case <-time.After(10 * time.Second):
		return fmt.Errorf("the forward goes on; %s", forwarded.errors)
	}
}

func noPod(ctx context.Context, c *clients, make dialerMaker) error {
	_, err := c.forward(ctx, make, "nothing", 8080)
	return expect(err != nil && strings.Contains(err.Error(), `pods "nothing" not found`), "the error is %v", err)
}

// lockedBuffer may be written to while it is read.
type lockedBuffer struct {
	mutex sync.Mutex
	text  bytes.Buffer
}

func (b *lockedBuffer) Write(some []byte) (int, error) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return b.text.Write(some)
}

func (b *lockedBuffer) String() string {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return b.text.String()
}
