// An API that verifies tokens by jsonwebtoken, with keys by jwks-rsa.

import { answer } from './talk.mjs';
import { promisify } from 'node:util';
import jwt from 'jsonwebtoken';
import jwksRsa from 'jwks-rsa';

await answer(async ({ token, issuer, audience, keys, algorithms }) => {
  const client = jwksRsa({ jwksUri: keys });
  const key = ({ kid }, done) => client.getSigningKey(kid).then((found) => done(null, found.getPublicKey()), done);
  const read = await promisify(jwt.verify)(token, key, { issuer, audience, algorithms, complete: true });
  if (read.header.typ !== 'at+jwt') throw new jwt.JsonWebTokenError('no access token');
  return { claims: read.payload };
}, (error) => error.message);
