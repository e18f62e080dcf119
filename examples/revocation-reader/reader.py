"""Follows the revocation feed of an issuer, by docs/revocation.md: `reader.py ISSUER`. Each line of standard input is the
`jti` and `rev` of a token, and is answered by `good`, `revoked` or `unknown`. It needs PyJWT 2.10 and cryptography."""

import base64, hashlib, json, sys, threading, time, urllib.request

import jwt

BOUND = 30  # seconds that a head serves
MAX_HEAD, MAX_CHUNK, MAX_ENTRIES = 64 * 1024, 256 * 1024, 1_000_000


def fetch(url, limit):
    with urllib.request.urlopen(url, timeout=2) as answer:
        body = answer.read(limit + 1)
    if len(body) > limit:
        raise ValueError("too large")
    return body


class Revocations:
    def __init__(self, issuer):
        metadata = json.loads(fetch(issuer + "/.well-known/oauth-authorization-server", MAX_HEAD))
        assert metadata["issuer"] == issuer, "the metadata is about another issuer"
        self.issuer, self.feed = issuer, metadata["revocation_feed"]
        self.keys = jwt.PyJWKClient(metadata["jwks_uri"])  # fetched again for a `kid` that it does not know
        self.as_of, self.fresh, self.chunks, self.tokens, self.generations = 0, -BOUND, {}, set(), {}

    def look(self):
        began, text = time.monotonic(), fetch(self.feed, MAX_HEAD).decode("ascii")
        if jwt.get_unverified_header(text)["typ"] != "revocations+jwt":
            raise ValueError("no head, but an access token, say")
        key = self.keys.get_signing_key_from_jwt(text)
        head = jwt.decode(text, key, [key.algorithm_name], {"require": ["exp", "iss"]}, issuer=self.issuer, leeway=5)
        if head["as_of"] <= self.as_of:
            return  # the same one again, or an older one
        chunks = {name: self.chunks.get(name) or self.chunk(name) for name in head["chunks"]}
        tokens, generations = set(), {}
        for line in (line for chunk in chunks.values() for line in chunk):
            if line[0] == "t":
                tokens.add(line[1])
            elif line[0] == "g":  # other kinds are passed over
                generations[line[1]] = max(int(line[2]), generations.get(line[1], 0))
        if len(tokens) + len(generations) > MAX_ENTRIES:
            raise ValueError("too many entries")
        # All that the head names counts from here on; if anything failed before, nothing of it does.
        self.as_of, self.fresh, self.chunks = head["as_of"], began, chunks
        self.tokens, self.generations = tokens, generations

    def chunk(self, name):
        body = fetch(self.feed + "/" + name, MAX_CHUNK)
        if base64.urlsafe_b64encode(hashlib.sha256(body).digest()).rstrip(b"=").decode() != name:
            raise ValueError("the bytes of a chunk are not those of its hash")
        return [line.split(" ") for line in body.decode("ascii").split("\n")[:-1]]

    def judge(self, jti, rev):
        handle, generation = rev.split(".")
        if jti in self.tokens or int(generation) < self.generations.get(handle, 0):
            return "revoked"
        return "good" if time.monotonic() - self.fresh < BOUND else "unknown"

    def follow(self):
        while True:
            try:
                self.look()
            except Exception as error:  # what was known before serves, for its time
                print("the feed was not read:", type(error).__name__, error, file=sys.stderr)
            time.sleep(1)


if __name__ == "__main__":
    revocations = Revocations(sys.argv[1])
    revocations.look()
    threading.Thread(target=revocations.follow, daemon=True).start()
    for question in sys.stdin:
        print(revocations.judge(*question.split()), flush=True)
