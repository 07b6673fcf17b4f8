package chart

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	monitoringv1 "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	"helm.sh/helm/v4/pkg/chart/v2/loader"
	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"
)

// root is the folder of the repository, seen from this package.
const root = "../../.."

// least are the values that whoever installs the chart has to give.
const least = `
image: {tag: v1.2.3}
secret: {name: seckill}
config: {Redis: {Addr: "redis:6379"}}
`

// cases are values, over the least ones, that are to be rendered.
var cases = map[string]string{
	"the least": "",
	"everything": `
image: {repository: registry.example.org/shop/seckill, pullSecrets: [registry], digest: "sha256:` + strings.Repeat("ab", 32) + `"}
secret:
  keys:
    {previousSecret: previous, postgresMigrate: migrate, postgresRead: read, redisPassword: redis, redisSentinelPassword: sentinels}
config:
  Products: [1001, 9007199254740991, "9223372036854775807"]
  Cors: {Origins: ["https://shop.example"]}
  Redis: {Addr: "a:26379, b:26380", Mode: sentinel, MasterName: sale, Username: seckill, SentinelUsername: looker, DB: 2}
  Consumer: {Count: 1000, Retention: 24h}
  Admission: {MaxDelay: 5s, PerUserPerSecond: 20}
  Orders: {EventRetention: 24h}
  Console: {Enabled: false}
  Auth: {AccessExpire: 3600}
  Telemetry: {Endpoint: "otel:4317", Sampler: 0.01}
postgres: {maxConnections: 500}
migration: {by: hook}
certificates: [redis-tls, postgres-tls]
nodeSelector: {disk: fast}
tolerations: [{key: sale, operator: Exists}]
affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [{matchExpressions: [{key: a, operator: Exists}]}]}}}
priorityClassName: sale
podLabels: {team: shop}
podAnnotations: {note: "yes"}
serviceAccount: {annotations: {a: b}}
service: {annotations: {c: d}}
ingress:
  className: nginx
  bff: {enabled: true, host: api.example.org, tlsSecret: api-tls, annotations: {e: f}}
  admin: {enabled: true, host: admin.example.org, tlsSecret: admin-tls}
networkPolicy:
  apiFrom: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: ingress}}}]
  redisPorts: [6379]
  egress: [{ports: [{port: 4317}]}]
monitoring:
  job: shop
  serviceMonitor: {enabled: true, labels: {release: prometheus}}
  prometheusRule: {enabled: true, labels: {release: prometheus}}
  dashboards: {enabled: true, annotations: {folder: seckill}}
preflight: {enabled: true, products: [1001, "9223372036854775807"], strict: true, token: {secret: viewer}}
keda:
  enabled: true
  maxReplicas: 6
  sales: [{start: 45 19 11 11 *, end: 0 22 11 11 *, replicas: 6}]
  timezone: Asia/Shanghai
  attempts: {prometheus: "http://prometheus:9090", authentication: prometheus}
  recordOnly: {products: [1001], authentication: redis}
`,
	"a cluster": `
config: {Redis: {Addr: "a:7000,b:7001,c:7000"}}
keda: {enabled: true, attempts: {perSecond: 0}, recordOnly: {products: [7]}}
`,
	"one replica": `
replicas: 1
strategy: {maxSurge: 0, maxUnavailable: 1}
`,
	"TLS of its own": `
config:
  CertFile: certificates/api/tls.crt
  KeyFile: certificates/api/tls.key
  Redis: {TLS: {Enabled: true}}
certificates: [api]
preflight: {enabled: true, token: {secret: viewer}}
`,
	"as little as can be": `
migration: {by: none}
networkPolicy: {enabled: false}
podDisruptionBudget: {enabled: false}
topologySpread: {zones: "", nodes: ""}
serviceAccount: {name: default}
`,
}

// parse reads values as Helm does from a file.
func parse(t *testing.T, text string) map[string]any {
	t.Helper()
	values, err := loader.LoadValues(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return values
}

// valuesOf are the least values with others over them.
func valuesOf(t *testing.T, over ...string) map[string]any {
	t.Helper()
	values := parse(t, least)
	for _, text := range over {
		values = loader.MergeMaps(values, parse(t, text))
	}
	return values
}

var release = Release{Name: "seckill", Namespace: "shop"}

// mustRender renders the chart with values over the least ones.
func mustRender(t *testing.T, over ...string) map[string]string {
	t.Helper()
	made, err := Render(root, release, valuesOf(t, over...))
	if err != nil {
		t.Fatal(err)
	}
	return made
}

// kinds are the types of what the chart makes.
var kinds = map[string]reflect.Type{
	"v1/ConfigMap":                            reflect.TypeFor[corev1.ConfigMap](),
	"v1/Service":                              reflect.TypeFor[corev1.Service](),
	"v1/ServiceAccount":                       reflect.TypeFor[corev1.ServiceAccount](),
	"apps/v1/Deployment":                      reflect.TypeFor[appsv1.Deployment](),
	"batch/v1/Job":                            reflect.TypeFor[batchv1.Job](),
	"batch/v1/CronJob":                        reflect.TypeFor[batchv1.CronJob](),
	"networking.k8s.io/v1/Ingress":            reflect.TypeFor[networkingv1.Ingress](),
	"networking.k8s.io/v1/NetworkPolicy":      reflect.TypeFor[networkingv1.NetworkPolicy](),
	"policy/v1/PodDisruptionBudget":           reflect.TypeFor[policyv1.PodDisruptionBudget](),
	"monitoring.coreos.com/v1/ServiceMonitor": reflect.TypeFor[monitoringv1.ServiceMonitor](),
	"monitoring.coreos.com/v1/PrometheusRule": reflect.TypeFor[monitoringv1.PrometheusRule](),
	"keda.sh/v1alpha1/ScaledObject":           reflect.TypeFor[scaledObject](),
}

// objects are what was rendered, by kind and name, such as "Deployment seckill".
type objects map[string]metav1.Object

// decode decodes every document strictly: an unknown field, or a key twice, is an error.
func decode(t *testing.T, made map[string]string) objects {
	t.Helper()
	all := objects{}
	for _, file := range slices.Sorted(maps.Keys(made)) {
		if file == "NOTES.txt" {
			continue
		}
		for _, document := range Documents(made[file]) {
			name, object, err := decodeOne(document)
			if err != nil {
				t.Errorf("%s: %v\n%s", file, err, document)
				continue
			}
			if all[name] != nil {
				t.Errorf("%s: there are two of %s", file, name)
			}
			all[name] = object
		}
	}
	return all
}

func decodeOne(document string) (string, metav1.Object, error) {
	var head metav1.TypeMeta
	if err := yaml.Unmarshal([]byte(document), &head); err != nil {
		return "", nil, err
	}
	kind, known := kinds[head.APIVersion+"/"+head.Kind]
	if !known {
		return "", nil, fmt.Errorf("no type is known for %s of %s", head.Kind, head.APIVersion)
	}
	object, ok := reflect.TypeAssert[metav1.Object](reflect.New(kind))
	if !ok {
		return "", nil, fmt.Errorf("%s is no object", kind)
	}
	if err := yaml.UnmarshalStrict([]byte(document), object); err != nil {
		return "", nil, err
	}
	return head.Kind + " " + object.GetName(), object, nil
}

// get returns an object by its kind and name.
func get[T any](t *testing.T, all objects, name string) T {
	t.Helper()
	object, ok := all[name].(T)
	if !ok {
		t.Fatalf("there is no %s among %v", name, slices.Sorted(maps.Keys(all)))
	}
	return object
}

// deployment is that of the service.
func deployment(t *testing.T, all objects) *appsv1.Deployment {
	t.Helper()
	return get[*appsv1.Deployment](t, all, "Deployment seckill")
}
