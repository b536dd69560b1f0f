//! Given a vector unit and messages, hashes as many at once as the unit has lanes.
//!
//! ```text
//! lane       0       1       2     ..     each takes the next message when its own is done;
//! word 0  m0[0]   m1[0]   m2[0]    ..     the longest come first, so that they end together
//! word 1  m0[1]   m1[1]   m2[1]    ..     messages lie in rows: a unit turns them to columns
//! ```
//! The sixty-four steps of FIPS 180-4, 6.2.2, are the same for all lanes, each on its own words.

use super::alone;
use super::vector::{LANES_MAX, Row, Vector};
use crate::block::{BLOCK, Block, Message, State};
use std::array::from_fn;
use std::cmp::Reverse;
use std::iter::zip;

/// Fewer messages than this at once are hashed as quickly one after the other.
const BUSY_MIN: usize = 2;

/// A message on its way through one lane.
struct Lane<'m> {
    message: &'m Message<'m>,
    state: &'m mut State,
    /// The block that is hashed next, and how many there are.
    next: usize,
    blocks: usize,
}

/// Hashes every message into its state. Inlined to where the unit may be used.
#[inline(always)]
pub(super) fn hash<S: Vector>(simd: S, messages: &[Message<'_>], states: &mut [State]) {
    let lane = |(message, state)| Lane { message, state, next: 0, blocks: message.blocks() };
    let mut waiting: Vec<Lane<'_>> = zip(messages, states).map(lane).collect();
    waiting.sort_unstable_by_key(|lane| Reverse(lane.blocks));
    let mut waiting = waiting.into_iter().take_while(|lane| lane.blocks > 0);

    let mut lanes: [Option<Lane<'_>>; LANES_MAX] = from_fn(|_| None);
    let mut rows: [Row; 8] = [[0; LANES_MAX]; 8];
    let mut blocks: [Block; LANES_MAX] = [[0; BLOCK]; LANES_MAX];
    loop {
        let mut busy = 0;
        for (column, (lane, block)) in zip(&mut lanes, &mut blocks).enumerate().take(S::LANES) {
            if lane.is_none() {
                *lane = waiting.next();
                if let Some(lane) = lane {
                    put(&mut rows, column, lane.state);
                }
            }
            if let Some(lane) = lane {
                lane.message.put(lane.next, block);
                busy += 1;
            }
        }
        if busy < BUSY_MIN {
            break;
        }
        compress(simd, &mut rows, &blocks);
        for (column, place) in lanes.iter_mut().enumerate().take(S::LANES) {
            let Some(lane) = place else { continue };
            lane.next += 1;
            if lane.next == lane.blocks {
                take(&rows, column, lane.state);
                *place = None;
            }
        }
    }
    for (column, lane) in lanes.into_iter().enumerate() {
        if let Some(lane) = lane {
            take(&rows, column, lane.state);
            alone(lane.message, lane.next, lane.state);
        }
    }
}

#[inline(always)]
fn put(rows: &mut [Row; 8], column: usize, state: &State) {
    for (row, word) in zip(rows, state) {
        if let Some(place) = row.get_mut(column) {
            *place = *word;
        }
    }
}

#[inline(always)]
fn take(rows: &[Row; 8], column: usize, state: &mut State) {
    for (row, word) in zip(rows, state) {
        if let Some(place) = row.get(column) {
            *word = *place;
        }
    }
}

/// One block of each lane.
#[inline(always)]
fn compress<S: Vector>(simd: S, rows: &mut [Row; 8], blocks: &[Block; LANES_MAX]) {
    let mut state = rows.map(|row| simd.load(&row));
    let mut window = simd.columns(blocks);
    for (nth, constants) in CONSTANTS.iter().enumerate() {
        if nth > 0 {
            window = schedule(simd, window);
        }
        for (word, constant) in zip(window, constants) {
            let [a, b, c, d, e, f, g, h] = state;
            let input = simd.add(word, simd.all(*constant));
            let first = simd.add(simd.add(h, simd.sum1(e)), simd.add(simd.choice(e, f, g), input));
            let second = simd.add(simd.sum0(a), simd.majority(a, b, c));
            state = [simd.add(first, second), a, b, c, simd.add(d, first), e, f, g];
        }
    }
    for (row, word) in zip(rows, state) {
        *row = simd.store(simd.add(word, simd.load(row)));
    }
}

/// The next sixteen words, of the last sixteen.
#[inline(always)]
fn schedule<S: Vector>(simd: S, window: [S::Word; 16]) -> [S::Word; 16] {
    let [w0, w1, w2, w3, w4, w5, w6, w7, w8, w9, w10, w11, w12, w13, w14, w15] = window;
    let n0 = next(simd, w0, w1, w9, w14);
    let n1 = next(simd, w1, w2, w10, w15);
    let n2 = next(simd, w2, w3, w11, n0);
    let n3 = next(simd, w3, w4, w12, n1);
    let n4 = next(simd, w4, w5, w13, n2);
    let n5 = next(simd, w5, w6, w14, n3);
    let n6 = next(simd, w6, w7, w15, n4);
    let n7 = next(simd, w7, w8, n0, n5);
    let n8 = next(simd, w8, w9, n1, n6);
    let n9 = next(simd, w9, w10, n2, n7);
    let n10 = next(simd, w10, w11, n3, n8);
    let n11 = next(simd, w11, w12, n4, n9);
    let n12 = next(simd, w12, w13, n5, n10);
    let n13 = next(simd, w13, w14, n6, n11);
    let n14 = next(simd, w14, w15, n7, n12);
    let n15 = next(simd, w15, n0, n8, n13);
    [n0, n1, n2, n3, n4, n5, n6, n7, n8, n9, n10, n11, n12, n13, n14, n15]
}

/// The word that follows sixteen, of four of them: no closure, which would be compiled for a
/// processor without the unit.
#[inline(always)]
fn next<S: Vector>(simd: S, w0: S::Word, w1: S::Word, w9: S::Word, w14: S::Word) -> S::Word {
    let early = simd.add(w0, simd.sigma0(w1));
    simd.add(early, simd.add(w9, simd.sigma1(w14)))
}

/// FIPS 180-4, 4.2.2: the fractions of the cube roots of the first 64 primes.
const CONSTANTS: [[u32; 16]; 4] = [
    [
        0x428a_2f98,
        0x7137_4491,
        0xb5c0_fbcf,
        0xe9b5_dba5,
        0x3956_c25b,
        0x59f1_11f1,
        0x923f_82a4,
        0xab1c_5ed5,
        0xd807_aa98,
        0x1283_5b01,
        0x2431_85be,
        0x550c_7dc3,
        0x72be_5d74,
        0x80de_b1fe,
        0x9bdc_06a7,
        0xc19b_f174,
    ],
    [
        0xe49b_69c1,
        0xefbe_4786,
        0x0fc1_9dc6,
        0x240c_a1cc,
        0x2de9_2c6f,
        0x4a74_84aa,
        0x5cb0_a9dc,
        0x76f9_88da,
        0x983e_5152,
        0xa831_c66d,
        0xb003_27c8,
        0xbf59_7fc7,
        0xc6e0_0bf3,
        0xd5a7_9147,
        0x06ca_6351,
        0x1429_2967,
    ],
    [
        0x27b7_0a85,
        0x2e1b_2138,
        0x4d2c_6dfc,
        0x5338_0d13,
        0x650a_7354,
        0x766a_0abb,
        0x81c2_c92e,
        0x9272_2c85,
        0xa2bf_e8a1,
        0xa81a_664b,
        0xc24b_8b70,
        0xc76c_51a3,
        0xd192_e819,
        0xd699_0624,
        0xf40e_3585,
        0x106a_a070,
    ],
    [
        0x19a4_c116,
        0x1e37_6c08,
        0x2748_774c,
        0x34b0_bcb5,
        0x391c_0cb3,
        0x4ed8_aa4a,
        0x5b9c_ca4f,
        0x682e_6ff3,
        0x748f_82ee,
        0x78a5_636f,
        0x84c8_7814,
        0x8cc7_0208,
        0x90be_fffa,
        0xa450_6ceb,
        0xbef9_a3f7,
        0xc671_78f2,
    ],
];
