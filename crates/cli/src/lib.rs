//! The `hotdesk` program: the demo, a node, an edge, and the verbs of operators and staff.
//!
//! A library with one function, so that other packages of the workspace can build the same program for their
//! tests. `args` says what can be asked, one file under `commands` does it, `output` prints it, `exit` says
//! how it ended. The demo and the import of CSV files have folders of their own.

mod args;
mod calls;
mod commands;
mod connect;
mod demo;
mod doctor;
mod exit;
mod import;
mod output;
mod phone_sim;
mod policy;
mod telemetry;

use std::io;
use std::process::ExitCode;

use crate::args::Cli;
use crate::connect::Context;
use crate::exit::{Exit, Own, Problem};
use crate::output::Paint;

/// A login is many small allocations that one thread makes and another frees; the system's allocator took a quarter
/// of a busy node's time for them.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Runs the program with the process's arguments, to its end.
#[must_use]
pub fn main() -> ExitCode {
    let cli = Cli::of_process();
    let format = cli.global.output;
    let paint = Paint::new(cli.global.colour, &io::stderr());
    match run(cli) {
        Ok(()) => Exit::Ok.into(),
        Err(problem) => {
            // A reader that went away (`| head`) ends the program without a word.
            if problem.exit != Exit::Ok {
                problem.print(format, paint);
            }
            problem.exit.into()
        }
    }
}

fn run(cli: Cli) -> Result<(), Problem> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| {
            Problem::own(
                Own::Service,
                format!("cannot start: {error}"),
                "Check the limits of threads and open files.",
            )
        })?;
    let Cli { global, command } = cli;
    // Boxed: the commands' futures differ much in size, and only one of them runs.
    let result = runtime.block_on(async { Box::pin(command.run(&Context::new(global))).await });
    // A PIN prompt may still block a thread; nobody waits for it.
    runtime.shutdown_background();
    result
}
