//! What the commands for users, phones, sites and groups share.

use clap::Args;
use hotdesk_client::Error;
use hotdesk_client::v1::{Consistency, DeleteResponse, ListRequest, PutResponse};
use serde_json::json;

use crate::connect::Context;
use crate::exit::{Own, Problem};

/// How many records are asked for at a time.
const PAGE: u32 = 1000;

/// Arguments of every `list`.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct ListArgs {
    /// Only records after this id, in order of ids
    #[arg(long, value_name = "ID", default_value = "", hide_default_value = true)]
    after: String,
    /// At most so many, and at least one [default: all]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    limit: Option<u32>,
}

impl ListArgs {
    /// How many records are wanted at most.
    pub(super) fn limit(&self) -> usize {
        self.limit
            .map_or(usize::MAX, |limit| usize::try_from(limit).unwrap_or(usize::MAX))
    }
}

/// Asks for one page after the other. `page` is given what to ask for; it says whether there is more, how many
/// records there are by now, and the last one's id.
///
/// # Errors
/// The first that `page` has.
pub(super) async fn pages(
    args: &ListArgs,
    consistency: Consistency,
    mut page: impl AsyncFnMut(ListRequest) -> Result<(bool, usize, Option<String>), Error>,
) -> Result<(), Error> {
    let mut after = args.after.clone();
    loop {
        let request = ListRequest {
            after,
            limit: PAGE,
            consistency: consistency.into(),
        };
        let (more, count, last) = page(request).await?;
        match last {
            Some(last) if more && count < args.limit() => after = last,
            _ => return Ok(()),
        }
    }
}

/// Overwrites a field with what was given.
pub(super) fn set(field: &mut String, given: Option<String>) {
    if let Some(given) = given {
        *field = given;
    }
}

/// There is no such record.
pub(super) fn not_found(what: &str, id: &str) -> Problem {
    Problem::own(
        Own::NotFound,
        format!("there is no {what} {id}"),
        format!("Look at `hotdesk {what} list`."),
    )
}

/// The cluster, or this program, says that there is no such record.
pub(super) fn is_not_found(problem: &Problem) -> bool {
    matches!(
        &*problem.reason,
        "NOT_FOUND" | "UNKNOWN_USER" | "UNKNOWN_DEVICE" | "UNKNOWN_SITE" | "UNKNOWN_GROUP"
    )
}

/// Prints what became of a record that was put.
pub(super) fn show_put(context: &Context, what: &str, id: &str, answer: PutResponse) -> Result<(), Problem> {
    let value = json!({"kind": what, "id": id, "created": answer.created, "index": answer.index});
    context.out.show(&value, || {
        let done = if answer.created { "created" } else { "changed" };
        format!("{what} {id} is {done}")
    })?;
    Ok(())
}

/// Prints what became of a record that was deleted.
pub(super) fn show_delete(
    context: &Context,
    what: &str,
    id: &str,
    answer: DeleteResponse,
) -> Result<(), Problem> {
    let value = json!({"kind": what, "id": id, "existed": answer.existed, "index": answer.index});
    context.out.item(&value, || {
        if answer.existed {
            format!("{what} {id} is deleted")
        } else {
            format!("there was no {what} {id}")
        }
    })?;
    Ok(())
}
