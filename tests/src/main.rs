//! The program `hotdesk`, built for the suites.

fn main() -> std::process::ExitCode {
    hotdesk_cli::main()
}
