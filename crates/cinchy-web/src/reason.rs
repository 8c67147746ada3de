//! Why a request was refused, in one sentence: for the header `X-Emulator-Reason`, and for whoever keeps a journal.

use actix_web::HttpResponse;

/// Rides in the extensions of a response; the edge turns it into the header unless the emulator is faithful.
#[derive(Debug, Clone)]
pub struct Reason(pub String);

/// Attaches a reason to a response.
pub trait WithReason {
    /// The response with the reason. It must hold no secret.
    fn with_reason(self, reason: impl Into<String>) -> Self;
}

impl WithReason for HttpResponse {
    fn with_reason(mut self, reason: impl Into<String>) -> Self {
        self.extensions_mut().insert(Reason(reason.into()));
        self
    }
}
