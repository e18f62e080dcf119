// A token by fetch alone, where no OAuth library knows the contract: the `json` and the `gateway` dialect.

import { answer } from './talk.mjs';

const REQUESTS = {
  json: ({ client_id, client_secret }) => ({
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Accept: 'application/json' },
    body: JSON.stringify({ clientId: client_id, clientSecret: client_secret }),
  }),
  gateway: ({ client_id, client_secret }) => ({
    method: 'POST',
    headers: {
      Authorization: `Basic ${Buffer.from(`${client_id}:${client_secret}`).toString('base64')}`,
      'x-tracking-id': 't-1',
    },
    body: new URLSearchParams({ grant_type: 'client_credentials' }),
  }),
};

await answer(async (task) => {
  const got = await fetch(task.token_url, REQUESTS[task.method](task));
  const said = await got.json();
  if (!got.ok) return { error: got.status, code: said.code ?? said.title };
  return { token: said.access_token ?? said };
});
