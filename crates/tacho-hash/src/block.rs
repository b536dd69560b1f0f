//! A message as SHA-256 takes it: in blocks of 64 bytes, the last ones padded.
//!
//! ```text
//! | 64 | 64 | .. | rest, 0x80, zeros, bits u64 |      FIPS 180-4, 5.1.1
//! ```

use crate::Digest;

/// Between two blocks: what SHA-256 knows of the blocks so far.
pub(crate) type State = [u32; 8];
pub(crate) type Block = [u8; BLOCK];
pub(crate) const BLOCK: usize = 64;

/// FIPS 180-4, 5.3.3: before the first block.
pub(crate) const START: State = [
    0x6a09_e667,
    0xbb67_ae85,
    0x3c6e_f372,
    0xa54f_f53a,
    0x510e_527f,
    0x9b05_688c,
    0x1f83_d9ab,
    0x5be0_cd19,
];

/// What is to be hashed: blocks that were hashed before, a first piece, the rest.
#[derive(Clone, Copy)]
pub(crate) struct Message<'m> {
    pub(crate) start: State,
    /// Blocks that are in `start` already.
    pub(crate) blocks_before: u64,
    pub(crate) head: &'m [u8],
    pub(crate) body: &'m [u8],
    /// False for whole blocks whose state is wanted, not their hash.
    pub(crate) is_padded: bool,
}

impl<'m> Message<'m> {
    pub(crate) const fn new(head: &'m [u8], body: &'m [u8]) -> Self {
        Self { start: START, blocks_before: 0, head, body, is_padded: true }
    }

    const fn len(&self) -> usize {
        self.head.len() + self.body.len()
    }

    /// How many blocks are to be hashed.
    pub(crate) const fn blocks(&self) -> usize {
        // 0x80 and the number of bits take nine bytes.
        if self.is_padded { (self.len() + 9).div_ceil(BLOCK) } else { self.len() / BLOCK }
    }

    /// A block: as it lies in the message, or put together in `space`.
    #[inline(always)]
    pub(crate) fn block<'b>(&'b self, nth: usize, space: &'b mut Block) -> &'b Block {
        if let Some(whole) = self.whole(nth) {
            return whole;
        }
        self.put_together(nth, space);
        space
    }

    /// A block, in a place of the caller's.
    #[inline(always)]
    pub(crate) fn put(&self, nth: usize, place: &mut Block) {
        match self.whole(nth) {
            Some(whole) => *place = *whole,
            None => self.put_together(nth, place),
        }
    }

    /// A block that lies in the message as it is.
    #[inline(always)]
    fn whole(&self, nth: usize) -> Option<&Block> {
        let at = (nth * BLOCK).checked_sub(self.head.len())?;
        self.body.get(at..)?.first_chunk()
    }

    fn put_together(&self, nth: usize, space: &mut Block) {
        let from = nth * BLOCK;
        let mut rest: &mut [u8] = space;
        let mut skip = from;
        for piece in [self.head, self.body] {
            let bytes = piece.get(skip..).unwrap_or_default();
            let bytes = bytes.get(..rest.len()).unwrap_or(bytes);
            skip = skip.saturating_sub(piece.len());
            let (filled, more) = rest.split_at_mut(bytes.len());
            filled.copy_from_slice(bytes);
            rest = more;
        }
        rest.fill(0);
        let ends_here = self.is_padded && from <= self.len();
        if let Some(end) = rest.first_mut().filter(|_| ends_here) {
            *end = 0x80;
        }
        if self.is_padded && nth + 1 == self.blocks() {
            let bits = (self.blocks_before * BLOCK as u64 + self.len() as u64) * 8;
            if let Some(last) = space.last_chunk_mut() {
                *last = bits.to_be_bytes();
            }
        }
    }
}

/// The bytes of a state, as a hash is written.
pub(crate) fn digest(state: State) -> Digest {
    let mut digest = [0; 32];
    for (bytes, word) in digest.chunks_exact_mut(4).zip(state) {
        bytes.copy_from_slice(&word.to_be_bytes());
    }
    digest
}
