"""The SAML 2.0 assertion by which the hub asks for a token (RFC 7522), built and signed with its own key.

In: whom it names, for whom it is, and an RSA private key in PEM. Out: the signed assertion in base64. The key
appears in no message. Never parses anything.
"""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from lxml import etree
from signxml.algorithms import CanonicalizationMethod
from signxml.signer import XMLSigner

from connectors.errors import NotAuthorized

SAML = "urn:oasis:names:tc:SAML:2.0:assertion"
_DS = "http://www.w3.org/2000/09/xmldsig#"
_FORMAT = "urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified"
_BEARER = "urn:oasis:names:tc:SAML:2.0:cm:bearer"
_CONTEXT = "urn:oasis:names:tc:SAML:2.0:ac:classes:X509"
#: Clocks may differ by so much before an assertion, and it is good for so long.
_BEFORE, _GOOD = timedelta(minutes=5), timedelta(minutes=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """What an assertion says."""

    issuer: str
    subject: str
    audience: str
    #: The token endpoint.
    recipient: str
    api_key: str
    #: Whether the subject is a user name, not a userId.
    use_username: bool = False


def signed(claims: Claims, private_key: str, now: datetime) -> str:
    """Return the assertion; NotAuthorized where the key is none."""
    key = _key(private_key)
    unsigned = _built(claims, now.astimezone(UTC))
    signer = XMLSigner(c14n_algorithm=CanonicalizationMethod.EXCLUSIVE_XML_CANONICALIZATION_1_0)
    return b64encode(
        etree.tostring(signer.sign(unsigned, key=key, reference_uri=f"#{unsigned.get('ID')}"))
    ).decode()


def _key(private_key: str) -> RSAPrivateKey:
    try:
        key = load_pem_private_key(private_key.strip().encode(), password=None)
    except (ValueError, TypeError):
        key = None
    if not isinstance(key, RSAPrivateKey):
        # Without its cause: what a library says of a key may quote it.
        raise NotAuthorized(
            "The private key of the connection is not an RSA key in PEM without a passphrase.",
            suggestion="Enter the whole key again, from BEGIN to END.",
        )
    return key


def _built(claims: Claims, now: datetime) -> etree._Element:
    said, until = _moment(now), _moment(now + _GOOD)
    root = etree.Element(
        _tag("Assertion"),
        {"ID": f"_{uuid4().hex}", "IssueInstant": said, "Version": "2.0"},
        nsmap={"saml2": SAML},
    )
    _add(root, "Issuer", claims.issuer)
    # The signature stands behind the issuer (SAML core, 2.3.3); the signer puts it in this place.
    etree.SubElement(root, f"{{{_DS}}}Signature", {"Id": "placeholder"}, nsmap={"ds": _DS})
    subject = _add(root, "Subject")
    _add(subject, "NameID", claims.subject, Format=_FORMAT)
    confirmation = _add(subject, "SubjectConfirmation", Method=_BEARER)
    _add(confirmation, "SubjectConfirmationData", NotOnOrAfter=until, Recipient=claims.recipient)
    conditions = _add(root, "Conditions", NotBefore=_moment(now - _BEFORE), NotOnOrAfter=until)
    _add(_add(conditions, "AudienceRestriction"), "Audience", claims.audience)
    statement = _add(root, "AuthnStatement", AuthnInstant=said, SessionIndex=f"_{uuid4().hex}")
    _add(_add(statement, "AuthnContext"), "AuthnContextClassRef", _CONTEXT)
    attributes = _add(root, "AttributeStatement")
    told = {"api_key": claims.api_key} | ({"use_username": "true"} if claims.use_username else {})
    for name, value in told.items():
        _add(_add(attributes, "Attribute", Name=name), "AttributeValue", value)
    return root


def _add(parent: etree._Element, name: str, text: str | None = None, **attributes: str) -> etree._Element:
    made = etree.SubElement(parent, _tag(name), attributes)
    made.text = text
    return made


def _tag(name: str) -> str:
    return f"{{{SAML}}}{name}"


def _moment(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03}Z"
