//! What can be seen of the cluster from here.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use hotdesk_client::v1::{ClusterStatusResponse, Member, Role};

use super::Finding;
use crate::connect::Context;
use crate::exit::Problem;
use crate::output::time::{now_ms, span};

/// How long one node may take to answer.
const ASK_MAX: Duration = Duration::from_secs(3);
/// A copy older than this is not what a healthy node has: it hears from its leader several times a second.
const AGE_WANTED_MS: u64 = 5000;
/// A member further behind than this will not take over quickly.
const LAG_WANTED: u64 = 10_000;
/// A clock may be ahead by this much: time stamps are the leader's.
const AHEAD_WANTED_MS: u64 = 2000;

/// What one node said.
struct Answer {
    endpoint: String,
    status: Result<Box<ClusterStatusResponse>, Problem>,
}

/// Asks every endpoint, and every member that they name, and judges the answers together.
///
/// # Errors
/// Only for options that make no sense; what nodes do not answer is a finding.
pub(crate) async fn examine(context: &Context) -> Result<Vec<Finding>, Problem> {
    let mut answers = Vec::new();
    for endpoint in &context.global.endpoint {
        answers.push(ask(context, endpoint.clone()).await?);
    }
    let mut findings: Vec<_> = answers.iter().map(of_endpoint).collect();
    let asked: BTreeSet<u64> = statuses(&answers).map(|status| status.node_id).collect();
    let members: BTreeMap<u64, Member> = statuses(&answers)
        .flat_map(|status| &status.members)
        .map(|member| (member.node_id, member.clone()))
        .collect();
    for member in members.values().filter(|member| !asked.contains(&member.node_id)) {
        let answer = ask(context, context.beside(&member.address)).await?;
        findings.push(of_member(member, &answer));
        answers.push(answer);
    }
    let statuses: Vec<_> = statuses(&answers).collect();
    if !statuses.is_empty() {
        findings.extend(judge(&statuses));
        findings.extend(clock(context).await);
    }
    Ok(findings)
}

fn statuses(answers: &[Answer]) -> impl Iterator<Item = &ClusterStatusResponse> {
    answers.iter().filter_map(|answer| answer.status.as_deref().ok())
}

async fn ask(context: &Context, endpoint: String) -> Result<Answer, Problem> {
    let client = context.client_of(vec![endpoint.clone()])?;
    let client = client.with_deadline(ASK_MAX.min(context.global.timeout));
    let status = client.cluster_status().await;
    Ok(Answer {
        endpoint,
        status: status.map(Box::new).map_err(Problem::from),
    })
}

fn of_endpoint(answer: &Answer) -> Finding {
    match &answer.status {
        Ok(status) => Finding::good(
            "endpoint",
            format!(
                "{} is node {}, version {}",
                answer.endpoint, status.node_id, status.version
            ),
        ),
        Err(problem) => Finding::bad("endpoint", problem.to_string(), problem.what_to_do.clone()),
    }
}

fn of_member(member: &Member, answer: &Answer) -> Finding {
    let name = format!("node {} ({}) at {}", member.node_id, member.site, member.address);
    match &answer.status {
        Ok(status) if status.node_id == member.node_id => Finding::good("member", name),
        Ok(status) => Finding::bad(
            "member",
            format!("{name}: node {} answers there", status.node_id),
            "Correct `advertise` of both nodes.",
        ),
        Err(_) => Finding::warning(
            "member",
            format!("{name} cannot be reached from here"),
            "Check that it runs; if the other nodes hear from it (below), nothing is wrong with it.",
        ),
    }
}

/// What the answers say together. At least one answer.
fn judge(statuses: &[&ClusterStatusResponse]) -> Vec<Finding> {
    if statuses.iter().all(|status| status.role() == Role::Waiting) {
        // Nothing else can be right before that.
        return vec![Finding::bad(
            "cluster",
            "it has not begun: every node that was asked is waiting",
            "It begins when all founders run and see each other; check `founders` at each of them.",
        )];
    }
    let mut findings = vec![cluster_id(statuses), leader(statuses), versions(statuses)];
    // The leader knows most; without one, whoever is furthest.
    let best = statuses
        .iter()
        .max_by_key(|status| (status.role() == Role::Leader, status.applied_index));
    if let Some(best) = best {
        findings.push(voters(best));
        findings.extend(best.members.iter().filter_map(|member| lag(member, best)));
    }
    findings.extend(statuses.iter().map(|status| copy(status)));
    findings.extend(
        statuses
            .iter()
            .filter(|status| !status.fatal.is_empty())
            .map(|status| {
                Finding::bad(
                    "stopped",
                    format!("node {} has stopped working: {}", status.node_id, status.fatal),
                    "Put right what the sentence says, then start the node again.",
                )
            }),
    );
    findings
}

fn cluster_id(statuses: &[&ClusterStatusResponse]) -> Finding {
    let ids: BTreeSet<_> = statuses.iter().map(|status| status.cluster_id.as_str()).collect();
    match ids.iter().collect::<Vec<_>>()[..] {
        [id] => Finding::good("cluster", format!("all are of cluster {id}")),
        _ => Finding::bad(
            "cluster",
            format!(
                "the nodes are of different clusters: {}",
                ids.into_iter().collect::<Vec<_>>().join(", ")
            ),
            "Check the endpoints, and which data directory each node uses.",
        ),
    }
}

fn leader(statuses: &[&ClusterStatusResponse]) -> Finding {
    let leaders: BTreeSet<u64> = statuses.iter().map(|status| status.leader_id).collect();
    match leaders.iter().collect::<Vec<_>>()[..] {
        [0] => Finding::bad(
            "leader",
            "there is none, so nobody can log in",
            "More than half of the voters must run and reach each other; see which members cannot be reached.",
        ),
        [id] => {
            let term = statuses.iter().map(|status| status.term).max().unwrap_or(0);
            Finding::good(
                "leader",
                format!("node {id} in term {term}, known to all that were asked"),
            )
        }
        _ => Finding::warning(
            "leader",
            "not all nodes know the same leader",
            "Ask again in a moment: an election may be under way. If it stays so, the network is cut somewhere.",
        ),
    }
}

fn versions(statuses: &[&ClusterStatusResponse]) -> Finding {
    let versions: BTreeSet<_> = statuses.iter().map(|status| status.version.as_str()).collect();
    let all = versions.iter().copied().collect::<Vec<_>>().join(", ");
    if versions.len() == 1 {
        Finding::good("version", all)
    } else {
        Finding::warning("version", format!("several: {all}"), "Finish the upgrade.")
    }
}

fn voters(status: &ClusterStatusResponse) -> Finding {
    let voters = status
        .members
        .iter()
        .filter(|member| matches!(member.role(), Role::Leader | Role::Voter))
        .count();
    let spare = voters.saturating_sub(1) / 2;
    match voters {
        0 => Finding::bad(
            "voters",
            "none are known",
            "Wait until the cluster has been founded.",
        ),
        1 => Finding::warning(
            "voters",
            "one: when it fails, nobody can log in",
            "Let two more nodes join and promote them.",
        ),
        even if even % 2 == 0 => Finding::warning(
            "voters",
            format!("{voters}: {spare} may fail, as of {}", voters - 1),
            "An even number of voters is no safer than one less: add one, or remove one.",
        ),
        _ => Finding::good("voters", format!("{voters}: {spare} may fail")),
    }
}

fn lag(member: &Member, status: &ClusterStatusResponse) -> Option<Finding> {
    let behind = status.last_log_index.saturating_sub(member.matched_index?);
    let name = format!("node {} ({})", member.node_id, member.site);
    Some(if behind > LAG_WANTED {
        Finding::warning(
            "log",
            format!("{name} is {behind} entries behind"),
            "Look at its network and its disk; it catches up by itself when both work.",
        )
    } else {
        Finding::good("log", format!("{name} is {behind} entries behind the leader"))
    })
}

fn copy(status: &ClusterStatusResponse) -> Finding {
    let fresh = status.freshness.unwrap_or_default();
    let name = format!("the copy of node {}", status.node_id);
    if status.role() == Role::Waiting {
        return Finding::warning(
            "copy",
            format!("node {} has none yet: it waits to be added", status.node_id),
            "Check `founders` or `join` in its configuration, and its log.",
        );
    }
    if fresh.cut_off {
        return Finding::bad(
            "copy",
            format!(
                "{name} is {} old and growing older: it has no contact with a leader",
                span(fresh.age_ms)
            ),
            "Check its network to the other offices.",
        );
    }
    let seen = format!(
        "{name} is {} old, at entry {}",
        span(fresh.age_ms),
        status.applied_index
    );
    if fresh.age_ms > AGE_WANTED_MS {
        Finding::warning(
            "copy",
            seen,
            "Look at its network to the leader, and at its load.",
        )
    } else {
        Finding::good("copy", seen)
    }
}

/// The log's time is its leaders': an event of the future means that a clock is ahead, here or there.
async fn clock(context: &Context) -> Option<Finding> {
    let client = context.client().ok()?.with_deadline(ASK_MAX);
    let newest = client.audit(None, 1).await.ok()?.into_iter().next()?;
    let ahead = newest.at_ms.saturating_sub(now_ms());
    Some(if ahead > AHEAD_WANTED_MS {
        Finding::warning(
            "clock",
            format!("the log's clock is {} ahead of this machine's", span(ahead)),
            "Check time synchronisation on the nodes and here; the log's clock never runs backwards.",
        )
    } else {
        Finding::good("clock", "the log's clock is not ahead of this machine's")
    })
}

#[cfg(test)]
mod tests {
    use super::super::Level;
    use super::*;

    fn status(node_id: u64, leader_id: u64) -> ClusterStatusResponse {
        let member = |node_id| Member {
            node_id,
            role: Role::Voter.into(),
            matched_index: Some(10),
            ..Member::default()
        };
        ClusterStatusResponse {
            cluster_id: "c".into(),
            node_id,
            leader_id,
            last_log_index: 10,
            version: "1".into(),
            members: vec![member(1), member(2), member(3)],
            ..ClusterStatusResponse::default()
        }
    }

    fn worst(statuses: &[&ClusterStatusResponse]) -> Vec<&'static str> {
        let findings = judge(statuses);
        findings
            .iter()
            .filter(|finding| finding.level != Level::Good)
            .map(|finding| finding.what)
            .collect()
    }

    #[test]
    fn a_healthy_cluster_has_nothing_wrong() {
        assert!(worst(&[&status(1, 2), &status(2, 2)]).is_empty());
    }

    #[test]
    fn a_cluster_that_has_not_begun_is_one_finding() {
        let mut waiting = status(1, 0);
        waiting.role = Role::Waiting.into();
        assert_eq!(worst(&[&waiting, &waiting]), ["cluster"]);
    }

    #[test]
    fn each_trouble_is_found() {
        assert_eq!(worst(&[&status(1, 0)]), ["leader"]);
        assert_eq!(worst(&[&status(1, 2), &status(2, 3)]), ["leader"]);
        let mut other = status(2, 2);
        other.cluster_id = "d".into();
        other.version = "2".into();
        other.fatal = "disk full".into();
        assert_eq!(worst(&[&status(1, 2), &other]), ["cluster", "version", "stopped"]);
        let mut behind = status(1, 1);
        behind.last_log_index = 50_000;
        behind.members.truncate(2);
        assert_eq!(worst(&[&behind]), ["voters", "log", "log"]);
    }
}
