//! The login application on the phone's screen.

use std::sync::Arc;

use axum::Router;

use super::Phones;

/// Where it is served.
pub(super) fn routes() -> Router<Arc<Phones>> {
    Router::new()
}
