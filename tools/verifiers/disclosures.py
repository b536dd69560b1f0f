"""Given the project's vectors, says whether the leaf is what RFC 8785 and RFC 9901 make of it.

`rfc8785` writes the leaf anew; the IETF reference `sd-jwt` signs it as an SD-JWT with a throw-away
key and unpacks the disclosures. Exit code 0: agreed. 1: not, with the reason on stderr.
"""

import json
import sys

import rfc8785
from jwcrypto import jwk, jws
from sd_jwt.verifier import SDJWTVerifier


def main(path):
    with open(path) as file:
        vectors = json.load(file)
    leaf = json.loads(vectors["leaf"])
    if rfc8785.dumps(leaf) != vectors["leaf"].encode():
        sys.exit("the leaf is not in the one form of RFC 8785")
    disclosures, expected = [], {}
    for name, part in vectors["classes"].items():
        disclosures += part["disclosures"].values()
        expected[name] = dict(part["pairs"])
    unpacked = unpack(leaf, disclosures)
    for name, members in expected.items():
        shown = {key: value for key, value in unpacked[name].items() if key != "day"}
        if shown != members:
            sys.exit(f"class {name} unpacks to {shown}, not to {members}")


def unpack(leaf, disclosures):
    key = jwk.JWK.generate(kty="EC", crv="P-256")
    token = jws.JWS(json.dumps(leaf | {"iss": "tachograph", "_sd_alg": "sha-256"}))
    token.add_signature(key, alg="ES256", protected=json.dumps({"alg": "ES256"}))
    presented = "~".join([token.serialize(compact=True), *disclosures, ""])
    return SDJWTVerifier(presented, lambda *_: key).get_verified_payload()


if __name__ == "__main__":
    main(sys.argv[1])
