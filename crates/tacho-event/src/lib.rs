//! What happened: the event, its drafts, dialects, privacy policy and filter language.
//!
//! | you give | you get | where |
//! |---|---|---|
//! | JSON text | a canonical document | [`json`] |
//! | a record as another system writes it | a draft, and that record again | [`dialect`] |
//! | what somebody says happened | an event, or every problem | [`Draft`] |
//! | a filter | a test of events, or every problem | [`Filter`] |
//! | an event, or its leaf | one line for a reader | [`summary`] |
//!
//! Nothing here reads a file, a clock, a random source or the environment: the time and the dice
//! are passed in as a [`World`].

pub mod dialect;
pub mod filter;
pub mod json;
pub mod limits;
pub mod privacy;
pub mod schema;
pub mod shape;
pub mod summary;

mod draft;
mod event;
mod ids;
mod problem;
mod time;
mod words;
mod world;

pub use draft::{Decider, Draft};
pub use event::Event;
pub use filter::{Filter, Verdict};
pub use ids::{
    AgentId, CallId, EventId, SessionId, TenantId, is_public, is_public_model, uuid_text, uuid_v7,
};
pub use problem::Problem;
pub use time::{Span, Timestamp};
pub use words::{ActionType, ActorType, Phase, Severity, Status};
pub use world::{World, random};
