{{/* What would be unsafe, each as a line "- KEY: what is wrong and what to do". */}}
{{- define "seckill.problems" -}}
{{- include "seckill.missing" . -}}
{{- include "seckill.misplaced" . -}}
{{- include "seckill.tooMany" . -}}
{{- include "seckill.tooShort" . -}}
{{- include "seckill.doors" . -}}
{{- if .Values.keda.enabled -}}
{{- include "seckill.scaling" . -}}
{{- end -}}
{{- end -}}

{{- define "seckill.missing" -}}
{{- if not (or .Values.image.tag .Values.image.digest) }}
- image.tag: must name a version, or image.digest an image
{{- end }}
{{- if and (eq .Values.image.tag "latest") (not .Values.image.digest) }}
- image.tag: latest is no version: replicas that start later would be of another one
{{- end }}
{{- if not .Values.secret.name }}
- secret.name: must name a Secret that has {{ .Values.secret.keys.accessSecret }} and {{ .Values.secret.keys.postgres }}
{{- end }}
{{- range list "accessSecret" "postgres" }}
{{- if not (get $.Values.secret.keys .) }}
- secret.keys.{{ . }}: must name a key of the Secret
{{- end }}
{{- end }}
{{- if not (include "seckill.key" (list . "" "Redis" "Addr")) }}
- config.Redis.Addr: must be set
{{- end }}
{{- if and .Values.preflight.enabled (not .Values.preflight.token.secret) }}
- preflight.token.secret: must name a Secret with the token of a viewer
{{- end }}
{{- end -}}

{{- define "seckill.misplaced" -}}
{{- range include "seckill.secrets" . | fromYamlArray }}
{{- if include "seckill.key" (list $ "" .section .key) }}
- config.{{ .section }}.{{ .key }}: is a secret, and belongs into the Secret that secret.name names (secret.keys)
{{- end }}
{{- end }}
{{- if hasKey (get .Values.config "Postgres" | default dict) "Migrate" }}
- config.Postgres.Migrate: is set by migration.by: start, hook or none
{{- end }}
{{- end -}}

{{- define "seckill.tooMany" -}}
{{- $pods := include "seckill.mostPods" . | int64 -}}
{{- if and (gt $pods 1) (not (contains "${POD_NAME}" (include "seckill.key" (list . "" "Consumer" "Instance")))) }}
- config.Consumer.Instance: {{ $pods }} replicas can run at once, and need names of their own: put ${POD_NAME} into it
{{- end }}
{{- $each := include "seckill.key" (list . 16 "Postgres" "MaxConns") | int64 -}}
{{- $needed := add (mul $pods $each) .Values.postgres.otherConnections -}}
{{- if gt $needed (int64 .Values.postgres.maxConnections) }}
- config.Postgres.MaxConns: {{ $pods }} replicas (strategy.maxSurge included) × {{ $each }} and {{ .Values.postgres.otherConnections }} others are {{ $needed }} connections, and postgres.maxConnections is {{ .Values.postgres.maxConnections }}
{{- end }}
{{- end -}}

{{- define "seckill.tooShort" -}}
{{- $wait := include "seckill.waitTime" . | int64 -}}
{{- if le (mul .Values.terminationGracePeriodSeconds 1000) $wait }}
- terminationGracePeriodSeconds: {{ .Values.terminationGracePeriodSeconds }} is not longer than the {{ divf $wait 1000 }} s that a stop may take (Shutdown.WaitTime, or Shutdown.Drain, Shutdown.WrapUpTime, Consumer.Block and 14 s together)
{{- end }}
{{- $drain := include "seckill.milliseconds" (include "seckill.key" (list . "5s" "Shutdown" "Drain")) | int64 -}}
{{- $notice := mul .Values.readiness.periodSeconds .Values.readiness.failureThreshold -}}
{{- if le $drain (mul $notice 1000) }}
- config.Shutdown.Drain: {{ divf $drain 1000 }} s is not longer than the {{ $notice }} s in which the readiness probe notices a stop (readiness)
{{- end }}
{{- if and (eq (int .Values.strategy.maxSurge) 0) (eq (int .Values.strategy.maxUnavailable) 0) }}
- strategy: maxSurge and maxUnavailable are both 0: nothing could be replaced
{{- end }}
{{- if and (not .Values.keda.enabled) (gt (int .Values.replicas) 1) (ge (int .Values.strategy.maxUnavailable) (int .Values.replicas)) }}
- strategy.maxUnavailable: {{ .Values.strategy.maxUnavailable }} of {{ .Values.replicas }} replicas would leave none
{{- end }}
{{- end -}}

{{- define "seckill.doors" -}}
{{- range $name := list "bff" "admin" }}
{{- $door := get $.Values.ingress $name }}
{{- if and $door.enabled (not $door.host) }}
- ingress.{{ $name }}.host: must be set
{{- end }}
{{- end }}
{{- with .Values.ingress }}
{{- if and .bff.enabled .admin.enabled .bff.host (eq .bff.host .admin.host) }}
- ingress.admin.host: is that of ingress.bff: whoever reaches the one would reach the other
{{- end }}
{{- end }}
{{- $loopback := list "127.0.0.1" "::1" "[::1]" "localhost" }}
{{- if and .Values.monitoring.serviceMonitor.enabled (has (include "seckill.key" (list . "127.0.0.1" "DevServer" "Host")) $loopback) }}
- config.DevServer.Host: Prometheus cannot reach the loopback of a pod: set 0.0.0.0, or monitoring.serviceMonitor.enabled=false
{{- end }}
{{- end -}}

{{- define "seckill.scaling" -}}
{{- with .Values.keda }}
{{- if lt (int .minReplicas) 2 }}
- keda.minReplicas: must be 2 or more: a single replica that ends leaves nobody
{{- end }}
{{- if lt (int .maxReplicas) (int .minReplicas) }}
- keda.maxReplicas: {{ .maxReplicas }} is less than keda.minReplicas, {{ .minReplicas }}
{{- end }}
{{- range $i, $sale := .sales }}
{{- if or (gt (int .replicas) (int $.Values.keda.maxReplicas)) (lt (int .replicas) (int $.Values.keda.minReplicas)) }}
- keda.sales[{{ $i }}].replicas: {{ .replicas }} is not between keda.minReplicas, {{ $.Values.keda.minReplicas }}, and keda.maxReplicas, {{ $.Values.keda.maxReplicas }}
{{- end }}
{{- end }}
{{- if and (gt (int .cpuPercent) 0) (not (dig "requests" "cpu" "" $.Values.resources)) }}
- resources.requests.cpu: must be set, as keda.cpuPercent is a share of it
{{- end }}
{{- if and (gt (int .attempts.perSecond) 0) (not .attempts.prometheus) }}
- keda.attempts.prometheus: must be the address of Prometheus, or keda.attempts.perSecond 0
{{- end }}
{{- if not (or .sales (gt (int .cpuPercent) 0) (gt (int .attempts.perSecond) 0) .recordOnly.products) }}
- keda: has no trigger: give keda.sales, keda.cpuPercent, keda.attempts or keda.recordOnly
{{- end }}
{{- end }}
{{- end -}}
