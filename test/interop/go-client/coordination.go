package main

import (
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/kubernetes/scheme"
	typedcorev1 "k8s.io/client-go/kubernetes/typed/core/v1"
	"k8s.io/client-go/tools/leaderelection"
	"k8s.io/client-go/tools/leaderelection/resourcelock"
	"k8s.io/client-go/tools/record"
)

var coordinationChecks = []check{
	{"leader election: one leads, the next takes over when it lets go", election},
	{"event recorder: events are written and counted up", recordedEvents},
}

func election(ctx context.Context, c *clients) error {
	leaders := make(chan string, 4)
	candidate := func(ctx context.Context, name string) (done chan struct{}, err error) {
		lock, err := resourcelock.New(resourcelock.LeasesResourceLock, c.namespace, "leader", c.typed.CoreV1(), c.typed.CoordinationV1(),
			resourcelock.ResourceLockConfig{Identity: name})
		if err != nil {
			return nil, err
		}
		// A lease outlasts the check, so that a slow server takes it from nobody: it passes on because it is let go.
		elector, err := leaderelection.NewLeaderElector(leaderelection.LeaderElectionConfig{
			Lock: lock, LeaseDuration: 2 * checkTimeout, RenewDeadline: checkTimeout, RetryPeriod: 200 * time.Millisecond, ReleaseOnCancel: true,
			Callbacks: leaderelection.LeaderCallbacks{
				OnStartedLeading: func(context.Context) { leaders <- name },
				OnStoppedLeading: func() {},
			},
		})
		if err != nil {
			return nil, err
		}
		done = make(chan struct{})
		go func() {
			defer close(done)
			elector.Run(ctx)
		}()
		return done, nil
	}
	leader := func(want string) error {
		select {
		case name := <-leaders:
			return expect(name == want, "%s leads instead of %s", name, want)
		case <-time.After(8 * time.Second):
			return fmt.Errorf("%s does not lead", want)
		}
	}
	firstCtx, stopFirst := context.WithCancel(ctx)
	defer stopFirst()
	firstDone, err := candidate(firstCtx, "first")
	if err != nil {
		return err
	}
	if err := leader("first"); err != nil {
		return err
	}
	secondCtx, stopSecond := context.WithCancel(ctx)
	defer stopSecond()
	secondDone, err := candidate(secondCtx, "second")
	if err != nil {
		return err
	}
	lease, err := c.typed.CoordinationV1().Leases(c.namespace).Get(ctx, "leader", metav1.GetOptions{})
	if err != nil {
		return err
	}
	if err := expect(*lease.Spec.HolderIdentity == "first" && lease.Spec.RenewTime.Nanosecond()%1000 == 0 && !lease.Spec.AcquireTime.IsZero(), "the lease is %v", lease.Spec); err != nil {
		return err
	}
	stopFirst()
	<-firstDone
	if err := leader("second"); err != nil {
		return err
	}
	lease, err = c.typed.CoordinationV1().Leases(c.namespace).Get(ctx, "leader", metav1.GetOptions{})
	if err != nil {
		return err
	}
	stopSecond()
	<-secondDone
	return expect(*lease.Spec.HolderIdentity == "second" && *lease.Spec.LeaseTransitions >= 1, "the lease is %v", lease.Spec)
}

func recordedEvents(ctx context.Context, c *clients) error {
	about, err := c.typed.CoreV1().ConfigMaps(c.namespace).Create(ctx, configMap("eventful", nil), metav1.CreateOptions{})
	if err != nil {
		return err
	}
	broadcaster := record.NewBroadcaster(record.WithContext(ctx))
	defer broadcaster.Shutdown()
	broadcaster.StartRecordingToSink(&typedcorev1.EventSinkImpl{Interface: c.typed.CoreV1().Events(c.namespace)})
	recorder := broadcaster.NewRecorder(scheme.Scheme, corev1.EventSource{Component: "go-client"})
	for range 3 {
		recorder.Eventf(about, corev1.EventTypeWarning, "Tried", "tried %d times", 7)
	}
	var seen []corev1.Event
	err = wait.PollUntilContextTimeout(ctx, 20*time.Millisecond, 5*time.Second, true, func(ctx context.Context) (bool, error) {
		list, err := c.typed.CoreV1().Events(c.namespace).Search(scheme.Scheme, about)
		if err != nil {
			return false, err
		}
		seen = list.Items
		return len(seen) == 1 && seen[0].Count == 3, nil
	})
	if err != nil {
		return fmt.Errorf("%w; events are %v", err, seen)
	}
	one := seen[0]
	return expect(one.Message == "tried 7 times" && one.Reason == "Tried" && one.Source.Component == "go-client" && one.InvolvedObject.UID == about.UID, "the event is %v", one)
}
