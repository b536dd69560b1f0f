//! Which errors pass by themselves, and when the other side wants to be asked again.

use std::fmt;
use std::io::{self, ErrorKind};
use std::time::Duration;

use tacho_event::Timestamp;

/// HTTP statuses after which a request is tried again: too slow, too many, and servers in trouble.
pub const TRANSIENT_STATUSES: &[u16] = &[408, 429, 500, 502, 503, 504, 529];

/// What providers call their limits, in the `type` of an error's body. A rate limit and a used-up
/// quota pass when the window ends.
const TRANSIENT_KINDS: &[&str] = &[
    "rate_limit_error",
    "rate_limit_exceeded",
    "overloaded_error",
    "quota_exceeded",
    "insufficient_quota",
    "resource_exhausted",
    "timeout_error",
    "api_error",
    "timeout",
    "connection_error",
];

/// An error that may pass by itself.
pub trait Transient {
    /// True if the same operation may work in a moment.
    fn is_transient(&self) -> bool;

    /// How long the other side wants to be left alone, if it said so.
    fn retry_after(&self) -> Option<Duration> {
        None
    }

    /// The type of the error, as it is recorded.
    fn kind(&self) -> String {
        "error".to_owned()
    }

    /// What the error says, as it is recorded.
    fn message(&self) -> String {
        String::new()
    }
}

impl Transient for io::Error {
    fn is_transient(&self) -> bool {
        matches!(
            self.kind(),
            ErrorKind::TimedOut
                | ErrorKind::WouldBlock
                | ErrorKind::Interrupted
                | ErrorKind::ConnectionRefused
                | ErrorKind::ConnectionReset
                | ErrorKind::ConnectionAborted
                | ErrorKind::NotConnected
                | ErrorKind::BrokenPipe
                | ErrorKind::UnexpectedEof
                | ErrorKind::HostUnreachable
                | ErrorKind::NetworkUnreachable
                | ErrorKind::NetworkDown
        )
    }

    fn kind(&self) -> String {
        format!("{:?}", self.kind())
    }

    fn message(&self) -> String {
        self.to_string()
    }
}

impl Transient for http::StatusCode {
    fn is_transient(&self) -> bool {
        TRANSIENT_STATUSES.contains(&self.as_u16())
    }

    fn kind(&self) -> String {
        format!("http_{}", self.as_u16())
    }
}

/// A call to a service that failed: its HTTP status, or what it calls the error.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CallError {
    /// The HTTP status, if there was an answer.
    pub status: Option<u16>,
    /// The provider's type of the error, as in `rate_limit_error`.
    pub kind: Option<String>,
    /// What it said.
    pub message: String,
    /// What `Retry-After` said.
    pub retry_after: Option<Duration>,
}

impl CallError {
    /// An answer with this HTTP status.
    pub fn http(status: u16) -> Self {
        Self { status: Some(status), ..Self::default() }
    }

    /// An error that the provider gives this type.
    pub fn provider(kind: &str, message: &str) -> Self {
        Self { kind: Some(kind.to_owned()), message: message.to_owned(), ..Self::default() }
    }

    /// Says what the header `Retry-After` said.
    #[must_use]
    pub fn with_retry_after(mut self, header: &str, now: Timestamp) -> Self {
        self.retry_after = parse_retry_after(header, now);
        self
    }
}

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = Transient::kind(self);
        if self.message.is_empty() {
            f.write_str(&kind)
        } else {
            write!(f, "{kind}: {}", self.message)
        }
    }
}

impl std::error::Error for CallError {}

impl Transient for CallError {
    fn is_transient(&self) -> bool {
        let known = |kind: &String| TRANSIENT_KINDS.contains(&kind.to_ascii_lowercase().as_str());
        match self.status {
            // What the provider calls it, where the status alone would not be tried again.
            Some(status) => {
                TRANSIENT_STATUSES.contains(&status) || self.kind.as_ref().is_some_and(known)
            }
            None => self.kind.as_ref().is_some_and(known),
        }
    }

    fn retry_after(&self) -> Option<Duration> {
        self.retry_after
    }

    fn kind(&self) -> String {
        match (&self.kind, self.status) {
            (Some(kind), _) => kind.clone(),
            (None, Some(status)) => format!("http_{status}"),
            (None, None) => "error".to_owned(),
        }
    }

    fn message(&self) -> String {
        self.message.clone()
    }
}

/// How long `Retry-After` asks to wait, by RFC 9110: a number of seconds, or a date.
///
/// ```
/// use tacho_event::Timestamp;
/// use tacho_shapes::retry::parse_retry_after;
/// use std::time::Duration;
/// let now = Timestamp::parse("1994-11-06T08:49:07Z").unwrap();
/// let date = "Sun, 06 Nov 1994 08:49:37 GMT";
/// assert_eq!(parse_retry_after("120", now), Some(Duration::from_secs(120)));
/// assert_eq!(parse_retry_after(date, now), Some(Duration::from_secs(30)));
/// assert_eq!(parse_retry_after("soon", now), None);
/// ```
pub fn parse_retry_after(header: &str, now: Timestamp) -> Option<Duration> {
    let header = header.trim();
    if let Ok(seconds) = header.parse::<u64>() {
        return Some(Duration::from_secs(seconds));
    }
    let then = parse_http_date(header)?;
    let wait = u64::try_from(then.micros() - now.micros()).unwrap_or(0);
    Some(Duration::from_micros(wait))
}

/// `Sun, 06 Nov 1994 08:49:37 GMT`; the two obsolete forms are not sent any more.
fn parse_http_date(text: &str) -> Option<Timestamp> {
    const MONTHS: &str = "JanFebMarAprMayJunJulAugSepOctNovDec";
    let (_, rest) = text.split_once(", ")?;
    let mut fields = rest.split(' ');
    let (day, month, year) = (fields.next()?, fields.next()?, fields.next()?);
    let (clock, zone) = (fields.next()?, fields.next()?);
    let at = MONTHS.find(month).filter(|at| month.len() == 3 && at % 3 == 0)?;
    if zone != "GMT" || fields.next().is_some() {
        return None;
    }
    Timestamp::parse(&format!("{year}-{:02}-{day}T{clock}Z", at / 3 + 1))
}
