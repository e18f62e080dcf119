#!/bin/sh
# Calls an API with Jeton's tokens, by curl and jq; flock is util-linux's. ../README.md says what it reads and prints.
#
# Secret and token go to curl by standard input, as a configuration file does: in an argument all processes of the
# machine could read them. The cache is a folder of this process alone.
set -eu

PAUSE=5 # Seconds after a refusal in which nobody asks again.

# curl without the user's own settings, which follows no redirect, since that would carry secret and token along.
http() { curl -q --silent --show-error --max-time 10 --config - "$@"; }

# [fetch]
# Lines for curl, which jq quotes: its strings are curl's.
request() {
    jq -nr --arg dialect "$JETON_DIALECT" --arg tracking "$(cat /proc/sys/kernel/random/uuid)" '
        env as { JETON_CLIENT_ID: $id, JETON_CLIENT_SECRET: $secret, JETON_AUDIENCE: $audience }
        | { json: { header: ["Content-Type: application/json", "Accept: text/plain"],
                    data: ({ clientId: $id, clientSecret: $secret } + if $audience then { audienceUrl: $audience } else {} end
                           | tojson) },
            gateway: { user: "\($id):\($secret)", header: ["x-tracking-id: \($tracking)"],
                       data: "grant_type=client_credentials" },
            oauth2: { user: "\($id):\($secret)",
                      data: ["grant_type=client_credentials", if $audience then "resource=\($audience | @uri)" else empty end] }
          }[$dialect]
        | to_entries[] | .key as $option | .value | if type == "array" then .[] else . end
        | "\($option) = \(tojson)"'
}

# Writes a token and the seconds that it lives into $new; a refusal into $failure.
fetch() {
    status=$(request | http --output "$folder/answer" --write-out '%{http_code}' "$JETON_TOKEN_URL" 2> "$failure") || return 1
    if [ "$status" != 200 ]; then
        { printf '%s ' "$status"; head -c 500 "$folder/answer"; } > "$failure"
        return 1
    elif [ "$JETON_DIALECT" = json ]; then
        # A bare token: its claims say how long it lives. base64 wants the other alphabet, and does without the padding.
        life=$(cut -d. -f2 "$folder/answer" | tr _- /+ | base64 -d 2> /dev/null | jq '.exp - .iat')
        echo "$(cat "$folder/answer") $life" > "$new"
    else
        jq -r '"\(.access_token) \(.expires_in)"' "$folder/answer" > "$new"
    fi
}
# [/fetch]

# [cache]
# The token, for all callers: whoever comes while it is fetched waits for it. Another one than $1, which an API answered
# with 401.
token() {
    exec 9> "$folder/lock"
    flock 9
    now=$(uptime_seconds) cached= renew_at=0 again_at=0
    [ ! -e "$cache" ] || read -r cached renew_at < "$cache"
    [ ! -e "$pause" ] || read -r again_at < "$pause"
    if [ -z "$cached" ] || [ "$cached" = "${1-}" ] || [ "$now" -ge "$renew_at" ]; then
        [ "$now" -ge "$again_at" ] || return 3
        fetch || { echo $(($(uptime_seconds) + PAUSE)) > "$pause"; return 3; }
        read -r cached life < "$new"
        margin=$((life / 5 > 60 ? 60 : life / 5 + 1))
        echo "$cached $((now + life - margin))" > "$cache"
    fi
    exec 9>&-
    echo "$cached"
}

# Whole seconds by a clock that nobody sets.
uptime_seconds() { cut -d. -f1 /proc/uptime; }
# [/cache]

# [call]
# The status of the API's answer. A 401 has one new token fetched, and one call more.
call() {
    token=$(token) || return
    status=$(get "$token") || return
    if [ "$status" = 401 ]; then
        token=$(token "$token") || return
        status=$(get "$token") || return
    fi
    echo "$status"
}
# [/call]

get() { printf 'header = "Authorization: Bearer %s"\n' "$1" | http --output /dev/null --write-out '%{http_code}' "$API_URL"; }

for name in JETON_DIALECT JETON_TOKEN_URL JETON_CLIENT_ID API_URL; do
    eval "[ -n \"\${$name-}\" ]" || { echo "not set: $name" >&2; exit 2; }
done
if [ -n "${JETON_CLIENT_SECRET_FILE-}" ]; then
    JETON_CLIENT_SECRET=$(cat "$JETON_CLIENT_SECRET_FILE") || exit 2
elif [ -z "${JETON_CLIENT_SECRET-}" ]; then
    echo "not set: JETON_CLIENT_SECRET" >&2
    exit 2
fi
export JETON_CLIENT_SECRET

umask 077
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cache=$folder/cache new=$folder/new pause=$folder/pause failure=$folder/failure

code=0
while read -r callers; do
    pids=
    for caller in $(seq "$callers"); do
        call > "$folder/status.$caller" &
        pids="$pids $!"
    done
    for pid in $pids; do
        worst=0
        wait "$pid" || worst=$?
        case $worst in 0) ;; 3) code=3 ;; *) [ "$code" = 3 ] || code=1 ;; esac
    done
    [ "$code" != 3 ] || { echo "no token: $(cat "$failure")" >&2; exit 3; }
    statuses=$(for caller in $(seq "$callers"); do cat "$folder/status.$caller"; done | tr '\n' ' ')
    echo "${statuses% }"
    case " $statuses" in *" "[3-5]??" "*) code=1 ;; esac
done
exit "$code"
