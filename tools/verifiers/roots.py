"""Given leaves, roots and inclusion proofs as JSON, says whether pymerkle has the same ones.

Its consistency proofs are of a form of its own; they are checked against the claimed roots.
Exit code 0: the same. 1: another, named on stderr.
"""

import json
import sys

from pymerkle import InmemoryTree, InvalidProof, verify_consistency


def main(path):
    with open(path) as file:
        claimed = json.load(file)
    roots = claimed["roots"]
    tree = InmemoryTree(algorithm="sha256")
    for size, (leaf, root) in enumerate(zip(claimed["leaves"], roots), start=1):
        tree.append_entry(leaf.encode())
        same(tree.get_root(size).hex(), root, f"root of {size} leaves")
    for index, size, path in claimed["inclusion"]:
        # pymerkle counts leaves from 1, and its path begins with the leaf itself.
        proof = tree.prove_inclusion(index + 1, size).serialize()
        same(proof["path"][1:], path, f"path of leaf {index} in {size}")
    for old, new in claimed["consistency"]:
        states = [bytes.fromhex(roots[size - 1]) for size in (old, new)]
        try:
            verify_consistency(*states, tree.prove_consistency(old, new), old, new)
        except InvalidProof as error:
            sys.exit(f"from {old} to {new}: {error}")


def same(theirs, ours, what):
    if theirs != ours:
        sys.exit(f"{what}: pymerkle has {theirs}, claimed is {ours}")


if __name__ == "__main__":
    main(sys.argv[1])
