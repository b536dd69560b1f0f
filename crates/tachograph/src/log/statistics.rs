//! Given a tally, gives the statistics that the familiar tools show, under the names they use.
//!
//! Each counts calls: an intent and its result are one. What a tally never saw is not invented: an
//! average of nothing is 0, a rate of nothing too, as the tools have it.

use tacho_event::json::{Object, Value};

use super::tally::Tally;

impl Tally {
    /// As a memory's `get_statistics()`, for a tally of `action.type` memory:
    /// `{total_events, success_rate, avg_duration_ms, by_operation{}}`.
    pub fn memory_statistics(&self) -> Object {
        Object::from([
            ("total_events", Value::from(self.calls)),
            ("success_rate", number(self.success_rate())),
            ("avg_duration_ms", number(self.average_duration_ms())),
            ("by_operation", counts(&self.by_name)),
        ])
    }

    /// As a memory's `get_user_statistics(user)`; none for a user without calls:
    /// `{user_id, total_operations, last_activity, most_common_operation}`.
    pub fn user_statistics(&self, user: &str) -> Option<Object> {
        let theirs = self.by_user.get(user)?;
        let last = theirs.last.map_or(Value::Null, |last| Value::from(last.to_string()));
        Some(Object::from([
            ("user_id", Value::from(user)),
            ("total_operations", Value::from(theirs.calls)),
            ("last_activity", last),
            ("most_common_operation", theirs.most_common().map_or(Value::Null, Value::from)),
        ]))
    }

    /// As `GET /api/v1/logs/stats`, for a tally of `action.type` provider: `{total_actions,
    /// successful_actions, failed_actions, average_execution_time_ms, actions_by_type{},
    /// actions_by_provider{}}`.
    pub fn action_statistics(&self) -> Object {
        Object::from([
            ("total_actions", Value::from(self.calls)),
            ("successful_actions", Value::from(self.successes())),
            ("failed_actions", Value::from(self.failures())),
            ("average_execution_time_ms", number(self.average_duration_ms())),
            ("actions_by_type", counts(&self.by_name)),
            ("actions_by_provider", counts(&self.by_provider)),
        ])
    }

    /// As a viewer's `get_session_summary()`, for a tally of one session.
    pub fn summary_of(&self, session: &str) -> Object {
        let of = |kind: &str| Value::from(self.by_type.get(kind).copied().unwrap_or(0));
        let time = |end: Option<tacho_event::Timestamp>| {
            end.map_or(Value::Null, |time| Value::from(time.to_string()))
        };
        let seconds = self.span.map(|(first, last)| {
            (last.micros().saturating_sub(first.micros())) as f64 / 1_000_000.0
        });
        Object::from([
            ("session_id", Value::from(session)),
            ("start_time", time(self.span.map(|span| span.0))),
            ("end_time", time(self.span.map(|span| span.1))),
            ("duration_seconds", number(seconds)),
            ("total_events", Value::from(self.events)),
            ("total_calls", Value::from(self.calls)),
            ("chat_interactions", of("model")),
            ("persona_activities", of("persona")),
            ("tool_usages", of("tool")),
            ("file_operations", of("file")),
            ("performance_metrics", of("metric")),
            ("errors", of("error")),
            ("successes", Value::from(self.successes())),
            ("failures", Value::from(self.failures())),
            ("tokens_total", Value::from(self.tokens_total)),
            ("tokens_input", Value::from(self.tokens.0)),
            ("tokens_output", Value::from(self.tokens.1)),
            ("cost_usd", number(Some(self.cost_usd))),
        ])
    }
}

fn counts(counts: &std::collections::BTreeMap<String, u64>) -> Value {
    let mut object = Object::new();
    for (name, count) in counts {
        object.insert(name.as_str(), *count);
    }
    Value::from(object)
}

fn number(value: Option<f64>) -> Value {
    Value::from(value.unwrap_or(0.0))
}
