//! An axum service behind the layer: what it answered is in the log, whatever happens next.
//!
//! ```text
//! cargo run -p tacho-service DIR
//! listening on 127.0.0.1:40123
//! curl -X POST 127.0.0.1:40123/api/v1/crm/contacts -H 'content-type: application/json' \
//!      -d '{"email": "test@example.com", "first_name": "Test"}'
//! ```
#![expect(clippy::print_stdout, reason = "an example speaks to the person running it")]

use std::error::Error;
use std::path::PathBuf;

use axum::extract::Path;
use axum::routing::post;
use axum::{Json, Router};
use serde_json::{Value, json};
use tacho_event::privacy::Policy;
use tacho_shapes::Book;
use tacho_shapes::middleware::ActionLogLayer;

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> Result<(), Box<dyn Error>> {
    let dir = std::env::args_os().nth(1).map(PathBuf::from).ok_or("say in which directory")?;
    let book = Book::open(dir, Policy::default())?;
    let service = Router::new()
        .route("/api/v1/crm/contacts", post(create))
        .route("/api/v1/crm/contacts/{id}", post(create_as).delete(|| async { "gone" }))
        .layer(ActionLogLayer::new(&book));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    println!("listening on {}", listener.local_addr()?);
    axum::serve(listener, service).await?;
    Ok(())
}

async fn create(Json(contact): Json<Value>) -> Json<Value> {
    Json(json!({"id": "12345", "properties": contact}))
}

async fn create_as(Path(id): Path<String>, Json(contact): Json<Value>) -> Json<Value> {
    Json(json!({"id": id, "properties": contact}))
}
