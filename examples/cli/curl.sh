#!/bin/sh
# The device sign-in with curl alone, and one call to FastAPI with the token that it returns.
# GATEHOUSE_URL is the app's address. With GATEHOUSE_API_KEY there is no sign-in.
set -eu

url="${GATEHOUSE_URL:-http://localhost:3000}"
client="gatehouse-cli"

# Reads one text or number of a flat JSON object.
field() { sed -n "s/.*\"$1\":\"\{0,1\}\([^\",}]*\).*/\1/p"; }

credential="${GATEHOUSE_API_KEY:-}"
if [ -z "$credential" ]; then
  device=$(curl -fsS "$url/api/auth/device/code" -d "client_id=$client")
  echo "Open $(printf %s "$device" | field verification_uri) and enter $(printf %s "$device" | field user_code)" >&2
  interval=$(printf %s "$device" | field interval)
  while [ -z "$credential" ]; do
    sleep "$interval"
    result=$(curl -sS "$url/api/auth/device/token" \
      -d "grant_type=urn:ietf:params:oauth:grant-type:device_code" \
      -d "client_id=$client" \
      --data-urlencode "device_code=$(printf %s "$device" | field device_code)")
    credential=$(printf %s "$result" | field access_token)
    error=$(printf %s "$result" | field error)
    case "$error" in
      # Empty: the app could not respond. The code expires after ten minutes.
      "" | authorization_pending) ;;
      # RFC 8628 section 3.5
      slow_down) interval=$((interval + 5)) ;;
      *) echo "The sign-in failed: $error" >&2; exit 1 ;;
    esac
  done
fi

# The header comes from standard input: the arguments of a process are visible to other users.
printf 'header = "Authorization: Bearer %s"\n' "$credential" |
  curl --fail-with-body -sS -K - "$url/backend/api/tasks"
