"""Follows the revocation feed of an issuer, by docs/revocation.md: `reader.py ISSUER`. Each line of standard input is the
`jti` and `rev` of a token, and is answered by `good`, `revoked` or `unknown`. It needs PyJWT 2.10 and cryptography."""
import base64, hashlib, json, sys, threading, time, urllib.request
import jwt
BOUND, MAX_HEAD, MAX_CHUNK, MAX_ENTRIES = 30, 64 * 1024, 256 * 1024, 1_000_000  # a head serves for BOUND seconds

def check(holds, otherwise):  # no `assert`, which `python -O` leaves out
    if not holds: raise ValueError(otherwise)

def fetch(url, limit):
    with urllib.request.urlopen(url, timeout=2) as answer:
        body = answer.read(limit + 1)
    check(len(body) <= limit, "too large")
    return body

class Revocations:
    def __init__(self, issuer):
        metadata = json.loads(fetch(issuer + "/.well-known/oauth-authorization-server", MAX_HEAD))
        check(metadata["issuer"] == issuer, "the metadata is about another issuer")
        self.issuer, self.feed = issuer, metadata["revocation_feed"]
        self.keys = jwt.PyJWKClient(metadata["jwks_uri"])  # fetched again for a `kid` that it does not know
        self.as_of, self.fresh, self.chunks, self.tokens, self.generations = 0, -BOUND, {}, set(), {}
    def look(self):
        began, text = time.monotonic(), fetch(self.feed, MAX_HEAD).decode("ascii")
        check(jwt.get_unverified_header(text).get("typ") == "revocations+jwt", "no head, but an access token, say")
        key = self.keys.get_signing_key_from_jwt(text)
        head = jwt.decode(text, key, [key.algorithm_name], {"require": ["exp", "iss"]}, issuer=self.issuer, leeway=5)
        if head["as_of"] > self.as_of:  # and not the same one again, or an older one
            chunks = {name: self.chunks.get(name) or self.chunk(name) for name in head["chunks"]}
            lines, generations = [line.split(" ") for text in chunks.values() for line in text.split("\n")[:-1]], {}
            tokens = {line[1] for line in lines if line[0] == "t"}
            for _, handle, generation in (line for line in lines if line[0] == "g"):  # other kinds are passed over
                generations[handle] = max(int(generation), generations.get(handle, 0))
            check(len(tokens) + len(generations) <= MAX_ENTRIES, "too many entries")
            # All that the head names counts from here on; if anything failed before, nothing of it does.
            self.as_of, self.fresh, self.chunks = head["as_of"], began, chunks
            self.tokens, self.generations = tokens, generations
    def chunk(self, name):
        body = fetch(self.feed + "/" + name, MAX_CHUNK)  # 404 where it was superseded
        hashed = base64.urlsafe_b64encode(hashlib.sha256(body).digest())
        check(hashed == name.encode() + b"=", "the bytes of a chunk are not those of its hash")
        return body.decode("ascii")
    def judge(self, jti, rev):
        revoked = jti in self.tokens or int(rev.split(".")[1]) < self.generations.get(rev.split(".")[0], 0)
        return "revoked" if revoked else "good" if time.monotonic() - self.fresh < BOUND else "unknown"
    def follow(self, first):
        while True:
            try:
                self.look()
            except Exception as error:  # what was known before serves, for its time; the next round has another head
                print("the feed was not read:", type(error).__name__, error, file=sys.stderr)
            first.set() or time.sleep(1)

if __name__ == "__main__":
    revocations, first = Revocations(sys.argv[1]), threading.Event()
    threading.Thread(target=revocations.follow, args=[first], daemon=True).start()
    first.wait()
    for question in sys.stdin:
        print(revocations.judge(*question.split()), flush=True)
