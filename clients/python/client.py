"""Calls an API with Jeton's tokens, on the standard library alone. ../README.md says what it reads and prints."""

import base64
import json
import os
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid
from concurrent.futures import ThreadPoolExecutor

TIMEOUT = 10
PAUSE = 5  # Seconds after a refusal in which nobody asks again.


class NoToken(Exception):
    """Why there is none."""


class NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect would carry secret and token to wherever it leads."""

    def redirect_request(self, *_):
        return None


HTTP = urllib.request.build_opener(NoRedirect)


def send(request):
    """The status and the text of the answer, whatever it is."""
    try:
        with HTTP.open(request, timeout=TIMEOUT) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refusal:
        return refusal.code, refusal.read().decode(errors="replace")


# [fetch]
def fetch(dialect, url, client_id, secret, audience):
    """A token, and how many seconds it lives."""
    if dialect == "json":
        body = {"clientId": client_id, "clientSecret": secret}
        body |= {"audienceUrl": audience} if audience else {}
        body, headers = json.dumps(body), {"Content-Type": "application/json", "Accept": "text/plain"}
    else:
        form = {"grant_type": "client_credentials"}
        if dialect == "gateway":
            pair, headers = f"{client_id}:{secret}", {"x-tracking-id": str(uuid.uuid4())}
        else:
            # RFC 6749 section 2.3.1: id and secret are form-encoded before they are joined.
            pair, headers = ":".join(map(urllib.parse.quote_plus, (client_id, secret))), {}
            form |= {"resource": audience} if audience else {}
        headers["Authorization"] = "Basic " + base64.b64encode(pair.encode()).decode()
        headers["Content-Type"] = "application/x-www-form-urlencoded"
        body = urllib.parse.urlencode(form)
    try:
        status, text = send(urllib.request.Request(url, body.encode(), headers))
    except OSError as why:
        raise NoToken(f"{url}: {why}") from None
    if status != 200:
        raise NoToken(f"{status} {text[:500]}")
    if dialect == "json":
        payload = text.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        return text, claims["exp"] - claims["iat"]
    answer = json.loads(text)
    return answer["access_token"], answer["expires_in"]
# [/fetch]


# [cache]
class Tokens:
    """One token for all callers: whoever comes while it is fetched waits for it."""

    def __init__(self, fetch):
        self.fetch, self.lock = fetch, threading.Lock()
        self.token, self.renew_at = None, 0
        self.failure, self.again_at = None, 0

    def get(self, refused=None):
        """The token; another one than `refused`, which an API answered with 401."""
        with self.lock:
            asked_at = time.monotonic()
            if self.token not in (None, refused) and asked_at < self.renew_at:
                return self.token
            if asked_at < self.again_at:
                raise self.failure
            try:
                self.token, life = self.fetch()
            except NoToken as failure:
                self.failure, self.again_at = failure, time.monotonic() + PAUSE
                raise
            self.renew_at = asked_at + life - min(60, life / 5)
            return self.token
# [/cache]


# [call]
def call(url, tokens):
    """The status of the API's answer. A 401 has one new token fetched, and one call more."""
    token = tokens.get()
    status = get(url, token)
    if status == 401:
        status = get(url, tokens.get(refused=token))
    return status
# [/call]


def get(url, token):
    return send(urllib.request.Request(url, headers={"Authorization": f"Bearer {token}"}))[0]


def secret():
    if file := os.environ.get("JETON_CLIENT_SECRET_FILE"):
        with open(file, encoding="utf-8") as text:
            return text.read().rstrip("\r\n")
    return os.environ["JETON_CLIENT_SECRET"]


def main():
    try:
        dialect, url = os.environ["JETON_DIALECT"], os.environ["JETON_TOKEN_URL"]
        client_id, audience = os.environ["JETON_CLIENT_ID"], os.environ.get("JETON_AUDIENCE")
        api, own_secret = os.environ["API_URL"], secret()
    except (KeyError, OSError) as missing:
        print(f"not set, or not to be read: {missing}", file=sys.stderr)
        return 2
    tokens = Tokens(lambda: fetch(dialect, url, client_id, own_secret, audience))
    code = 0
    for line in sys.stdin:
        callers = int(line)
        try:
            with ThreadPoolExecutor(callers) as pool:
                statuses = list(pool.map(lambda _: call(api, tokens), range(callers)))
        except NoToken as why:
            print(f"no token: {why}", file=sys.stderr)
            return 3
        except OSError as why:
            print(f"{api}: {why}", file=sys.stderr)
            return 1
        print(*statuses, flush=True)
        code = code if all(status < 300 for status in statuses) else 1
    return code


if __name__ == "__main__":
    sys.exit(main())
