//! Many messages hashed side by side, against the same ones after each other.
//!
//! ```text
//! cargo bench -p tacho-hash --bench hash [-- --quick]
//! ```
//! Each figure is the least of many rounds.
#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a bench looks at the clock and prints"
)]

use std::hint::black_box;
use std::time::Instant;
use tacho_hash::{Digest, all, sha256};

fn main() {
    let rounds = if std::env::args().any(|arg| arg == "--quick") { 200 } else { 2_000 };
    for (bytes, count) in [(64, 256), (365, 16), (365, 256), (700, 4), (700, 64), (4_096, 64)] {
        // Of about that length, as leaves and disclosures are: none ends with its neighbour.
        let text = vec![7; bytes + bytes / 4];
        let lens = (0..count).map(|nth| bytes * 3 / 4 + nth * 37 % (bytes / 2));
        let messages: Vec<&[u8]> = lens.filter_map(|len| text.get(..len)).collect();
        let alone = |messages: &[&[u8]]| -> Vec<Digest> {
            messages.iter().map(|message| sha256([message])).collect()
        };
        let together = |messages: &[&[u8]]| all(b"", messages.iter().copied());
        let (mut least, mut rival) = (f64::MAX, f64::MAX);
        for _ in 0..rounds {
            rival = rival.min(nanos(|| alone(black_box(&messages))) / messages.len() as f64);
            least = least.min(nanos(|| together(black_box(&messages))) / messages.len() as f64);
        }
        println!(
            r#"{{"bench":"hash","metric":"each of {count} messages of about {bytes} bytes","value":{least:.0},"unit":"ns","rival":"ring, one after the other","rival_value":{rival:.0},"ratio":{:.2}}}"#,
            rival / least
        );
    }
}

fn nanos<O>(work: impl FnOnce() -> O) -> f64 {
    let start = Instant::now();
    black_box(work());
    start.elapsed().as_secs_f64() * 1e9
}
