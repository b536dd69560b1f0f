//! Content logging: which actions carry files, rows or command output, and what is left of it.
//!
//! | action | what is cut | what stays |
//! |---|---|---|
//! | reads and writes files | what the files hold, before and after | paths, line numbers, sizes |
//! | queries | rows | `row_count` |
//! | runs a command | output beyond so many characters | the command, the exit code |

use super::capture::{Level, Members};
use super::minimise::ContentLogging;
use crate::event::Event;
use crate::json::{Object, Pointer, Text, Value};
use crate::words::ActionType;

/// What weighs in the content of an action.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Content {
    File,
    Patch,
    Query,
    Command,
}

/// Tools that read or write files. Names are compared by their letters and digits alone, in lower
/// case: `NotebookEdit` and `notebook_edit` are one.
const FILE_TOOLS: &[&str] = &[
    "read",
    "write",
    "edit",
    "multiedit",
    "notebookedit",
    "notebookread",
    "grep",
    "readfile",
    "readtextfile",
    "readmediafile",
    "readmultiplefiles",
    "readmanyfiles",
    "writefile",
    "editfile",
    "createfile",
    "appendfile",
    "appendtofile",
    "savefile",
    "replaceinfile",
    "searchreplace",
    "strreplace",
    "strreplaceeditor",
    "strreplacebasededittool",
    "inserteditintofile",
    "viewfile",
    "openfile",
    "getfilecontents",
    "createorupdatefile",
    "pushfiles",
    "grepsearch",
    "searchfilecontent",
    "codebasesearch",
];

/// Tools that read or write files where a built-in tool has the name; elsewhere the word says
/// nothing about files.
const BUILT_IN_FILE_TOOLS: &[&str] = &["create", "insert", "view", "replace", "cat"];

/// Tools whose input is a patch: its headers name the files.
const PATCH_TOOLS: &[&str] = &["applypatch", "applydiff", "patch"];

/// Tools that run a command.
const COMMAND_TOOLS: &[&str] = &[
    "bash",
    "bashoutput",
    "shell",
    "localshell",
    "execcommand",
    "runterminalcmd",
    "runterminalcommand",
    "runinterminal",
    "getterminaloutput",
    "runshellcommand",
    "runcommand",
    "executecommand",
    "terminal",
    "execute",
    "exec",
    "powershell",
    "writestdin",
];

/// Skills, servers and providers that answer with rows.
const DATABASES: &[&str] = &[
    "postgres",
    "postgresql",
    "psql",
    "mysql",
    "mariadb",
    "sqlite",
    "mssql",
    "sqlserver",
    "oracle",
    "bigquery",
    "snowflake",
    "redshift",
    "duckdb",
    "clickhouse",
    "trino",
    "presto",
    "athena",
    "databricks",
    "cassandra",
    "mongodb",
    "mongo",
    "elasticsearch",
    "opensearch",
    "supabase",
    "neon",
    "dynamodb",
    "cockroachdb",
    "redis",
];

/// Operations that answer with rows, whoever serves them.
const QUERIES: &[&str] = &[
    "query",
    "sql",
    "select",
    "runquery",
    "executequery",
    "readquery",
    "executesql",
    "runsql",
    "soqlquery",
    "find",
    "aggregate",
];

/// Members that hold what a file holds.
const FILE_MEMBERS: &[&str] = &[
    "content",
    "contents",
    "text",
    "filetext",
    "filecontent",
    "filecontents",
    "oldstring",
    "newstring",
    "oldstr",
    "newstr",
    "oldtext",
    "newtext",
    "oldsource",
    "newsource",
    "inserttext",
    "codeedit",
    "patch",
    "structuredpatch",
    "diff",
    "originalfile",
    "updatedfile",
    "lines",
    "matches",
    "data",
    "base64",
    "body",
    "replacement",
    "before",
    "after",
    "preview",
];

/// Members that hold rows.
const ROW_MEMBERS: &[&str] = &[
    "rows",
    "records",
    "results",
    "data",
    "items",
    "documents",
    "hits",
    "values",
    "entities",
    "content",
    "structuredcontent",
    "result",
    "response",
];

/// Members that hold rows as text.
const ROW_TEXTS: &[&str] = &["text", "content", "output", "stdout", "data", "result", "results"];

/// Members that hold what a command printed.
const OUTPUT_MEMBERS: &[&str] = &[
    "stdout",
    "stderr",
    "output",
    "outputpreview",
    "aggregatedoutput",
    "formattedoutput",
    "text",
    "content",
    "result",
    "lines",
    "logs",
    "message",
];

/// Lines of a patch that name files.
const PATCH_HEADERS: &[&str] = &[
    "*** Begin Patch",
    "*** End Patch",
    "*** Add File: ",
    "*** Update File: ",
    "*** Delete File: ",
    "*** Move to: ",
    "diff --git ",
    "--- ",
    "+++ ",
    "rename from ",
    "rename to ",
];

impl Content {
    /// What weighs in this event, if the settings want it cut.
    pub(super) fn of(event: &Event, logging: &ContentLogging) -> Option<Self> {
        let content = Self::of_action(event)?;
        let cut = match content {
            Content::File | Content::Patch => !logging.file_contents,
            Content::Query => !logging.query_results,
            Content::Command => logging.output_chars.is_some(),
        };
        cut.then_some(content)
    }

    fn of_action(event: &Event) -> Option<Self> {
        let action = event.action_type();
        let own = event.object().object("action")?.object(action.as_str());
        let own = |name: &str| own.and_then(|own| own.str(name));
        let name = event.action_name();
        let mut names = [name, name.map(last_segment), own("name"), own("tool"), own("operation")];
        match action {
            ActionType::File => return Some(Content::File),
            ActionType::Change => {
                let kind = event.object().object("change")?.str("resource_type")?;
                return kind.eq_ignore_ascii_case("file").then_some(Content::File);
            }
            ActionType::Tool | ActionType::Mcp => {}
            ActionType::Skill | ActionType::Provider | ActionType::External => {
                let asked = names.iter().flatten().any(|name| is_one_of(name, QUERIES));
                let database = names.iter().flatten().any(|name| is_one_of(name, DATABASES));
                return (asked || database).then_some(Content::Query);
            }
            _ => return None,
        }
        let server = own("server").or(name.filter(|name| name.starts_with("mcp__")));
        let database = server
            .is_some_and(|server| server.split("__").any(|segment| is_one_of(segment, DATABASES)));
        if database {
            return Some(Content::Query);
        }
        if action == ActionType::Mcp {
            // The name of an MCP action can be that of its server; its tool is what counts.
            names = [own("tool").map(last_segment), name.map(last_segment), None, None, None];
        }
        let built_in = action == ActionType::Tool;
        names.iter().flatten().find_map(|name| Self::of_tool(name, built_in))
    }

    fn of_tool(name: &str, built_in: bool) -> Option<Self> {
        let plain = Plain::of(name)?;
        let is = |table: &[&str]| table.contains(&plain.as_str());
        if is(COMMAND_TOOLS) {
            Some(Content::Command)
        } else if is(PATCH_TOOLS) {
            Some(Content::Patch)
        } else if is(FILE_TOOLS) || built_in && is(BUILT_IN_FILE_TOOLS) {
            Some(Content::File)
        } else {
            is(QUERIES).then_some(Content::Query)
        }
    }
}

/// Cuts the content of one event, where the level that holds is `redacted`.
pub(super) struct Cutter<'a> {
    logging: &'a ContentLogging,
    content: Content,
    members: &'a Members<'a>,
    cuts: &'a mut Object,
}

/// What becomes of a value.
enum Verdict {
    Keep,
    Remove,
    /// In place of so many rows.
    Count(usize),
}

impl<'a> Cutter<'a> {
    pub(super) fn new(
        logging: &'a ContentLogging,
        content: Content,
        members: &'a Members<'a>,
        cuts: &'a mut Object,
    ) -> Self {
        Self { logging, content, members, cuts }
    }

    /// Cuts what the action took in and what came out of it.
    pub(super) fn cut(mut self, doc: &mut Object) {
        let root = Pointer::ROOT;
        if let Some(outcome) = doc.get_mut("outcome").and_then(Value::as_object_mut) {
            self.whole(outcome, "result", &root.member("outcome"));
            if self.content == Content::Command
                && let Some(error) = outcome.get_mut("error").and_then(Value::as_object_mut)
            {
                let place = root.member("outcome");
                self.whole(error, "message", &place.member("error"));
                self.whole(error, "stack", &place.member("error"));
            }
        }
        let files = matches!(self.content, Content::File | Content::Patch);
        if let Some(action) = doc.get_mut("action").and_then(Value::as_object_mut) {
            let place = root.member("action");
            for (name, value) in action.iter_mut() {
                let Value::Object(own) = value else { continue };
                let place = place.member(name);
                if files {
                    self.object(own, &place);
                } else if self.content == Content::Query {
                    self.whole(own, "response", &place);
                }
            }
        }
        if files && let Some(change) = doc.get_mut("change").and_then(Value::as_object_mut) {
            self.object(change, &root.member("change"));
        }
    }

    /// Cuts the member `name`, all of which is content.
    fn whole(&mut self, object: &mut Object, name: &str, place: &Pointer<'_>) {
        let Some(value) = object.get_mut(name) else { return };
        match self.content(value, &place.member(name)) {
            Verdict::Keep => {}
            Verdict::Remove => {
                object.remove(name);
            }
            Verdict::Count(rows) => {
                object.insert(name, Object::from([("row_count", rows)]));
            }
        }
    }

    /// Cuts a value that is content.
    fn content(&mut self, value: &mut Value, place: &Pointer<'_>) -> Verdict {
        let blocks = |list: &[Value]| list.iter().any(|one| one.at("/type").is_some());
        match (self.content, &mut *value) {
            (_, Value::Object(object)) => {
                self.object(object, place);
                Verdict::Keep
            }
            (Content::Command, Value::Text(text)) => {
                self.truncate(text, place);
                Verdict::Keep
            }
            (Content::Command, Value::List(list)) => {
                self.truncate_list(list, place);
                Verdict::Keep
            }
            // `[{"type":"text","text":".."}]`: the answer of an MCP server.
            (_, Value::List(list)) if blocks(list) => {
                for (i, block) in list.iter_mut().enumerate() {
                    if let Value::Object(block) = block {
                        self.object(block, &place.index(i));
                    }
                }
                Verdict::Keep
            }
            (content, Value::List(list)) => {
                let rows = list.len();
                match self.note(rows, place) {
                    true if content == Content::Query => Verdict::Count(rows),
                    true => Verdict::Remove,
                    false => Verdict::Keep,
                }
            }
            (_, Value::Text(text)) if self.note(text.chars().count(), place) => Verdict::Remove,
            _ => Verdict::Keep,
        }
    }

    /// Looks for content in the members of an object.
    fn object(&mut self, object: &mut Object, place: &Pointer<'_>) {
        let mut counts: Vec<(Text, usize)> = Vec::new();
        object.retain(|name, value| {
            let place = place.member(name);
            if !self.is_content(name, value) {
                self.below(value, &place);
                return true;
            }
            if self.content == Content::Patch
                && let Value::Text(text) = value
            {
                self.keep_headers(text, &place);
                return true;
            }
            match self.content(value, &place) {
                Verdict::Keep => true,
                Verdict::Remove => false,
                Verdict::Count(rows) => {
                    counts.push((name.into(), rows));
                    false
                }
            }
        });
        for (name, rows) in counts {
            let taken = object.get("row_count").is_some();
            let count = if taken { format!("{name}_count") } else { "row_count".to_owned() };
            object.insert(count, rows);
        }
    }

    /// Looks for content below a value that is none itself.
    fn below(&mut self, value: &mut Value, place: &Pointer<'_>) {
        match value {
            Value::Object(object) => self.object(object, place),
            Value::List(list) => {
                for (i, element) in list.iter_mut().enumerate() {
                    self.below(element, &place.index(i));
                }
            }
            _ => {}
        }
    }

    fn is_content(&self, name: &str, value: &Value) -> bool {
        match self.content {
            Content::File => is_one_of(name, FILE_MEMBERS),
            Content::Patch => is_one_of(name, FILE_MEMBERS) || is_one_of(name, &["input"]),
            Content::Command => is_one_of(name, OUTPUT_MEMBERS),
            Content::Query if matches!(value, Value::Text(_)) => is_one_of(name, ROW_TEXTS),
            Content::Query => is_one_of(name, ROW_MEMBERS),
        }
    }

    /// Keeps the first characters of what a command printed.
    fn truncate(&mut self, text: &mut Text, place: &Pointer<'_>) -> usize {
        let limit = self.logging.output_chars.unwrap_or(usize::MAX);
        // As many bytes are at most as many characters.
        if text.len() <= limit {
            return text.len();
        }
        let Some((end, _)) = text.char_indices().nth(limit) else { return limit };
        if self.note(text.chars().count(), place) {
            *text = text.get(..end).unwrap_or_default().into();
        }
        limit
    }

    /// Keeps the first characters of a list of lines or blocks.
    fn truncate_list(&mut self, list: &mut Vec<Value>, place: &Pointer<'_>) {
        let limit = self.logging.output_chars.unwrap_or(usize::MAX);
        let mut used = 0;
        let mut keep = 0;
        for (i, element) in list.iter_mut().enumerate() {
            if used >= limit {
                break;
            }
            let here = place.index(i);
            match element {
                Value::Text(text) => used += self.truncate(text, &here),
                Value::Object(block) => self.object(block, &here),
                _ => {}
            }
            keep = i + 1;
        }
        let all = keep == list.len();
        if !all && self.note(list.len(), place) {
            list.truncate(keep);
        }
    }

    /// Keeps the lines of a patch that say which files it changes.
    fn keep_headers(&mut self, text: &mut Text, place: &Pointer<'_>) {
        let is_header = |line: &&str| PATCH_HEADERS.iter().any(|header| line.starts_with(header));
        let headers: Vec<&str> = text.lines().filter(is_header).collect();
        let headers = headers.join("\n");
        if headers.len() < text.len() && self.note(text.chars().count(), place) {
            *text = headers.into();
        }
    }

    /// Notes how long the value at `place` was; false if the level that holds there keeps it.
    fn note(&mut self, length: usize, place: &Pointer<'_>) -> bool {
        let pointer = place.to_string();
        let names: Vec<String> = pointer
            .split('/')
            .skip(1)
            .map(|name| name.replace("~1", "/").replace("~0", "~"))
            .collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let cuts = self.members.at(&names).0 == Level::Redacted;
        if cuts {
            self.cuts.insert(pointer, length);
        }
        cuts
    }
}

/// `mcp__postgres__query`, `postgres/query` and `postgres.query` end in `query`.
fn last_segment(name: &str) -> &str {
    let name = name.rsplit("__").next().unwrap_or(name);
    name.rsplit(['/', '.', ':']).next().unwrap_or(name)
}

fn is_one_of(name: &str, table: &[&str]) -> bool {
    Plain::of(name).is_some_and(|plain| table.contains(&plain.as_str()))
}

/// A name's letters and digits in lower case, on the stack: no table has a longer one.
struct Plain {
    bytes: [u8; 24],
    length: usize,
}

impl Plain {
    fn of(name: &str) -> Option<Self> {
        let mut plain = Self { bytes: [0; 24], length: 0 };
        for byte in name.bytes().filter(u8::is_ascii_alphanumeric) {
            *plain.bytes.get_mut(plain.length)? = byte.to_ascii_lowercase();
            plain.length += 1;
        }
        Some(plain)
    }

    fn as_str(&self) -> &str {
        let bytes = self.bytes.get(..self.length).unwrap_or_default();
        std::str::from_utf8(bytes).unwrap_or_default()
    }
}
