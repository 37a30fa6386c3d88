//! Waiting for somebody to stop a service.

/// Returns at Ctrl-C or, where the system has it, SIGTERM; says which.
pub(crate) async fn asked_to_stop() -> &'static str {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            return tokio::select! {
                _ = terminate.recv() => "SIGTERM",
                () = interrupted() => "Ctrl-C",
            };
        }
    }
    interrupted().await;
    "Ctrl-C"
}

/// Returns at Ctrl-C; never, when the signal cannot be listened for (the default action then ends the program).
async fn interrupted() {
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}
