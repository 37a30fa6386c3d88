use super::*;
use hotdesk_proto::v1::import_row::Record;

/// "line, column number (name): problem" of each.
fn problems(text: &str) -> Vec<String> {
    match read(text.as_bytes(), None, false) {
        Ok(sheet) => panic!("{} rows were accepted", sheet.rows.len()),
        Err(ReadError::File(problem, _)) => vec![problem],
        Err(ReadError::Rows(rows)) => rows
            .iter()
            .map(|row| {
                let column = row.column.as_ref();
                let column = column.map_or(String::new(), |c| format!(", {} ({})", c.number, c.name));
                format!("{}{column}: {}", row.line, row.problem)
            })
            .collect(),
    }
}

#[test]
fn a_spreadsheet_export_is_read() {
    let text = "\u{feff}User;Name;Ext;Alias;E-Mail;PIN\r\n\
                Maria.Silva;\"Silva; Maria\";2041;72041 maria;Maria@Example.com;4711\r\n\
                ;;;;;\r\n\
                \r\n\
                bo;Bo;;;;\r\n";
    let sheet = read(text.as_bytes(), None, false).unwrap();
    assert_eq!(sheet.kind, Kind::Users);
    let Some(Record::User(maria)) = &sheet.rows[0].record else {
        panic!("not a user");
    };
    assert_eq!(maria.id, "maria.silva");
    assert_eq!(maria.display_name, "Silva; Maria");
    assert_eq!(maria.aliases, ["72041", "maria"]);
    assert_eq!(maria.email, "maria@example.com");
    assert_eq!(sheet.rows[0].pin, "4711");
    assert_eq!(sheet.lines, [2, 5]);
}

#[test]
fn every_bad_field_is_reported_with_line_and_column() {
    let text = "id,display_name,extension,email,disabled,pin\n\
                ada lovelace,Ada,12,,,1234\n\
                \n\
                bob,\"two\nlines\",20a1,nobody,maybe,12\n\
                ,x,,,,\n\
                carl,Carl\n";
    let found = problems(text);
    assert_eq!(found.len(), 7, "{found:#?}");
    assert!(
        found[0].starts_with("2, 1 (id): user id \"ada lovelace\""),
        "{}",
        found[0]
    );
    assert!(
        found[1].starts_with("4, 3 (extension): extension \"20a1\""),
        "{}",
        found[1]
    );
    assert!(found[2].starts_with("4, 4 (email): "), "{}", found[2]);
    assert!(found[3].starts_with("4, 5 (disabled): \"maybe\""), "{}", found[3]);
    assert_eq!(
        found[4],
        "4, 6 (pin): the PIN is not valid: expected 4 to 32 digits"
    );
    assert_eq!(found[5], "6, 1 (id): must not be empty");
    assert!(
        found[6].starts_with("7: has 2 columns where the header has 6"),
        "{}",
        found[6]
    );
}

#[test]
fn a_phones_number_is_one_or_is_reported() {
    let text = "id,site,number\nchi-1,chicago,+1 312 555 0101\nchi-2,chicago,7002\n";
    let sheet = read(text.as_bytes(), None, false).unwrap();
    let numbers = sheet.rows.iter().map(|row| match &row.record {
        Some(Record::Device(device)) => device.number.as_str(),
        other => panic!("not a phone: {other:?}"),
    });
    assert_eq!(numbers.collect::<Vec<_>>(), ["+13125550101", "7002"]);
    let found = problems("id,site,number\nchi-1,chicago,<sip:x>\n");
    assert!(
        found[0].starts_with("2, 3 (number): number of a phone"),
        "{found:?}"
    );
}

#[test]
fn a_name_is_in_a_file_once() {
    let text = "id,extension,aliases\nada,11,boss\nbob,12,ada\nADA,13,\ncarl,11,12 carl\n";
    assert_eq!(
        problems(text),
        [
            "3, 3 (aliases): \"ada\" is in line 2 already",
            "4, 1 (id): \"ada\" is in line 2 already",
            "5, 2 (extension): \"11\" is in line 2 already",
            "5, 3 (aliases): \"12\" is in line 3 already",
        ]
    );
    let macs = "mac,site\n00:1a:2b:3c:4d:5e,x\n001A.2B3C.4D5E,x\n";
    assert_eq!(
        problems(macs),
        ["3, 1 (mac): \"001a2b3c4d5e\" is in line 2 already"]
    );
}

#[test]
fn a_header_that_is_not_right_is_refused() {
    for (text, problem) in [
        ("", "the file is empty"),
        ("id,display_name,extension\n", "the file has a header and no rows"),
        (
            "id,display_name,extention\n",
            "column 3 (\"extention\") is not a column of users",
        ),
        (
            "extension,pin\n1,1234\n",
            "there is no column \"id\", which users must have",
        ),
        ("id,ext,number\n", "columns 2 and 3 both are \"extension\""),
        ("a,b\n", "the header (a, b) does not say what the rows are"),
    ] {
        assert_eq!(problems(text), [problem], "{text:?}");
    }
    let sheet = read(b"id,extension,shoe size\nada,11,38\n", None, true).unwrap();
    assert_eq!(sheet.rows.len(), 1);
}

#[test]
fn text_that_is_not_utf_8_is_reported_where_it_stands() {
    let Err(ReadError::Rows(rows)) = read(b"id,display_name,extension\nada,J\xfcrgen,11\n", None, false)
    else {
        panic!("was accepted");
    };
    assert_eq!((rows.len(), rows[0].line), (1, 2));
    assert_eq!(rows[0].column.as_ref().map(|c| c.number), Some(2));
}

#[test]
fn what_the_cluster_finds_is_given_back_in_lines_and_columns() {
    let sheet = read(
        b"id,lockout_failures,idle_timeout\na,1,off\n\nb,2,10m\n",
        None,
        false,
    )
    .unwrap();
    let locate = |field: &str| {
        let found = sheet.locate(&v1::RowProblem {
            row: 1,
            field: field.to_owned(),
            problem: "no".to_owned(),
        });
        (found.line, found.column.map(|column| column.number))
    };
    assert_eq!(locate("idle_timeout"), (4, Some(3)));
    assert_eq!(locate("policy.lockout"), (4, Some(2)));
    assert_eq!(locate(""), (4, None));
}
