//! Given the name and the input of a call, gives the kind of action it is, and back.
//!
//! ```text
//! Bash                       tool
//! mcp__github__get_issue     mcp, server github
//! Skill                      skill
//! WebFetch, WebSearch        external
//! ```

use super::super::field::lookup;
use super::Spelling;
use crate::draft::Draft;
use crate::json::{Object, Value};
use crate::words::ActionType;

/// The members of an input that name what a tool touches.
static TOUCHED: &[(&str, &str)] =
    &[("file_path", "file"), ("notebook_path", "file"), ("url", "url"), ("path", "file")];

/// The names under which hosts offer the web.
static WEB: &[(&str, &str)] = &[
    ("WebFetch", "web_fetch"),
    ("WebSearch", "web_search"),
    ("web_fetch", "web_fetch"),
    ("web_search", "web_search"),
    ("google_web_search", "web_search"),
];

pub(super) fn read_tool(record: &Object, spelling: &Spelling) -> Draft {
    let call = &spelling.call;
    let name = record.str(call.name).unwrap_or("unnamed");
    let input = record.get(call.input).filter(|input| !input.is_null());
    let inside = |member: &str| input.and_then(Value::as_object).and_then(|all| all.str(member));
    let mut draft = match (server_and_tool(record, name), web(name)) {
        (Some((server, tool)), _) => Draft::mcp(server, tool),
        (None, Some(kind)) => {
            let target = inside("url").or(inside("query")).or(inside("prompt"));
            Draft::external(kind, target.unwrap_or_default())
        }
        (None, None) if name == "Skill" => {
            Draft::skill(inside("skill").or(inside("command")).unwrap_or("Skill"), "invoke")
        }
        (None, None) => Draft::tool(name),
    };
    if let Some(input) = input {
        draft = draft.input(input.clone());
    }
    if let Some(id) = record.str(call.id) {
        draft = draft.call(id);
    }
    let mut touched = TOUCHED.iter().filter_map(|(member, kind)| Some((*kind, inside(member)?)));
    match touched.next() {
        Some((kind, identifier)) => draft.touched(kind, identifier),
        None => draft,
    }
}

pub(super) fn write_tool(event: &Object, spelling: &Spelling, record: &mut Object) {
    let text = |path| lookup(event, path).and_then(Value::as_str);
    let Some(kind) = text("action.type").and_then(ActionType::parse) else { return };
    let name = match kind {
        ActionType::Mcp => {
            let server = text("action.mcp.server").unwrap_or_default();
            Some(format!("mcp__{server}__{}", text("action.mcp.tool").unwrap_or_default()))
        }
        ActionType::Skill => Some("Skill".to_owned()),
        ActionType::External => {
            let kind = text("action.external.type");
            WEB.iter().find(|(_, one)| Some(*one) == kind).map(|(name, _)| (*name).to_owned())
        }
        _ => text("action.tool.name").map(str::to_owned),
    };
    let call = &spelling.call;
    let input = lookup(event, &format!("action.{}.parameters", kind.as_str())).cloned();
    let id = lookup(event, "action.call_id").cloned();
    let members = [(call.name, name.map(Value::from)), (call.input, input), (call.id, id)];
    for (name, value) in members {
        if let Some(value) = value.filter(|_| !name.is_empty()) {
            record.insert(name, value);
        }
    }
}

/// Server and tool of a call to an MCP server: `mcp__server__tool`, or as the payload says.
fn server_and_tool<'r>(record: &'r Object, name: &'r str) -> Option<(&'r str, &'r str)> {
    if let Some((server, tool)) = name.strip_prefix("mcp__").and_then(|rest| rest.split_once("__"))
    {
        return Some((server, tool));
    }
    let named = record.object("mcp_context").and_then(|context| context.str("server_name"));
    let server = named.or(record.str("mcp_server_name"))?;
    let tool = name.strip_prefix("mcp_").and_then(|rest| rest.strip_prefix(server));
    Some((server, tool.map_or(name, |tool| tool.trim_start_matches('_'))))
}

fn web(name: &str) -> Option<&'static str> {
    WEB.iter().find(|(one, _)| *one == name).map(|(_, kind)| *kind)
}
