package chart

import (
	"maps"
	"net"
	"slices"
	"strconv"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
)

// TestPortsAreThoseOfTheService follows the ports of the configuration to every door.
func TestPortsAreThoseOfTheService(t *testing.T) {
	for _, over := range []string{"", `config: {Port: 9999, DevServer: {Port: 7070}}`} {
		all := decode(t, mustRender(t, over, "monitoring: {serviceMonitor: {enabled: true}}"))
		c := loadConfig(t, all)
		want := map[string]int32{"http": int32(c.Port), "metrics": int32(c.DevServer.Port)}
		got := map[string]int32{}
		for _, p := range deployment(t, all).Spec.Template.Spec.Containers[0].Ports {
			got[p.Name] = p.ContainerPort
		}
		if !maps.Equal(got, want) {
			t.Errorf("the container has %v, the service %v", got, want)
		}
		for name, port := range map[string]string{"seckill": "http", "seckill-metrics": "metrics"} {
			ports := get[*corev1.Service](t, all, "Service "+name).Spec.Ports
			if len(ports) != 1 || ports[0].Port != want[port] || ports[0].TargetPort.StrVal != port || ports[0].Name != port {
				t.Errorf("Service %s has %+v", name, ports)
			}
		}
		if c.DevServer.Host != "0.0.0.0" {
			t.Errorf("nobody reaches the metrics at %s", c.DevServer.Host)
		}
	}
}

// TestTheDoorsAreSplit is what each host lets through.
func TestTheDoorsAreSplit(t *testing.T) {
	all := decode(t, mustRender(t, cases["everything"]))
	for name, want := range map[string]struct {
		host, secret string
		paths        []string
	}{
		"bff":   {"api.example.org", "api-tls", []string{"/api/v1"}},
		"admin": {"admin.example.org", "admin-tls", []string{"/admin/v1", "/api/v1", "/console"}},
	} {
		i := get[*networkingv1.Ingress](t, all, "Ingress seckill-"+name)
		if len(i.Spec.Rules) != 1 || i.Spec.Rules[0].Host != want.host || *i.Spec.IngressClassName != "nginx" {
			t.Fatalf("%s: %+v", name, i.Spec)
		}
		if tls := i.Spec.TLS; len(tls) != 1 || tls[0].SecretName != want.secret || !slices.Equal(tls[0].Hosts, []string{want.host}) {
			t.Errorf("%s: TLS is %+v", name, tls)
		}
		var paths []string
		for _, p := range i.Spec.Rules[0].HTTP.Paths {
			paths = append(paths, p.Path)
			if p.Backend.Service.Name != "seckill" || p.Backend.Service.Port.Name != "http" || *p.PathType != networkingv1.PathTypePrefix {
				t.Errorf("%s: %s goes to %+v", name, p.Path, p.Backend.Service)
			}
		}
		if !slices.Equal(paths, want.paths) {
			t.Errorf("%s lets %v through, want %v", name, paths, want.paths)
		}
	}
}

// TestNothingButItsServersIsReached compares the ports of the policy with the addresses of the
// configuration.
func TestNothingButItsServersIsReached(t *testing.T) {
	for name, extra := range map[string][]int{"the least": nil, "a cluster": nil, "everything": {6379, 4317}} {
		all := decode(t, mustRender(t, cases[name]))
		policy := get[*networkingv1.NetworkPolicy](t, all, "NetworkPolicy seckill").Spec
		want := append([]int{53, 5432}, extra...)
		for addr := range strings.SplitSeq(loadConfig(t, all).Redis.Addr, ",") {
			_, port, err := net.SplitHostPort(strings.TrimSpace(addr))
			if err != nil {
				t.Fatal(err)
			}
			n, _ := strconv.Atoi(port)
			want = append(want, n)
		}
		var got []int
		for _, rule := range policy.Egress {
			for _, p := range rule.Ports {
				got = append(got, p.Port.IntValue())
			}
		}
		if got, want := sortedSet(got), sortedSet(want); !slices.Equal(got, want) || len(policy.PolicyTypes) != 2 {
			t.Errorf("%s: it may reach %v, want %v", name, got, want)
		}
	}
}

func sortedSet(all []int) []int {
	slices.Sort(all)
	return slices.Compact(all)
}

// TestMetricsAreForTheMonitoringAlone: they ask for no token.
func TestMetricsAreForTheMonitoringAlone(t *testing.T) {
	all := decode(t, mustRender(t, cases["everything"]))
	for _, rule := range get[*networkingv1.NetworkPolicy](t, all, "NetworkPolicy seckill").Spec.Ingress {
		var peers []string
		for _, from := range rule.From {
			peers = append(peers, asJSON(t, from))
		}
		got, port := strings.Join(peers, " "), rule.Ports[0].Port.StrVal
		want := map[string]string{
			"http":    `{"namespaceSelector":{"matchLabels":{"kubernetes.io/metadata.name":"ingress"}}} {"podSelector":{"matchLabels":{"app.kubernetes.io/component":"preflight","app.kubernetes.io/instance":"seckill","app.kubernetes.io/name":"seckill"}}}`,
			"metrics": `{"namespaceSelector":{"matchLabels":{"kubernetes.io/metadata.name":"monitoring"}}}`,
		}[port]
		if got != want {
			t.Errorf("%s is open to %s, want %s", port, got, want)
		}
	}
	made := decode(t, mustRender(t, "networkPolicy: {metricsFrom: []}"))
	if rules := get[*networkingv1.NetworkPolicy](t, made, "NetworkPolicy seckill").Spec.Ingress; len(rules) != 1 {
		t.Errorf("nobody may scrape, and the rules are %+v", rules)
	}
}
