package main

import (
	"encoding/json"
	"io"

	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/strategicpatch"
)

type threeWayCase struct {
	Name        string                  `json:"name"`
	Kind        schema.GroupVersionKind `json:"kind"`
	LastApplied json.RawMessage         `json:"lastApplied"`
	Wanted      json.RawMessage         `json:"wanted"`
	Current     json.RawMessage         `json:"current"`
	Patch       json.RawMessage         `json:"patch,omitempty"`
	Result      json.RawMessage         `json:"result,omitempty"`
	Error       string                  `json:"error,omitempty"`
}

// threeWayVectors makes the patch of every case of a JSON list, and what becomes of the current state by it.
func threeWayVectors(in io.Reader) []threeWayCase {
	var cases []threeWayCase
	check(json.NewDecoder(in).Decode(&cases))
	scheme := newScheme()
	for i := range cases {
		object, err := scheme.New(cases[i].Kind)
		check(err)
		meta, err := strategicpatch.NewPatchMetaFromStruct(object)
		check(err)
		patch, err := strategicpatch.CreateThreeWayMergePatch(cases[i].LastApplied, cases[i].Wanted, cases[i].Current, meta, true)
		if err != nil {
			cases[i].Error = err.Error()
			continue
		}
		cases[i].Patch = patch
		cases[i].Result, err = strategicpatch.StrategicMergePatch(cases[i].Current, patch, object)
		check(err)
	}
	return cases
}
