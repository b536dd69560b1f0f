//! Given DER, gives its elements one by one: as much of X.690 as a time stamp needs.
//!
//! ```text
//! 30 0b   02 01 01   04 06 ..        tag, length, bytes; a length over 127 is 81 nn or 82 nn nn
//! ```
//! Six fields are read, so this stands here instead of a general reader and the certificates,
//! algorithms and years of versions that come with one. A length in any but its shortest form is no
//! DER and is refused.

pub(super) const BOOLEAN: u8 = 0x01;
pub(super) const INTEGER: u8 = 0x02;
pub(super) const OCTETS: u8 = 0x04;
pub(super) const NULL: u8 = 0x05;
pub(super) const OBJECT: u8 = 0x06;
pub(super) const GENERALIZED_TIME: u8 = 0x18;
pub(super) const SEQUENCE: u8 = 0x30;
pub(super) const SET: u8 = 0x31;

/// The elements that are left of one constructed element.
#[derive(Clone, Copy, Debug)]
pub(super) struct Der<'b> {
    rest: &'b [u8],
}

impl<'b> Der<'b> {
    /// The inside of an element that is all there is.
    pub(super) fn whole(bytes: &'b [u8], tag: u8) -> Option<Der<'b>> {
        let mut outer = Der { rest: bytes };
        let inside = outer.inside(tag)?;
        outer.is_empty().then_some(inside)
    }

    /// The bytes of the next element if it has this tag; else it stays.
    pub(super) fn take(&mut self, tag: u8) -> Option<&'b [u8]> {
        let (found, behind) = self.rest.split_first()?;
        if *found != tag {
            return None;
        }
        let (length, behind) = length(behind)?;
        let (bytes, rest) = behind.split_at_checked(length)?;
        self.rest = rest;
        Some(bytes)
    }

    /// The inside of the next element if it has this tag; else it stays.
    pub(super) fn inside(&mut self, tag: u8) -> Option<Der<'b>> {
        self.take(tag).map(|rest| Der { rest })
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }
}

/// The length that the bytes begin with, and what follows it.
fn length(bytes: &[u8]) -> Option<(usize, &[u8])> {
    match bytes {
        [short @ 0..=0x7f, rest @ ..] => Some((usize::from(*short), rest)),
        [0x81, long, rest @ ..] if *long >= 0x80 => Some((usize::from(*long), rest)),
        [0x82, high, low, rest @ ..] if *high > 0 => {
            Some((usize::from(u16::from_be_bytes([*high, *low])), rest))
        }
        _ => None,
    }
}

/// An element of at most 65,535 bytes.
pub(super) fn tlv(tag: u8, bytes: &[u8]) -> Vec<u8> {
    let mut element = vec![tag];
    match bytes.len() {
        short @ 0..=0x7f => element.push(short as u8),
        long @ 0x80..=0xff => element.extend([0x81, long as u8]),
        longer => {
            element.push(0x82);
            element.extend((longer as u16).to_be_bytes());
        }
    }
    element.extend(bytes);
    element
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_are_read_back_at_every_length_of_a_length() {
        for count in [0, 1, 0x7f, 0x80, 0xff, 0x100, 0xffff] {
            let bytes = vec![7; count];
            let element = tlv(OCTETS, &bytes);
            let mut der = Der { rest: &element };
            assert_eq!(der.take(INTEGER), None);
            assert_eq!(der.take(OCTETS), Some(bytes.as_slice()));
            assert!(der.is_empty());
        }
    }

    #[test]
    fn a_length_has_one_form_and_an_element_its_bytes() {
        for bytes in [
            &[4, 0x81, 0x05, 1, 2, 3, 4, 5][..],
            &[4, 0x82, 0, 0x80],
            &[4, 0x80, 0, 0],
            &[4, 0x83, 0, 1, 0],
            &[4, 2, 1],
            &[4],
            &[],
        ] {
            assert_eq!(Der { rest: bytes }.take(OCTETS), None, "{bytes:?}");
        }
        assert!(Der::whole(&[0x30, 0, 0], SEQUENCE).is_none());
    }
}
