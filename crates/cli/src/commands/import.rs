//! `hotdesk import`.

use std::io::{self, IsTerminal, Read};
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use hotdesk_client::Imported;
use hotdesk_client::v1;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;

use crate::connect::Context;
use crate::exit::{Exit, Own, Problem};
use crate::import::{Kind, ReadError, RowProblem, Sheet, columns_help, problems_json, problems_table, read};
use crate::output::Format;

/// Arguments of `import`.
#[derive(Debug, Args)]
#[command(after_help = import_help())]
pub(crate) struct ImportArgs {
    /// A CSV file, UTF-8, whose first row names the columns; - for standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// What the rows are [default: seen from the header]
    #[arg(long, value_name = "KIND")]
    kind: Option<Kind>,
    /// Check everything, here and in the cluster, and change nothing
    #[arg(long)]
    dry_run: bool,
    /// Pass over columns that are not known, instead of refusing the file
    #[arg(long)]
    ignore_unknown_columns: bool,
}

fn import_help() -> String {
    format!(
        "Each row is a whole record: what it leaves empty is empty afterwards (except the PIN). All rows are put in \
         one log entry, or none. Import sites and groups first, then devices and users, which name them.\n\n{}\n\n\
         Examples:\n  \
         hotdesk import sites.csv\n  \
         hotdesk import users.csv --dry-run\n  \
         hotdesk import export.csv --kind devices --ignore-unknown-columns",
        columns_help()
    )
}

impl ImportArgs {
    pub(super) async fn run(self, context: &Context) -> Result<(), Problem> {
        let bytes = read_file(&self.file)?;
        let sheet = read(&bytes, self.kind, self.ignore_unknown_columns)
            .map_err(|error| unreadable(context, &self.file, error))?;
        drop(bytes);

        let client = context.client()?;
        let mut progress = Progress::new(context, sheet.rows.len());
        let result = client
            .import(&sheet.rows, self.dry_run, |staged| progress.staged(staged))
            .await;
        progress.finish();
        let done = match result {
            Ok(Imported::Done(done)) => done,
            Ok(Imported::Rejected(rows)) => return Err(rejected(context, &self.file, &sheet, &rows)),
            Err(error) => return Err(failed(context, &self.file, &sheet, error)),
        };
        let kind = sheet.kind.name();
        let value = json!({
            "kind": kind,
            "rows": sheet.rows.len(),
            "created": done.created,
            "changed": done.changed,
            "unchanged": done.unchanged,
            "dry_run": self.dry_run,
            "index": done.index,
        });
        context.out.show(&value, || {
            let counts = format!(
                "{} created, {} changed, {} as they were",
                done.created, done.changed, done.unchanged
            );
            let tick = context.out.paint.green("✓");
            if self.dry_run {
                format!(
                    "{tick} {} {kind} could be imported: {counts}; nothing was changed",
                    sheet.rows.len()
                )
            } else {
                format!(
                    "{tick} {} {kind} imported in entry {}: {counts}",
                    sheet.rows.len(),
                    done.index
                )
            }
        })?;
        Ok(())
    }
}

fn read_file(path: &Path) -> Result<Vec<u8>, Problem> {
    if path == Path::new("-") {
        let mut bytes = Vec::new();
        return match io::stdin().lock().read_to_end(&mut bytes) {
            Ok(_) => Ok(bytes),
            Err(error) => Err(Problem::file("read", Path::new("standard input"), &error)),
        };
    }
    std::fs::read(path).map_err(|error| Problem::file("read", path, &error))
}

fn unreadable(context: &Context, path: &Path, error: ReadError) -> Problem {
    match error {
        ReadError::File(problem, what_to_do) => {
            Problem::own(Own::BadRows, format!("{}: {problem}", path.display()), what_to_do)
        }
        ReadError::Rows(problems) => bad_rows(context, path, &problems),
    }
}

/// Prints the bad rows to standard output, so that they can be kept, and sums them up in the problem.
fn bad_rows(context: &Context, path: &Path, problems: &[RowProblem]) -> Problem {
    // When standard output is closed, the problem that follows still says how many there are.
    let _ = context
        .out
        .show(&problems_json(problems), || problems_table(problems));
    let s = if problems.len() == 1 { "" } else { "s" };
    Problem::own(
        Own::BadRows,
        format!(
            "{}: {} problem{s} in the rows listed above, so nothing was imported",
            path.display(),
            problems.len()
        ),
        "Correct the rows and import the whole file again.",
    )
}

/// What the cluster said about rows, in lines and columns of the file.
fn rejected(context: &Context, path: &Path, sheet: &Sheet, rows: &[v1::RowProblem]) -> Problem {
    let problems: Vec<_> = rows.iter().map(|row| sheet.locate(row)).collect();
    let mut problem = bad_rows(context, path, &problems);
    problem.exit = Exit::Refused;
    problem
}

/// A status may list rows too.
fn failed(context: &Context, path: &Path, sheet: &Sheet, error: hotdesk_client::Error) -> Problem {
    let rows = error.api().map_or(&[][..], |api| &api.rows);
    if rows.is_empty() {
        return error.into();
    }
    let rows: Vec<_> = rows
        .iter()
        .map(|row| v1::RowProblem {
            row: row.row,
            field: row.field.to_string(),
            problem: row.problem.to_string(),
        })
        .collect();
    rejected(context, path, sheet, &rows)
}

/// A bar at a terminal, a line now and then elsewhere.
struct Progress {
    bar: Option<ProgressBar>,
    lines: bool,
    total: usize,
    told: u64,
}

/// How often the bar is drawn anew.
const TICK: Duration = Duration::from_millis(200);
/// Without a terminal: a line each so many rows.
const ROWS_PER_LINE: u64 = 5000;

impl Progress {
    fn new(context: &Context, total: usize) -> Self {
        let table = context.out.format == Format::Table;
        let bar = (table && io::stderr().is_terminal()).then(|| {
            let bar = ProgressBar::new(total as u64);
            if let Ok(style) = ProgressStyle::with_template("{bar:40} {pos}/{len} rows checked, {eta} left") {
                bar.set_style(style);
            }
            // Also before the first answer: somebody is waiting.
            bar.enable_steady_tick(TICK);
            bar
        });
        Self {
            lines: table && bar.is_none(),
            bar,
            total,
            told: 0,
        }
    }

    fn staged(&mut self, rows: u64) {
        if let Some(bar) = &self.bar {
            bar.set_position(rows);
        } else if self.lines && rows >= self.told + ROWS_PER_LINE {
            self.told = rows;
            eprintln!("{rows} of {} rows checked", self.total);
        }
    }

    fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
