//! Given bytes, gives their CRC-32C: the one door to checksums.
//!
//! The processor may have an instruction for it, if it is worth asking. A process that lives for
//! one event looks its few bytes up in a table.

use tacho_hash::is_worth_asking;

/// The checksum of these bytes.
pub(crate) fn of(bytes: &[u8]) -> u32 {
    append(0, bytes)
}

/// The checksum of what has the checksum `crc`, and these bytes behind it.
pub(crate) fn append(crc: u32, bytes: &[u8]) -> u32 {
    if is_worth_asking(bytes.len()) { crc32c::crc32c_append(crc, bytes) } else { table(crc, bytes) }
}

fn table(crc: u32, bytes: &[u8]) -> u32 {
    let step = |crc: u32, byte: &u8| {
        let [low, ..] = crc.to_le_bytes();
        OF_BYTE.get(usize::from(low ^ byte)).copied().unwrap_or_default() ^ (crc >> 8)
    };
    !bytes.iter().fold(!crc, step)
}

/// What each byte leaves behind: Castagnoli's polynomial, the lowest bit first (RFC 3720, B.4).
static OF_BYTE: [u32; 256] = {
    let mut table = [0; 256];
    let mut rest: &mut [u32] = &mut table;
    let mut byte = 0;
    while let [place, after @ ..] = rest {
        let mut crc = byte;
        let mut bit = 0;
        while bit < 8 {
            crc = (crc >> 1) ^ ((crc & 1) * 0x82f6_3b78);
            bit += 1;
        }
        *place = crc;
        rest = after;
        byte += 1;
    }
    table
};

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 3720, B.4, and the catalogue's check value.
    #[test]
    fn checksums_are_the_published_vectors() {
        let up: Vec<u8> = (0..32).collect();
        for (bytes, crc) in [
            (&b"123456789"[..], 0xe306_9283),
            (&[0; 32], 0x8a91_36aa),
            (&[0xff; 32], 0x62a8_ab43),
            (&up, 0x46dd_794e),
            (&[], 0),
        ] {
            assert_eq!([table(0, bytes), of(bytes)], [crc, crc]);
        }
    }

    #[test]
    fn the_table_and_the_instruction_agree() {
        let bytes: Vec<u8> = (0..600_u32).map(|i| ((i * i) >> 3) as u8).collect();
        let mut crc = 0;
        for len in 0..bytes.len() {
            let expected = crc32c::crc32c_append(crc, &bytes[..len]);
            crc = table(crc, &bytes[..len]);
            assert_eq!(crc, expected, "{len}");
        }
    }
}
