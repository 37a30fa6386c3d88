//! How bad rows are shown.

use serde_json::{Value, json};

use super::RowProblem;
use crate::output::table;

/// A table with one line per problem.
#[must_use]
pub(crate) fn problems_table(problems: &[RowProblem]) -> String {
    let rows = problems
        .iter()
        .map(|problem| {
            let (number, name) = problem.column.as_ref().map_or_else(
                || ("-".to_owned(), "-".to_owned()),
                |column| (column.number.to_string(), column.name.clone()),
            );
            vec![problem.line.to_string(), number, name, problem.problem.clone()]
        })
        .collect();
    table(&["LINE", "COLUMN", "NAME", "PROBLEM"], rows, "")
}

/// The same for programs.
#[must_use]
pub(crate) fn problems_json(problems: &[RowProblem]) -> Value {
    problems
        .iter()
        .map(|problem| {
            json!({
                "line": problem.line,
                "column": problem.column.as_ref().map(|column| column.number),
                "column_name": problem.column.as_ref().map(|column| &column.name),
                "problem": problem.problem,
            })
        })
        .collect()
}
