//! Given JSON text, gives a document that is canonical by construction, and text again.
//!
//! An object keeps its members sorted as RFC 8785 (JCS) wants them and a number knows whether JCS
//! can carry it, so that writing the canonical form is a plain dump and two equal documents are
//! two equal values. The reader names every place where a text cannot be represented, instead of
//! the first; `docs/decisions/` tells why no published reader does this job.

mod number;
mod object;
mod pointer;
mod read;
mod value;
mod write;

pub use number::Number;
pub use object::Object;
pub use pointer::{Pointer, Step};
pub use read::{ReadError, Trouble, TroubleKind, read, read_text};
pub use value::{Text, Value};
pub(crate) use write::write_plain;
pub use write::{write, write_object, write_string};
