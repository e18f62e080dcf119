"""A token by requests-oauthlib. It joins the Basic pair as it is, in ISO 8859-1."""

import os

from oauthlib.oauth2 import BackendApplicationClient
from requests_oauthlib import OAuth2Session

from talk import answer

# Only loopback is spoken to here.
os.environ["OAUTHLIB_INSECURE_TRANSPORT"] = "1"


def token(token_url, client_id, client_secret, method, **_):
    session = OAuth2Session(client=BackendApplicationClient(client_id=client_id))
    in_body = {"client_secret_basic": None, "client_secret_post": True}[method]
    fetched = session.fetch_token(token_url, client_secret=client_secret, include_client_id=in_body)
    return {"token": fetched["access_token"]}


answer(token)
