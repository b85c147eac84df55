package deploy_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	apps "k8s.io/api/apps/v1"
	batch "k8s.io/api/batch/v1"
	core "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
	"sigs.k8s.io/json"
	"sigs.k8s.io/yaml"

	"sweep/internal/pgtest"
)

// TestKubernetes holds the documents to Kubernetes' own types, to one another and to the program. Nothing of it has met a cluster.
func TestKubernetes(t *testing.T) {
	m := readManifests(t)
	t.Run("Decode", testDecode)
	t.Run("Store", func(t *testing.T) { checkStore(t, m) })
	t.Run("Workers", func(t *testing.T) { checkWorkers(t, m) })
	t.Run("Coordinator", func(t *testing.T) { checkCoordinator(t, m) })
	t.Run("Image", func(t *testing.T) { checkImage(t, m) })
	for name, j := range m.jobs {
		if j.Spec.Template.Spec.RestartPolicy != core.RestartPolicyNever { // or the server refuses rules for failures
			t.Errorf("%s: restartPolicy %q", name, j.Spec.Template.Spec.RestartPolicy)
		}
	}
	for name, pod := range m.pods() {
		t.Run("Pod/"+name, func(t *testing.T) { checkPod(t, m, pod) })
	}
}

// manifests is what the documents of deploy/kubernetes hold, by name.
type manifests struct {
	text     string
	jobs     map[string]*batch.Job
	sets     map[string]*apps.StatefulSet
	services map[string]*core.Service
	configs  map[string]*core.ConfigMap
	policies map[string]*networking.NetworkPolicy
}

func (m *manifests) pods() map[string]core.PodTemplateSpec {
	all := map[string]core.PodTemplateSpec{}
	for name, j := range m.jobs {
		all[name] = j.Spec.Template
	}
	for name, s := range m.sets {
		all[name] = s.Spec.Template
	}
	return all
}

func readManifests(t *testing.T) *manifests {
	t.Helper()
	files, err := filepath.Glob("kubernetes/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no documents: %v", err)
	}
	m := &manifests{jobs: map[string]*batch.Job{}, sets: map[string]*apps.StatefulSet{}, services: map[string]*core.Service{},
		configs: map[string]*core.ConfigMap{}, policies: map[string]*networking.NetworkPolicy{}}
	for _, f := range files {
		text := read(t, f)
		m.text += text
		for i, doc := range strings.Split(text, "\n---\n") {
			object, err := decode(doc)
			if err != nil {
				t.Fatalf("%s, document %d: %v", f, i+1, err)
			}
			m.add(t, object)
		}
	}
	return m
}

func (m *manifests) add(t *testing.T, object any) {
	t.Helper()
	switch o := object.(type) {
	case *batch.Job:
		put(t, m.jobs, o.Name, o)
	case *apps.StatefulSet:
		put(t, m.sets, o.Name, o)
	case *core.Service:
		put(t, m.services, o.Name, o)
	case *core.ConfigMap:
		put(t, m.configs, o.Name, o)
	case *networking.NetworkPolicy:
		put(t, m.policies, o.Name, o)
	}
}

func put[O any](t *testing.T, all map[string]O, name string, o O) {
	t.Helper()
	if _, twice := all[name]; twice || name == "" {
		t.Errorf("the name %q is empty, or there twice", name)
	}
	all[name] = o
}

// decode reads one document as the server does under strict validation: keys that a type does not have, that are there twice, or of
// which a letter has another case, are refused.
func decode(doc string) (any, error) {
	text, err := yaml.YAMLToJSONStrict([]byte(doc))
	if err != nil {
		return nil, err
	}
	var kind struct{ APIVersion, Kind string }
	if err := yaml.Unmarshal([]byte(doc), &kind); err != nil {
		return nil, err
	}
	var object any
	switch kind.APIVersion + " " + kind.Kind {
	case "apps/v1 StatefulSet":
		object = new(apps.StatefulSet)
	case "batch/v1 Job":
		object = new(batch.Job)
	case "networking.k8s.io/v1 NetworkPolicy":
		object = new(networking.NetworkPolicy)
	case "v1 ConfigMap":
		object = new(core.ConfigMap)
	case "v1 Service":
		object = new(core.Service)
	default:
		return nil, fmt.Errorf("no kind of these recipes: %+v", kind)
	}
	strict, err := json.UnmarshalStrict(text, object)
	return object, errors.Join(append(strict, err)...)
}

// testDecode changes documents by one line each, and requires that each change is refused.
func testDecode(t *testing.T) {
	for _, c := range []struct{ file, old, new, want string }{
		{"workers.yaml", "      restartPolicy: Never", "      restartPolicies: Never", `unknown field "spec.template.spec.restartPolicies"`},
		{"workers.yaml", "      restartPolicy: Never", "      restartpolicy: Never", `unknown field "spec.template.spec.restartpolicy"`},
		{"workers.yaml", "  parallelism: 8", "  parallelism: 8\n  parallelism: 9", `key "parallelism" already set`},
		{"workers.yaml", "  parallelism: 8", "  parallelism: many", "cannot unmarshal string"},
		{"workers.yaml", "cpu: \"4\"", "cpu: four", "quantities must match"},
		{"postgres.yaml", "periodSeconds: 5", "period: 5", `unknown field "spec.template.spec.containers[0].readinessProbe.period"`},
		{"postgres.yaml", "kind: NetworkPolicy", "kind: NetPolicy", "no kind of these recipes"},
	} {
		text := read(t, "kubernetes/"+c.file)
		changed := strings.Replace(text, c.old, c.new, 1)
		if changed == text {
			t.Errorf("%s has no %q", c.file, c.old)
		}
		var all error
		for _, doc := range strings.Split(changed, "\n---\n") {
			_, err := decode(doc)
			all = errors.Join(all, err)
		}
		if all == nil || !strings.Contains(all.Error(), c.want) {
			t.Errorf("with %q: %v, want %q", c.new, all, c.want)
		}
	}
}

// checkStore holds the PostgreSQL, its service and who may reach it to one another.
func checkStore(t *testing.T, m *manifests) {
	set, service, policy := m.sets["sweep-postgres"], m.services["sweep-postgres"], m.policies["sweep-postgres"]
	if set == nil || service == nil || policy == nil {
		t.Fatal("there is no PostgreSQL, no service before it, or all may reach it")
	}
	if set.Spec.ServiceName != service.Name || set.Spec.Replicas == nil || *set.Spec.Replicas != 1 {
		t.Errorf("a set of one is behind %q", set.Spec.ServiceName)
	}
	labels := set.Spec.Template.Labels
	for what, selector := range map[string]map[string]string{"the set": set.Spec.Selector.MatchLabels, "the service": service.Spec.Selector, "the policy": policy.Spec.PodSelector.MatchLabels} {
		if len(selector) == 0 || !selects(selector, labels) {
			t.Errorf("%s selects %v of %v", what, selector, labels)
		}
		for name, j := range m.jobs {
			if selects(selector, j.Spec.Template.Labels) {
				t.Errorf("%s selects %s", what, name)
			}
		}
	}
	from := policy.Spec.Ingress[0]
	for name, j := range m.jobs {
		if !selects(from.From[0].PodSelector.MatchLabels, j.Spec.Template.Labels) {
			t.Errorf("%s does not reach the store", name)
		}
	}
	c := set.Spec.Template.Spec.Containers[0]
	port := c.Ports[0]
	if got := service.Spec.Ports[0]; got.TargetPort.StrVal != port.Name || got.Port != port.ContainerPort { // a headless service does not translate
		t.Errorf("the service leads to %v at %d, the server is %s at %d", got.TargetPort, got.Port, port.Name, port.ContainerPort)
	}
	if got := from.Ports[0].Port.IntVal; got != port.ContainerPort {
		t.Errorf("the policy opens %d", got)
	}
	if probe := c.ReadinessProbe; probe == nil || !strings.Contains(strings.Join(probe.Exec.Command, " "), fmt.Sprint("-p ", port.ContainerPort)) {
		t.Errorf("the probe asks elsewhere: %+v", probe)
	}
	want := fmt.Sprintf("postgres://sweep@%s:%d/sweeps", service.Name, port.ContainerPort)
	if got := m.configs["sweep"].Data["SWEEP_STORE"]; got != want {
		t.Errorf("the store is %q, want %q", got, want)
	}
	checkServer(t, m, set)
}

// checkServer holds the server to what the record needs of it: a version, an encoding, connections enough, and a disk.
func checkServer(t *testing.T, m *manifests, set *apps.StatefulSet) {
	t.Helper()
	c := set.Spec.Template.Spec.Containers[0]
	if v, err := strconv.Atoi(strings.TrimPrefix(c.Image, "postgres:")); err != nil || v < 15 || v > 17 { // from 18 on the image has its data elsewhere
		t.Errorf("image %s, want postgres:15 to 17", c.Image)
	}
	if env(c, "POSTGRES_INITDB_ARGS").Value != "--encoding=UTF8" {
		t.Error("the encoding is not said to be UTF8")
	}
	workers := m.jobs["sweep-workers"]
	most := regexp.MustCompile(`max_connections=(\d+)`).FindStringSubmatch(strings.Join(c.Args, " "))
	if n, err := strconv.Atoi(most[1]); err != nil || n < 6*int(*workers.Spec.Completions)+8+20 {
		t.Errorf("%v connections are too few for %d workers, a run and people", most, *workers.Spec.Completions)
	}
	claims := set.Spec.VolumeClaimTemplates
	at := slices.IndexFunc(c.VolumeMounts, func(v core.VolumeMount) bool { return v.Name == claims[0].Name })
	if at < 0 || !strings.HasPrefix(env(c, "PGDATA").Value, c.VolumeMounts[at].MountPath+"/") {
		t.Errorf("the data of PGDATA=%s are not on the disk", env(c, "PGDATA").Value)
	}
}

// checkWorkers holds the workers to what the statuses of the program mean.
func checkWorkers(t *testing.T, m *manifests) {
	s := m.jobs["sweep-workers"].Spec
	if s.CompletionMode == nil || *s.CompletionMode != batch.IndexedCompletion || s.BackoffLimitPerIndex == nil {
		t.Error("FailIndex takes indices, and a limit for each")
	}
	if s.Parallelism == nil || s.Completions == nil || *s.Parallelism > *s.Completions || *s.Parallelism < 1 {
		t.Error("there are more workers than indices")
	}
	want := []batch.PodFailurePolicyRule{ignoreDisruption,
		{Action: batch.PodFailurePolicyActionFailIndex, OnExitCodes: &batch.PodFailurePolicyOnExitCodesRequirement{
			ContainerName: new("worker"), Operator: batch.PodFailurePolicyOnExitCodesOpIn, Values: []int32{2, 5}}}}
	if diff := cmp.Diff(want, s.PodFailurePolicy.Rules); diff != "" {
		t.Errorf("rules (-want +got):\n%s", diff)
	}
	c := s.Template.Spec.Containers[0]
	slots := c.Args[slices.Index(c.Args, "--slots")+1]
	if cpu := c.Resources.Requests.Cpu(); cpu.String() != slots {
		t.Errorf("%s slots on %s cores", slots, cpu)
	}
	if m.configs["sweep"].Data["SWEEP_ARTIFACTS"] == "" {
		t.Error("a pod's folder goes with it: checkpoints want a store of files")
	}
	accepts(t, c.Args...)
}

// checkCoordinator holds the run to the statuses of the program, and its spec to what the program takes.
func checkCoordinator(t *testing.T, m *manifests) {
	s := m.jobs["sweep-run"].Spec
	if s.Completions != nil || s.Parallelism != nil {
		t.Error("one run sees a sweep through")
	}
	want := []batch.PodFailurePolicyRule{ignoreDisruption,
		{Action: batch.PodFailurePolicyActionFailJob, OnExitCodes: &batch.PodFailurePolicyOnExitCodesRequirement{
			ContainerName: new("run"), Operator: batch.PodFailurePolicyOnExitCodesOpIn, Values: []int32{1, 2, 3, 143}}}}
	if diff := cmp.Diff(want, s.PodFailurePolicy.Rules); diff != "" {
		t.Errorf("rules (-want +got):\n%s", diff)
	}
	c := s.Template.Spec.Containers[0]
	accepts(t, c.Args...)
	at := slices.IndexFunc(c.VolumeMounts, func(v core.VolumeMount) bool { return v.Name == "spec" })
	name, inside := strings.CutPrefix(c.Args[1], c.VolumeMounts[at].MountPath+"/")
	if !inside || m.configs["sweep-spec"].Data[name] == "" {
		t.Errorf("%s is not in the volume", c.Args[1])
	}
	output(t, nil, program(t), "check", writeSpec(t, m))
}

func writeSpec(t *testing.T, m *manifests) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "sweep.yaml")
	if err := os.WriteFile(file, []byte(m.configs["sweep-spec"].Data["sweep.yaml"]), 0o644); err != nil {
		t.Fatal(err)
	}
	return file
}

var ignoreDisruption = batch.PodFailurePolicyRule{Action: batch.PodFailurePolicyActionIgnore,
	OnPodConditions: []batch.PodFailurePolicyOnPodConditionsPattern{{Type: core.DisruptionTarget, Status: core.ConditionTrue}}}

// checkImage holds the image to the pods that are made of it.
func checkImage(t *testing.T, m *manifests) {
	text := read(t, "kubernetes/Dockerfile")
	for what, pattern := range map[string]string{"no cgo": `CGO_ENABLED=0 go build`, "a user": `(?m)^USER 65532:65532$`, "the program": `(?m)^ENTRYPOINT \["/usr/local/bin/sweep"\]$`} {
		if !regexp.MustCompile(pattern).MatchString(text) {
			t.Errorf("the image lacks %s", what)
		}
	}
	version := regexp.MustCompile(`(?m)^go (\d+\.\d+)`).FindStringSubmatch(read(t, "../go.mod"))
	if !strings.Contains(text, "FROM golang:"+version[1]+" AS build") {
		t.Errorf("the image is not built with Go %s", version[1])
	}
	images := map[string]bool{}
	for name, j := range m.jobs {
		s := j.Spec.Template.Spec
		images[s.Containers[0].Image] = true
		if *s.SecurityContext.RunAsUser != 65532 || len(s.Containers[0].Command) > 0 {
			t.Errorf("%s runs another program, or as another user, than the image", name)
		}
	}
	if len(images) != 1 {
		t.Errorf("run and workers differ in their images, and so may the trainers: %v", images)
	}
}

// checkPod holds a pod to the restricted profile of Kubernetes' pod security, to the time that the program needs to end, and its secrets to
// the commands that make them.
func checkPod(t *testing.T, m *manifests, pod core.PodTemplateSpec) {
	s := pod.Spec
	if s.TerminationGracePeriodSeconds == nil || *s.TerminationGracePeriodSeconds <= 25+5 {
		t.Error("a worker may need 25 seconds to put its trials away")
	}
	if s.AutomountServiceAccountToken == nil || *s.AutomountServiceAccountToken {
		t.Error("it gets a token of Kubernetes, which it does not use")
	}
	if c := s.SecurityContext; c == nil || c.RunAsNonRoot == nil || !*c.RunAsNonRoot || *c.RunAsUser == 0 || c.SeccompProfile.Type != core.SeccompProfileTypeRuntimeDefault {
		t.Errorf("it runs as root, or may call anything: %+v", c)
	}
	volumes := map[string]bool{}
	for _, v := range s.Volumes {
		volumes[v.Name] = true
		if v.ConfigMap != nil && m.configs[v.ConfigMap.Name] == nil {
			t.Errorf("there is no ConfigMap %s", v.ConfigMap.Name)
		}
	}
	for _, set := range m.sets {
		for _, claim := range set.Spec.VolumeClaimTemplates {
			volumes[claim.Name] = true
		}
	}
	for _, c := range s.Containers {
		checkContainer(t, m, c, volumes)
	}
}

func checkContainer(t *testing.T, m *manifests, c core.Container, volumes map[string]bool) {
	t.Helper()
	if x := c.SecurityContext; *x.AllowPrivilegeEscalation || !slices.Equal(x.Capabilities.Drop, []core.Capability{"ALL"}) {
		t.Errorf("%s may become more than it is: %+v", c.Name, x)
	}
	for _, v := range c.VolumeMounts {
		if !volumes[v.Name] {
			t.Errorf("there is no volume %s", v.Name)
		}
	}
	for _, f := range c.EnvFrom {
		if f.ConfigMapRef != nil && m.configs[f.ConfigMapRef.Name] == nil {
			t.Errorf("there is no ConfigMap %s", f.ConfigMapRef.Name)
		}
	}
	for _, e := range c.Env {
		secret := strings.Contains(e.Name, "PASSWORD")
		if secret != (e.ValueFrom != nil && e.ValueFrom.SecretKeyRef != nil) {
			t.Errorf("%s is a secret, or is none, and comes from elsewhere", e.Name)
		}
		if ref := e.ValueFrom; ref != nil && !regexp.MustCompile(`create secret generic `+ref.SecretKeyRef.Name+` .*--from-literal=`+ref.SecretKeyRef.Key+`=`).MatchString(m.text) {
			t.Errorf("no command makes the key %s of the secret %s", ref.SecretKeyRef.Key, ref.SecretKeyRef.Name)
		}
	}
	if c.Resources.Requests.Cpu().IsZero() || c.Resources.Limits.Memory().IsZero() {
		t.Errorf("%s does not say what it needs", c.Name)
	}
}

// selects tells whether a selector has labels among those that it takes.
func selects(selector, labels map[string]string) bool {
	for name, value := range selector {
		if labels[name] != value {
			return false
		}
	}
	return true
}

func env(c core.Container, name string) core.EnvVar {
	for _, e := range c.Env {
		if e.Name == name {
			return e
		}
	}
	return core.EnvVar{}
}

// TestKubernetesStore runs what makes the role and its database on a PostgreSQL of its own, and the sweep of the coordinator with the commands of
// the pods, as that role.
func TestKubernetesStore(t *testing.T) {
	m := readManifests(t)
	c := pgtest.Own(t)
	roles := filepath.Join(t.TempDir(), "roles.sql")
	if err := os.WriteFile(roles, []byte(m.configs["sweep-postgres"].Data["roles.sql"]), 0o644); err != nil {
		t.Fatal(err)
	}
	output(t, []string{"SWEEP_PASSWORD=it's a secret"}, "psql", "--no-psqlrc", "--set=ON_ERROR_STOP=1", "--file="+roles, c.Address())
	store := strings.Replace(strings.TrimSuffix(c.Address(), "postgres")+"sweeps", "//postgres@", "//sweep@", 1)
	at := []string{"SWEEP_STORE=" + store, "SWEEP_DIR=" + t.TempDir(), "PGPASSWORD=it's a secret"}
	bin := program(t)
	output(t, at, bin, "run", writeSpec(t, m), "--set", "parameters.steps=200", "--detach")
	args := slices.Clone(m.jobs["sweep-workers"].Spec.Template.Spec.Containers[0].Args)
	args[slices.Index(args, "--idle")+1] = "1s"
	output(t, at, append([]string{bin}, args...)...)
	if got := output(t, at, bin, "query", "--csv", "SELECT state, count(*) AS n FROM v_trials GROUP BY state"); got != "state,n\ncomplete,9\n" {
		t.Errorf("trials:\n%s", got)
	}
}
