//! Bodies: read whole where they are short JSON, passed on untouched where not.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::HeaderMap;
use http::header::CONTENT_TYPE;
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt;
use tacho_event::json::{self, Object, Value};

/// A longer body is passed on, and its length recorded: 64 KiB.
pub const BODY_BYTES_MAX: u64 = 64 << 10;

/// A body that was read, or one that was not.
#[derive(Debug)]
pub enum MaybeRead<B> {
    /// Read whole.
    Read(Option<Bytes>),
    /// As it came.
    Passed(B),
}

impl<B: Body<Data = Bytes> + Unpin> Body for MaybeRead<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        match self.get_mut() {
            Self::Read(bytes) => Poll::Ready(bytes.take().map(|bytes| Ok(Frame::data(bytes)))),
            Self::Passed(body) => Pin::new(body).poll_frame(context),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Read(bytes) => bytes.is_none(),
            Self::Passed(body) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Read(bytes) => SizeHint::with_exact(bytes.as_ref().map_or(0, Bytes::len) as u64),
            Self::Passed(body) => body.size_hint(),
        }
    }
}

/// Reads a body that is JSON of known length; gives it on, and what is to be recorded of it.
pub(super) async fn read<B>(headers: &HeaderMap, body: B) -> Result<(MaybeRead<B>, Value), B::Error>
where
    B: Body<Data = Bytes> + Unpin,
{
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let is_json = kind.split(';').next().unwrap_or_default().trim().ends_with("json");
    let length = body.size_hint().exact();
    if !is_json || length.is_none_or(|length| length == 0 || length > BODY_BYTES_MAX) {
        let said = match length {
            Some(0) => Value::Null,
            length => Object::from([("body_bytes", Value::from(length))]).into(),
        };
        return Ok((MaybeRead::Passed(body), said));
    }
    let bytes = body.collect().await?.to_bytes();
    let said = match json::read(&bytes) {
        Ok(value) => value,
        Err(_) => Object::from([("body_bytes", bytes.len())]).into(),
    };
    Ok((MaybeRead::Read(Some(bytes)), said))
}
