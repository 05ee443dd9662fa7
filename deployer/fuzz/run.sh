#!/usr/bin/env bash
# Runs every fuzz target for so many seconds, each starting from the project's own files: deployer/fuzz/run.sh SECONDS [TARGET...]
# What is found goes to deployer/fuzz/artifacts. Needs cargo-fuzz and a C++ compiler; stable Rust is enough.
set -euo pipefail
cd "$(dirname "$0")"
seconds="$1"; shift
targets=("$@"); [ ${#targets[@]} -gt 0 ] || targets=(document call scenario spec state log request)

seeds() { # copies the project's files of a kind to the corpus
  mkdir -p "corpus/$1"
  case "$1" in
    document | call) cp ../../flows/*.json "corpus/$1" ;;
    scenario) cp ../../flows/tests/*.yaml "corpus/$1" ;;
    spec) cp ../../config/*.yaml ../docs/*.yaml "corpus/$1" ;;
    request)
      printf 'iam POST / \nAction=ListRoles&Version=2010-05-08' > corpus/request/query
      printf 'dynamodb POST / DynamoDB_20120810.ListTables\n{}' > corpus/request/json
      printf 'connect PUT /instance \n{"IdentityManagementType":"CONNECT_MANAGED","InboundCallsEnabled":true,"OutboundCallsEnabled":true}' > corpus/request/rest
      printf 's3 PUT /bucket?tagging \n<Tagging><TagSet><Tag><Key>a</Key><Value>b</Value></Tag></TagSet></Tagging>' > corpus/request/xml ;;
  esac
}
cargo fuzz build --fuzz-dir . --sanitizer none
for target in "${targets[@]}"; do
  seeds "$target"
  echo "== $target"
  cargo fuzz run --fuzz-dir . --sanitizer none "$target" -- -dict=words.dict -rss_limit_mb=2048 -timeout=20 \
    -max_total_time="$seconds" -print_final_stats=1 2>&1 | grep -E 'stat::|SUMMARY|panicked|ERROR|Test unit' || true
  [ -z "$(ls "artifacts/$target" 2>/dev/null)" ] || { echo "$target: see artifacts/$target" >&2; exit 1; }
done
