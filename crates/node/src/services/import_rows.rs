//! The bad rows of an import, by their place in the caller's file.

use hotdesk_core::RowProblem;
use hotdesk_core::refusal::ROW_PROBLEMS_MAX;
use hotdesk_proto::convert::Invalid;
use hotdesk_proto::v1;

/// Rows that cannot be read. They are not kept aside, so the cluster counts the others only.
#[derive(Debug, Default)]
pub(super) struct BadRows {
    /// The first ones.
    problems: Vec<RowProblem>,
    /// For each bad row: how many good rows came before it. Rises.
    good_before: Vec<u64>,
}

impl BadRows {
    pub(super) fn is_empty(&self) -> bool {
        self.good_before.is_empty()
    }

    /// Row `row` is bad; rows are told in their order.
    pub(super) fn found(&mut self, row: u64, invalid: Invalid) {
        self.good_before.push(row - self.good_before.len() as u64);
        if self.problems.len() < ROW_PROBLEMS_MAX {
            let Invalid { field, problem } = invalid;
            self.problems.push(RowProblem { row, field, problem });
        }
    }

    /// These, and those that the cluster found among the good ones, in the order of the file; the first ones.
    pub(super) fn together_with(self, by_cluster: Vec<RowProblem>) -> Vec<v1::RowProblem> {
        let Self {
            problems,
            good_before,
        } = self;
        let in_file = |row: u64| row + good_before.partition_point(|good| *good <= row) as u64;
        let by_cluster = by_cluster.into_iter().map(|it| RowProblem {
            row: in_file(it.row),
            ..it
        });
        let mut all: Vec<RowProblem> = problems.into_iter().chain(by_cluster).collect();
        all.sort_by_key(|problem| problem.row);
        all.truncate(ROW_PROBLEMS_MAX);
        let on_the_wire = |RowProblem { row, field, problem }| v1::RowProblem { row, field, problem };
        all.into_iter().map(on_the_wire).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_that_the_cluster_counts_are_found_again_in_the_file() {
        // The file: good 0, bad 1, bad 2, good 3, good 4, bad 5, good 6. The cluster sees 0 1 2 3.
        let mut bad = BadRows::default();
        for row in [1, 2, 5] {
            bad.found(row, Invalid::new("id", "is bad"));
        }
        let by_cluster = (0..4).map(|row| RowProblem {
            row,
            field: "extension".into(),
            problem: "is taken".into(),
        });
        let all = bad.together_with(by_cluster.collect());
        let rows: Vec<(u64, &str)> = all.iter().map(|it| (it.row, it.field.as_str())).collect();
        let expected = [
            (0, "extension"),
            (1, "id"),
            (2, "id"),
            (3, "extension"),
            (4, "extension"),
            (5, "id"),
        ];
        assert_eq!(rows[..6], expected);
        assert_eq!(rows[6], (6, "extension"));
    }

    #[test]
    fn only_the_first_are_told() {
        let mut bad = BadRows::default();
        for row in 0..2 * ROW_PROBLEMS_MAX as u64 {
            bad.found(row, Invalid::new("id", "is bad"));
        }
        assert_eq!(bad.together_with(Vec::new()).len(), ROW_PROBLEMS_MAX);
    }
}
