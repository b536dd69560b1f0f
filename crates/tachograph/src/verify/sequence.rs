//! Given the numbers of one emitter as they come, gives the ones that did not.
//!
//! A sequence begins at 0 and goes up by one. Several processes may append to one sequence, so
//! numbers may come a little out of order. An emitter that lost count when the machine was started
//! anew goes on at the time in microseconds: that is a restart and no hole of a quadrillion.

use crate::limits::VERIFY_HOLES_MAX;

/// Above this a number is a time in microseconds and no count: September 2001.
const TIMES_FROM: u64 = 1_000_000_000_000_000;

/// The sequence of one emitter.
#[derive(Debug, Clone, Default)]
pub(super) struct Sequence {
    /// One past the highest number.
    next: u64,
    /// Numbers below it that did not come: ranges, the end not included.
    holes: Vec<(u64, u64)>,
    /// Numbers in ranges that were too many to remember.
    beyond: u64,
    /// How often it went on at the time.
    pub(super) restarts: u64,
    /// Numbers that came twice.
    pub(super) repeated: u64,
}

impl Sequence {
    /// A sequence of which nothing is asked before this number.
    pub(super) fn from(number: u64) -> Self {
        Self { next: number, ..Self::default() }
    }

    /// Takes in the next number.
    pub(super) fn push(&mut self, number: u64) {
        if number < self.next {
            return self.fill(number);
        }
        if number > self.next {
            if number >= TIMES_FROM && self.next < number.saturating_sub(TIMES_FROM / 1000) {
                // Nobody knows how many were lost in between, or whether any.
                self.restarts += 1;
            } else if self.holes.len() < VERIFY_HOLES_MAX {
                self.holes.push((self.next, number));
            } else {
                self.beyond = self.beyond.saturating_add(number - self.next);
            }
        }
        self.next = number.saturating_add(1);
    }

    /// Ranges that never came.
    pub(super) fn holes(&self) -> &[(u64, u64)] {
        &self.holes
    }

    /// How many numbers never came.
    pub(super) fn missing(&self) -> u64 {
        let listed: u64 = self.holes.iter().map(|(from, to)| to - from).sum();
        listed.saturating_add(self.beyond)
    }

    fn fill(&mut self, number: u64) {
        let hole = self.holes.iter().position(|(from, to)| (*from..*to).contains(&number));
        match hole {
            Some(at) => {
                let (from, to) = self.holes.remove(at);
                let sides = [(from, number), (number + 1, to)];
                for (offset, side) in sides.into_iter().filter(|(from, to)| from < to).enumerate() {
                    self.holes.insert(at + offset, side);
                }
            }
            // It may lie in a range that was too many to remember.
            None if self.beyond > 0 => self.beyond -= 1,
            None => self.repeated += 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(numbers: &[u64]) -> Sequence {
        let mut sequence = Sequence::default();
        numbers.iter().for_each(|number| sequence.push(*number));
        sequence
    }

    #[test]
    fn numbers_that_come_late_leave_no_hole() {
        let sequence = of(&[0, 3, 1, 2, 4, 6, 5]);
        assert_eq!((sequence.holes(), sequence.repeated), ([].as_slice(), 0));
    }

    #[test]
    fn what_never_came_and_what_came_twice_is_told() {
        let sequence = of(&[0, 1, 5, 3, 7, 7, 0]);
        assert_eq!(sequence.holes(), [(2, 3), (4, 5), (6, 7)]);
        assert_eq!((sequence.missing(), sequence.repeated), (3, 2));
        assert_eq!(of(&[4]).holes(), [(0, 4)]);
    }

    #[test]
    fn going_on_at_the_time_is_a_restart() {
        let sequence = of(&[0, 1, 1_795_168_800_000_000, 1_795_168_800_000_001]);
        assert_eq!((sequence.holes(), sequence.restarts), ([].as_slice(), 1));
        let again = of(&[1_795_168_800_000_000, 1_795_168_800_000_003]);
        assert_eq!(again.missing(), 2);
    }

    #[test]
    fn more_holes_than_are_remembered_are_still_counted() {
        let numbers: Vec<u64> = (0..100).map(|number| number * 2).collect();
        let sequence = of(&numbers);
        assert_eq!(sequence.holes().len(), VERIFY_HOLES_MAX);
        assert_eq!(sequence.missing(), 99);
    }
}
