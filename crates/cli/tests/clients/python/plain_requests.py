"""A token by requests alone, where no OAuth library knows the contract: the `json` and the `gateway` dialect."""

import requests

from talk import answer


def token(token_url, client_id, client_secret, method, **_):
    if method == "json":
        body = {"clientId": client_id, "clientSecret": client_secret}
        got = requests.post(token_url, json=body, headers={"Accept": "text/plain"})
        return {"token": got.text} if got.ok else {"error": got.status_code, "code": got.json()["title"]}
    # As bytes: requests would write a text in ISO 8859-1.
    pair = (client_id.encode(), client_secret.encode())
    form = {"grant_type": "client_credentials"}
    got = requests.post(token_url, data=form, auth=pair, headers={"x-tracking-id": "t-1"})
    said = got.json()
    return {"token": said["access_token"]} if got.ok else {"error": got.status_code, "code": said["code"]}


answer(token)
