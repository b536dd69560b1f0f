//! Measures what the promises of this crate cost; prints one JSON object per line.
//!
//! `--quick` takes a smaller tree and fewer rounds: good for seeing that it runs, not for quoting.
#![expect(clippy::disallowed_methods, clippy::print_stdout, reason = "looks at the clock, prints")]

use std::convert::Infallible;
use std::hint::black_box;
use std::time::Instant;

use tacho_hash::sha256;
use tacho_tree::tileset::{TileNodes, Tiles};
use tacho_tree::{
    Checkpoint, Frontier, Hash, Head, Levels, LogKey, Nodes, Note, Origin, Tile, TlogProof, check,
    leaf_hash, leaf_hashes, prove,
};

const LEAF_BYTES: usize = 600;
/// Leaves that are hashed together.
const TOGETHER: usize = 256;

/// How much to do.
struct Effort {
    /// Leaves of the tree that proofs are made in.
    tree_leaves: u64,
    /// Leaves hashed in a round.
    round_leaves: usize,
    /// Proofs made or checked in a round.
    round_proofs: u64,
    /// Rounds, of which the fastest counts.
    rounds: usize,
}

fn main() {
    let quick = std::env::args().any(|argument| argument == "--quick");
    let effort = if quick {
        Effort { tree_leaves: 300_000, round_leaves: 1_000, round_proofs: 100, rounds: 9 }
    } else {
        Effort { tree_leaves: 10_000_000, round_leaves: 1_000, round_proofs: 100, rounds: 301 }
    };
    leaf_hashing(&effort);
    let leaves = effort.tree_leaves;
    let tree: Levels = (0..leaves).map(|i| leaf_hash(&i.to_be_bytes())).collect();
    proving(&effort, &tree);
    checking(&effort, &tree);
}

/// Leaves of 600 bytes, hashed and added to a frontier, against the bare hash of the same bytes.
fn leaf_hashing(effort: &Effort) {
    // 1,024 different leaves fit the second-level cache, so memory is not what is measured.
    let leaves: Vec<Vec<u8>> =
        (0..1024usize).map(|i| (0..LEAF_BYTES).map(|j| (i * 31 + j * 7) as u8).collect()).collect();
    let round = || leaves.iter().cycle().take(effort.round_leaves);
    let ours = || {
        let mut frontier = Frontier::new();
        let mut leaves = round().map(Vec::as_slice).peekable();
        while leaves.peek().is_some() {
            let hashes = leaf_hashes(black_box(leaves.by_ref().take(TOGETHER)));
            frontier.push_all(&hashes, |_, hash| _ = black_box(hash));
        }
        black_box(frontier.root());
    };
    let raw = || {
        for leaf in round() {
            black_box(sha256([black_box(leaf.as_slice())]));
        }
    };
    let [ours, raw] = fastest(effort.rounds, [&ours, &raw]);
    let per_second = |seconds: f64| effort.round_leaves as f64 / seconds;
    Figure {
        bench: "tree/leaf_hashing",
        metric: "leaves of 600 bytes hashed and added to the frontier".to_owned(),
        value: per_second(ours),
        unit: "leaves/s",
        rival: "SHA-256 by ring of one after the other",
        rival_value: per_second(raw),
        ratio: raw / ours,
        aim: "ratio >= 0.80",
    }
    .print();
}

/// Inclusion proofs of leaves all over the tree: from streams that hold every height, and from
/// nothing but C2SP tiles, whose inner nodes have to be hashed anew.
fn proving(effort: &Effort, tree: &Levels) {
    let size = effort.tree_leaves;
    let from_streams = || prove_some(effort, tree);
    let from_tiles = || prove_some(effort, &TileNodes::new(Published(tree), size));
    let [streams, tiles] = fastest(effort.rounds, [&from_streams, &from_tiles]);
    let each = |seconds: f64| seconds / effort.round_proofs as f64 * 1e6;
    Figure {
        bench: "tree/inclusion_proof",
        metric: format!("proof of any leaf of {size}, from stored nodes of every height"),
        value: each(streams),
        unit: "us",
        rival: "the same proof from C2SP tiles alone",
        rival_value: each(tiles),
        ratio: tiles / streams,
        aim: "<= 50 us",
    }
    .print();
}

fn prove_some<N: Nodes>(effort: &Effort, nodes: &N) {
    for i in 0..effort.round_proofs {
        black_box(
            prove::inclusion(nodes, some_leaf(i, effort.tree_leaves), effort.tree_leaves).ok(),
        );
    }
}

/// Proofs checked: the hashes alone, and the whole text with its signature.
fn checking(effort: &Effort, tree: &Levels) {
    let size = effort.tree_leaves;
    let Ok(root) = prove::root(tree, size) else { return };
    let head = Head { size, root };
    let index = some_leaf(1, size);
    let leaf = leaf_hash(&index.to_be_bytes());
    let Ok(path) = prove::inclusion(tree, index, size) else { return };

    let hashes_only = || {
        for _ in 0..effort.round_proofs {
            assert!(check::inclusion(&leaf, index, &head, black_box(&path)).is_ok());
        }
    };
    let raw_hashes = || {
        for _ in 0..effort.round_proofs {
            for hash in black_box(&path) {
                let node = [&[1], leaf.as_bytes().as_slice(), hash.as_bytes()].concat();
                black_box(sha256([&node]));
            }
        }
    };
    let [checked, raw] = fastest(effort.rounds, [&hashes_only, &raw_hashes]);
    let each = |seconds: f64| seconds / effort.round_proofs as f64 * 1e6;
    Figure {
        bench: "tree/check_proof",
        metric: format!("check of an inclusion proof of {} hashes", path.len()),
        value: each(checked),
        unit: "us",
        rival: "raw SHA-256 by ring over the same nodes",
        rival_value: each(raw),
        ratio: raw / checked,
        aim: "<= 20 us",
    }
    .print();
    checking_text(effort, TlogProof { index, path, note: sign(head) }, &leaf);
}

/// A `tlog-proof` text, read and verified with its signature, against the signature alone.
fn checking_text(effort: &Effort, proof: TlogProof, leaf: &Hash) {
    let keys = [log_key().verifier().clone()];
    let text = proof.to_string().into_bytes();
    let whole = || {
        for _ in 0..effort.round_proofs {
            let read = TlogProof::parse(black_box(&text));
            assert!(read.is_ok_and(|proof| proof.verify(leaf, &keys).is_ok()));
        }
    };
    let signature = || {
        for _ in 0..effort.round_proofs {
            assert!(black_box(&proof.note).verify(&keys).is_ok());
        }
    };
    let [whole, signature] = fastest(effort.rounds, [&whole, &signature]);
    let each = |seconds: f64| seconds / effort.round_proofs as f64 * 1e6;
    Figure {
        bench: "tree/check_text",
        metric: format!("tlog-proof of {} bytes read and verified", text.len()),
        value: each(whole),
        unit: "us",
        rival: "its Ed25519 signature alone, verified strictly",
        rival_value: each(signature),
        ratio: signature / whole,
        aim: "none: shown for scale",
    }
    .print();
}

fn log_key() -> LogKey {
    let origin = Origin::parse("tacho.example.com/acme");
    LogKey::derive(&[7; 32], &origin.unwrap_or_else(|_| unreachable!("a good origin")), 0)
}

fn sign(head: Head) -> Note {
    Checkpoint { origin: log_key().verifier().name().clone(), head }.sign(&log_key())
}

/// Leaves spread over the tree without order: a multiplier coprime to every size used.
fn some_leaf(i: u64, size: u64) -> u64 {
    i.wrapping_mul(0x9e37_79b9_7f4a_7c15) % size
}

/// Tiles as they are stored: slices of the streams of heights 0, 8, 16.
struct Published<'t>(&'t Levels);

impl Tiles for Published<'_> {
    type Error = Infallible;

    fn tile(&self, tile: Tile) -> Result<Vec<u8>, Infallible> {
        let stream = self.0.level(tile.level() * Tile::HEIGHT);
        let from = tile.index() as usize * usize::from(Tile::WIDTH);
        let slice = stream.get(from..from + usize::from(tile.width())).unwrap_or_default();
        Ok(slice.iter().flat_map(|hash| *hash.as_bytes()).collect())
    }
}

/// The fastest time in seconds of each job. Whatever else the machine does only adds time, so the
/// fastest of many rounds of a few milliseconds is what the job itself costs; the jobs take turns.
fn fastest<const N: usize>(rounds: usize, jobs: [&dyn Fn(); N]) -> [f64; N] {
    let mut fastest = [f64::INFINITY; N];
    for _ in 0..rounds {
        for (fastest, job) in fastest.iter_mut().zip(&jobs) {
            let start = Instant::now();
            job();
            *fastest = fastest.min(start.elapsed().as_secs_f64());
        }
    }
    fastest
}

/// One line of the output.
struct Figure {
    bench: &'static str,
    metric: String,
    value: f64,
    unit: &'static str,
    rival: &'static str,
    rival_value: f64,
    ratio: f64,
    aim: &'static str,
}

impl Figure {
    fn print(&self) {
        println!(
            "{}",
            serde_json::json!({
                "bench": self.bench, "metric": self.metric, "value": rounded(self.value),
                "unit": self.unit, "rival": self.rival, "rival_value": rounded(self.rival_value),
                "ratio": rounded(self.ratio), "aim": self.aim,
            })
        );
    }
}

fn rounded(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}
