package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"math/rand"
	"os"
	"path/filepath"
	"sort"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/managedfields"
	"k8s.io/kube-openapi/pkg/schemaconv"
	"k8s.io/kube-openapi/pkg/spec3"
	"k8s.io/kube-openapi/pkg/validation/spec"
	"sigs.k8s.io/structured-merge-diff/v6/fieldpath"
	smdschema "sigs.k8s.io/structured-merge-diff/v6/schema"
	"sigs.k8s.io/structured-merge-diff/v6/typed"
)

type object = map[string]any

// applyStep is one write: an apply, or an update that puts the object in place of what there is.
type applyStep struct {
	Manager string `json:"manager"`
	Apply   object `json:"apply,omitempty"`
	Update  object `json:"update,omitempty"`
	Force   bool   `json:"force,omitempty"`
	// What came of it: the object and its owners, or why not.
	Live    object                      `json:"live,omitempty"`
	Managed []metav1.ManagedFieldsEntry `json:"managed,omitempty"`
	Error   string                      `json:"error,omitempty"`
	Causes  []metav1.StatusCause        `json:"causes,omitempty"`
	// After the last step: what each applier has of the object, as the fields it would apply to keep it.
	Extracted map[string]any `json:"extracted,omitempty"`
}

type applyCase struct {
	Name        string                  `json:"name"`
	Kind        schema.GroupVersionKind `json:"kind"`
	Subresource string                  `json:"subresource,omitempty"`
	// Top-level fields that the write cannot change.
	Reset []string    `json:"reset,omitempty"`
	Steps []applyStep `json:"steps"`
}

// plain stands in for conversion, defaulting and creation: objects are what their JSON says.
type plain struct{}

func (plain) Convert(_, _, _ any) error { return nil }
func (plain) ConvertToVersion(in runtime.Object, _ runtime.GroupVersioner) (runtime.Object, error) {
	return in, nil
}
func (plain) ConvertFieldLabel(schema.GroupVersionKind, string, string) (string, string, error) {
	return "", "", errors.New("not needed")
}
func (plain) Default(runtime.Object) {}
func (plain) New(kind schema.GroupVersionKind) (runtime.Object, error) {
	made := &unstructured.Unstructured{Object: object{}}
	made.SetGroupVersionKind(kind)
	return made, nil
}

// readModels reads the OpenAPI documents of the Kubernetes module in the folder.
func readModels(folder string) map[string]*spec.Schema {
	models := map[string]*spec.Schema{}
	files, err := filepath.Glob(filepath.Join(folder, "api/openapi-spec/v3/*.json"))
	check(err)
	for _, file := range files {
		text, err := os.ReadFile(file)
		check(err)
		var document spec3.OpenAPI
		check(json.Unmarshal(text, &document))
		if document.Components == nil {
			continue
		}
		for name, model := range document.Components.Schemas {
			models[name] = model
		}
	}
	return models
}

// applyVectors runs the cases of a JSON list, and as many random ones, against Kubernetes' own field manager.
func applyVectors(in io.Reader, kubernetesFolder string, randomCases int) []applyCase {
	var cases []applyCase
	check(json.NewDecoder(in).Decode(&cases))
	random := rand.New(rand.NewSource(7))
	for range randomCases {
		cases = append(cases, randomApplyCase(random))
	}
	models := readModels(kubernetesFolder)
	typeConverter, err := managedfields.NewTypeConverter(models, false)
	check(err)
	converted, err := schemaconv.ToSchemaFromOpenAPI(models, false)
	check(err)
	parser := typed.Parser{Schema: smdschema.Schema{Types: converted.Types}}
	for i := range cases {
		converter, parseable := typeConverter, parser.Type(modelName(models, cases[i].Kind))
		if cases[i].Kind.Group == "example.com" {
			converter, parseable = managedfields.NewDeducedTypeConverter(), typed.DeducedParseableType
		}
		runApplyCase(&cases[i], converter, parseable)
	}
	return cases
}

func modelName(models map[string]*spec.Schema, kind schema.GroupVersionKind) string {
	for name, model := range models {
		kinds, _ := model.Extensions["x-kubernetes-group-version-kind"].([]any)
		for _, one := range kinds {
			said, _ := one.(map[string]any)
			if len(kinds) == 1 && said["group"] == kind.Group && said["version"] == kind.Version && said["kind"] == kind.Kind {
				return name
			}
		}
	}
	return ""
}

// extract does what client-go does for ExtractDeployment and its like.
func extract(from object, entry metav1.ManagedFieldsEntry, parseable typed.ParseableType) any {
	set := &fieldpath.Set{}
	check(set.FromJSON(bytes.NewReader(entry.FieldsV1.GetRawBytes())))
	value, err := parseable.FromUnstructured(from, typed.AllowDuplicates)
	check(err)
	return value.ExtractItems(set.Leaves(), typed.WithAppendKeyFields()).AsValue().Unstructured()
}

func runApplyCase(test *applyCase, converter managedfields.TypeConverter, parseable typed.ParseableType) {
	version := test.Kind.GroupVersion()
	reset := fieldpath.NewSet()
	for _, name := range test.Reset {
		reset.Insert(fieldpath.MakePathOrDie(name))
	}
	filter := map[fieldpath.APIVersion]fieldpath.Filter{
		fieldpath.APIVersion(version.String()): fieldpath.NewExcludeSetFilter(reset),
	}
	manager, err := managedfields.NewDefaultFieldManager(converter, plain{}, plain{}, plain{}, test.Kind, version, test.Subresource, filter)
	check(err)
	live, err := plain{}.New(test.Kind)
	check(err)
	for i := range test.Steps {
		step := &test.Steps[i]
		next, err := runApplyStep(manager, live.DeepCopyObject(), step)
		if err != nil {
			step.Error = err.Error()
			var status *apierrors.StatusError
			if errors.As(err, &status) && status.ErrStatus.Details != nil {
				step.Causes = status.ErrStatus.Details.Causes
				sort.SliceStable(step.Causes, func(a, b int) bool { return step.Causes[a].Message < step.Causes[b].Message })
			}
			continue
		}
		live = next
		// What is stored has an identity: from the second write on it is no creation.
		live.(*unstructured.Unstructured).SetUID("u")
		shown := live.DeepCopyObject().(*unstructured.Unstructured)
		for _, entry := range shown.GetManagedFields() {
			entry.Time = nil
			step.Managed = append(step.Managed, entry)
		}
		shown.SetManagedFields(nil)
		step.Live = shown.Object
		if i < len(test.Steps)-1 {
			continue
		}
		for _, entry := range step.Managed {
			if entry.Operation != metav1.ManagedFieldsOperationApply {
				continue
			}
			if step.Extracted == nil {
				step.Extracted = map[string]any{}
			}
			step.Extracted[entry.Manager] = extract(shown.Object, entry, parseable)
		}
	}
}

func runApplyStep(manager *managedfields.FieldManager, live runtime.Object, step *applyStep) (runtime.Object, error) {
	if step.Apply != nil {
		return manager.Apply(live, &unstructured.Unstructured{Object: step.Apply}, step.Manager, step.Force)
	}
	next := (&unstructured.Unstructured{Object: step.Update}).DeepCopy()
	return manager.Update(live, next, step.Manager)
}

// randomApplyCase is a sequence of writes by a few managers to a Deployment with lists of all types.
func randomApplyCase(random *rand.Rand) applyCase {
	test := applyCase{Name: "random", Kind: schema.GroupVersionKind{Group: "apps", Version: "v1", Kind: "Deployment"}}
	managers := []string{"one", "two", "three"}
	for range 6 {
		step := applyStep{Manager: managers[random.Intn(len(managers))]}
		written := randomDeployment(random)
		if random.Intn(4) == 0 {
			step.Update = written
		} else {
			step.Apply = written
			step.Force = random.Intn(3) > 0
		}
		test.Steps = append(test.Steps, step)
	}
	return test
}

func randomDeployment(random *rand.Rand) object {
	maybe := func(into object, name string, value any) {
		if random.Intn(2) == 0 {
			into[name] = value
		}
	}
	word := func() string { return []string{"a", "b"}[random.Intn(2)] }
	some := func(names []string, make func(string) any) []any {
		list := []any{}
		random.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
		for _, name := range names[:random.Intn(len(names)+1)] {
			list = append(list, make(name))
		}
		return list
	}
	metadata := object{"name": "d"}
	maybe(metadata, "labels", object{word(): word()})
	maybe(metadata, "finalizers", some([]string{"x/a", "x/b", "x/c"}, func(name string) any { return name }))
	container := func(name string) any {
		made := object{"name": name}
		maybe(made, "image", word())
		maybe(made, "args", []any{word()})
		maybe(made, "resources", object{"limits": object{"cpu": word()}})
		maybe(made, "env", some([]string{"A", "B", "C"}, func(name string) any { return object{"name": name, "value": word()} }))
		maybe(made, "ports", some([]string{"80", "81"}, func(name string) any {
			port := object{"containerPort": int64(len(name) + int(name[1]))}
			maybe(port, "protocol", "UDP")
			maybe(port, "name", word())
			return port
		}))
		return made
	}
	pod := object{}
	maybe(pod, "containers", some([]string{"main", "side"}, container))
	maybe(pod, "nodeSelector", object{word(): word()})
	template := object{}
	maybe(template, "spec", pod)
	maybe(template, "metadata", object{"labels": object{"app": word()}})
	specification := object{}
	maybe(specification, "replicas", int64(random.Intn(3)))
	maybe(specification, "selector", object{"matchLabels": object{word(): word()}})
	maybe(specification, "template", template)
	return object{"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": specification}
}
