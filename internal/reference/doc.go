// Package reference makes the pages of docs/*/reference that are generated: configuration
// from the comments and tags of internal/config, errors from internal/seckill, the HTTP API
// from the OpenAPI document, metrics from the collectors of internal/metrics, the commands of
// seckillctl from internal/ctl. The prose of
// each page, in both languages, is a template in text; what comes from the code is English.
package reference
