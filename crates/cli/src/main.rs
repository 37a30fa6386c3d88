//! The `hotdesk` program; see the library of this package.

fn main() -> std::process::ExitCode {
    hotdesk_cli::main()
}
