//! The vector units there are, and what SHA-256 asks of one.
//!
//! `pulp` tells at run time what the processor has, and lends its instructions to whoever holds its
//! word for it: no code here can run an instruction that is not there.

use super::lanes;
use crate::block::{Block, Message, State};
use pulp::NullaryFnOnce;
use pulp::x86::{V3, V4};
use std::arch::x86_64::{__m256i, __m512i};
use std::iter::zip;

/// Lanes of the widest unit.
pub(super) const LANES_MAX: usize = 16;
/// A word of each lane; a narrower unit uses the first ones.
pub(super) type Row = [u32; LANES_MAX];

/// Hashes every message into its state; false if no unit here is quicker than `sha2`.
pub(super) fn hash(messages: &[Message<'_>], states: &mut [State]) -> bool {
    if let Some(simd) = V4::try_new() {
        simd.vectorize(Hash { simd, messages, states });
        return true;
    }
    // Eight lanes are not quicker than the instructions for SHA-256, where there are any.
    let simd = V3::try_new().filter(|_| !std::arch::is_x86_feature_detected!("sha"));
    simd.map(|simd| simd.vectorize(Hash { simd, messages, states })).is_some()
}

/// What is done with the unit's instructions switched on.
struct Hash<'m, S> {
    simd: S,
    messages: &'m [Message<'m>],
    states: &'m mut [State],
}

impl<S: Vector> NullaryFnOnce for Hash<'_, S> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        lanes::hash(self.simd, self.messages, self.states);
    }
}

/// A vector unit: one 32-bit word of each lane at a time. The functions are those of FIPS 180-4,
/// 4.1.2.
pub(super) trait Vector: Copy {
    type Word: Copy;
    const LANES: usize;

    fn load(self, row: &Row) -> Self::Word;
    fn store(self, word: Self::Word) -> Row;
    /// Word by word of the blocks of all lanes, big-endian.
    fn columns(self, blocks: &[Block; LANES_MAX]) -> [Self::Word; 16];
    /// The same number in all lanes.
    fn all(self, number: u32) -> Self::Word;
    fn add(self, a: Self::Word, b: Self::Word) -> Self::Word;
    fn choice(self, e: Self::Word, f: Self::Word, g: Self::Word) -> Self::Word;
    fn majority(self, a: Self::Word, b: Self::Word, c: Self::Word) -> Self::Word;
    fn sum0(self, a: Self::Word) -> Self::Word;
    fn sum1(self, e: Self::Word) -> Self::Word;
    fn sigma0(self, w: Self::Word) -> Self::Word;
    fn sigma1(self, w: Self::Word) -> Self::Word;
}

/// The exclusive or of two rotations and a third, or of two and a shift.
macro_rules! mix512 {
    ($unit:expr, $word:expr, $a:literal, $b:literal, $third:ident $c:literal) => {{
        let (a, b) = ($unit._mm512_ror_epi32::<$a>($word), $unit._mm512_ror_epi32::<$b>($word));
        $unit._mm512_ternarylogic_epi32::<XOR>(a, b, $unit.$third::<$c>($word))
    }};
}

/// The numbers of the bytes of four words, each in the other order.
const SWAPPED: [u8; 16] = [3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12];

/// Where words lie that alternate, one of each of two rows: of their first halves, of their second.
const FIRST_HALVES: Row = [0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23];
const SECOND_HALVES: Row = [8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31];

// What `ternarylogic` does, as the column of its truth table: bit `abc` is the result for a, b, c.
const XOR: i32 = 0b1001_0110;
const CHOICE: i32 = 0b1100_1010;
const MAJORITY: i32 = 0b1110_1000;

/// As cards are shuffled: the rows of the one half between those of the other, and so the words of
/// each two. When every card was a row, a column and a row again, rows are columns.
#[inline(always)]
fn shuffle512(unit: V4, rows: [__m512i; 16]) -> [__m512i; 16] {
    let (first, second) = (pulp::cast(FIRST_HALVES), pulp::cast(SECOND_HALVES));
    let (lower, upper) = rows.split_at(8);
    let mut shuffled = rows;
    for ((a, b), pair) in zip(zip(lower, upper), shuffled.as_chunks_mut().0) {
        *pair = [
            unit.avx512f._mm512_permutex2var_epi32(*a, first, *b),
            unit.avx512f._mm512_permutex2var_epi32(*a, second, *b),
        ];
    }
    shuffled
}

/// AVX-512: sixteen lanes, rotations, and any function of three words in one instruction.
impl Vector for V4 {
    type Word = __m512i;
    const LANES: usize = 16;

    #[inline(always)]
    fn load(self, row: &Row) -> __m512i {
        pulp::cast(*row)
    }
    #[inline(always)]
    fn store(self, word: __m512i) -> Row {
        pulp::cast(word)
    }
    #[inline(always)]
    fn columns(self, blocks: &[Block; LANES_MAX]) -> [__m512i; 16] {
        let swapped = pulp::cast([SWAPPED; 4]);
        let mut words: [__m512i; 16] = pulp::cast(*blocks);
        for word in &mut words {
            *word = self.avx512bw._mm512_shuffle_epi8(*word, swapped);
        }
        for _ in 0..LANES_MAX.ilog2() {
            words = shuffle512(self, words);
        }
        words
    }
    #[inline(always)]
    fn all(self, number: u32) -> __m512i {
        self.avx512f._mm512_set1_epi32(number.cast_signed())
    }
    #[inline(always)]
    fn add(self, a: __m512i, b: __m512i) -> __m512i {
        self.avx512f._mm512_add_epi32(a, b)
    }
    #[inline(always)]
    fn choice(self, e: __m512i, f: __m512i, g: __m512i) -> __m512i {
        self.avx512f._mm512_ternarylogic_epi32::<CHOICE>(e, f, g)
    }
    #[inline(always)]
    fn majority(self, a: __m512i, b: __m512i, c: __m512i) -> __m512i {
        self.avx512f._mm512_ternarylogic_epi32::<MAJORITY>(a, b, c)
    }
    #[inline(always)]
    fn sum0(self, a: __m512i) -> __m512i {
        mix512!(self.avx512f, a, 2, 13, _mm512_ror_epi32 22)
    }
    #[inline(always)]
    fn sum1(self, e: __m512i) -> __m512i {
        mix512!(self.avx512f, e, 6, 11, _mm512_ror_epi32 25)
    }
    #[inline(always)]
    fn sigma0(self, w: __m512i) -> __m512i {
        mix512!(self.avx512f, w, 7, 18, _mm512_srli_epi32 3)
    }
    #[inline(always)]
    fn sigma1(self, w: __m512i) -> __m512i {
        mix512!(self.avx512f, w, 17, 19, _mm512_srli_epi32 10)
    }
}

/// A rotation to the right, of two shifts.
macro_rules! ror256 {
    ($unit:expr, $word:expr, $right:literal, $left:literal) => {
        $unit._mm256_or_si256(
            $unit._mm256_srli_epi32::<$right>($word),
            $unit._mm256_slli_epi32::<$left>($word),
        )
    };
}

/// As `shuffle512`, of eight rows.
#[inline(always)]
fn shuffle256(unit: V3, rows: [__m256i; 8]) -> [__m256i; 8] {
    let unit = unit.avx2;
    let (lower, upper) = rows.split_at(4);
    let mut shuffled = rows;
    for ((a, b), pair) in zip(zip(lower, upper), shuffled.as_chunks_mut().0) {
        // The unit does so in each half of its vector: the middle two of four are to be changed.
        let outer = unit._mm256_unpacklo_epi32(*a, *b);
        let inner = unit._mm256_unpackhi_epi32(*a, *b);
        *pair = [
            unit._mm256_permute2x128_si256::<0x20>(outer, inner),
            unit._mm256_permute2x128_si256::<0x31>(outer, inner),
        ];
    }
    shuffled
}

/// AVX2: eight lanes.
impl Vector for V3 {
    type Word = __m256i;
    const LANES: usize = 8;

    #[inline(always)]
    fn load(self, row: &Row) -> __m256i {
        let [low, _]: [[u32; 8]; 2] = pulp::cast(*row);
        pulp::cast(low)
    }
    #[inline(always)]
    fn store(self, word: __m256i) -> Row {
        let low: [u32; 8] = pulp::cast(word);
        pulp::cast([low, [0; 8]])
    }
    #[inline(always)]
    fn columns(self, blocks: &[Block; LANES_MAX]) -> [__m256i; 16] {
        let swapped = pulp::cast([SWAPPED; 2]);
        let [mut early, mut late] = [self.all(0); 2].map(|zeros| [zeros; 8]);
        for ((block, early), late) in zip(zip(blocks, &mut early), &mut late) {
            let [first, second]: [__m256i; 2] = pulp::cast(*block);
            *early = self.avx2._mm256_shuffle_epi8(first, swapped);
            *late = self.avx2._mm256_shuffle_epi8(second, swapped);
        }
        for _ in 0..Self::LANES.ilog2() {
            (early, late) = (shuffle256(self, early), shuffle256(self, late));
        }
        pulp::cast([early, late])
    }
    #[inline(always)]
    fn all(self, number: u32) -> __m256i {
        self.avx._mm256_set1_epi32(number.cast_signed())
    }
    #[inline(always)]
    fn add(self, a: __m256i, b: __m256i) -> __m256i {
        self.avx2._mm256_add_epi32(a, b)
    }
    #[inline(always)]
    fn choice(self, e: __m256i, f: __m256i, g: __m256i) -> __m256i {
        let unit = self.avx2;
        unit._mm256_xor_si256(g, unit._mm256_and_si256(e, unit._mm256_xor_si256(f, g)))
    }
    #[inline(always)]
    fn majority(self, a: __m256i, b: __m256i, c: __m256i) -> __m256i {
        let unit = self.avx2;
        let either = unit._mm256_and_si256(c, unit._mm256_or_si256(a, b));
        unit._mm256_or_si256(unit._mm256_and_si256(a, b), either)
    }
    #[inline(always)]
    fn sum0(self, a: __m256i) -> __m256i {
        let unit = self.avx2;
        let two = unit._mm256_xor_si256(ror256!(unit, a, 2, 30), ror256!(unit, a, 13, 19));
        unit._mm256_xor_si256(two, ror256!(unit, a, 22, 10))
    }
    #[inline(always)]
    fn sum1(self, e: __m256i) -> __m256i {
        let unit = self.avx2;
        let two = unit._mm256_xor_si256(ror256!(unit, e, 6, 26), ror256!(unit, e, 11, 21));
        unit._mm256_xor_si256(two, ror256!(unit, e, 25, 7))
    }
    #[inline(always)]
    fn sigma0(self, w: __m256i) -> __m256i {
        let unit = self.avx2;
        let two = unit._mm256_xor_si256(ror256!(unit, w, 7, 25), ror256!(unit, w, 18, 14));
        unit._mm256_xor_si256(two, unit._mm256_srli_epi32::<3>(w))
    }
    #[inline(always)]
    fn sigma1(self, w: __m256i) -> __m256i {
        let unit = self.avx2;
        let two = unit._mm256_xor_si256(ror256!(unit, w, 17, 15), ror256!(unit, w, 19, 13));
        unit._mm256_xor_si256(two, unit._mm256_srli_epi32::<10>(w))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::many::alone;

    /// Each unit that this processor has, asked directly: `hash` would only ask the best.
    fn by_each_unit(messages: &[Message<'_>]) -> Vec<Vec<State>> {
        let start: Vec<State> = messages.iter().map(|message| message.start).collect();
        let mut ways = Vec::new();
        if let Some(simd) = V4::try_new() {
            let mut states = start.clone();
            simd.vectorize(Hash { simd, messages, states: &mut states });
            ways.push(states);
        }
        if let Some(simd) = V3::try_new() {
            let mut states = start;
            simd.vectorize(Hash { simd, messages, states: &mut states });
            ways.push(states);
        }
        ways
    }

    #[test]
    fn every_unit_hashes_any_number_of_messages_of_any_length_as_one_alone() {
        let bytes: Vec<u8> = (0..5_000_u32).map(|i| (i * 7 + i / 256) as u8).collect();
        for count in (0..70).chain([300]) {
            for most in [0, 1, 130, 700, 5_000] {
                let len = |nth: usize| (nth * 7_919 + count * 31) % (most + 1);
                let messages: Vec<Message<'_>> = (0..count)
                    .map(|nth| {
                        let (head, body) = bytes[..len(nth)].split_at(len(nth).min(nth % 3));
                        Message::new(head, body)
                    })
                    .collect();
                let mut expected: Vec<State> =
                    messages.iter().map(|message| message.start).collect();
                for (message, state) in messages.iter().zip(&mut expected) {
                    alone(message, 0, state);
                }
                for states in by_each_unit(&messages) {
                    assert_eq!(states, expected, "{count} messages of up to {most} bytes");
                }
            }
        }
    }
}
