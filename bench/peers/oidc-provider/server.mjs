// node oidc-provider as a token service for machines: one client, its memory adapter, JWTs in ES256.
// Argument: a file with a line of client id and secret. Run from the folder that the package is installed in.
import { generateKeyPairSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';

const { Provider } = createRequire(`${process.cwd()}/`)('oidc-provider');
const [client_id, client_secret] = readFileSync(process.argv[2], 'utf8').split('\n')[0].split(' ');
const key = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' });

const provider = new Provider('http://localhost:8080', {
  clients: [{
    client_id,
    client_secret,
    grant_types: ['client_credentials'],
    redirect_uris: [],
    response_types: [],
    id_token_signed_response_alg: 'ES256',
    scope: 'voice.read voice.send',
  }],
  jwks: { keys: [{ ...key, alg: 'ES256', use: 'sig', kid: 'bench' }] },
  scopes: ['voice.read', 'voice.send'],
  routes: { token: '/oauth/v2/token' },
  features: {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => 'https://api.example/bench',
      getResourceServerInfo: () => ({
        scope: 'voice.read voice.send',
        accessTokenFormat: 'jwt',
        accessTokenTTL: 3600,
        jwt: { sign: { alg: 'ES256' } },
      }),
    },
  },
});

const server = createServer(provider.callback()).listen(0, '127.0.0.1', () => {
  console.log(`listening on http://127.0.0.1:${server.address().port} for oidc-provider`);
});
