//! Pages of long lists.

use prost::Message;

/// How many records a page has when the caller does not say.
const RECORDS_DEFAULT: usize = 500;
/// The most records of a page.
const RECORDS_MAX: usize = 5000;
/// A page ends before it gets larger: clients accept 4 MiB unless they are told otherwise.
const BYTES_MAX: usize = 3 << 20;

/// The records of a page, and whether there are more; `limit` as in a request, where 0 is the default.
pub(super) fn page<T: Message>(records: impl Iterator<Item = T>, limit: u32) -> (Vec<T>, bool) {
    match limit {
        0 => first(records, RECORDS_DEFAULT),
        limit => first(records, (limit as usize).min(RECORDS_MAX)),
    }
}

/// The first `limit` records, fewer when they are large, and whether there are more.
pub(super) fn first<T: Message>(records: impl Iterator<Item = T>, limit: usize) -> (Vec<T>, bool) {
    let mut page = Vec::new();
    let mut bytes = 0;
    for record in records {
        bytes += record.encoded_len();
        if page.len() == limit || (bytes > BYTES_MAX && !page.is_empty()) {
            return (page, true);
        }
        page.push(record);
    }
    (page, false)
}

#[cfg(test)]
mod tests {
    use hotdesk_proto::v1;

    use super::*;

    fn sites(count: usize, name_bytes: usize) -> impl Iterator<Item = v1::Site> {
        (0..count).map(move |_| v1::Site {
            name: "x".repeat(name_bytes),
            ..Default::default()
        })
    }

    #[test]
    fn a_page_ends_at_its_limit_or_when_it_is_large() {
        for (count, name_bytes, limit, expected) in [
            (3, 1, 0, (3, false)),
            (3, 1, 3, (3, false)),
            (3, 1, 2, (2, true)),
            (501, 1, 0, (500, true)),
            (6000, 1, u32::MAX, (5000, true)),
            (5000, 1000, 5000, (3136, true)),
            (2, 4 << 20, 10, (1, true)),
            (0, 1, 1, (0, false)),
        ] {
            let (records, more) = page(sites(count, name_bytes), limit);
            assert_eq!(
                (records.len(), more),
                expected,
                "{count} records of {name_bytes} bytes, {limit}"
            );
        }
    }
}
