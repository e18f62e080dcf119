// Calls an API with Jeton's tokens, on what Node 18 brings. ../README.md says what it reads and prints.

import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { createInterface } from 'node:readline';

const TIMEOUT = 10_000;
const PAUSE = 5_000; // After a refusal, in which nobody asks again.

class NoToken extends Error {}

const seconds = () => performance.now() / 1000;

// A redirect would carry secret and token to wherever it leads.
const send = (url, options) =>
  fetch(url, { ...options, redirect: 'manual', signal: AbortSignal.timeout(TIMEOUT) });

// [fetch]
const form = (text) => new URLSearchParams([['', text]]).toString().slice(1);

/** A token, and how many seconds it lives. */
async function fetchToken({ dialect, url, id, secret, audience }) {
  const basic = (pair) => `Basic ${Buffer.from(pair).toString('base64')}`;
  const grant = new URLSearchParams({ grant_type: 'client_credentials' });
  const request = {
    // [gateway]
    gateway: () => ({
      headers: { Authorization: basic(`${id}:${secret}`), 'x-tracking-id': randomUUID() },
      body: grant,
    }),
    // [/gateway]
    // [oauth2]
    oauth2: () => {
      if (audience) grant.set('resource', audience);
      // RFC 6749 section 2.3.1: id and secret are form-encoded before they are joined.
      return { headers: { Authorization: basic(`${form(id)}:${form(secret)}`) }, body: grant };
    },
    // [/oauth2]
    // [json]
    json: () => ({
      headers: { 'Content-Type': 'application/json', Accept: 'text/plain' },
      body: JSON.stringify({ clientId: id, clientSecret: secret, audienceUrl: audience }),
    }),
    // [/json]
  }[dialect]();
  const [status, text] = await send(url, { method: 'POST', ...request }).then(
    async (answer) => [answer.status, await answer.text()],
    (why) => { throw new NoToken(`${url}: ${why.cause?.message ?? why.message}`); },
  );
  if (status !== 200) throw new NoToken(`${status} ${text.slice(0, 500)}`);
  if (dialect === 'json') {
    const claims = JSON.parse(Buffer.from(text.split('.')[1], 'base64url'));
    return [text, claims.exp - claims.iat];
  }
  const answer = JSON.parse(text);
  return [answer.access_token, answer.expires_in];
}
// [/fetch]

// [cache]
/** One token for all callers: whoever comes while it is fetched waits for it. */
class Tokens {
  #fetch; #token; #renewAt = 0; #pending; #failure; #againAt = 0;

  constructor(fetch) { this.#fetch = fetch; }

  /** The token; another one than `refused`, which an API answered with 401. */
  async get(refused) {
    if (this.#pending) return this.#pending;
    const now = seconds();
    if (this.#token && this.#token !== refused && now < this.#renewAt) return this.#token;
    if (now < this.#againAt) throw this.#failure;
    this.#pending = this.#renew(now).finally(() => { this.#pending = undefined; });
    return this.#pending;
  }

  async #renew(askedAt) {
    try {
      const [token, life] = await this.#fetch();
      this.#renewAt = askedAt + life - Math.min(60, life / 5);
      return (this.#token = token);
    } catch (failure) {
      this.#failure = failure;
      this.#againAt = seconds() + PAUSE / 1000;
      throw failure;
    }
  }
}
// [/cache]

// [call]
/** The status of the API's answer. A 401 has one new token fetched, and one call more. */
async function call(url, tokens) {
  const token = await tokens.get();
  const status = await get(url, token);
  return status === 401 ? get(url, await tokens.get(token)) : status;
}
// [/call]

async function get(url, token) {
  const answer = await send(url, { headers: { Authorization: `Bearer ${token}` } });
  await answer.arrayBuffer();
  return answer.status;
}

function settings() {
  const { env } = process;
  const needed = (name) => {
    if (env[name] === undefined) throw new Error(`not set: ${name}`);
    return env[name];
  };
  const file = env.JETON_CLIENT_SECRET_FILE;
  return {
    dialect: needed('JETON_DIALECT'),
    url: needed('JETON_TOKEN_URL'),
    id: needed('JETON_CLIENT_ID'),
    secret: file ? readFileSync(file, 'utf8').replace(/\r?\n$/, '') : needed('JETON_CLIENT_SECRET'),
    audience: env.JETON_AUDIENCE,
    api: needed('API_URL'),
  };
}

async function main() {
  let given;
  try {
    given = settings();
  } catch (why) {
    console.error(why.message);
    return 2;
  }
  const tokens = new Tokens(() => fetchToken(given));
  let code = 0;
  for await (const line of createInterface({ input: process.stdin })) {
    try {
      const statuses = await Promise.all(Array.from({ length: Number(line) }, () => call(given.api, tokens)));
      console.log(statuses.join(' '));
      if (statuses.some((status) => status >= 300)) code = 1;
    } catch (why) {
      console.error(why instanceof NoToken ? `no token: ${why.message}` : `${given.api}: ${why.message}`);
      return why instanceof NoToken ? 3 : 1;
    }
  }
  return code;
}

process.exit(await main());
