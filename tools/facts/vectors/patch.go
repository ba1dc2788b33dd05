package main

import (
	"encoding/json"
	"io"

	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/strategicpatch"
)

type patchCase struct {
	Name     string                  `json:"name"`
	Kind     schema.GroupVersionKind `json:"kind"`
	Original json.RawMessage         `json:"original"`
	Patch    json.RawMessage         `json:"patch"`
	Result   json.RawMessage         `json:"result,omitempty"`
	Error    string                  `json:"error,omitempty"`
}

// patchVectors applies every strategic merge patch of a JSON list of cases.
func patchVectors(in io.Reader) []patchCase {
	var cases []patchCase
	check(json.NewDecoder(in).Decode(&cases))
	scheme := newScheme()
	for i := range cases {
		object, err := scheme.New(cases[i].Kind)
		check(err)
		result, err := strategicpatch.StrategicMergePatch(cases[i].Original, cases[i].Patch, object)
		if err != nil {
			cases[i].Error = err.Error()
		} else {
			cases[i].Result = result
		}
	}
	return cases
}
