{{/* Names and labels. */}}

{{- define "seckill.name" -}}
{{- if contains .Chart.Name .Release.Name -}}
{{- .Release.Name | trunc 50 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name .Chart.Name | trunc 50 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{/* Labels that select; a dict of root and component. */}}
{{- define "seckill.selector" -}}
app.kubernetes.io/name: {{ .root.Chart.Name }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end -}}

{{- define "seckill.labels" -}}
{{ include "seckill.selector" . }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version }}
{{- end -}}

{{- define "seckill.image" -}}
{{- with .Values.image -}}
{{ .repository }}{{ if .digest }}@{{ .digest }}{{ else }}:{{ .tag }}{{ end }}
{{- end -}}
{{- end -}}

{{/* What every pod has: nothing of the cluster's, no rights, no root. */}}
{{- define "seckill.podSecurity" -}}
automountServiceAccountToken: false
enableServiceLinks: false
{{- with .Values.image.pullSecrets }}
imagePullSecrets:
{{- range . }}
  - name: {{ . }}
{{- end }}
{{- end }}
securityContext:
  runAsNonRoot: true
  runAsUser: 65532
  runAsGroup: 65532
  seccompProfile:
    type: RuntimeDefault
{{- end -}}

{{- define "seckill.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end -}}

{{/* Where a pod may be put. */}}
{{- define "seckill.placement" -}}
{{- with .Values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{/* One environment variable from the Secret; a list of root, variable and key. */}}
{{- define "seckill.secretEnv" -}}
{{- $root := index . 0 -}}
- name: {{ index . 1 }}
  valueFrom:
    secretKeyRef:
      name: {{ $root.Values.secret.name }}
      key: {{ index . 2 }}
{{- end -}}

{{/* The label job of the metrics. */}}
{{- define "seckill.job" -}}
{{- .Values.monitoring.job | default (include "seckill.name" .) -}}
{{- end -}}

{{/* A key of the configuration by its path: a list of root, default and names. */}}
{{- define "seckill.key" -}}
{{- $at := (index . 0).Values.config -}}
{{- range slice . 2 -}}
{{- if kindIs "map" $at -}}
{{- $at = get $at . -}}
{{- end -}}
{{- end -}}
{{- $at | default (index . 1) -}}
{{- end -}}

{{/* Milliseconds of a duration of Go, such as 1m30s. */}}
{{- define "seckill.milliseconds" -}}
{{- $sum := 0.0 -}}
{{- range regexFindAll "[0-9.]+(ms|s|m|h)" (toString .) -1 -}}
{{- $unit := regexFind "[a-z]+" . -}}
{{- $of := dict "ms" 1.0 "s" 1000.0 "m" 60000.0 "h" 3600000.0 -}}
{{- $sum = addf $sum (mulf (trimSuffix $unit . | float64) (get $of $unit)) -}}
{{- end -}}
{{- $sum | int64 -}}
{{- end -}}

{{/* When a replica is killed after SIGTERM, in milliseconds: as the service works it out. */}}
{{- define "seckill.waitTime" -}}
{{- $stop := 14000 -}}
{{- range list (list "5s" "Shutdown" "Drain") (list "1s" "Shutdown" "WrapUpTime") (list "2s" "Consumer" "Block") -}}
{{- $stop = add $stop (include "seckill.milliseconds" (include "seckill.key" (concat (list $) .)) | int64) -}}
{{- end -}}
{{- max $stop (include "seckill.milliseconds" (include "seckill.key" (list $ "25s" "Shutdown" "WaitTime")) | int64) -}}
{{- end -}}

{{/* Most pods at once: those of a rolling upgrade included. */}}
{{- define "seckill.mostPods" -}}
{{- $replicas := .Values.keda.enabled | ternary .Values.keda.maxReplicas .Values.replicas -}}
{{- add $replicas .Values.strategy.maxSurge -}}
{{- end -}}

{{/* HTTPS where the service itself ends TLS. */}}
{{- define "seckill.scheme" -}}
{{- ternary "HTTPS" "HTTP" (ne (include "seckill.key" (list . "" "CertFile")) "") -}}
{{- end -}}
