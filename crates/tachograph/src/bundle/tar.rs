//! Given names and bytes, gives a tar that is the same wherever and whenever it is made.
//!
//! ```text
//! header, 512 bytes: name 100 | "0000644\0" | "0000000\0" twice | size, 11 octal digits NUL |
//!                    "00000000000\0" | checksum, 6 octal digits NUL space | "0" | zeros 100 |
//!                    "ustar\0" "00" | zeros
//! bytes, zeros to a multiple of 512;  at the end 1,024 zeros
//! ```

const BLOCK: usize = 512;
const NAME_BYTES_MAX: usize = 99;

pub(super) struct Archive(Vec<u8>);

impl Archive {
    pub(super) fn new() -> Self {
        Self(Vec::new())
    }

    /// Adds a member.
    ///
    /// # Panics
    /// If the name is longer than a header holds: the names are this crate's own.
    pub(super) fn add(&mut self, name: &str, bytes: &[u8]) {
        assert!(name.len() <= NAME_BYTES_MAX, "names of members are short");
        self.0.extend_from_slice(&header(name, bytes.len()));
        self.0.extend_from_slice(bytes);
        let whole = self.0.len().next_multiple_of(BLOCK);
        self.0.resize(whole, 0);
    }

    pub(super) fn finish(mut self) -> Vec<u8> {
        self.0.resize(self.0.len() + 2 * BLOCK, 0);
        self.0
    }
}

fn header(name: &str, size: usize) -> Vec<u8> {
    let mut bytes = name.as_bytes().to_vec();
    bytes.resize(100, 0);
    bytes.extend_from_slice(b"0000644\x000000000\x000000000\x00");
    bytes.extend_from_slice(format!("{size:011o}\0").as_bytes());
    bytes.extend_from_slice(b"00000000000\x00        0");
    bytes.resize(257, 0);
    bytes.extend_from_slice(b"ustar\x0000");
    bytes.resize(BLOCK, 0);
    let sum: u32 = bytes.iter().map(|byte| u32::from(*byte)).sum();
    if let Some(place) = bytes.get_mut(148..156) {
        place.copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    }
    bytes
}
