// A token by openid-client, which finds the endpoint by the issuer. It form-encodes the Basic pair (RFC 6749).

import { answer } from './talk.mjs';
import * as client from 'openid-client';

const METHODS = { client_secret_basic: client.ClientSecretBasic, client_secret_post: client.ClientSecretPost };

await answer(
  async ({ issuer, client_id, client_secret, method }) => {
    const options = {
      algorithm: 'oauth2',
      // Only loopback is spoken to here.
      execute: [client.allowInsecureRequests],
    };
    const authentication = METHODS[method](client_secret);
    const server = await client.discovery(new URL(issuer), client_id, client_secret, authentication, options);
    const granted = await client.clientCredentialsGrant(server);
    return { token: granted.access_token };
  },
  // It makes an error of the challenge that every 401 has, and leaves the body to whoever catches it.
  async (error) => (await error.response?.json())?.error ?? error.code,
);
