//! What nodes and edges of a test are configured with.

use std::net::{IpAddr, SocketAddr};
use std::path::Path;

use toml::{Table, Value};

use super::DOMAIN;

/// A node's configuration, with `more` laid over it; `node` counts from 0.
pub(super) fn node(node: usize, founders: &[SocketAddr], folder: &Path, more: &str) -> String {
    let list: String = founders
        .iter()
        .enumerate()
        .map(|(i, address)| format!("{} = \"{address}\"\n", i + 1))
        .collect();
    let (listen, id, folder) = (founders[node], node + 1, folder.display());
    let text = format!(
        "listen = \"{listen}\"\nadvertise = \"{listen}\"\n\n\
         [node]\nid = {id}\nsite = \"{site}\"\ndata_dir = \"{folder}/node-{node}\"\n\n\
         [cluster]\ntoken = \"tests\"\n[cluster.founders]\n{list}\n\
         [timing]\nheartbeat_ms = 100\nelection_min_ms = 500\nelection_max_ms = 1000\n\n\
         [pin]\ndanger_no_pepper = true\nmemory_kib = 64\niterations = 1\n\n\
         [auth]\nallow_vouched_logins = true\n\n\
         [sip]\ndomain = \"{DOMAIN}\"\nkey_file = \"{folder}/line.key\"\n",
        site = crate::offices::NAMES[node],
    );
    let mut table: Table = text.parse().expect("TOML");
    lay_over(&mut table, more.parse().expect("TOML"));
    toml::to_string(&table).expect("a table can be written")
}

/// What a node needs to serve the phones of its office.
pub(super) fn node_phones(pages: SocketAddr, edge: IpAddr) -> String {
    format!(
        "[phones]\nhttp_listen = [\"{pages}\"]\nurl = \"http://{pages}\"\n\
         registrar = \"{edge}:5060;transport=udp\"\npush_from = [\"{edge}\"]\n"
    )
}

/// What an edge needs to have phones load their documents.
pub(super) fn edge_phones(pages: SocketAddr) -> String {
    format!("[phones]\nnode_url = \"http://{pages}\"\nwait_ms = 3000\n")
}

/// What an edge needs to know of its company.
pub(super) struct EdgePlace<'a> {
    pub(super) office: usize,
    pub(super) ip: IpAddr,
    pub(super) nodes: Vec<SocketAddr>,
    /// The office's PBX: believed, as it is on a network of its own.
    pub(super) pbx: IpAddr,
    pub(super) http: SocketAddr,
    pub(super) folder: &'a Path,
}

/// An edge's configuration, with each of `more` laid over it.
pub(super) fn edge(place: &EdgePlace<'_>, more: &[String]) -> String {
    let quoted = |list: Vec<String>| format!("[\"{}\"]", list.join("\", \""));
    let EdgePlace {
        office,
        ip,
        pbx,
        http,
        folder,
        ..
    } = place;
    let (site, folder) = (crate::offices::NAMES[*office], folder.display());
    let nodes = quoted(place.nodes.iter().map(ToString::to_string).collect());
    let text = format!(
        "site = \"{site}\"\nnodes = {nodes}\n\n\
         [sip]\ndomain = \"{DOMAIN}\"\nkey_file = \"{folder}/line.key\"\n\n\
         [[sip.listen]]\ntransport = \"udp\"\naddress = \"{ip}:5060\"\n\n\
         [[sip.listen]]\ntransport = \"tcp\"\naddress = \"{ip}:5060\"\n\n\
         [registrar]\ndata_dir = \"{folder}/edge-{office}\"\nexpires_min_s = 1\n\n\
         [[registrar.model]]\npattern = \"(?i)baresip|sipp\"\nalgorithms = [\"MD5\"]\n\n\
         [security]\ntrusted_peers = [\"{pbx}\"]\nrequests_per_source_max = 0\n\n\
         [calls]\ncdr_file = \"{folder}/edge-{office}.jsonl\"\n\n\
         [http]\nlisten = \"{http}\"\n\n\
         [announce]\nid = \"{site}\"\nuri = \"sip:{ip}:5060\"\n"
    );
    let mut table: Table = text.parse().expect("TOML");
    for more in more {
        lay_over(&mut table, more.parse().expect("TOML"));
    }
    toml::to_string(&table).expect("a table can be written")
}

/// Tables are merged; everything else is replaced.
fn lay_over(table: &mut Table, more: Table) {
    for (key, value) in more {
        match (table.get_mut(&key), value) {
            (Some(Value::Table(below)), Value::Table(above)) => lay_over(below, above),
            (_, value) => {
                table.insert(key, value);
            }
        }
    }
}
