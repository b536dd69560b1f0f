"""Given the folder of vectors, writes each of them anew from the words of the specifications.

Only `hashlib`, `hmac` and the Ed25519 of `cryptography` are used. Exit code 0: all the same. 1: one
is not, named on stderr.
"""

import base64
import hashlib
import hmac
import json
import pathlib
import struct
import sys

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def b64(data):
    return base64.b64encode(data).decode()


def hkdf(key, salt, info):
    """HKDF-SHA256, one block of output: RFC 5869."""
    pseudorandom = hmac.digest(salt, key, "sha256")
    return hmac.digest(pseudorandom, info + b"\x01", "sha256")


class Key:
    def __init__(self, name, kind, seed):
        self.private = Ed25519PrivateKey.from_private_bytes(seed)
        raw = serialization.Encoding.Raw, serialization.PublicFormat.Raw
        public = self.private.public_key().public_bytes(*raw)
        self.name = name
        self.id = sha256(name.encode(), b"\n", bytes([kind]), public)[:4]
        self.vkey = f"{name}+{self.id.hex()}+{b64(bytes([kind]) + public)}"
        self.text = f"PRIVATE+KEY+{name}+{self.id.hex()}+{b64(bytes([kind]) + seed)}"

    def line(self, message, before=b""):
        return f"\u2014 {self.name} {b64(self.id + before + self.private.sign(message))}"


def log_key(vectors, epoch):
    origin = vectors["origin"].encode()
    info = struct.pack(">H", len(origin)) + origin + struct.pack(">I", epoch)
    seed = hkdf(bytes.fromhex(vectors["master_seed_hex"]), b"tacho/v1/log-key", info)
    return Key(vectors["origin"], 1, seed), seed


def main(folder):
    folder = pathlib.Path(folder)
    vectors = json.loads((folder / "vectors.json").read_text())
    proofs = json.loads((folder / "proofs.json").read_text())
    leaves = [vectors["leaf"].encode(), b"leaf-1", b"leaf-2"]
    first, second, third = [sha256(b"\0", leaf) for leaf in leaves]
    pair = sha256(b"\1", first, second)
    root = sha256(b"\1", pair, third)
    same("leaf hash", first.hex(), vectors["leaf_hash_hex"])
    same("root", root.hex(), vectors["tree"]["root_hex"])

    key, seed = log_key(vectors, 0)
    same("seed", seed.hex(), vectors["log_seed_hex"])
    same("vkey", key.vkey, vectors["vkey"])
    same("private text", key.text, proofs["log_private"])

    text = f"{vectors['origin']}\n3\n{b64(root)}\n"
    note = f"{text}\n{key.line(text.encode())}\n"
    same("checkpoint", note, (folder / "tlog/checkpoint").read_text())
    proof = f"c2sp.org/tlog-proof@v1\nindex 1\n{b64(first)}\n{b64(third)}\n\n{note}"
    same("tlog-proof", proof, (folder / "leaf-1.tlog-proof").read_text())
    same("submission", f"old 1\n{b64(second)}\n{b64(third)}\n\n{note}", proofs["submission"])

    frontier = struct.pack(">Q", 3) + pair + third
    same("frontier", frontier.hex(), proofs["frontier_hex"])
    kept = struct.pack(">QQ", 1, 2) + first + second
    same("kept frontier", kept.hex(), proofs["kept_frontier_hex"])

    witness, time = Key("witness.example.com/w1", 4, b"\x08" * 32), proofs["witness"]["time"]
    message = f"cosignature/v1\ntime {time}\n{text}".encode()
    same("witness key", witness.vkey, proofs["witness"]["vkey"])
    same("witness private text", witness.text, proofs["witness"]["private"])
    line = witness.line(message, struct.pack(">Q", time))
    same("cosignature", line, proofs["witness"]["line"])

    successor, _ = log_key(vectors, 1)
    same("successor", successor.vkey, proofs["rotation"]["vkey"])
    origin = vectors["origin"].encode()
    body = struct.pack(">H", len(origin)) + origin
    body += struct.pack(">Q", proofs["rotation"]["from_size"]) + successor.vkey.encode()
    signature = key.private.sign(b"tacho/v1/key-rotation\0" + body)
    same("rotation", signature.hex(), proofs["rotation"]["signature_hex"])
    statement = key.private.sign(b"tacho/v1/row\0body")
    same("statement", statement.hex(), proofs["statement_signature_hex"])

    entries = b"".join(struct.pack(">H", len(leaf)) + leaf for leaf in leaves)
    tiles = folder / "tlog/tile"
    same("bundle", entries, (tiles / "entries/000.p/3").read_bytes())
    same("tile", first + second + third, (tiles / "0/000.p/3").read_bytes())


def same(what, written, found):
    if written != found:
        sys.exit(f"{what}: the specifications give {written!r}, found {found!r}")


if __name__ == "__main__":
    main(sys.argv[1])
