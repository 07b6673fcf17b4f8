// Package test proves what deploy holds. It is a module of its own, so that what only these
// tests need, such as the parser of PromQL, is no dependency of the service.
//
// The Helm chart, and kustomize rendered from it, are proved by the package chart below this one;
// gendeploy renders.
//
// The rules of Prometheus are checked thrice: by the cases of deploy/prometheus/tests, for
// what they say; against the metrics of the running service, for what they name; and by a
// real Prometheus that watches real services while each fault is brought about.
package test
