use super::*;

fn headers(value: &str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(header::AUTHORIZATION, value.parse().unwrap());
    headers
}

#[test]
fn the_token_comes_as_bearer_or_as_basics_password() {
    let token = Secret::from("s3cret");
    let basic = |pair: &str| format!("Basic {}", BASE64.encode(pair.as_bytes()));
    for (value, fine) in [
        ("Bearer s3cret".to_owned(), true),
        (basic("freeswitch:s3cret"), true),
        (basic(":s3cret"), true),
        (basic("s3cret"), false),
        (basic("s3cret:x"), false),
        ("Basic !!".to_owned(), false),
        ("Basic".to_owned(), false),
        ("Bearer x".to_owned(), false),
    ] {
        assert_eq!(shows(&headers(&value), &token), fine, "{value}");
    }
    assert!(!shows(&HeaderMap::new(), &token));
}
