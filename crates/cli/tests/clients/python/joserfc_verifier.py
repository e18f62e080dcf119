"""An API that verifies tokens by joserfc, with a key set that requests fetches."""

import time
import warnings

import requests
from joserfc import jwt
from joserfc.errors import InvalidTokenError
from joserfc.jwk import KeySet

from talk import answer

# RFC 9864 renames EdDSA; what is published everywhere still has the old name.
warnings.filterwarnings("ignore", "EdDSA is deprecated")


def claims(token, issuer, audience, keys, algorithms, hours_later):
    keys = KeySet.import_key_set(requests.get(keys).json())
    read = jwt.decode(token, keys, algorithms=algorithms)
    if read.header["typ"] != "at+jwt":
        raise InvalidTokenError("no access token")
    there = {"essential": True}
    now = int(time.time()) + 3600 * hours_later
    registry = jwt.JWTClaimsRegistry(
        now, iss={**there, "value": issuer}, aud={**there, "value": audience}, exp=there, client_id=there
    )
    registry.validate(read.claims)
    return {"claims": read.claims}


answer(claims)
