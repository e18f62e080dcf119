// A token by simple-oauth2. It form-encodes the Basic pair (RFC 6749), as it is told by default.

import { answer } from './talk.mjs';
import { ClientCredentials } from 'simple-oauth2';

const METHODS = { client_secret_basic: 'header', client_secret_post: 'body' };

await answer(
  async ({ token_url, client_id, client_secret, method }) => {
    const { origin, pathname } = new URL(token_url);
    const credentials = new ClientCredentials({
      client: { id: client_id, secret: client_secret },
      auth: { tokenHost: origin, tokenPath: pathname },
      options: { authorizationMethod: METHODS[method] },
    });
    const granted = await credentials.getToken({});
    return { token: granted.token.access_token };
  },
  (error) => error.data?.payload?.error,
);
