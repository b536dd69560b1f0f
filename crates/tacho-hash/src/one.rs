//! Given one message in pieces, gives its hash or its code.

#[cfg(not(target_arch = "wasm32"))]
mod native;
#[cfg(any(target_arch = "wasm32", test))]
mod portable;

#[cfg(not(target_arch = "wasm32"))]
pub use native::{Mac, sha256};
#[cfg(target_arch = "wasm32")]
pub use portable::{Mac, sha256};

#[cfg(test)]
mod tests {
    use super::{native, portable};

    #[test]
    fn both_ways_of_hashing_agree_on_every_length_around_the_block() {
        let bytes: Vec<u8> = (0..300_u32).map(|i| (i * 7) as u8).collect();
        for len in 0..bytes.len() {
            let (message, rest) = bytes.split_at(len);
            assert_eq!(native::sha256([message]), portable::sha256([message]), "{len}");
            assert_eq!(native::sha256([message, rest]), portable::sha256([&bytes]), "{len}");
            let keys = [native::Mac::new(message).of([rest, b"!"])];
            assert_eq!(keys, [portable::Mac::new(message).of([rest, b"!"])], "{len}");
        }
    }

    /// RFC 4231, test case 2.
    #[test]
    fn codes_are_the_published_vectors() {
        let code = super::Mac::new(b"Jefe").of([b"what do ya ", b"want for nothing?"]);
        let hex: String = code.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hex, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    }
}
