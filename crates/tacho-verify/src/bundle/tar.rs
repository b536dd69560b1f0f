//! Given a tar, gives its members where they stand, and refuses what a bundle never has.
//!
//! Only the plain headers that a bundle is made of are read: no links, no directories, no long
//! names, no other owner or time. A header must be, byte for byte, the one that its name and size
//! give; so there is one way to write a bundle and nothing in it to interpret.

use std::collections::BTreeSet;
use tacho_tree::audit::{Code, Report, Spot};

const BLOCK: usize = 512;

/// One member.
#[derive(Debug)]
pub(super) struct Member<'b> {
    pub(super) name: &'b str,
    pub(super) bytes: &'b [u8],
    /// Where its header stands.
    pub(super) offset: u64,
}

/// Every member; none if what follows a bad header cannot be read.
pub(super) fn members<'b>(bytes: &'b [u8], report: &mut Report) -> Option<Vec<Member<'b>>> {
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
        let (Some(body), Some(padding)) =
            (body.get(..size), body.get(size..size.next_multiple_of(BLOCK)))
        else {
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
        at += BLOCK + size.next_multiple_of(BLOCK);
    }
}

/// The name and size of a header that is exactly as they make it.
fn read_header(head: &[u8]) -> Option<(&str, usize)> {
    let name = head.get(..100)?;
    let name = name.split(|byte| *byte == 0).next().filter(|name| !name.is_empty())?;
    let name = str::from_utf8(name).ok()?;
    let size = head.get(124..135)?;
    if !size.iter().all(|byte| (b'0'..=b'7').contains(byte)) {
        return None;
    }
    let size = usize::from_str_radix(str::from_utf8(size).ok()?, 8).ok()?;
    (header(name, size)? == head).then_some((name, size))
}

fn header(name: &str, size: usize) -> Option<Vec<u8>> {
    let mut bytes = name.as_bytes().to_vec();
    bytes.resize(100, 0);
    bytes.extend_from_slice(b"0000644\x000000000\x000000000\x00");
    bytes.extend_from_slice(format!("{size:011o}\0").as_bytes());
    bytes.extend_from_slice(b"00000000000\x00        0");
    bytes.resize(257, 0);
    bytes.extend_from_slice(b"ustar\x0000");
    bytes.resize(BLOCK, 0);
    let sum: u32 = bytes.iter().map(|byte| u32::from(*byte)).sum();
    bytes.get_mut(148..156)?.copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    Some(bytes)
}

/// A link, a directory or a device, or a name that leads elsewhere.
fn is_unsafe(head: &[u8]) -> bool {
    let kind = head.get(156).copied().unwrap_or(0);
    let name = head.get(..100).unwrap_or_default();
    let name = name.split(|byte| *byte == 0).next().unwrap_or_default();
    (b'1'..=b'7').contains(&kind) || !str::from_utf8(name).is_ok_and(is_plain)
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
    fn names_that_lead_elsewhere_are_not_plain() {
        for name in ["manifest.json", "proofs/00000000000000000001.tlog-proof"] {
            assert!(is_plain(name));
        }
        for name in ["/etc/passwd", "../x", "a/../b", "a//b", "a\\b", "", "a\u{1b}", "./a", "C:x"] {
            assert!(!is_plain(name), "{name:?}");
        }
    }
}
