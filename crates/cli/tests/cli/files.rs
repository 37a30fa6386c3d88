//! Files that are imported, restored, checked, printed.

use super::*;

const BAD_USERS: &[u8] = b"\xef\xbb\xbfid,display_name,extension,pin\r\n\
    maria.silva,Maria Silva,2041,4711\r\n\
    \r\n\
    j smith,John Smith,2042,99\r\n\
    maria.silva,Maria again,20x3,\r\n";

#[test]
fn bad_rows_are_listed_with_line_and_column() {
    let output = hotdesk_reads(&["import", "-"], BAD_USERS);
    assert_eq!(output.status.code(), Some(2));
    let table = out(&output);
    let lines: Vec<Vec<&str>> = table
        .lines()
        .map(|line| line.split_whitespace().collect())
        .collect();
    assert_eq!(lines[0], ["LINE", "COLUMN", "NAME", "PROBLEM"]);
    let places: Vec<_> = lines[1..].iter().map(|line| line[..3].to_vec()).collect();
    let expected = [
        ["4", "1", "id"],
        ["4", "4", "pin"],
        ["5", "3", "extension"],
        ["5", "1", "id"],
    ];
    assert_eq!(places, expected, "{table}");
    assert!(!table.contains("99"), "a PIN was printed: {table}");
    for part in ["4 problems", "nothing was imported", "HD5003"] {
        assert!(err(&output).contains(part), "{}", err(&output));
    }
}

#[test]
fn bad_rows_are_json_too() {
    let output = hotdesk_reads(&["import", "-", "-o", "json"], BAD_USERS);
    let rows: Value = serde_json::from_str(&out(&output)).expect("one JSON document");
    assert_eq!(rows.as_array().map(Vec::len), Some(4));
    assert_eq!(rows[0]["line"], 4);
    assert_eq!(rows[0]["column"], 1);
    assert_eq!(rows[0]["column_name"], "id");
    assert!(
        rows[0]["problem"]
            .as_str()
            .is_some_and(|problem| problem.contains("j smith"))
    );
    let error: Value = serde_json::from_str(&err(&output)).expect("one JSON document");
    assert_eq!(error["error"]["code"], "HD5003");
}

#[test]
fn a_file_that_is_not_there_is_named() {
    for arguments in [
        &["import", "nowhere.csv"][..],
        &["node", "--config", "nowhere.toml"],
        &["edge", "--config", "nowhere.toml"],
        &["who", "x", "--ca", "nowhere.pem"],
        &["who", "x", "--admin-token-file", "nowhere.token"],
    ] {
        let output = hotdesk(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {}", err(&output));
        assert!(
            err(&output).contains("nowhere."),
            "{arguments:?}: {}",
            err(&output)
        );
    }
}

#[test]
fn a_good_file_goes_as_far_as_the_cluster() {
    let users = concat!(env!("CARGO_MANIFEST_DIR"), "/sample/users.csv");
    let output = hotdesk(&["import", users, "-e", &nobody(), "--timeout", "300ms"]);
    assert_eq!(output.status.code(), Some(3), "{}", err(&output));
}

#[test]
fn restore_refuses_what_is_no_backup_and_leaves_nothing_behind() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("some.backup");
    std::fs::write(&file, "not a backup").expect("write");
    let new = folder.path().join("new");
    let output = command(&[
        "restore",
        "--node-id",
        "1",
        "--address",
        "127.0.0.1:7300",
        "--site",
        "chicago",
    ])
    .arg(&file)
    .arg("--data-dir")
    .arg(&new)
    .output()
    .expect("the program runs");
    assert_eq!(output.status.code(), Some(2));
    assert!(
        err(&output).contains("not a snapshot or backup"),
        "{}",
        err(&output)
    );
    assert!(!new.exists());
}

#[test]
fn a_bad_node_configuration_says_everything_that_is_wrong() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("node.toml");
    std::fs::write(&file, "[node]\nid = 1\nsite = \"an office\"\n").expect("write");
    let output = hotdesk(&["node", "--check", "--config", &file.display().to_string()]);
    assert_eq!(output.status.code(), Some(2));
    let said = err(&output);
    for part in ["node.site", "node.data_dir", "HD5004", "what to do"] {
        assert!(said.contains(part), "{part:?} in:\n{said}");
    }
}

#[test]
fn the_sample_configurations_are_printed() {
    for service in ["node", "edge"] {
        let output = hotdesk(&[service, "--print-sample-config"]);
        assert!(output.status.success(), "{service}: {}", err(&output));
        assert!(out(&output).contains("HOTDESK_"), "{service}");
    }
}

#[test]
fn the_configurations_in_deploy_are_right_and_fit_together() {
    let deploy = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy");
    let load = |site: &str| {
        let file: PathBuf = deploy.join(format!("node.{site}.toml"));
        hotdesk_node::Config::load(Some(&file), []).expect("a valid configuration")
    };
    let edge = deploy.join("edge.chicago.toml");
    let edge = hotdesk_edge::Config::load(Some(&edge), []).expect("a valid configuration");
    let configs = ["chicago", "new-york", "austin"].map(load);
    for config in &configs {
        assert_eq!(config.cluster.founders, configs[0].cluster.founders);
        assert_eq!(config.cluster.founders.get(&config.node.id), Some(&config.listen));
    }
    let nodes: Vec<_> = configs[0].cluster.founders.values().cloned().collect();
    assert_eq!((edge.site.as_str(), edge.nodes), ("chicago", nodes));
    let sites: Vec<_> = configs.iter().map(|config| config.node.site.as_str()).collect();
    assert_eq!(sites, ["chicago", "new-york", "austin"]);
}

#[test]
fn the_check_of_a_configuration_reads_the_file_of_applications() {
    let folder = tempfile::tempdir().expect("a folder");
    let (file, applications) = (folder.path().join("node.toml"), folder.path().join("em.toml"));
    let key = folder.path().join("line.key");
    let text = format!(
        "listen = \"127.0.0.1:7300\"\n[node]\nid = 1\nsite = \"chicago\"\ndata_dir = {:?}\n\
         [cluster]\nfounders = {{ 1 = \"127.0.0.1:7300\" }}\n[pin]\ndanger_no_pepper = true\n\
         [sip]\nkey_file = {key:?}\ndomain = \"example.com\"\n\
         [phones]\nhttp_listen = [\"127.0.0.1:8080\"]\nregistrar = \"127.0.0.1:5060\"\n\
         em.enabled = true\nem.applications_file = {applications:?}\n",
        folder.path()
    );
    std::fs::write(&file, text).expect("write");
    let check = || hotdesk(&["node", "--check", "--config", &file.display().to_string()]);
    let entry = |password: &str, rights: &str| {
        format!("[[application]]\nid = \"desk\"\npassword = \"{password}\"\nrights = {rights}\n")
    };
    let password = "$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ$MTIzNDU2Nzg5MDEyMzQ1Ng";
    for (text, part) in [
        (None, "cannot read"),
        (Some(entry("hunter2", "[\"query\"]")), "PHC notation"),
        (Some(entry(password, "[\"rule\"]")), "is no right"),
    ] {
        if let Some(text) = text {
            std::fs::write(&applications, text).expect("write");
        }
        let output = check();
        assert_eq!(output.status.code(), Some(2), "{part}");
        let said = err(&output);
        assert!(
            said.contains("phones.em.applications_file") && said.contains(part),
            "{said}"
        );
        assert!(!said.contains("hunter2"), "{said}");
    }
    std::fs::write(&applications, entry(password, "[\"query\"]")).expect("write");
    let output = check();
    assert!(output.status.success(), "{}", err(&output));
}
