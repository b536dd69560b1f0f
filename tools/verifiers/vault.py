"""Given a file of cases, opens each grant and part with `pyhpke` and `cryptography`; seals anew.

Each line of the input is a JSON object in hexadecimal: `origin`, `secret` (X25519, of the master or
day), `subject` (its secret, for grants of type 2), `grant`, `part`, `plaintext`. For each line that
opens to its plaintext, one line is written: a grant and a part sealed here to the same keys,
`grant` and `part`. Exit code 1 and a line on stderr for one that does not open.
"""

import json
import os
import struct
import sys

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand
from pyhpke import AEADId, CipherSuite, KDFId, KEMId, KEMKey

SUITE = CipherSuite.new(KEMId.DHKEM_X25519_HKDF_SHA256, KDFId.HKDF_SHA256, AEADId.AES256_GCM)
LABELS = {0: b"tacho/v1/grant/master\0", 1: b"tacho/v1/grant/day\0", 2: b"tacho/v1/grant/day\0"}
SUBJECT = b"tacho/v1/grant/subject\0"


def private(secret):
    return KEMKey.from_pyca_cryptography_key(X25519PrivateKey.from_private_bytes(secret))


def public(secret):
    key = X25519PrivateKey.from_private_bytes(secret).public_key()
    return KEMKey.from_pyca_cryptography_key(key)


def hpke_open(secret, info, sealed):
    return SUITE.create_recipient_context(sealed[:32], private(secret), info).open(sealed[32:])


def hpke_seal(secret, info, plaintext):
    enc, sender = SUITE.create_sender_context(public(secret), info)
    return enc + sender.seal(plaintext)


def part_key(key, record, cls):
    info = b"tacho/v1/part\0" + record + bytes([cls])
    return AESGCM(HKDFExpand(hashes.SHA256(), 32, info).derive(key))


def grant_key(case, grant):
    header, kind, wrap = grant[8:29], grant[29], grant[30:]
    key = hpke_open(case["secret"], LABELS[kind] + header + case["origin"], wrap)
    if kind == 2:
        key = hpke_open(case["subject"], SUBJECT + header + case["origin"], key[16:])
    return key


def check(case):
    grant, part = case["grant"], case["part"]
    assert grant[:4] == b"TVG1" and part[:4] == b"TVP1"
    assert struct.unpack(">I", part[4:8])[0] == len(part)
    record, cls, nonce = part[8:24], part[40], part[44:56]
    aead = part_key(grant_key(case, grant), record, cls)
    assert aead.decrypt(nonce, part[56:], part[:56] + case["origin"]) == case["plaintext"]


def again(case):
    """A grant and a part of our own making."""
    grant, part = case["grant"], case["part"]
    ident, kind, key = os.urandom(16), grant[29], os.urandom(32)
    header = ident + grant[24:29]
    inner = key
    if kind == 2:
        inner = os.urandom(16) + hpke_seal(case["subject"], SUBJECT + header + case["origin"], key)
    wrap = hpke_seal(case["secret"], LABELS[kind] + header + case["origin"], inner)
    made = b"TVG1" + struct.pack(">I", 30 + len(wrap)) + header + bytes([kind]) + wrap
    record, cls, nonce = part[8:24], part[40], os.urandom(12)
    total = struct.pack(">I", 56 + len(case["plaintext"]) + 16)
    head = b"TVP1" + total + record + ident + bytes([cls, 0]) + part[42:44] + nonce
    body = part_key(key, record, cls).encrypt(nonce, case["plaintext"], head + case["origin"])
    return {"grant": made.hex(), "part": (head + body).hex()}


def main(path):
    with open(path, encoding="ascii") as lines:
        for number, line in enumerate(lines):
            case = {name: bytes.fromhex(value) for name, value in json.loads(line).items()}
            try:
                check(case)
            except Exception as error:
                print(f"case {number}: {error!r}", file=sys.stderr)
                return 1
            print(json.dumps(again(case)))
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
