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
        Format::Csv => csv_line(cells),
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
    let mut line = String::new();
    for ((column, width), cell) in columns.iter().zip(widths(columns, screen.width)).zip(cells) {
        let shown = screen.shown(cell);
        let text = fitted(&shown, width);
        let pad = " ".repeat(width.saturating_sub(text.chars().count()));
        let cell = screen.paint.word(&text);
        let is_right = matches!(column.width, Width::Number(_));
        line += &if is_right { format!("{pad}{cell}  ") } else { format!("{cell}{pad}  ") };
    }
    line.trim_end().to_owned()
}

/// What says most gets so much, where others can give.
const REST_MIN: usize = 24;
/// A name that is cut shorter says nothing.
const NAME_MIN: usize = 10;

/// How wide each column is at a terminal so wide, with two spaces between them.
fn widths(columns: &[Column], terminal: usize) -> Vec<usize> {
    let wanted = |column: &Column| match column.width {
        Width::Chars(width) | Width::Number(width) => width,
        Width::Rest => 0,
    };
    let mut widths: Vec<usize> = columns.iter().map(wanted).collect();
    let taken = widths.iter().sum::<usize>() + 2 * columns.len().saturating_sub(1);
    let mut rest = terminal.saturating_sub(taken);
    for (column, width) in columns.iter().zip(&mut widths) {
        // Half a time would be another time.
        if matches!(column.width, Width::Chars(_)) && !matches!(column.title, "time" | "last") {
            let given = REST_MIN.saturating_sub(rest).min(width.saturating_sub(NAME_MIN));
            *width -= given;
            rest += given;
        }
    }
    for (column, width) in columns.iter().zip(&mut widths) {
        if column.width == Width::Rest {
            *width = rest.max(16);
        }
    }
    widths
}

/// A text that fits: cut with a sign where it is longer.
fn fitted(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    let kept: String = text.chars().take(width.saturating_sub(1)).collect();
    kept + "~"
}

/// A line of RFC 4180.
pub(crate) fn csv_line(cells: &[String]) -> String {
    cells.iter().map(|cell| csv(cell)).collect::<Vec<_>>().join(",") + "\r\n"
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
    fn a_row_fits_a_terminal_of_eighty() {
        let columns = crate::reader::COLUMNS;
        let row = |terminal| widths(columns, terminal).iter().sum::<usize>() + 2 * 4;
        assert_eq!([80, 100, 120, 200].map(row), [80, 100, 120, 200]);
        assert_eq!(widths(columns, 80), [23, 10, 24, 8, 7]);
        assert_eq!(widths(columns, 120), [23, 22, 52, 8, 7]);
    }

    #[test]
    fn a_spreadsheet_gets_no_formula() {
        assert_eq!(csv("=HYPERLINK(1)"), "'=HYPERLINK(1)");
        assert_eq!(csv("-1.5"), "-1.5");
        assert_eq!(csv("-rm"), "'-rm");
    }
}
