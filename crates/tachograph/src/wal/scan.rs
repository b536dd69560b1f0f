//! Given one segment, gives its frames in order, and tells each end from a bad range.
//!
//! The end of a segment is its end mark, or the end of the file, or a zero word with nothing but
//! zeros after it. Anything else that is no whole frame is a bad range. Only who holds `wal/lock`
//! may judge a range bad: to anybody else it may be a frame that is being written.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::frame::{self, FRAME_BYTES_MIN, Record};
use super::resync;
use super::segment::{ALIGNMENT, FIRST_FRAME, HEADER_BYTES, Header, is_end_mark};
use crate::error::{Doing, Error};
use crate::files::{File, read_full_at};
use crate::limits::{SCAN_BYTES, SEGMENT_FILE_BYTES_MAX};

/// Bytes read first after a seek.
const REACH_BYTES_FIRST: usize = 4096;

/// By what right a segment is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Judge {
    /// Without the lock: what is not whole may become so.
    Waiting,
    /// Under the lock, trusting that behind a zero word there are zeros: the tail is only sought.
    Seeking,
    /// Under the lock, looking at every byte up to the end of the file.
    Holding,
}

/// What stands at the scan's place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// A whole frame, whose record [`Scan::record`] gives; the scan went on behind it.
    Frame {
        /// Where the frame begins.
        offset: u64,
        /// Where it ends.
        next: u64,
    },
    /// The end of the segment; the scan stays here and looks afresh when asked again.
    End(End),
    /// What is not whole and may be in the making: only [`Judge::Waiting`] sees it.
    Unclear,
    /// A range that was judged bad; the scan went on behind it.
    Bad(BadRange),
}

/// How a segment ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// With the mark that a later segment follows.
    Mark,
    /// With zeros up to the end of the file.
    Zeros,
    /// With the file.
    File,
}

/// Bytes of a segment that are neither frames nor an end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BadRange {
    /// Where it begins.
    pub from: u64,
    /// Where the next whole frame or the end mark stands, or behind its last byte that is no zero.
    pub to: u64,
    /// Whether nothing whole follows it.
    pub at_tail: bool,
}

/// A walk through one segment.
#[derive(Debug)]
pub struct Scan {
    file: Arc<dyn File>,
    path: PathBuf,
    header: Header,
    mended: bool,
    judge: Judge,
    at: u64,
    frame_at: u64,
    /// As long as the longest read so far; its first `held` bytes are the file's.
    window: Vec<u8>,
    held: usize,
    window_at: u64,
    reach: usize,
}

impl Scan {
    /// Begins at the first frame of the segment `number`, open as `file`.
    ///
    /// # Errors
    /// What reading said, or that the file has no header of this segment.
    pub fn new(file: Arc<dyn File>, path: &Path, number: u64, judge: Judge) -> Result<Self, Error> {
        let damaged = |what| Error::Damaged { path: path.to_owned(), what };
        let mut bytes = [0; HEADER_BYTES];
        read_full_at(file.as_ref(), &mut bytes, 0).doing("read", path)?;
        let strict = Header::decode(&bytes);
        let header = strict.or_else(|| Header::mend(&bytes));
        let header = header.ok_or_else(|| damaged("it has no segment header"))?;
        if header.number != number {
            return Err(damaged("its header is that of another segment"));
        }
        if file.stat().doing("stat", path)?.len > SEGMENT_FILE_BYTES_MAX {
            return Err(damaged("it is longer than a segment can be"));
        }
        let path = path.to_owned();
        Ok(Self {
            file,
            path,
            header,
            mended: strict.is_none(),
            judge,
            at: FIRST_FRAME,
            frame_at: 0,
            window: Vec::new(),
            held: 0,
            window_at: 0,
            reach: REACH_BYTES_FIRST,
        })
    }

    /// The segment's file, to be read on when its name is gone.
    pub(super) fn shared_file(&self) -> Arc<dyn File> {
        self.file.clone()
    }

    /// The segment's header.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// Whether the header had a flipped bit, which its checksum told.
    pub fn is_mended(&self) -> bool {
        self.mended
    }

    /// The scan's place: a frame's beginning, or the end.
    pub fn offset(&self) -> u64 {
        self.at
    }

    /// Goes on at `offset`, reading afresh what was read before.
    pub fn seek(&mut self, offset: u64) {
        self.at = offset.next_multiple_of(ALIGNMENT as u64);
        self.look_afresh();
    }

    /// What stands here; goes on behind a frame or a bad range.
    ///
    /// # Errors
    /// What reading said.
    pub fn step(&mut self) -> Result<Step, Error> {
        let salt = self.header.salt;
        let offset = self.at;
        let here = self.bytes_here(FRAME_BYTES_MIN)?;
        if here.is_empty() {
            return Ok(self.end(End::File));
        }
        if here.iter().take(ALIGNMENT).all(|byte| *byte == 0) {
            return self.step_at_zeros();
        }
        if is_end_mark(here, &salt, offset) {
            return Ok(self.end(End::Mark));
        }
        let Ok(total) = frame::total_at(here) else { return self.step_at_flaw() };
        if frame::decode(self.bytes_here(total)?, &salt, offset).is_err() {
            return self.step_at_flaw();
        }
        self.frame_at = offset;
        self.at = offset + total as u64;
        Ok(Step::Frame { offset, next: self.at })
    }

    /// The record of the frame that the last step found.
    pub fn record(&self) -> Option<Record<'_>> {
        frame::fields(self.frame()).ok()
    }

    /// The bytes of the frame that the last step found.
    pub(super) fn frame(&self) -> &[u8] {
        let total = usize::try_from(self.at.saturating_sub(self.frame_at)).unwrap_or_default();
        self.in_window(self.frame_at).get(..total).unwrap_or_default()
    }

    /// The file that is scanned.
    pub(super) fn file(&self) -> &dyn File {
        self.file.as_ref()
    }

    fn end(&mut self, end: End) -> Step {
        self.look_afresh();
        Step::End(end)
    }

    fn look_afresh(&mut self) {
        self.held = 0;
        self.reach = REACH_BYTES_FIRST;
    }

    fn step_at_zeros(&mut self) -> Result<Step, Error> {
        if self.judge == Judge::Holding && self.content_end()? > self.at {
            return self.step_at_flaw();
        }
        Ok(self.end(End::Zeros))
    }

    fn step_at_flaw(&mut self) -> Result<Step, Error> {
        if self.judge == Judge::Waiting {
            self.look_afresh();
            return Ok(Step::Unclear);
        }
        let from = self.at;
        let end = self.content_end()?;
        let mut rest = vec![0; usize::try_from(end - from).unwrap_or_default()];
        let read = read_full_at(self.file.as_ref(), &mut rest, from).doing("read", &self.path)?;
        rest.truncate(read);
        let whole = resync::next_whole(&rest, &self.header.salt, from);
        let to = whole.map_or(end, |at| from + at as u64);
        self.seek(to);
        Ok(Step::Bad(BadRange { from, to, at_tail: whole.is_none() }))
    }

    /// Behind the last byte that is no zero, rounded up; at least the scan's place.
    fn content_end(&self) -> Result<u64, Error> {
        let len = self.file.stat().doing("stat", &self.path)?.len.min(SEGMENT_FILE_BYTES_MAX);
        let left = usize::try_from(len.saturating_sub(self.at)).unwrap_or(usize::MAX);
        let mut chunk = vec![0; left.min(SCAN_BYTES)];
        let mut to = len;
        while to > self.at {
            let from = self.at.max(to.saturating_sub(SCAN_BYTES as u64));
            let wanted = usize::try_from(to - from).unwrap_or_default();
            let bytes = chunk.get_mut(..wanted).unwrap_or_default();
            let read = read_full_at(self.file.as_ref(), bytes, from).doing("read", &self.path)?;
            if let Some(last) = last_written(bytes.get(..read).unwrap_or_default()) {
                return Ok((from + last as u64 + 1).next_multiple_of(ALIGNMENT as u64));
            }
            to = from;
        }
        Ok(self.at)
    }

    /// At least `wanted` bytes from the scan's place on, fewer only at the end of the file.
    fn bytes_here(&mut self, wanted: usize) -> Result<&[u8], Error> {
        if self.in_window(self.at).len() < wanted {
            let reach = wanted.max(self.reach);
            if self.window.len() < reach {
                self.window = vec![0; reach];
            }
            // Who waits at the tail reads little; who reads on reads more and more at a time.
            self.reach = (self.reach * 2).min(SCAN_BYTES);
            let window = self.window.get_mut(..reach).unwrap_or_default();
            let read = read_full_at(self.file.as_ref(), window, self.at);
            // On an error nothing is left that could be taken for bytes of the file.
            self.held = *read.as_ref().unwrap_or(&0);
            self.window_at = self.at;
            read.doing("read", &self.path)?;
        }
        Ok(self.in_window(self.at))
    }

    fn in_window(&self, offset: u64) -> &[u8] {
        let skip = offset.checked_sub(self.window_at).and_then(|skip| usize::try_from(skip).ok());
        skip.and_then(|skip| self.window.get(skip..self.held)).unwrap_or_default()
    }
}

/// Where the last byte stands that is no zero. Blocks are compared whole: most of what is written
/// ahead is zeros.
fn last_written(bytes: &[u8]) -> Option<usize> {
    let mut end = bytes.len();
    for block in bytes.rchunks(ZEROS.len()) {
        end -= block.len();
        if Some(block) != ZEROS.get(..block.len()) {
            return block.iter().rposition(|byte| *byte != 0).map(|last| end + last);
        }
    }
    None
}

static ZEROS: [u8; 4096] = [0; 4096];

/// Where the whole frame that begins at `offset` of a segment ends, if one begins there.
///
/// # Errors
/// What reading said.
pub fn frame_end(file: &dyn File, salt: &[u8; 16], offset: u64) -> std::io::Result<Option<u64>> {
    let mut head = [0; FRAME_BYTES_MIN];
    read_full_at(file, &mut head, offset)?;
    let Ok(total) = frame::total_at(&head) else { return Ok(None) };
    let mut bytes = vec![0; total];
    read_full_at(file, &mut bytes, offset)?;
    let whole = frame::decode(&bytes, salt, offset).is_ok();
    Ok(whole.then_some(offset + total as u64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_written_byte_is_found_wherever_it_stands() {
        for len in [1, 4095, 4096, 4097, 10_000] {
            let mut bytes = vec![0; len];
            assert_eq!(last_written(&bytes), None, "{len} zeros");
            for at in (0..len).step_by(97).chain([len - 1]) {
                bytes[at] = 1;
                assert_eq!(last_written(&bytes), Some(at), "{at} of {len}");
            }
        }
        assert_eq!(last_written(&[]), None);
    }
}
