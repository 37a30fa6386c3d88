//! RFC 4475, Session Initiation Protocol (SIP) Torture Test Messages.

use std::collections::BTreeSet;

use super::Treatment::{Drop, DropInvalid, Invalid, Pass, Refuse};
use super::{Row, bytes, check};

macro_rules! rows {
    ($($name:literal $section:literal $treatment:expr, $why:literal;)+) => {
        &[$(Row { name: $name, section: $section, treatment: $treatment, why: $why },)+]
    };
}

const ROWS: &[Row] = rows! {
    // Valid messages.
    "wsinv" "3.1.1.1" Pass, "white space and folds everywhere";
    "intmeth" "3.1.1.2" Pass, "every character that a method, a URI and a display name may have";
    "esc01" "3.1.1.3" Pass, "escapes in URIs";
    "escnull" "3.1.1.4" Pass, "escaped zero bytes";
    "esc02" "3.1.1.5" Pass, "percent signs that escape nothing, in a method that is not REGISTER";
    "lwsdisp" "3.1.1.6" Pass, "no white space before the bracket";
    "longreq" "3.1.1.7" Pass, "long values";
    "dblreq" "3.1.1.8" Pass, "bytes behind the body are not part of it";
    "semiuri" "3.1.1.9" Pass, "parameters in the user part are the user's";
    "transports" "3.1.1.10" Pass, "transports that we do not have";
    "mpart01" "3.1.1.11" Pass, "a binary body";
    "unreason" "3.1.1.12" Pass, "a reason in another script";
    "noreason" "3.1.1.13" Pass, "no reason";
    // Invalid messages.
    "badinv01" "3.1.2.1" Invalid(400), "separators without values between them";
    "clerr" "3.1.2.2" Refuse(400), "Content-Length larger than the datagram";
    "ncl" "3.1.2.3" Refuse(400), "a negative Content-Length";
    "scalar02" "3.1.2.4" Invalid(400), "a CSeq that no 32 bits hold";
    "scalarlg" "3.1.2.5" DropInvalid, "the same in a response";
    "quotbal" "3.1.2.6" Invalid(400), "an unclosed quote in To";
    "ltgtruri" "3.1.2.7" Refuse(400), "angle brackets around the Request-URI";
    "lwsruri" "3.1.2.8" Refuse(400), "white space in the Request-URI";
    "lwsstart" "3.1.2.9" Refuse(400), "several spaces in the request line; reading it would be allowed";
    "trws" "3.1.2.10" Refuse(400), "spaces behind the request line; reading it would be allowed";
    "escruri" "3.1.2.11" Invalid(400), "header fields in the Request-URI";
    "baddate" "3.1.2.12" Pass, "a Date in another zone, which a proxy does not read; 400 is allowed";
    "regbadct" "3.1.2.13" Pass, "a Contact that needs brackets: the registrar's to refuse (see values)";
    "badaspec" "3.1.2.14" Invalid(400), "white space inside the brackets";
    "baddn" "3.1.2.15" Refuse(400), "a comma in a bare display name; the archive's message has no end of head either";
    "badvers" "3.1.2.16" Refuse(505), "a version of SIP that is not ours";
    "mismatch01" "3.1.2.17" Invalid(400), "CSeq of another method";
    "mismatch02" "3.1.2.18" Invalid(400), "the same with a method that nobody knows; 501 is allowed";
    "bigcode" "3.1.2.19" Drop, "a status of more than three digits";
    // Transaction layer.
    "badbranch" "3.2.1" Pass, "a branch that is only the cookie: told apart as RFC 2543 does (see values)";
    // Application layer.
    "insuf" "3.3.1" Invalid(400), "From, To and Call-ID missing";
    "unkscm" "3.3.2" Invalid(416), "a scheme that nobody knows";
    "novelsc" "3.3.3" Invalid(416), "a scheme of another protocol";
    "unksm2" "3.3.4" Pass, "such schemes in To and From, which a proxy passes on; the registrar refuses them";
    "bext01" "3.3.5" Pass, "unknown extensions: 420 is the proxy core's";
    "invut" "3.3.6" Pass, "an unknown body: 415 is the end point's";
    "regaut01" "3.3.7" Pass, "an unknown authorization scheme: a new challenge is the registrar's";
    "multi01" "3.3.8" Invalid(400), "several From, To, Call-ID, CSeq";
    "mcl01" "3.3.9" Refuse(400), "two lengths";
    "bcast" "3.3.10" Pass, "a Via that would have us answer to everybody (see values)";
    "zeromf" "3.3.11" Pass, "no hops left: 483, or an answer, is the proxy core's";
    "cparam01" "3.3.12" Pass, "an unknown parameter of Contact (see values)";
    "cparam02" "3.3.13" Pass, "an unknown parameter of the URI in Contact (see values)";
    "regescrt" "3.3.14" Pass, "header fields in the URI of Contact (see values)";
    "sdp01" "3.3.15" Pass, "an Accept without SDP: 406 is the end point's";
    // Backward compatibility.
    "inv2543" "3.4.1" Pass, "a caller of RFC 2543: no Content-Length, no tag, no branch, no Max-Forwards";
    // In the archive, but in no section.
    "test" "-" Drop, "no version in the first line, so it is no SIP at all";
};

#[test]
fn every_message_of_rfc_4475_is_treated_as_its_section_asks() {
    check(ROWS, |name| bytes("rfc4475", name));
}

#[test]
fn no_message_of_rfc_4475_is_left_out() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/rfc4475");
    let files: BTreeSet<String> = std::fs::read_dir(folder)
        .expect("the data is there")
        .filter_map(|entry| Some(entry.ok()?.path().file_stem()?.to_str()?.to_owned()))
        .collect();
    let rows: BTreeSet<String> = ROWS.iter().map(|row| row.name.to_owned()).collect();
    assert_eq!(files, rows);
    // The 49 that have a section, each its own.
    let sections: BTreeSet<_> = ROWS
        .iter()
        .map(|row| row.section)
        .filter(|section| *section != "-")
        .collect();
    assert_eq!(sections.len(), 49);
}
