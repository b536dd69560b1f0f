//! Given the columns of a list and a row's cells, gives the line in a format.

use super::{Format, Screen};
use tacho_event::json::Object;
use tacho_event::summary::visible;

/// A row: what a program gets, and what a person sees.
pub(crate) struct Row {
    pub(crate) json: Object,
    pub(crate) cells: Vec<String>,
}

/// How wide a column is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Width {
    /// So many characters.
    Chars(usize),
    /// So many, numbers to the right.
    Number(usize),
    /// What the others leave; one column has it.
    Rest,
}

pub(crate) struct Column {
    pub(crate) title: &'static str,
    pub(crate) width: Width,
}

pub(super) fn head(format: Format, columns: &[Column], screen: &Screen) -> String {
    let titles: Vec<&str> = columns.iter().map(|column| column.title).collect();
    match format {
        Format::Table => {
            let cells: Vec<String> = titles.iter().map(|title| title.to_uppercase()).collect();
            screen.paint.dim(&table(columns, &cells, screen)) + "\n"
        }
        Format::Json => "{\"v\":1,\"rows\":[\n".to_owned(),
        Format::Csv => titles.join(",") + "\r\n",
        Format::Md => {
            let rule = "|---".repeat(columns.len());
            format!("| {} |\n{rule}|\n", titles.join(" | "))
        }
        Format::Ndjson | Format::Tsv => String::new(),
    }
}

pub(super) fn foot(format: Format) -> &'static str {
    if format == Format::Json { "]}\n" } else { "" }
}

pub(super) fn line(
    format: Format,
    columns: &[Column],
    cells: &[String],
    screen: &Screen,
) -> String {
    match format {
        Format::Csv => cells.iter().map(|cell| csv(cell)).collect::<Vec<_>>().join(",") + "\r\n",
        Format::Tsv => cells.iter().map(|cell| tsv(cell)).collect::<Vec<_>>().join("\t") + "\n",
        Format::Md => {
            let cells: Vec<String> =
                cells.iter().map(|cell| visible(cell).replace('|', "\\|")).collect();
            format!("| {} |\n", cells.join(" | "))
        }
        _ => table(columns, cells, screen) + "\n",
    }
}

fn table(columns: &[Column], cells: &[String], screen: &Screen) -> String {
    let taken: usize = columns
        .iter()
        .map(|column| match column.width {
            Width::Chars(width) | Width::Number(width) => width + 2,
            Width::Rest => 0,
        })
        .sum();
    let rest = screen.width.saturating_sub(taken).max(16);
    let mut line = String::new();
    for (column, cell) in columns.iter().zip(cells) {
        let shown = screen.shown(cell);
        let (width, right) = match column.width {
            Width::Chars(width) => (width, false),
            Width::Number(width) => (width, true),
            Width::Rest => (rest, false),
        };
        let text = fitted(&shown, width);
        let pad = " ".repeat(width.saturating_sub(text.chars().count()));
        let cell = screen.paint.word(&text);
        line += &if right { format!("{pad}{cell}  ") } else { format!("{cell}{pad}  ") };
    }
    line.trim_end().to_owned()
}

/// A text that fits: cut with a sign where it is longer.
fn fitted(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    let kept: String = text.chars().take(width.saturating_sub(1)).collect();
    kept + "~"
}

/// A value of RFC 4180; one that a spreadsheet would run is told as text.
fn csv(cell: &str) -> String {
    let guarded = match cell.chars().next() {
        Some('=' | '+' | '@') => format!("'{cell}"),
        Some('-') if cell.parse::<f64>().is_err() => format!("'{cell}"),
        _ => cell.to_owned(),
    };
    if guarded.contains([',', '"', '\n', '\r']) {
        return format!("\"{}\"", guarded.replace('"', "\"\""));
    }
    guarded
}

fn tsv(cell: &str) -> String {
    cell.replace('\\', "\\\\").replace('\t', "\\t").replace('\n', "\\n").replace('\r', "\\r")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_cannot_break_their_line() {
        assert_eq!(tsv("a\tb\nc\\d"), "a\\tb\\nc\\\\d");
        assert_eq!(csv("a,\"b\"\n"), "\"a,\"\"b\"\"\n\"");
        assert_eq!(csv("plain"), "plain");
    }

    #[test]
    fn a_spreadsheet_gets_no_formula() {
        assert_eq!(csv("=HYPERLINK(1)"), "'=HYPERLINK(1)");
        assert_eq!(csv("-1.5"), "-1.5");
        assert_eq!(csv("-rm"), "'-rm");
    }
}
