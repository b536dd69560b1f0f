//! Measures what the promises of this crate cost; prints one JSON object per line.
#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a bench looks at the clock and prints"
)]

use std::hint::black_box;
use std::time::{Duration, Instant};

use sha2::{Digest, Sha256};
use tacho_tree::{Frontier, leaf_hash};

const LEAF_BYTES: usize = 600;

fn main() {
    let rounds = 20;
    leaf_hashing(rounds);
}

fn leaf_hashing(rounds: usize) {
    let leaves: Vec<Vec<u8>> = (0..1024u32)
        .map(|i| (0..LEAF_BYTES).map(|j| (i as usize * 31 + j * 7) as u8).collect())
        .collect();
    let mut ours = Vec::new();
    let mut rival = Vec::new();
    let mut only = Vec::new();
    for _ in 0..rounds {
        ours.push(time(|| {
            let mut frontier = Frontier::new();
            for _ in 0..16 {
                for leaf in &leaves {
                    frontier.push_leaf(black_box(leaf), |_, hash| {
                        black_box(hash);
                    });
                }
            }
            black_box(frontier.root());
        }));
        only.push(time(|| {
            for _ in 0..16 {
                for leaf in &leaves {
                    black_box(leaf_hash(black_box(leaf)));
                }
            }
        }));
        rival.push(time(|| {
            for _ in 0..16 {
                for leaf in &leaves {
                    black_box(Sha256::digest(black_box(leaf)));
                }
            }
        }));
    }
    let n = 16.0 * 1024.0;
    let f = |v: &mut Vec<Duration>| {
        v.sort();
        v[v.len() / 2].as_secs_f64() / n * 1e9
    };
    let (a, b, c) = (f(&mut ours), f(&mut only), f(&mut rival));
    println!("ours {a} leaf only {b} raw {c} ratio {}", c / a);
}

fn time(run: impl FnOnce()) -> Duration {
    let start = Instant::now();
    run();
    start.elapsed()
}
