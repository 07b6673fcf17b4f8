{{/* Redis.Mode, as the service finds it out. */}}
{{- define "seckill.redisMode" -}}
{{- $several := contains "," (include "seckill.key" (list . "" "Redis" "Addr")) -}}
{{- include "seckill.key" (list . (ternary "cluster" "single" $several) "Redis" "Mode") -}}
{{- end -}}

{{/* The trigger by what a group has not read yet of a product without stock; a list of root and product. */}}
{{- define "seckill.lagTrigger" -}}
{{- $root := index . 0 -}}
{{- $mode := include "seckill.redisMode" $root -}}
{{- $keys := $root.Values.secret.keys -}}
- type: {{ get (dict "single" "redis-streams" "cluster" "redis-cluster-streams" "sentinel" "redis-sentinel-streams") $mode }}
  metadata:
    {{ ternary "address" "addresses" (eq $mode "single") }}: {{ include "seckill.key" (list $root "" "Redis" "Addr") | quote }}
    {{- if eq $mode "sentinel" }}
    sentinelMaster: {{ include "seckill.key" (list $root "" "Redis" "MasterName") | quote }}
    {{- with include "seckill.key" (list $root "" "Redis" "SentinelUsername") }}
    sentinelUsername: {{ . | quote }}
    {{- end }}
    {{- if $keys.redisSentinelPassword }}
    sentinelPasswordFromEnv: SECKILL_REDIS_SENTINEL_PASSWORD
    {{- end }}
    {{- end }}
    {{- with include "seckill.key" (list $root "" "Redis" "Username") }}
    username: {{ . | quote }}
    {{- end }}
    {{- if $keys.redisPassword }}
    passwordFromEnv: SECKILL_REDIS_PASSWORD
    {{- end }}
    databaseIndex: {{ include "seckill.key" (list $root 0 "Redis" "DB") | quote }}
    enableTLS: {{ eq (include "seckill.key" (list $root "false" "Redis" "TLS" "Enabled")) "true" | quote }}
    stream: stream:seckill:{{ index . 1 | int64 }}
    consumerGroup: {{ include "seckill.key" (list $root "g1" "Consumer" "Group") | quote }}
    lagCount: {{ int64 $root.Values.keda.recordOnly.lag | quote }}
  {{- with $root.Values.keda.recordOnly.authentication }}
  authenticationRef:
    name: {{ . }}
  {{- end }}
{{- end -}}
