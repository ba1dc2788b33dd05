package main

import (
	"encoding/json"
	"math/rand"
	"sort"
	"strings"

	"k8s.io/apimachinery/pkg/api/apitesting/fuzzer"
	metafuzzer "k8s.io/apimachinery/pkg/apis/meta/fuzzer"
	"k8s.io/apimachinery/pkg/runtime/serializer"
)

// randomVectors writes, one to a line, every kind filled at random count times.
func randomVectors(out *json.Encoder, count int) {
	scheme := newScheme()
	fill := fuzzer.FuzzerFor(metafuzzer.Funcs, rand.NewSource(1), serializer.NewCodecFactory(scheme))
	kinds := scheme.AllKnownTypes()
	var names []string
	for gvk := range kinds {
		if gvk.Version == "__internal" || strings.HasSuffix(gvk.Kind, "Options") || gvk.Kind == "WatchEvent" {
			continue
		}
		names = append(names, gvk.String())
	}
	sort.Strings(names)
	for _, name := range names {
		for gvk := range kinds {
			if gvk.String() != name {
				continue
			}
			for range count {
				object, err := scheme.New(gvk)
				check(err)
				fill.Fill(object)
				check(out.Encode(encode(name, scheme, object)))
			}
		}
	}
}
