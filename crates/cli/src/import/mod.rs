//! Reading sites, groups, users and phones from CSV files.
//!
//! Everything that can be seen without the cluster is checked here, for the whole file, before anything is
//! sent: names against their rules, duplicates inside the file, columns that nobody knows. What only the
//! cluster can see (an extension that somebody else has, a site that does not exist) it reports per row, and
//! [`Sheet::locate`] finds the line and column again.

mod columns;
mod lines;
mod report;
mod rows;
mod sheet;

pub(crate) use columns::{Kind, columns_help};
pub(crate) use report::{problems_json, problems_table};
pub(crate) use sheet::{ReadError, Sheet, read};

/// Something wrong with a row, in the words of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RowProblem {
    /// The line of the file, 1-based: where the row begins.
    pub(crate) line: u64,
    /// The column, where it is one column's fault.
    pub(crate) column: Option<ColumnRef>,
    /// What is wrong; names the value, except for a PIN.
    pub(crate) problem: String,
}

/// A column of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ColumnRef {
    /// 1-based.
    pub(crate) number: usize,
    /// As the header of the file spells it.
    pub(crate) name: String,
}
