"""Given entries, one JSON object a line, says of each `ok` or what is wrong with it.

{"leaf": text, "digests": [[disclosure, digest], ..], "classes": {class: {name: value}}}

`rfc8785` writes leaf and disclosures anew; the IETF reference `sd-jwt` signs the leaf as an SD-JWT
with a throw-away key and unpacks the disclosures.
"""

import base64
import hashlib
import json
import sys

import rfc8785
from jwcrypto import jwk, jws
from sd_jwt.verifier import SDJWTVerifier

KEY = jwk.JWK.generate(kty="EC", crv="P-256")


def judge(entry):
    leaf = json.loads(entry["leaf"])
    if rfc8785.dumps(leaf) != entry["leaf"].encode():
        return "the leaf is not canonical"
    for disclosure, digest in entry["digests"]:
        raw = base64.urlsafe_b64decode(disclosure + "=" * (-len(disclosure) % 4))
        if rfc8785.dumps(json.loads(raw)) != raw:
            return f"a disclosure is not canonical: {raw}"
        if digest != b64(hashlib.sha256(disclosure.encode()).digest()):
            return f"the digest of {disclosure} is not {digest}"
    unpacked = unpack(leaf, [disclosure for disclosure, _ in entry["digests"]])
    for name in ("content", "identity", "evidence"):
        shown = {key: value for key, value in unpacked.get(name, {}).items() if key != "day"}
        if shown != entry["classes"].get(name, {}):
            return f"class {name} unpacks to {shown}"
    return "ok"


def unpack(leaf, disclosures):
    token = jws.JWS(json.dumps(leaf | {"iss": "tachograph", "_sd_alg": "sha-256"}))
    token.add_signature(KEY, alg="ES256", protected=json.dumps({"alg": "ES256"}))
    presented = "~".join([token.serialize(compact=True), *disclosures, ""])
    return SDJWTVerifier(presented, lambda *_: KEY).get_verified_payload()


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


for line in sys.stdin:
    try:
        print(judge(json.loads(line)).replace("\n", " "))
    except Exception as error:
        print(f"{type(error).__name__}: {error}".replace("\n", " "))
