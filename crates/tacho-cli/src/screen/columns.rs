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
    let widths = widths(columns, screen.width).into_iter();
    let cells = columns.iter().zip(widths).zip(cells).filter(|((_, width), _)| *width > 0);
    for ((column, width), cell) in cells {
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

/// Below this, other columns go altogether.
const REST_LEAST: usize = 12;

/// How wide each column is at a terminal so wide, with two spaces between them; nothing is a column
/// for which a narrow one has no room.
fn widths(columns: &[Column], terminal: usize) -> Vec<usize> {
    let wanted = |column: &Column| match column.width {
        Width::Chars(width) | Width::Number(width) => width,
        Width::Rest => REST_LEAST,
    };
    let mut widths: Vec<usize> = columns.iter().map(wanted).collect();
    while taken(columns, &widths) > terminal && hide_last(columns, &mut widths) {}
    let taken: usize = widths.iter().filter(|width| **width > 0).map(|width| width + 2).sum();
    let mut rest = (terminal + 2 + REST_LEAST).saturating_sub(taken);
    for (column, width) in columns.iter().zip(&mut widths) {
        if is_name(column) {
            let given = REST_MIN.saturating_sub(rest).min(width.saturating_sub(NAME_MIN));
            *width -= given;
            rest += given;
        }
    }
    for (column, width) in columns.iter().zip(&mut widths) {
        if column.width == Width::Rest {
            *width = rest.max(REST_LEAST);
        }
    }
    widths
}

/// What may be cut: half a time would be another time.
fn is_name(column: &Column) -> bool {
    matches!(column.width, Width::Chars(_)) && !matches!(column.title, "time" | "last")
}

/// What a line takes at least.
fn taken(columns: &[Column], widths: &[usize]) -> usize {
    let least =
        columns.iter().zip(widths).filter(|(_, width)| **width > 0).map(|(column, width)| {
            let least = if is_name(column) { NAME_MIN } else { usize::MAX };
            least.min(*width) + 2
        });
    least.sum::<usize>().saturating_sub(2)
}

/// Hides the last column that is neither the first nor what says most; false if none is left.
fn hide_last(columns: &[Column], widths: &mut [usize]) -> bool {
    let shown = columns.iter().zip(widths).skip(1);
    let mut shown: Vec<_> =
        shown.filter(|(column, width)| column.width != Width::Rest && **width > 0).collect();
    let Some((_, width)) = shown.pop() else { return false };
    *width = 0;
    true
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
    fn a_narrow_terminal_gets_fewer_columns_and_no_second_line() {
        let columns = crate::reader::COLUMNS;
        assert_eq!(widths(columns, 70), [23, 10, 14, 8, 7]);
        assert_eq!(widths(columns, 60), [23, 10, 13, 8, 0]);
        assert_eq!(widths(columns, 44), [23, 0, 19, 0, 0]);
        assert_eq!(widths(columns, 40), [23, 0, 15, 0, 0]);
    }

    #[test]
    fn a_spreadsheet_gets_no_formula() {
        assert_eq!(csv("=HYPERLINK(1)"), "'=HYPERLINK(1)");
        assert_eq!(csv("-1.5"), "-1.5");
        assert_eq!(csv("-rm"), "'-rm");
    }
}
