{{/* Names are asked for wherever the cluster has its DNS. */}}
{{- define "seckill.dns" -}}
- ports:
    - port: 53
      protocol: UDP
    - port: 53
      protocol: TCP
{{- end -}}

{{/* Ports of config.Redis.Addr, and those that it does not name. */}}
{{- define "seckill.redisPorts" -}}
{{- $ports := list -}}
{{- range splitList "," (include "seckill.key" (list . "" "Redis" "Addr")) -}}
{{- with regexFind ":[0-9]+$" (trim .) -}}
{{- $ports = append $ports (trimPrefix ":" . | int) -}}
{{- end -}}
{{- end -}}
{{- range .Values.networkPolicy.redisPorts -}}
{{- $ports = append $ports (int .) -}}
{{- end -}}
{{- uniq $ports | toYaml -}}
{{- end -}}
