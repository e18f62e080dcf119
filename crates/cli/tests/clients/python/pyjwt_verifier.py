"""An API that verifies tokens by PyJWT, with keys by their URL."""

import jwt

from talk import answer


def claims(token, issuer, audience, keys, algorithms, hours_later):
    key = jwt.PyJWKClient(keys).get_signing_key_from_jwt(token)
    options = {"require": ["iss", "sub", "aud", "exp", "iat", "jti", "client_id"]}
    # It takes no time, so a later one is a leeway below nothing, in which the token would come from the future.
    options["verify_iat"] = hours_later == 0
    read = jwt.decode_complete(
        token, key, algorithms, options, issuer=issuer, audience=audience, leeway=-3600 * hours_later
    )
    if read["header"]["typ"] != "at+jwt":
        raise jwt.InvalidTokenError("no access token")
    return {"claims": read["payload"]}


answer(claims)
