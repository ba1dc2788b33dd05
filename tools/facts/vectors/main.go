// Vectors writes what Kubernetes' own Go code makes of given inputs, for the tests of the TypeScript code to compare with.
// Run it in this folder, then `biome check --write src/api`:
//
//	go run . protobuf > ../../../src/api/protobuf/vectors.json
//	go run . patch < patch-cases.json > ../../../src/api/patch/vectors.json
//	go run . apply "$(go env GOMODCACHE)/k8s.io/kubernetes@v1.36.3" < apply-cases.json > ../../../src/api/apply/vectors.json
//	(a COUNT after the folder: so many random sequences of writes instead of the few that are kept)
//	go run . three-way < three-way-cases.json > ../../../src/api/patch/three-way-vectors.json
//	go run . random 20   (every kind filled at random, for a wider comparison that is not kept)
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strconv"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer/protobuf"
)

type vector struct {
	Name     string          `json:"name"`
	Protobuf []byte          `json:"protobuf"`
	JSON     json.RawMessage `json:"json"`
}

func encode(name string, scheme *runtime.Scheme, object runtime.Object) vector {
	gvks, _, err := scheme.ObjectKinds(object)
	check(err)
	object.GetObjectKind().SetGroupVersionKind(gvks[0])
	serializer := protobuf.NewSerializer(scheme, scheme)
	body, err := runtime.Encode(serializer, object)
	check(err)
	// What was lost on the way, such as the difference between an empty and no list, is lost for everybody.
	decoded, err := runtime.Decode(serializer, body)
	check(err)
	decoded.GetObjectKind().SetGroupVersionKind(gvks[0])
	text, err := json.Marshal(decoded)
	check(err)
	return vector{Name: name, Protobuf: body, JSON: text}
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// countArgument is the number at that place of the command line.
func countArgument(at, absent int) int {
	if len(os.Args) <= at {
		return absent
	}
	count, err := strconv.Atoi(os.Args[at])
	check(err)
	return count
}

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "usage: go run . protobuf|patch|three-way|apply KUBERNETES-FOLDER [COUNT]|random [COUNT]")
		os.Exit(2)
	}
	out := json.NewEncoder(os.Stdout)
	out.SetEscapeHTML(false)
	switch os.Args[1] {
	case "protobuf":
		writeLines(out, protobufVectors())
	case "random":
		randomVectors(out, countArgument(2, 1))
	case "patch":
		writeLines(out, patchVectors(os.Stdin))
	case "apply":
		if len(os.Args) < 3 {
			check(errors.New("apply needs the folder of the module k8s.io/kubernetes"))
		}
		writeLines(out, applyVectors(os.Stdin, os.Args[2], countArgument(3, 12)))
	case "three-way":
		writeLines(out, threeWayVectors(os.Stdin))
	}
}

// writeLines writes a JSON list with one element per line.
func writeLines[T any](out *json.Encoder, items []T) {
	for i, item := range items {
		if i == 0 {
			fmt.Print("[\n")
		} else {
			fmt.Print(",")
		}
		check(out.Encode(item))
	}
	fmt.Println("]")
}
