package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/tools/cache"
)

// loadReport is what a load of reads and writes has met; each write has a label of its own, so that a second execution shows.
type loadReport struct {
	Reads         int      `json:"reads"`
	FailedReads   []string `json:"failedReads"`
	Writes        int      `json:"writes"`
	FailedWrites  []string `json:"failedWrites"`
	Doubled       int      `json:"doubled"`
	Missing       int      `json:"missing"`
	MissedByWatch int      `json:"missedByWatch"`
}

// Of one call: an answer that does not come in this time has failed.
const callTimeout = 15 * time.Second

// runLoad reads and writes until standard input ends, and prints its report as one JSON line. It prints "started" first.
func runLoad(ctx context.Context, c *clients) error {
	maps := c.typed.CoreV1().ConfigMaps(c.namespace)
	stop := make(chan struct{})
	report := loadReport{FailedReads: []string{}, FailedWrites: []string{}}
	acknowledged := map[string]bool{}

	factory := informers.NewSharedInformerFactoryWithOptions(c.typed, 0, informers.WithNamespace(c.namespace))
	informer := factory.Core().V1().ConfigMaps().Informer()
	factory.Start(stop)
	if !cache.WaitForCacheSync(stop, informer.HasSynced) {
		return fmt.Errorf("the cache did not fill")
	}
	done := make(chan struct{})
	var workers sync.WaitGroup
	workers.Go(func() {
		for running(done) {
			err := call(ctx, func(ctx context.Context) error {
				_, err := maps.List(ctx, metav1.ListOptions{Limit: 1})
				return err
			})
			report.Reads++
			if err != nil {
				report.FailedReads = append(report.FailedReads, err.Error())
			}
		}
	})
	workers.Go(func() {
		for running(done) {
			id := fmt.Sprintf("w%d", report.Writes)
			err := call(ctx, func(ctx context.Context) error {
				_, err := maps.Create(ctx, &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{
					GenerateName: "load-", Labels: map[string]string{"write": id},
				}}, metav1.CreateOptions{})
				return err
			})
			report.Writes++
			if err == nil {
				acknowledged[id] = true
			} else {
				report.FailedWrites = append(report.FailedWrites, err.Error())
			}
		}
	})
	fmt.Println("started")
	_, _ = io.Copy(io.Discard, os.Stdin)
	close(done)
	workers.Wait()

	list, err := maps.List(ctx, metav1.ListOptions{LabelSelector: "write"})
	if err != nil {
		return err
	}
	counts := map[string]int{}
	for _, item := range list.Items {
		counts[item.Labels["write"]]++
	}
	for id, count := range counts {
		if count > 1 {
			report.Doubled++
		}
		delete(acknowledged, id)
	}
	report.Missing = len(acknowledged)
	// The cache has all when it has what was made last.
	last, err := maps.Create(ctx, &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{GenerateName: "last-"}}, metav1.CreateOptions{})
	if err != nil {
		return err
	}
	for started := time.Now(); time.Since(started) < time.Minute; time.Sleep(20 * time.Millisecond) {
		if _, exists, _ := informer.GetStore().GetByKey(c.namespace + "/" + last.Name); exists {
			break
		}
	}
	for _, item := range list.Items {
		if _, exists, _ := informer.GetStore().GetByKey(c.namespace + "/" + item.Name); !exists {
			report.MissedByWatch++
		}
	}
	close(stop)
	text, _ := json.Marshal(report)
	fmt.Println(string(text))
	return nil
}

func call(ctx context.Context, one func(ctx context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	return one(ctx)
}

func running(done chan struct{}) bool {
	select {
	case <-done:
		return false
	default:
		return true
	}
}
