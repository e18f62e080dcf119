"""A token by Authlib's session on requests. It joins the Basic pair as it is, in ISO 8859-1."""

from authlib.integrations.requests_client import OAuth2Session

from talk import answer


def token(token_url, client_id, client_secret, method, **_):
    session = OAuth2Session(client_id, client_secret, token_endpoint_auth_method=method)
    fetched = session.fetch_token(token_url, grant_type="client_credentials")
    assert not fetched.is_expired()
    return {"token": fetched["access_token"]}


answer(token)
