//! The filter of the built-in scanner, written by the compiler: a process that lives for one event
//! has no time to fill a hundred kilobytes of tables, and no page of memory for them to lie in.
//!
//! [`Filter::new`] makes the same of the same anchors; a test compares them. Only the compiler
//! reads the rows of the table: as references they would be 22 KB for the system's loader to
//! correct, page by page, in every process that starts.
#![expect(
    clippy::indexing_slicing,
    reason = "computed while compiling: a place that is not there does not compile"
)]

use super::anchor::Anchor;
use super::filter::{Filter, Groups, Held, Owned, SHELVES, Windows, folded};
use super::pattern::PatternSpec;
use super::{Stands, anchors};

/// Anchors of the default patterns and of the table.
const ANCHORS: usize = anchors::DEFAULTS.len()
    + anchors::ANYWHERE.len()
    + anchors::IN_VALUE.len()
    + anchors::IN_LINE.len()
    + anchors::AT_END_OF_NAME.len();

/// Bytes of all their texts.
const TEXTS: usize = owned_bytes(anchors::DEFAULTS)
    + owned_bytes(anchors::ANYWHERE)
    + owned_bytes(anchors::IN_VALUE)
    + bytes(anchors::IN_LINE)
    + bytes(anchors::AT_END_OF_NAME);

const fn owned_bytes(rows: &[(u8, u8, &str)]) -> usize {
    let (mut sum, mut row) = (0, 0);
    while row < rows.len() {
        sum += rows[row].2.len();
        row += 1;
    }
    sum
}

const fn bytes(rows: &[(u8, &str)]) -> usize {
    let (mut sum, mut row) = (0, 0);
    while row < rows.len() {
        sum += rows[row].1.len();
        row += 1;
    }
    sum
}

/// The tables of the filter.
struct Tables {
    groups: Groups,
    windows: Windows,
    anchors: [Owned<Stands>; ANCHORS],
    texts: [u8; TEXTS],
    order: [u32; ANCHORS],
    shelves: [u32; SHELVES],
}

static TABLES: Tables = Tables::written();

/// The filter of the default patterns and the table.
pub(super) fn filter() -> Filter<Stands> {
    Filter {
        groups: Held::Written(&TABLES.groups),
        windows: Held::Written(&TABLES.windows),
        anchors: Held::Written(&TABLES.anchors),
        texts: Held::Written(&TABLES.texts),
        order: Held::Written(&TABLES.order),
        shelves: Held::Written(&TABLES.shelves),
    }
}

/// The anchors of the table, each with what it is for, where a pattern is told by its row.
pub(super) fn table() -> impl Iterator<Item = (Anchor, Stands)> {
    let rows = TABLES.anchors.iter().skip(anchors::DEFAULTS.len());
    let rows = rows.filter(|row| row.owner != Stands::AtEndOfName);
    rows.map(|row| {
        let stands = match row.owner {
            Stands::Anywhere(at) => Stands::Anywhere(at - PatternSpec::DEFAULTS),
            Stands::InValue(at) => Stands::InValue(at - PatternSpec::DEFAULTS),
            other => other,
        };
        (anchor(row), stands)
    })
}

/// The anchors that end sensitive names.
pub(super) fn ends_of_names() -> impl Iterator<Item = (Anchor, Stands)> {
    let rows = TABLES.anchors.iter().filter(|row| row.owner == Stands::AtEndOfName);
    rows.map(|row| (anchor(row), row.owner))
}

fn anchor(row: &Owned<Stands>) -> Anchor {
    let at = row.at as usize;
    let text = &TABLES.texts[at..at + usize::from(row.len)];
    Anchor { text: text.into(), window: usize::from(row.begin) }
}

impl Tables {
    const fn written() -> Tables {
        let nobody = Owned { at: 0, len: 0, begin: 0, window: 0, owner: Stands::InLine };
        let mut tables = Tables {
            groups: Groups([false; Groups::COUNT]),
            windows: Windows([0; Windows::COUNT / 64]),
            anchors: [nobody; ANCHORS],
            texts: [0; TEXTS],
            order: [0; ANCHORS],
            shelves: [0; SHELVES],
        };
        let mut end = (0, 0);
        let mut row = 0;
        while row < anchors::DEFAULTS.len() {
            let (pattern, begin, text) = anchors::DEFAULTS[row];
            end = tables.add(end, (begin, text), Stands::Anywhere(pattern as usize));
            row += 1;
        }
        row = 0;
        while row < anchors::ANYWHERE.len() {
            let (rule, begin, text) = anchors::ANYWHERE[row];
            let at = PatternSpec::DEFAULTS + rule as usize;
            end = tables.add(end, (begin, text), Stands::Anywhere(at));
            row += 1;
        }
        row = 0;
        while row < anchors::IN_VALUE.len() {
            let (rule, begin, text) = anchors::IN_VALUE[row];
            let at = PatternSpec::DEFAULTS + rule as usize;
            end = tables.add(end, (begin, text), Stands::InValue(at));
            row += 1;
        }
        row = 0;
        while row < anchors::IN_LINE.len() {
            end = tables.add(end, anchors::IN_LINE[row], Stands::InLine);
            row += 1;
        }
        row = 0;
        while row < anchors::AT_END_OF_NAME.len() {
            end = tables.add(end, anchors::AT_END_OF_NAME[row], Stands::AtEndOfName);
            row += 1;
        }
        tables.shelve();
        tables
    }

    /// Adds an anchor behind `place` others and `at` bytes of their texts; gives both for the next.
    const fn add(
        &mut self,
        (place, at): (usize, usize),
        (begin, text): (u8, &str),
        owner: Stands,
    ) -> (usize, usize) {
        let text = text.as_bytes();
        let mut byte = 0;
        while byte < text.len() {
            self.texts[at + byte] = text[byte];
            byte += 1;
        }
        let from = begin as usize;
        let window = folded([text[from], text[from + 1], text[from + 2], text[from + 3]]);
        let (len, begin) = (text.len() as u16, begin as u16);
        self.anchors[place] = Owned { at: at as u32, len, begin, window, owner };
        self.groups.0[Groups::slot(window)] = true;
        self.groups.0[Groups::slot(window >> 8)] = true;
        let slot = Windows::slot(window);
        self.windows.0[slot / 64] |= 1 << (slot % 64);
        self.shelves[Windows::shelf(window)] += 1;
        (place + 1, at + text.len())
    }

    /// Puts the anchors, which were counted, into their order.
    const fn shelve(&mut self) {
        let (mut sum, mut shelf) = (0, 0);
        while shelf < SHELVES {
            sum += self.shelves[shelf];
            self.shelves[shelf] = sum;
            shelf += 1;
        }
        let mut place = 0;
        while place < ANCHORS {
            let shelf = Windows::shelf(self.anchors[place].window);
            self.shelves[shelf] -= 1;
            self.order[self.shelves[shelf] as usize] = place as u32;
            place += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{REPLACEMENT, Scanner};
    use super::*;

    #[test]
    fn every_row_is_written_behind_the_one_before() {
        let first = PatternSpec::DEFAULTS;
        let of_pattern = |first: usize, stands: fn(usize) -> Stands| {
            move |&(at, window, text): &(u8, u8, &'static str)| {
                (Anchor::from(&(window, text)), stands(first + usize::from(at)))
            }
        };
        let rows = [
            anchors::DEFAULTS.iter().map(of_pattern(0, Stands::Anywhere)).collect::<Vec<_>>(),
            anchors::ANYWHERE.iter().map(of_pattern(first, Stands::Anywhere)).collect(),
            anchors::IN_VALUE.iter().map(of_pattern(first, Stands::InValue)).collect(),
            anchors::IN_LINE.iter().map(|row| (row.into(), Stands::InLine)).collect(),
            anchors::AT_END_OF_NAME.iter().map(|row| (row.into(), Stands::AtEndOfName)).collect(),
        ];
        let made = Filter::new(rows.concat());
        assert!(*made.anchors == TABLES.anchors && *made.texts == TABLES.texts);
    }

    #[test]
    fn the_compiler_writes_what_the_program_makes() {
        let made = Scanner::new(&PatternSpec::defaults(), REPLACEMENT, true).unwrap().filter;
        let written = filter();
        assert_eq!(*written.anchors, *made.anchors);
        assert_eq!(*written.texts, *made.texts);
        assert_eq!(*written.order, *made.order);
        assert_eq!(*written.shelves, *made.shelves);
        assert!(*written.groups == *made.groups && *written.windows == *made.windows);
    }
}
