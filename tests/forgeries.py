"""Tokens that must not be taken, by the name of the attack."""

import base64
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed448, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from embedded import tokens

type Forgery = tuple[str, list[str]]


def forgeries(state: Path) -> dict[str, list[str]]:
    """Authorization headers by attack, made of the keys that are kept in `state`."""
    forger = _Forger(state)
    kinds = (_algorithms, _keys, _headers, _claims, _times, _shapes, _authorizations)
    return {name: headers for kind in kinds for name, headers in kind(forger)}


class _Forger:
    """A good token of an administrator, its parts, and the key that signed it."""

    def __init__(self, state: Path) -> None:
        self.good = tokens.token(state, "eve", "admin")
        self.head, self.body, self.signature = self.good.split(".")
        self.header = jwt.get_unverified_header(self.good)
        self.claims: dict[str, Any] = jwt.decode(self.good, options={"verify_signature": False})
        self.jwk = json.loads(tokens.secret(state))["keys"][0]
        self.key = jwt.PyJWK(self.jwk).key
        public = self.key.public_key()
        self.pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        self.raw = public.public_bytes(Encoding.Raw, PublicFormat.Raw)

    def signed(self, header: dict[str, Any], claims: object, key: Any = None) -> list[str]:
        """A token with just that header and those claims, signed by Ed25519."""
        text = f"{part(header)}.{part(claims)}"
        return bearer(f"{text}.{encoded((key or self.key).sign(text.encode()))}")

    def changed(self, **claims: object) -> list[str]:
        """The good token with other claims, well signed."""
        return self.signed(self.header, {**self.claims, **claims})

    def headed(self, **header: object) -> list[str]:
        """The good token with another header, well signed."""
        return self.signed({**self.header, **header}, self.claims)

    def by(self, key: Any, algorithm: str) -> list[str]:
        """The good token under another algorithm, by hand: libraries refuse the wrong keys."""
        signer = jwt.algorithms.get_default_algorithms()[algorithm]
        text = f"{part({**self.header, 'alg': algorithm})}.{self.body}"
        return bearer(f"{text}.{encoded(signer.sign(text.encode(), key))}")


def bearer(token: str) -> list[str]:
    return [f"Bearer {token}"]


def encoded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def part(value: object) -> str:
    return encoded(value if isinstance(value, bytes) else json.dumps(value).encode())


def _algorithms(forger: _Forger) -> Iterator[Forgery]:
    for spelling in ("none", "None", "NONE", "nOnE", ""):
        head = part({**forger.header, "alg": spelling})
        yield f"alg {spelling or 'empty'}, unsigned", bearer(f"{head}.{forger.body}.")
        yield (
            f"alg {spelling or 'empty'}, signed",
            bearer(f"{head}.{forger.body}.{forger.signature}"),
        )
    yield "key confusion: HS256 with the raw public key", forger.by(forger.raw, "HS256")
    yield "key confusion: HS256 with the PEM", forger.by(forger.pem, "HS256")
    yield "key confusion: HS256 with the JWK's x", forger.by(forger.jwk["x"].encode(), "HS256")
    yield "key confusion: HS512 with the PEM", forger.by(forger.pem, "HS512")
    yield "HS256 with an empty secret", forger.by(b"", "HS256")
    yield "HS256 with a guessed secret", forger.by(b"secret", "HS256")
    rsa_key = rsa.generate_private_key(65_537, 2_048)
    yield "RS256 with a key of one's own", forger.by(rsa_key, "RS256")
    yield "PS256 with a key of one's own", forger.by(rsa_key, "PS256")
    yield (
        "ES256 with a key of one's own",
        forger.by(ec.generate_private_key(ec.SECP256R1()), "ES256"),
    )
    yield "EdDSA on the other curve", forger.by(ed448.Ed448PrivateKey.generate(), "EdDSA")
    yield "alg that nobody knows", forger.headed(alg="XYZ")
    yield "alg in lower case", forger.headed(alg="eddsa")
    yield "alg as a list", forger.headed(alg=["EdDSA"])
    yield "no alg", forger.signed({"kid": "local", "typ": "at+jwt"}, forger.claims)


def _keys(forger: _Forger) -> Iterator[Forgery]:
    own = Ed25519PrivateKey.generate()
    public = json.loads(jwt.algorithms.OKPAlgorithm.to_jwk(own.public_key()))
    yield "a stranger's key", forger.signed(forger.header, forger.claims, own)
    for name, value in {
        "jwk": public,
        "jku": "https://evil.example/jwks.json",
        "x5u": "https://evil.example/cert.pem",
        "x5c": [encoded(b"certificate")],
    }.items():
        header = {**forger.header, name: value}
        yield (
            f"a key that the token brings along: {name}",
            forger.signed(header, forger.claims, own),
        )
    for kid in ("other", "", "../../../dev/null", "/dev/null", "' OR 1=1 --", "local\x00", "LOCAL"):
        header = {**forger.header, "kid": kid}
        yield f"kid {kid!r}", forger.signed(header, forger.claims, own)
    yield "kid of nobody, well signed", forger.headed(kid="other")
    yield "kid as a number", forger.headed(kid=0)
    yield "kid as a list", forger.headed(kid=["local"])
    yield "kid as null", forger.headed(kid=None)
    yield "no kid", forger.signed({"alg": "EdDSA", "typ": "at+jwt"}, forger.claims)


def _headers(forger: _Forger) -> Iterator[Forgery]:
    for kind in ("JWT", "jwt", "id+jwt", "at+jwt2", "", "JOSE", None, ["at+jwt"]):
        yield f"typ {kind!r}", forger.headed(typ=kind)
    yield "no typ", forger.signed({"alg": "EdDSA", "kid": "local"}, forger.claims)
    yield "a critical header that nobody knows", forger.headed(crit=["exp2"], exp2=1)
    yield "detached content", forger.headed(b64=False, crit=["b64"])


def _claims(forger: _Forger) -> Iterator[Forgery]:
    for claim in forger.claims:
        left = {name: value for name, value in forger.claims.items() if name != claim}
        yield f"no {claim}", forger.signed(forger.header, left)
    for audience in ("another", "deskhand", "", None, ["deskhand-api", "another"], 7):
        yield f"wrong audience {audience!r}", forger.changed(aud=audience)
    for issuer in ("another", "deskhand/", "", None, ["deskhand"]):
        yield f"wrong issuer {issuer!r}", forger.changed(iss=issuer)
    for role in ("root", "", None, ["admin"], {"admin": True}, "Admin", 1):
        yield f"role {role!r}", forger.changed(role=role)
    for subject in ("", "x" * 101, None, 7, ["eve"], "a\x00b"):
        yield f"subject {str(subject)[:10]!r}", forger.changed(sub=subject)
    yield "jti as a list", forger.changed(jti=[])
    for name, claims in (("a list", []), ("text", "eve"), ("null", None)):
        yield f"claims as {name}", forger.signed(forger.header, claims)


def _times(forger: _Forger) -> Iterator[Forgery]:
    now = int(time.time())
    yield "expired", forger.changed(iat=now - 600, exp=now - 61)
    yield "expired long ago", forger.changed(iat=1, exp=2)
    yield "not yet", forger.changed(nbf=now + 7_200)
    yield "issued in the future", forger.changed(iat=now + 7_200, exp=now + 7_320)
    yield "living too long", forger.changed(exp=now + 960)
    yield "living for ever", forger.changed(exp=2**53)
    yield "living too long, dated back", forger.changed(iat=now - 3_600, exp=now + 60)
    for value in ("never", None, [now + 60], True, float("inf"), float("nan"), 1e400, -1):
        yield f"exp {value!r}", forger.changed(exp=value)
        yield f"iat {value!r}", forger.changed(iat=value)
    yield "exp as text", forger.changed(exp=str(now + 60))
    yield "iat as text", forger.changed(iat=str(now))
    yield "nbf as text", forger.changed(nbf="never")


def _shapes(forger: _Forger) -> Iterator[Forgery]:
    other = part({**forger.claims, "sub": "root"})
    yield (
        "other claims under the same signature",
        bearer(f"{forger.head}.{other}.{forger.signature}"),
    )
    yield "unsigned", bearer(f"{forger.head}.{forger.body}.")
    yield "two parts", bearer(f"{forger.head}.{forger.body}")
    yield "four parts", bearer(f"{forger.good}.{forger.signature}")
    yield "encrypted, five parts", bearer(f"{forger.good}.{forger.body}.{forger.signature}")
    yield "signature cut short", bearer(forger.good[:-20])
    yield "signature of zeros", bearer(f"{forger.head}.{forger.body}.{encoded(bytes(64))}")
    yield "a token inside a token", forger.signed({**forger.header, "cty": "JWT"}, forger.good)
    yield "the header alone", bearer(forger.head)
    yield "a header that is no JSON", bearer(f"{part(b'{')}.{forger.body}.{forger.signature}")
    yield "a header that is a list", bearer(f"{part([1])}.{forger.body}.{forger.signature}")
    yield "a deep header", bearer(f"{part(b'[' * 3_000)}.{forger.body}.{forger.signature}")
    yield "claims that are no JSON", forger.signed(forger.header, b"{")
    yield "deep claims", forger.signed(forger.header, b"[" * 3_000)
    yield "claims that are no UTF-8", forger.signed(forger.header, b'{"sub": "\xff"}')
    yield "a huge token", bearer("a" * 6_000)
    yield "other characters", bearer("\u00e9.\u00e9.\u00e9")
    yield "rubbish", bearer("a.b.c")
    yield "nothing", bearer("")


def _authorizations(forger: _Forger) -> Iterator[Forgery]:
    yield "another scheme", [f"Basic {forger.good}"]
    yield "no scheme", [forger.good]
    yield "two tokens in one header", [f"Bearer {forger.good}, Bearer {forger.good}"]
    yield "two headers", bearer(forger.good) * 2
    yield "a service token that nobody has", bearer("dhs_" + "A" * 43)
    yield "an empty service token", bearer("dhs_")
    yield "a refresh token", bearer("dhr_" + "A" * 43)
