//! Given bytes of a store, gives them back as an attacker or a bad disk would leave them.

use crate::rng::Rng;

/// One way to damage a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tamper {
    /// One bit is another.
    FlipBit,
    /// Two blocks change places.
    SwapBlocks,
    /// A block is gone, the rest moves up.
    DropBlock,
    /// The file ends early.
    Truncate,
    /// A block is written twice, over its neighbour.
    DuplicateBlock,
    /// A block holds zeros.
    ZeroBlock,
    /// A block holds noise.
    Noise,
}

/// Every way.
pub const TAMPERS: [Tamper; 7] = [
    Tamper::FlipBit,
    Tamper::SwapBlocks,
    Tamper::DropBlock,
    Tamper::Truncate,
    Tamper::DuplicateBlock,
    Tamper::ZeroBlock,
    Tamper::Noise,
];

/// Damages `bytes` somewhere in `from..to`; the rest of the file is as it was.
pub fn tamper(bytes: &[u8], from: usize, to: usize, tamper: Tamper, rng: &mut Rng) -> Vec<u8> {
    let mut damaged = bytes.to_vec();
    let to = to.min(damaged.len());
    if from >= to {
        return damaged;
    }
    let block = 1 + rng.index(((to - from) / 3).clamp(1, 512));
    let first = from + rng.index(to - from - block.min(to - from - 1));
    let second = from + rng.index(to - from - block.min(to - from - 1));
    let (first_end, second_end) = ((first + block).min(to), (second + block).min(to));
    let len = (first_end - first).min(second_end - second);
    match tamper {
        Tamper::FlipBit => {
            if let Some(byte) = damaged.get_mut(first) {
                *byte ^= 1 << rng.below(8);
            }
        }
        Tamper::SwapBlocks => {
            for at in 0..len {
                damaged.swap(first + at, second + at);
            }
        }
        Tamper::DropBlock => {
            damaged.drain(first..first_end);
        }
        Tamper::Truncate => damaged.truncate(first),
        Tamper::DuplicateBlock => damaged.copy_within(first..first + len, second),
        Tamper::ZeroBlock => {
            damaged.get_mut(first..first_end).unwrap_or_default().fill(0);
        }
        Tamper::Noise => rng.fill(damaged.get_mut(first..first_end).unwrap_or_default()),
    }
    damaged
}
