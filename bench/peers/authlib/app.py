"""Authlib as a token service for machines: one client, JWTs in ES256 (RFC 9068), under Flask.

`CREDENTIALS` names a file with a line of client id and secret.
"""

import os

from authlib.integrations.flask_oauth2 import AuthorizationServer
from authlib.oauth2.rfc6749 import ClientMixin, grants
from authlib.oauth2.rfc9068 import JWTBearerTokenGenerator
from flask import Flask
from joserfc.jwk import ECKey, KeySet

with open(os.environ["CREDENTIALS"], encoding="ascii") as lines:
    CLIENT_ID, CLIENT_SECRET = lines.readline().split()

KEY = ECKey.generate_key("P-256", {"use": "sig", "alg": "ES256", "kid": "bench"}, private=True)


class Client(ClientMixin):
    """The one client."""

    def get_client_id(self):
        return CLIENT_ID

    def get_default_redirect_uri(self):
        return None

    def get_allowed_scope(self, scope):
        return scope or "voice.read voice.send"

    def check_redirect_uri(self, redirect_uri):
        return False

    def check_client_secret(self, client_secret):
        return client_secret == CLIENT_SECRET

    def check_endpoint_auth_method(self, method, endpoint):
        return method == "client_secret_basic"

    def check_response_type(self, response_type):
        return False

    def check_grant_type(self, grant_type):
        return grant_type == "client_credentials"


CLIENT = Client()


class Tokens(JWTBearerTokenGenerator):
    """What it signs with."""

    def get_jwks(self):
        return KeySet([KEY])

    def get_audiences(self, client, user, scope):
        return ["https://api.example/bench"]


app = Flask(__name__)
server = AuthorizationServer(
    app,
    query_client=lambda client_id: CLIENT if client_id == CLIENT_ID else None,
    save_token=lambda token, request: None,
)
server.register_grant(grants.ClientCredentialsGrant)
server.register_token_generator("default", Tokens(issuer="http://localhost:8080", alg="ES256"))


@app.post("/oauth/v2/token")
def token():
    return server.create_token_response()
