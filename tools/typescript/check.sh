#!/usr/bin/env bash
# Compiles a client that openapi-typescript makes of openapi.json, with the versions of
# package-lock.json. Where there is no npm it does nothing, but fails where CI=true.
set -euo pipefail
cd "$(dirname "$0")"

if ! command -v npm > /dev/null; then
  echo "no npm: the TypeScript client is not compiled"
  [ "${CI:-}" != true ]
  exit
fi
if ! npm ls --silent > /dev/null 2>&1; then
  npm ci --no-audit --no-fund --loglevel=error
fi
npm run --silent check
