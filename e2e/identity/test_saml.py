"""The saml2 grant with documents that `signxml` signed, as an identity provider of one's own would."""

import base64
import secrets
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from lxml import etree
from signxml import XMLSigner, methods

DEMO = Path(__file__).resolve().parents[2] / "crates/cinchy-seed/demo.yaml"
IDP = "https://idp.example.test"
AUDIENCE = "https://cinchy.example.test"
SAML = "urn:oasis:names:tc:SAML:2.0:assertion"
SAMLP = "urn:oasis:names:tc:SAML:2.0:protocol"
DS = "http://www.w3.org/2000/09/xmldsig#"


class IdentityProvider:
    """A key, its certificate, and what is signed with them."""

    def __init__(self, key):
        self.key = key
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "idp")])
        now = datetime.now(timezone.utc)
        self.certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=1))
            .sign(key, hashes.SHA256())
        )

    def metadata(self):
        der = self.certificate.public_bytes(serialization.Encoding.DER)
        return f"""<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID="{IDP}">
  <IDPSSODescriptor protocolSupportEnumeration="{SAMLP}">
    <KeyDescriptor use="signing"><KeyInfo xmlns="{DS}"><X509Data><X509Certificate>
{base64.encodebytes(der).decode()}</X509Certificate></X509Data></KeyInfo></KeyDescriptor>
    <SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="{IDP}/sso"/>
  </IDPSSODescriptor>
</EntityDescriptor>"""

    def response(self, emulator, user, algorithm, sign="Assertion"):
        """A Response as XML, its Assertion or itself signed, with KeyInfo and line breaks."""
        now = datetime.now(timezone.utc)
        at = lambda seconds: (now + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")
        recipient = f"{emulator.sso_url}/identity/connect/token"
        template = f'<ds:Signature xmlns:ds="{DS}" Id="placeholder"/>'
        here = lambda element: template if sign == element else ""
        ids = {"Assertion": f"_{secrets.token_hex(16)}", "Response": f"_{secrets.token_hex(16)}"}
        root = etree.fromstring(f"""<samlp:Response xmlns:samlp="{SAMLP}" xmlns:saml="{SAML}" ID="{ids['Response']}" Version="2.0" IssueInstant="{at(0)}" Destination="{recipient}">
  <saml:Issuer>{IDP}</saml:Issuer>{here("Response")}
  <samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"/></samlp:Status>
  <saml:Assertion ID="{ids['Assertion']}" Version="2.0" IssueInstant="{at(0)}">
    <saml:Issuer>{IDP}</saml:Issuer>{here("Assertion")}
    <saml:Subject>
      <saml:NameID>{user}</saml:NameID>
      <saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer">
        <saml:SubjectConfirmationData NotOnOrAfter="{at(300)}" Recipient="{recipient}"/>
      </saml:SubjectConfirmation>
    </saml:Subject>
    <saml:Conditions NotBefore="{at(-30)}" NotOnOrAfter="{at(300)}">
      <saml:AudienceRestriction><saml:Audience>{AUDIENCE}</saml:Audience></saml:AudienceRestriction>
    </saml:Conditions>
    <saml:AuthnStatement AuthnInstant="{at(0)}"><saml:AuthnContext><saml:AuthnContextClassRef>urn:oasis:names:tc:SAML:2.0:ac:classes:Password</saml:AuthnContextClassRef></saml:AuthnContext></saml:AuthnStatement>
  </saml:Assertion>
</samlp:Response>""")
        signer = XMLSigner(
            method=methods.enveloped,
            signature_algorithm=algorithm,
            digest_algorithm="sha256",
            c14n_algorithm="http://www.w3.org/2001/10/xml-exc-c14n#",
        )
        pem = self.certificate.public_bytes(serialization.Encoding.PEM)
        element = root if sign == "Response" else root.find(f"{{{SAML}}}Assertion")
        signed = signer.sign(element, key=self.key, cert=pem, reference_uri=f"#{ids[sign]}", id_attribute="ID")
        if sign == "Response":
            root = signed
        else:
            root.replace(element, signed)
        return etree.tostring(root)


KEYS = {
    "rsa-sha256": lambda: rsa.generate_private_key(65537, 2048),
    "rsa-sha512": lambda: rsa.generate_private_key(65537, 3072),
    "ecdsa-sha256": lambda: ec.generate_private_key(ec.SECP256R1()),
}


def seed(idp):
    return {
        "users": [{"username": "Sam", "authenticationMethod": "Single Sign-On", "groups": ["Staff"]}],
        "saml": {"spEntityId": AUDIENCE, "identityProviders": [{"entityId": IDP, "metadata": idp.metadata()}]},
    }


def ask(emulator, document):
    return requests.post(
        f"{emulator.sso_url}/identity/connect/token",
        data={
            "grant_type": "saml2",
            "client_id": emulator.ready["clientId"],
            "client_secret": emulator.ready["clientSecret"],
            "scope": "js_api",
            "token": base64.b64encode(document).decode(),
        },
    )


@pytest.mark.parametrize("algorithm", KEYS)
@pytest.mark.parametrize("sign", ["Assertion", "Response"])
def test_signxml(start, algorithm, sign):
    idp = IdentityProvider(KEYS[algorithm]())
    emulator = start(seeds=[DEMO, seed(idp)])
    document = idp.response(emulator, "sam", algorithm, sign)
    granted = ask(emulator, document)
    assert granted.status_code == 200, granted.headers.get("X-Emulator-Reason")
    token = granted.json()["access_token"]
    call = requests.get(f"{emulator.url}/API/HR/Employees", headers={"Authorization": f"Bearer {token}"})
    assert call.status_code == 200
    # Once only.
    again = ask(emulator, document)
    assert again.status_code == 400
    assert again.json() == {"error": "invalid_grant", "error_description": "Invalid SAML token"}
    assert "used before" in again.headers["X-Emulator-Reason"]
    # A name that was changed after signing.
    changed = idp.response(emulator, "nobody", algorithm, sign).replace(b">nobody<", b">sam<")
    refused = ask(emulator, changed)
    assert refused.status_code == 400
    assert "does not verify" in refused.headers["X-Emulator-Reason"]
