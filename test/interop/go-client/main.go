// Command go-client does to a cluster what operators and their libraries do, with the client-go of Kubernetes, and prints one
// JSON line per check: {"check": NAME, "milliseconds": N} and "error" when it failed. Exit code 0 even then: the reader decides.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"time"

	"k8s.io/klog/v2"
)

// A check leaves nothing behind that another one could stumble over: it works under names of its own.
type check struct {
	name string
	run  func(ctx context.Context, c *clients) error
}

const checkTimeout = 20 * time.Second

type result struct {
	Check        string `json:"check"`
	Milliseconds int64  `json:"milliseconds"`
	Error        string `json:"error,omitempty"`
}

func main() {
	kubeconfig := flag.String("kubeconfig", "", "the cluster to work on")
	only := flag.String("only", "", "run the check of this name alone")
	streams := flag.Bool("streams", false, "check streams into pods instead of the API")
	load := flag.Bool("load", false, "read and write until standard input ends, instead of the checks")
	klog.InitFlags(nil)
	flag.Parse()

	ctx := context.Background()
	c, err := connect(ctx, *kubeconfig)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	if *load {
		if err := runLoad(ctx, c); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	groups := [][]check{typedChecks, patchChecks, applyChecks, conflictChecks, listChecks, informerChecks, watchChecks, untypedChecks,
		discoveryChecks, coordinationChecks, subresourceChecks, removalChecks}
	if *streams {
		groups = [][]check{streamChecks()}
		starting, cancel := context.WithTimeout(ctx, checkTimeout)
		err := runPods(starting, c)
		cancel()
		if err != nil {
			fmt.Fprintln(os.Stderr, "the pods do not run:", err)
			os.Exit(1)
		}
	}
	for _, group := range groups {
		for _, one := range group {
			if *only == "" || *only == one.name {
				report(ctx, c, one)
			}
		}
	}
}

func report(ctx context.Context, c *clients, one check) {
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	started := time.Now()
	err := guarded(ctx, c, one)
	line := result{Check: one.name, Milliseconds: time.Since(started).Milliseconds()}
	if err != nil {
		line.Error = err.Error()[:min(len(err.Error()), 2000)]
	}
	text, _ := json.Marshal(line)
	fmt.Println(string(text))
}

// A panic fails its own check, not those after it.
func guarded(ctx context.Context, c *clients, one check) (err error) {
	defer func() {
		if problem := recover(); problem != nil {
			err = fmt.Errorf("panic: %v", problem)
		}
	}()
	return one.run(ctx, c)
}
