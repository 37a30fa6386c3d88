//! Ladders and records, as they are shown.

use super::*;

// === Ladder ===

#[test]
fn a_ladder_has_a_column_for_each_peer_and_an_arrow_for_each_message() {
    let noon = 1_785_499_200_000;
    let lines = [
        (0, "INVITE sip:2041@example.com SIP/2.0", "chi-12", "edge"),
        (3, "SIP/2.0 100 Trying", "edge", "chi-12"),
        (12, "INVITE sip:2041@192.0.2.7:5060 SIP/2.0", "edge", "ny-02"),
        (240, "SIP/2.0 180 Ringing", "ny-02", "edge"),
        (1_250, "SIP/2.0 200 OK", "ny-02", "edge"),
    ];
    let entries = lines
        .map(|(after, line, from, to)| numbered(noon + after, line, from, to))
        .to_vec();
    let ladder = Ladder {
        call_id: "x".into(),
        entries,
        dropped: 0,
        record: None,
    };
    let expected = [
        "             chi-12                     edge                         ny-02",
        "12:00:00.000 |------- INVITE 2041 ------->|                            |",
        "12:00:00.003 |<-- 100 Trying (INVITE) ----|                            |",
        "12:00:00.012 |                            |------- INVITE 2041 ------->|",
        "12:00:00.240 |                            |<-- 180 Ringing (INVITE) ---|",
        "12:00:01.250 |                            |<---- 200 OK (INVITE) ------|",
        "",
    ]
    .join("\n");
    assert_eq!(render(&ladder, false), expected);
    let with_texts = render(&ladder, true);
    assert!(with_texts.starts_with(&expected));
    assert!(with_texts.contains("\n[3] 12:00:00.012 to ny-02\nINVITE sip:2041@192.0.2.7:5060 SIP/2.0\n"));
}

#[test]
fn a_ladder_of_anything_keeps_its_columns() {
    let long = "x".repeat(300);
    let names: Vec<String> = (0..12)
        .map(|n| format!("peer-{n}-{}", "y".repeat(n * 9)))
        .collect();
    let entries = (0..11)
        .flat_map(|n| {
            let line = format!("INVITE sip:{long}@b SIP/2.0");
            [
                numbered(0, &line, &names[n], &names[n + 1]),
                numbered(0, "", &names[n + 1], &names[n]),
            ]
        })
        .collect();
    let mut ladder = Ladder {
        call_id: "x".into(),
        entries,
        dropped: 0,
        record: None,
    };
    for line in render(&ladder, false).lines() {
        assert!(line.chars().count() < 13 + 8 * 44 + 310, "{line}");
    }
    ladder.entries.clear();
    assert_eq!(render(&ladder, false), "\n");
}

// === Record ===

#[test]
fn the_line_of_a_record_is_the_contract() {
    let party = |user: &str, device: &str, site: &str, epoch| Party {
        user: Some(user.into()),
        device: Some(device.into()),
        site: Some(site.into()),
        epoch: Some(epoch),
        number: None,
    };
    let record = Cdr {
        call_id: "3848276298220188511@192.0.2.7".into(),
        edge: "edge-chi".into(),
        start_ms: 1_785_499_200_000,
        ring_ms: Some(1_785_499_200_240),
        answer_ms: Some(1_785_499_201_250),
        end_ms: 1_785_499_261_250,
        duration_ms: 60_000,
        caller: party("maria.silva", "chi-12", "chicago", 10_240),
        callee: party("john.lee", "ny-02", "new-york", 10_239),
        dialled: "2042".into(),
        direction: Direction::Internal,
        outcome: Outcome::Answered,
        status: 200,
        reason: "OK".into(),
        emergency: false,
        trunk: None,
        forwarded_by: vec![Forward {
            user: "ana.ray".into(),
            why: "no_answer".into(),
        }],
    };
    let line = record.line(&Redactor::default());
    let expected = r#"{"call_id":"3848276298220188511@192.0.2.7","edge":"edge-chi","start_ms":1785499200000,"ring_ms":1785499200240,"answer_ms":1785499201250,"end_ms":1785499261250,"duration_ms":60000,"caller":{"user":"maria.silva","device":"chi-12","site":"chicago","epoch":10240},"callee":{"user":"john.lee","device":"ny-02","site":"new-york","epoch":10239},"dialled":"2042","direction":"internal","outcome":"answered","status":200,"reason":"OK","emergency":false,"forwarded_by":[{"user":"ana.ray","why":"no_answer"}]}"#;
    assert_eq!(line.trim_end(), expected);
    assert_eq!(serde_json::from_str::<Cdr>(&line).unwrap(), record);
}

#[test]
fn labels_are_what_the_json_says() {
    let directions = [
        Direction::Internal,
        Direction::Inbound,
        Direction::Outbound,
        Direction::Transit,
        Direction::Service,
    ];
    for direction in directions {
        assert_eq!(serde_json::to_value(direction).unwrap(), direction.label());
    }
    let outcomes = [
        Outcome::Answered,
        Outcome::NoAnswer,
        Outcome::Busy,
        Outcome::Cancelled,
        Outcome::Refused,
        Outcome::Failed,
    ];
    for outcome in outcomes {
        assert_eq!(serde_json::to_value(outcome).unwrap(), outcome.label());
    }
}
