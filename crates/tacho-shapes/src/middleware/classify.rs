//! Given a request, gives the action that an adapter's log calls it.

use http::Method;
use http::request::Parts;

/// What a request does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Action {
    /// `crm_create`, `email_send`, ...
    pub action_type: String,
    /// `hubspot`, ...; the part of the API, where nobody says more.
    pub provider_name: String,
    /// Who asks, where that is known.
    pub user_id: Option<String>,
    /// In which session.
    pub session_id: Option<String>,
}

/// Parts of the API whose verbs name what they act on.
const NAMED: &[(&str, &str)] = &[("helpdesk", "ticket"), ("calendar", "event")];

/// Reads `METHOD /api/v1/{part}/{things}[/{id}]`: `POST /api/v1/crm/contacts` is `crm_create`,
/// `GET /api/v1/helpdesk/tickets` is `helpdesk_list_tickets`. Any other path is an action named by
/// its method at the provider `http`.
pub fn by_path(parts: &Parts) -> Option<Action> {
    let mut steps = parts.uri.path().split('/').filter(|step| !step.is_empty()).peekable();
    if steps.peek() == Some(&"api") {
        steps.next();
        steps.next_if(|step| step.starts_with('v') && step.len() <= 4);
    }
    let (Some(part), Some(things)) = (steps.next().map(clean), steps.next()) else {
        return Some(action("http", &format!("http_{}", parts.method.as_str().to_lowercase())));
    };
    let (id, below) = (steps.next(), steps.next());
    let verb = match (&parts.method, id, below) {
        (_, _, Some("comments")) if parts.method == Method::POST => "add_comment",
        (_, Some("search"), _) => "search",
        (&Method::POST, ..) if things == "search" => "search",
        (&Method::POST, ..) if part == "email" => "send",
        (&Method::POST, ..) if part == "knowledge" => "store",
        (&Method::POST, ..) => "create",
        (&Method::PUT | &Method::PATCH, ..) => "update",
        (&Method::DELETE, ..) => "delete",
        (_, Some(_), _) => "get",
        _ => "list",
    };
    let named = NAMED.iter().find(|(name, _)| *name == part);
    let name = match named {
        Some((_, thing)) if verb == "list" => format!("{part}_list_{thing}s"),
        Some((_, thing)) if verb != "add_comment" && verb != "search" => {
            format!("{part}_{verb}_{thing}")
        }
        _ => format!("{part}_{verb}"),
    };
    Some(action(&part, &name))
}

fn action(provider: &str, name: &str) -> Action {
    Action { action_type: name.to_owned(), provider_name: provider.to_owned(), ..Action::default() }
}

/// A step of a path is the client's: only what may stand in a leaf for ever goes into a name.
fn clean(step: &str) -> String {
    let letters = step.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '_' || *c == '-');
    let name: String = letters.take(32).collect();
    if name.is_empty() { "http".to_owned() } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tacho_event::dialect::PROVIDER_ACTION_TYPES;

    fn read(method: &str, path: &str) -> String {
        let request = http::Request::builder().method(method).uri(path).body(()).unwrap();
        by_path(&request.into_parts().0).unwrap().action_type
    }

    #[test]
    fn requests_are_called_what_the_adapter_calls_them() {
        for (method, path, name) in [
            ("POST", "/api/v1/crm/contacts", "crm_create"),
            ("GET", "/api/v1/crm/contacts", "crm_list"),
            ("GET", "/api/v1/crm/contacts/7", "crm_get"),
            ("PUT", "/api/v1/crm/contacts/7", "crm_update"),
            ("DELETE", "/api/v1/crm/contacts/7", "crm_delete"),
            ("POST", "/api/v1/crm/contacts/search", "crm_search"),
            ("POST", "/api/v1/helpdesk/tickets", "helpdesk_create_ticket"),
            ("GET", "/api/v1/helpdesk/tickets", "helpdesk_list_tickets"),
            ("POST", "/api/v1/helpdesk/tickets/7/comments", "helpdesk_add_comment"),
            ("DELETE", "/api/v1/calendar/events/7", "calendar_delete_event"),
            ("POST", "/api/v1/email/messages", "email_send"),
            ("POST", "/api/v1/knowledge/documents", "knowledge_store"),
        ] {
            assert_eq!(read(method, path), name, "{method} {path}");
            assert!(PROVIDER_ACTION_TYPES.contains(&name), "{name}");
        }
        assert_eq!(read("GET", "/health"), "http_get");
        assert_eq!(read("GET", "/a%20b!/x"), "a20b_list");
    }
}
