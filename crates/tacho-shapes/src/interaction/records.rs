//! The six kinds of records, as they are told.

use tacho_event::Severity;
use tacho_event::json::{Object, Value};

use super::config::AuditConfig;
use super::content::sha256_hex;

/// A prompt and its response.
#[derive(Clone, Debug, Default)]
pub struct ChatInteraction<'c> {
    /// `api_request`, `chat`, ...
    pub interaction_type: &'c str,
    /// What was asked.
    pub prompt: &'c str,
    /// What was answered.
    pub response: &'c str,
    /// The model.
    pub model: Option<&'c str>,
    /// Tokens in and out.
    pub tokens_used: Option<u64>,
    /// How long it took.
    pub duration_seconds: Option<f64>,
}

/// Something a persona did.
#[derive(Clone, Debug, Default)]
pub struct PersonaActivity<'c> {
    /// The persona.
    pub persona: &'c str,
    /// What it did.
    pub activity: &'c str,
    /// The user it did it for.
    pub user_id: Option<&'c str>,
    /// How long it took.
    pub duration_seconds: Option<f64>,
    /// What was going on.
    pub context: Object,
}

/// A call of a tool or an API.
#[derive(Clone, Debug, Default)]
pub struct ToolUsage<'c> {
    /// The tool.
    pub tool_name: &'c str,
    /// What was asked of it.
    pub operation: &'c str,
    /// With what.
    pub parameters: Object,
    /// What came out.
    pub result: Value,
    /// Whether it worked.
    pub success: bool,
    /// How long it took.
    pub duration_seconds: Option<f64>,
    /// What went wrong.
    pub error_message: Option<&'c str>,
}

/// An operation on a file.
#[derive(Clone, Debug, Default)]
pub struct FileOperation<'c> {
    /// `create`, `modify`, `delete`.
    pub operation: &'c str,
    /// The file.
    pub file_path: &'c str,
    /// Its size in bytes.
    pub file_size: Option<u64>,
    /// A digest of its content.
    pub file_hash: Option<&'c str>,
    /// Whether it worked.
    pub success: bool,
    /// What went wrong.
    pub error_message: Option<&'c str>,
}

/// A measured value.
#[derive(Clone, Debug, Default)]
pub struct PerformanceMetric<'c> {
    /// What was measured.
    pub metric_name: &'c str,
    /// The value.
    pub value: f64,
    /// Its unit: `seconds`, `ms`, `bytes`, `count`, `percent`.
    pub unit: &'c str,
    /// Where and how.
    pub context: Object,
}

/// An error or an exception.
#[derive(Clone, Debug, Default)]
pub struct AuditError<'c> {
    /// Its type.
    pub error_type: &'c str,
    /// What it says.
    pub error_message: &'c str,
    /// Where it happened.
    pub stack_trace: Option<&'c str>,
    /// How bad it is.
    pub severity: Option<Severity>,
    /// What was going on.
    pub context: Object,
}

impl ChatInteraction<'_> {
    pub(super) fn record(&self, config: &AuditConfig) -> Object {
        let mut record = Object::from([
            ("interaction_type", Value::from(self.interaction_type)),
            ("prompt_length", self.prompt.chars().count().into()),
            ("response_length", self.response.chars().count().into()),
        ]);
        if config.full_content_logging {
            record.insert("prompt", self.prompt);
            record.insert("response", self.response);
        }
        if config.store_content_hashes {
            record.insert("prompt_hash", sha256_hex(self.prompt));
            record.insert("response_hash", sha256_hex(self.response));
        }
        put(&mut record, "model", self.model);
        put(&mut record, "tokens_used", self.tokens_used);
        put(&mut record, "duration_seconds", self.duration_seconds);
        record
    }
}

impl PersonaActivity<'_> {
    pub(super) fn record(&self) -> Object {
        let mut record = Object::from([("persona", self.persona), ("activity", self.activity)]);
        put(&mut record, "user_id", self.user_id);
        put(&mut record, "duration_seconds", self.duration_seconds);
        put(&mut record, "context", some(&self.context));
        record
    }
}

impl ToolUsage<'_> {
    pub(super) fn record(&self) -> Object {
        let mut record = Object::from([
            ("tool_name", Value::from(self.tool_name)),
            ("operation", self.operation.into()),
            ("parameters", self.parameters.clone().into()),
            ("success", self.success.into()),
        ]);
        put(&mut record, "result", Some(&self.result).filter(|r| !r.is_null()).cloned());
        put(&mut record, "error_message", self.error_message);
        put(&mut record, "duration_seconds", self.duration_seconds);
        record
    }
}

impl FileOperation<'_> {
    pub(super) fn record(&self) -> Object {
        let mut record = Object::from([
            ("operation", Value::from(self.operation)),
            ("file_path", self.file_path.into()),
            ("success", self.success.into()),
        ]);
        put(&mut record, "file_size", self.file_size);
        put(&mut record, "file_hash", self.file_hash);
        put(&mut record, "error_message", self.error_message);
        record
    }
}

impl PerformanceMetric<'_> {
    pub(super) fn record(&self) -> Object {
        let mut record = Object::from([
            ("metric_name", Value::from(self.metric_name)),
            ("value", self.value.into()),
            ("unit", self.unit.into()),
        ]);
        put(&mut record, "context", some(&self.context));
        record
    }
}

impl AuditError<'_> {
    pub(super) fn record(&self) -> Object {
        let mut record =
            Object::from([("error_type", self.error_type), ("error_message", self.error_message)]);
        put(&mut record, "stack_trace", self.stack_trace);
        put(&mut record, "severity", Some(self.severity.unwrap_or(Severity::Error)));
        put(&mut record, "context", some(&self.context));
        record
    }
}

fn some(object: &Object) -> Option<Object> {
    Some(object).filter(|object| !object.is_empty()).cloned()
}

fn put(record: &mut Object, name: &str, value: Option<impl Into<Value>>) {
    if let Some(value) = value {
        record.insert(name, value);
    }
}
