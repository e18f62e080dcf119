// A token by oauth4webapi, which finds the endpoint by the issuer. It form-encodes the Basic pair (RFC 6749).

import { answer } from './talk.mjs';
import * as oauth from 'oauth4webapi';

// Only loopback is spoken to here.
const LOOPBACK = { [oauth.allowInsecureRequests]: true };

await answer(
  async ({ issuer, client_id, client_secret }) => {
    const url = new URL(issuer);
    const found = await oauth.discoveryRequest(url, { algorithm: 'oauth2', ...LOOPBACK });
    const server = await oauth.processDiscoveryResponse(url, found);
    const client = { client_id };
    const authentication = oauth.ClientSecretBasic(client_secret);
    const got = await oauth.clientCredentialsGrantRequest(server, client, authentication, {}, LOOPBACK);
    const granted = await oauth.processClientCredentialsResponse(server, client, got);
    return { token: granted.access_token };
  },
  // It makes an error of the challenge that every 401 has, and leaves the body to whoever catches it.
  async (error) => (await error.response?.json())?.error ?? error.code,
);
