// An API that verifies tokens by jose, with keys by their URL.

import { answer } from './talk.mjs';
import { createRemoteJWKSet, jwtVerify } from 'jose';

await answer(async ({ token, issuer, audience, keys, algorithms, hours_later }) => {
  const { payload } = await jwtVerify(token, createRemoteJWKSet(new URL(keys)), {
    issuer,
    audience,
    algorithms,
    typ: 'at+jwt',
    currentDate: new Date(Date.now() + 3_600_000 * hours_later),
    requiredClaims: ['sub', 'exp', 'iat', 'jti', 'client_id'],
  });
  return { claims: payload };
});
