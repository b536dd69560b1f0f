//! Given members, gives the one archive that holds them; given an archive, gives its members where
//! they stand, and refuses what a bundle never has.
//!
//! ```text
//! header, 512 bytes: name 100 | "0000644\0" | "0000000\0" twice | size, 11 octal digits NUL |
//!                    "00000000000\0" | checksum, 6 octal digits NUL space | "0" | zeros 100 |
//!                    "ustar\0" "00" | zeros
//! bytes, zeros to a multiple of 512;  at the end 1,024 zeros
//! ```
//!
//! A tar that any tool unpacks, but in one spelling only: no links, no directories, no long names,
//! no owner and no time. A header must be, byte for byte, the one that its name and size give; so
//! the same members give the same bytes, and a reader has nothing to interpret. Whoever writes
//! bundles and whoever checks them stand on this one module and not on each other.

use std::collections::BTreeSet;

use crate::audit::{Code, Report, Spot};

/// Bytes of a header, and what members are padded to.
pub const BLOCK: usize = 512;
/// Bytes of a member's name.
pub const NAME_BYTES_MAX: usize = 99;
/// Bytes of one member: ten octal digits, which every machine can count.
pub const MEMBER_BYTES_MAX: usize = 0o7_777_777_777;

/// An archive in the making.
#[derive(Clone, Debug, Default)]
pub struct Archive(Vec<u8>);

impl Archive {
    /// Without members.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a member.
    ///
    /// # Panics
    /// If the name is none that a bundle has, or the member longer than a header can say: names and
    /// bounds are the caller's own.
    pub fn add(&mut self, name: &str, bytes: &[u8]) {
        assert!(name.len() <= NAME_BYTES_MAX && is_plain(name), "names of members are plain");
        assert!(bytes.len() <= MEMBER_BYTES_MAX, "members are bounded");
        self.0.extend_from_slice(&header(name, bytes.len()));
        self.0.extend_from_slice(bytes);
        let whole = self.0.len().next_multiple_of(BLOCK);
        self.0.resize(whole, 0);
    }

    /// The bytes.
    pub fn finish(mut self) -> Vec<u8> {
        self.0.resize(self.0.len() + 2 * BLOCK, 0);
        self.0
    }
}

/// One member of an archive that is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Member<'b> {
    /// Its name, which is plain.
    pub name: &'b str,
    /// Its bytes.
    pub bytes: &'b [u8],
    /// Where its header stands.
    pub offset: u64,
}

/// Every member; none if what follows a bad header cannot be read.
pub fn members<'b>(bytes: &'b [u8], report: &mut Report) -> Option<Vec<Member<'b>>> {
    let (mut members, mut seen) = (Vec::new(), BTreeSet::new());
    let mut at = 0;
    loop {
        let spot = || Spot::file("the bundle").at(at as u64);
        let Some(head) = bytes.get(at..at + BLOCK) else {
            report.find(Code::ArchiveMalformed, spot(), "it has no end");
            return None;
        };
        if head.iter().all(|byte| *byte == 0) {
            let rest = bytes.get(at..).unwrap_or_default();
            if rest.len() != 2 * BLOCK || rest.iter().any(|byte| *byte != 0) {
                report.find(Code::ArchiveMalformed, spot(), "it goes on behind its end");
            }
            return Some(members);
        }
        let Some((name, size)) = read_header(head) else {
            let code = if is_unsafe(head) { Code::ArchiveUnsafe } else { Code::ArchiveMalformed };
            report.find(code, spot(), "a header is not one that a bundle has");
            return None;
        };
        let body = bytes.get(at + BLOCK..).unwrap_or_default();
        let padded = size.next_multiple_of(BLOCK);
        let (Some(body), Some(padding)) = (body.get(..size), body.get(size..padded)) else {
            report.find(Code::ArchiveMalformed, spot(), "a member is longer than the bundle");
            return None;
        };
        if padding.iter().any(|byte| *byte != 0) {
            report.find(Code::ArchiveMalformed, spot(), "something stands behind a member");
        }
        if !is_plain(name) {
            report.find(Code::ArchiveUnsafe, spot(), "a name leads out of the bundle");
        } else if !seen.insert(name) {
            report.find(Code::ArchiveUnsafe, Spot::file(name).at(at as u64), "it stands twice");
        } else {
            members.push(Member { name, bytes: body, offset: at as u64 });
        }
        at += BLOCK + padded;
    }
}

/// The name and size of a header that is exactly as they make it.
fn read_header(head: &[u8]) -> Option<(&str, usize)> {
    let name = str::from_utf8(name_of(head)?).ok()?;
    let size = head.get(124..135)?;
    if !size.iter().all(|byte| (b'0'..=b'7').contains(byte)) {
        return None;
    }
    let size = usize::from_str_radix(str::from_utf8(size).ok()?, 8).ok()?;
    (header(name, size) == head).then_some((name, size))
}

/// The bytes of a name of 1 to 99 bytes, which a NUL ends.
fn name_of(head: &[u8]) -> Option<&[u8]> {
    let field = head.get(..=NAME_BYTES_MAX)?;
    let end = field.iter().position(|byte| *byte == 0)?;
    field.get(..end).filter(|name| !name.is_empty())
}

fn header(name: &str, size: usize) -> Vec<u8> {
    let mut bytes = name.as_bytes().to_vec();
    bytes.resize(NAME_BYTES_MAX + 1, 0);
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

/// A link, a directory or a device, or a name that leads elsewhere.
fn is_unsafe(head: &[u8]) -> bool {
    let kind = head.get(156).copied().unwrap_or(0);
    let name = name_of(head).and_then(|name| str::from_utf8(name).ok());
    (b'1'..=b'7').contains(&kind) || !name.is_some_and(is_plain)
}

/// `a/b.c`: no root, no way up, nothing that steers a terminal.
fn is_plain(name: &str) -> bool {
    let letter = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    name.split('/')
        .all(|word| !word.is_empty() && word != "." && word != ".." && word.bytes().all(letter))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_put_in_is_read_again_where_it_stands() {
        let mut archive = Archive::new();
        archive.add("manifest.json", b"{}\n");
        archive.add("proofs/1.tlog-proof", &[7; 512]);
        archive.add("empty", b"");
        let bytes = archive.finish();
        assert_eq!(bytes.len(), 512 * (2 + 2 + 1 + 2));
        let mut report = Report::default();
        let members = members(&bytes, &mut report).unwrap();
        assert_eq!(report.findings, []);
        let read = members.iter().map(|one| (one.name, one.bytes.len(), one.offset));
        let read: Vec<_> = read.collect();
        let expected = [("manifest.json", 3, 0), ("proofs/1.tlog-proof", 512, 1024)];
        assert_eq!(read, [expected[0], expected[1], ("empty", 0, 2048)]);
    }

    #[test]
    fn every_bit_of_a_header_and_of_the_padding_counts() {
        let mut archive = Archive::new();
        archive.add("a", b"xyz");
        let sound = archive.finish();
        let body = BLOCK..BLOCK + 3;
        for bit in (0..sound.len() * 8).filter(|bit| !body.contains(&(bit / 8))) {
            let mut bytes = sound.clone();
            bytes[bit / 8] ^= 1 << (bit % 8);
            let mut report = Report::default();
            members(&bytes, &mut report);
            assert!(!report.findings.is_empty(), "bit {bit}");
        }
    }

    #[test]
    fn names_that_lead_elsewhere_are_not_plain() {
        for name in ["manifest.json", "proofs/00000000000000000001.tlog-proof"] {
            assert!(is_plain(name));
        }
        for name in ["/etc/passwd", "../x", "a/../b", "a//b", "a\\b", "", "a\u{1b}", "./a", "C:x"] {
            assert!(!is_plain(name), "{name:?}");
        }
    }
}
