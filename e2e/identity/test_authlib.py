"""Authlib's requests client: code with PKCE, password, refresh, revocation, client credentials."""

import re
from html import unescape
from urllib.parse import urljoin, urlsplit

import pytest
import requests
from authlib.common.security import generate_token
from authlib.integrations.base_client import OAuthError
from authlib.integrations.requests_client import OAuth2Session
from joserfc import jwt
from joserfc.jwk import KeySet

REDIRECT = "http://localhost:3000/callback"
WEB = ("demo-web", "F9A36528-C179-4BF0-B3EC-DD5BCA774E94")
APP = ("demo-app", "23CAC040-86CA-4E55-8F64-8E99DE71C9FE")
SERVICE = ("demo-service", "4AB013BC-E5BA-4B6C-B610-4C198CAAE448")


@pytest.fixture
def server(emulator):
    return requests.get(f"{emulator.sso_url}/.well-known/openid-configuration").json()


def sign_in(url, username, password):
    """What a person does at the login page; the address of the app that the browser is sent to."""
    browser = requests.Session()
    page = browser.get(url)
    fields = {name: unescape(value) for name, value in re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page.text)}
    action = urljoin(page.url, re.search(r'<form method="post" action="([^"]+)"', page.text)[1])
    answer = browser.post(action, data=fields | {"username": username, "password": password, "button": "login"}, allow_redirects=False)
    while urlsplit(answer.headers["Location"]).port != 3000:
        answer = browser.get(urljoin(answer.url, answer.headers["Location"]), allow_redirects=False)
    return answer.headers["Location"]


def test_code_with_pkce_and_its_id_token(emulator, server):
    session = OAuth2Session(*WEB, scope="openid id profile js_api", redirect_uri=REDIRECT, code_challenge_method="S256")
    verifier, nonce = generate_token(48), generate_token(20)
    url, state = session.create_authorization_url(server["authorization_endpoint"], code_verifier=verifier, nonce=nonce)
    back = sign_in(url, "ann", "ann-demo-1")
    token = session.fetch_token(server["token_endpoint"], authorization_response=back, state=state, code_verifier=verifier)
    keys = KeySet.import_key_set(requests.get(server["jwks_uri"]).json())
    claims = jwt.decode(token["id_token"], keys, algorithms=["RS256"]).claims
    assert claims["iss"] == server["issuer"]
    assert claims["aud"] == "demo-web"
    assert claims["nonce"] == nonce
    user = session.get(server["userinfo_endpoint"]).json()
    assert user["id"] == "ann"
    assert user["sub"] == claims["sub"]
    assert session.get(f"{emulator.url}/API/HR/Employees").status_code == 200


def test_password_refresh_and_revocation(emulator, server):
    session = OAuth2Session(*APP, scope="js_api openid offline_access", token_endpoint_auth_method="client_secret_post")
    token = session.fetch_token(server["token_endpoint"], username="ann", password="ann-demo-1", grant_type="password")
    fresh = session.refresh_token(server["token_endpoint"], refresh_token=token["refresh_token"])
    assert fresh["refresh_token"] != token["refresh_token"]
    assert session.get(f"{emulator.url}/API/HR/Employees").status_code == 200
    seen = session.introspect_token(server["introspection_endpoint"], token=fresh["access_token"]).json()
    assert seen["active"] is True
    assert session.revoke_token(server["revocation_endpoint"], token=fresh["access_token"]).status_code == 200
    seen = session.introspect_token(server["introspection_endpoint"], token=fresh["access_token"]).json()
    assert seen == {"active": False}


def test_refusals_are_errors_of_oauth(server):
    session = OAuth2Session(*APP, scope="js_api")
    with pytest.raises(OAuthError) as refused:
        session.fetch_token(server["token_endpoint"], username="ann", password="wrong", grant_type="password")
    assert refused.value.error == "invalid_grant"
    assert refused.value.description == "Invalid username or password"


def test_client_credentials(server):
    session = OAuth2Session(*SERVICE, scope="js_api")
    token = session.fetch_token(server["token_endpoint"], grant_type="client_credentials")
    assert token["token_type"] == "Bearer"
