//! What changes, to be read by a person: given two texts, gives the lines that go and come, with
//! two lines around them.

/// `-` and `+` lines with two lines of context; empty if the texts are equal.
pub(crate) fn diff(before: &str, after: &str) -> String {
    let (old, new): (Vec<&str>, Vec<&str>) = (lines(before), lines(after));
    let steps = steps(&old, &new);
    let near = |at: usize| {
        let range = at.saturating_sub(CONTEXT)..(at + CONTEXT + 1).min(steps.len());
        steps.get(range).is_some_and(|around| around.iter().any(|(sign, _)| *sign != ' '))
    };
    let mut out = String::new();
    let mut skipped = false;
    for (at, (sign, line)) in steps.iter().enumerate() {
        if !near(at) {
            skipped = true;
            continue;
        }
        if skipped {
            out.push_str("  ...\n");
            skipped = false;
        }
        out.push(*sign);
        out.push(' ');
        out.extend(line.chars().map(|c| if c.is_control() && c != '\t' { '?' } else { c }));
        out.push('\n');
    }
    out
}

const CONTEXT: usize = 2;

/// More pairs of lines than this are not compared: all go, all come.
const PAIRS_MAX: usize = 4_000_000;

fn lines(text: &str) -> Vec<&str> {
    text.lines().collect()
}

/// Every line, and whether it stays, goes or comes.
fn steps<'a>(old: &[&'a str], new: &[&'a str]) -> Vec<(char, &'a str)> {
    let head = old.iter().zip(new).take_while(|(a, b)| a == b).count();
    let (old_rest, new_rest) = (old.get(head..).unwrap_or(&[]), new.get(head..).unwrap_or(&[]));
    let tail = old_rest.iter().rev().zip(new_rest.iter().rev()).take_while(|(a, b)| a == b).count();
    let (old_mid, same) = old_rest.split_at(old_rest.len() - tail);
    let (new_mid, _) = new_rest.split_at(new_rest.len() - tail);
    let mut out: Vec<(char, &str)> = old.iter().take(head).map(|line| (' ', *line)).collect();
    out.extend(middle(old_mid, new_mid));
    out.extend(same.iter().map(|line| (' ', *line)));
    out
}

/// By the longest common subsequence.
fn middle<'a>(old: &[&'a str], new: &[&'a str]) -> Vec<(char, &'a str)> {
    let width = new.len() + 1;
    if old.len().saturating_mul(width) > PAIRS_MAX {
        let gone = old.iter().map(|line| ('-', *line));
        return gone.chain(new.iter().map(|line| ('+', *line))).collect();
    }
    let mut table = vec![0_u32; (old.len() + 1) * width];
    let at = |i: usize, j: usize| i * width + j;
    let get = |table: &[u32], i, j| table.get(at(i, j)).copied().unwrap_or(0);
    for (i, a) in old.iter().enumerate().rev() {
        for (j, b) in new.iter().enumerate().rev() {
            let best = if a == b {
                get(&table, i + 1, j + 1) + 1
            } else {
                get(&table, i + 1, j).max(get(&table, i, j + 1))
            };
            if let Some(cell) = table.get_mut(at(i, j)) {
                *cell = best;
            }
        }
    }
    let (mut i, mut j, mut out) = (0, 0, Vec::new());
    loop {
        match (old.get(i), new.get(j)) {
            (Some(a), Some(b)) if a == b => {
                out.push((' ', *a));
                (i, j) = (i + 1, j + 1);
            }
            (Some(a), b) if b.is_none() || get(&table, i + 1, j) >= get(&table, i, j + 1) => {
                out.push(('-', *a));
                i += 1;
            }
            (_, Some(b)) => {
                out.push(('+', *b));
                j += 1;
            }
            _ => return out,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_go_and_come_are_shown_with_two_around_them() {
        let before = "1\n2\n3\n4\n5\n6\n7\n";
        let after = "1\n2\n3\nfour\n5\n6\n7\n";
        assert_eq!(diff(before, after), "  ...\n  2\n  3\n- 4\n+ four\n  5\n  6\n");
        assert_eq!(diff(before, before), "");
        assert_eq!(diff("", "a\n"), "+ a\n");
    }
}
