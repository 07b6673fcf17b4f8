{{/* Keys of config that are secrets, and the variables that they come from. */}}
{{- define "seckill.secrets" -}}
- {section: Auth, key: AccessSecret, variable: SECKILL_ACCESS_SECRET, from: {{ .Values.secret.keys.accessSecret | quote }}}
- {section: Auth, key: PreviousSecret, variable: SECKILL_PREVIOUS_SECRET, from: {{ .Values.secret.keys.previousSecret | quote }}}
- {section: Postgres, key: DataSource, variable: SECKILL_POSTGRES, from: {{ .Values.secret.keys.postgres | quote }}}
- {section: Postgres, key: MigrateSource, variable: SECKILL_POSTGRES_MIGRATE, from: {{ .Values.secret.keys.postgresMigrate | quote }}}
- {section: Postgres, key: ReadSource, variable: SECKILL_POSTGRES_READ, from: {{ .Values.secret.keys.postgresRead | quote }}}
- {section: Redis, key: Password, variable: SECKILL_REDIS_PASSWORD, from: {{ .Values.secret.keys.redisPassword | quote }}}
- {section: Redis, key: SentinelPassword, variable: SECKILL_REDIS_SENTINEL_PASSWORD, from: {{ .Values.secret.keys.redisSentinelPassword | quote }}}
{{- end -}}

{{/* The configuration file: config, the references to secrets, and what migration says. */}}
{{- define "seckill.config" -}}
{{- $config := deepCopy .Values.config -}}
{{- range include "seckill.secrets" . | fromYamlArray -}}
{{- if .from -}}
{{- $section := get $config .section | default dict -}}
{{- $config = set $config .section (set $section .key (printf "${%s}" .variable)) -}}
{{- end -}}
{{- end -}}
{{- $postgres := set (get $config "Postgres") "Migrate" (eq .Values.migration.by "start") -}}
{{- toYaml $config -}}
{{- end -}}
