//! Lists as streams: the next page is asked for when the last record of this one has been taken.

use std::collections::VecDeque;
use std::future::Future;

use futures::stream::{self, Stream};

use hotdesk_proto::v1;

use crate::client::Client;
use crate::error::Error;

/// How many records one page carries.
const PAGE: u32 = 1000;

/// Whole lists, record by record in order of ids. Each page is read by itself: a record that changes meanwhile
/// is seen as it was or as it is; one that stays is seen once.
impl Client {
    /// All sites.
    pub fn sites(&self) -> impl Stream<Item = Result<v1::Site, Error>> + Send {
        let client = self.clone();
        pages(
            move |after| {
                let client = client.clone();
                async move {
                    let page = client.list_sites(directory_page(after)).await?;
                    Ok((page.sites, page.more))
                }
            },
            |site: &v1::Site| site.id.clone(),
        )
    }

    /// All groups.
    pub fn groups(&self) -> impl Stream<Item = Result<v1::Group, Error>> + Send {
        let client = self.clone();
        pages(
            move |after| {
                let client = client.clone();
                async move {
                    let page = client.list_groups(directory_page(after)).await?;
                    Ok((page.groups, page.more))
                }
            },
            |group: &v1::Group| group.id.clone(),
        )
    }

    /// All users.
    pub fn users(&self) -> impl Stream<Item = Result<v1::User, Error>> + Send {
        let client = self.clone();
        pages(
            move |after| {
                let client = client.clone();
                async move {
                    let page = client.list_users(directory_page(after)).await?;
                    Ok((page.users, page.more))
                }
            },
            |user: &v1::User| user.id.clone(),
        )
    }

    /// All phones.
    pub fn devices(&self) -> impl Stream<Item = Result<v1::Device, Error>> + Send {
        let client = self.clone();
        pages(
            move |after| {
                let client = client.clone();
                async move {
                    let page = client.list_devices(directory_page(after)).await?;
                    Ok((page.devices, page.more))
                }
            },
            |device: &v1::Device| device.id.clone(),
        )
    }

    /// All edges.
    pub fn edges(&self) -> impl Stream<Item = Result<v1::Edge, Error>> + Send {
        let client = self.clone();
        pages(
            move |after| {
                let client = client.clone();
                async move {
                    let page = client.list_edges(directory_page(after)).await?;
                    Ok((page.edges, page.more))
                }
            },
            |edge: &v1::Edge| edge.id.clone(),
        )
    }

    /// All sessions of a site, or of all sites.
    pub fn sessions(
        &self,
        site: Option<&str>,
        consistency: v1::Consistency,
    ) -> impl Stream<Item = Result<v1::Session, Error>> + Send + use<> {
        let client = self.clone();
        let site = site.unwrap_or_default().to_owned();
        pages(
            move |after| {
                let client = client.clone();
                let request = v1::ListSessionsRequest {
                    site: site.clone(),
                    after,
                    limit: PAGE,
                    consistency: consistency.into(),
                };
                async move {
                    let page = client.list_sessions(request).await?;
                    Ok((page.sessions, page.more))
                }
            },
            |session: &v1::Session| session.device.clone(),
        )
    }
}

fn directory_page(after: String) -> v1::ListRequest {
    v1::ListRequest {
        after,
        limit: PAGE,
        consistency: v1::Consistency::Local.into(),
    }
}

struct Cursor<T> {
    page: VecDeque<T>,
    after: String,
    more: bool,
}

/// The records of all pages. `fetch` gets the page after an id and says whether there are more.
fn pages<T, Fetch, Page, Id>(fetch: Fetch, id: Id) -> impl Stream<Item = Result<T, Error>> + Send
where
    T: Send,
    Fetch: Fn(String) -> Page + Send,
    Page: Future<Output = Result<(Vec<T>, bool), Error>> + Send,
    Id: Fn(&T) -> String + Send,
{
    let start = Cursor {
        page: VecDeque::new(),
        after: String::new(),
        more: true,
    };
    stream::try_unfold((start, fetch, id), |(mut cursor, fetch, id)| async move {
        while cursor.page.is_empty() && cursor.more {
            let (records, more) = fetch(cursor.after.clone()).await?;
            // An empty page that promises more would be asked for again without end.
            cursor.more = more && !records.is_empty();
            cursor.page = records.into();
        }
        Ok(cursor.page.pop_front().map(|record| {
            cursor.after = id(&record);
            (record, (cursor, fetch, id))
        }))
    })
}

#[cfg(test)]
mod tests {
    use futures::TryStreamExt as _;

    use super::*;

    #[tokio::test]
    async fn pages_join_without_gap_or_repetition() {
        let all: Vec<String> = (0..25).map(|number| format!("{number:02}")).collect();
        let source = all.clone();
        let fetch = move |after: String| {
            let rest: Vec<String> = source.iter().filter(|id| **id > after).cloned().collect();
            let more = rest.len() > 10;
            async move { Ok((rest.into_iter().take(10).collect(), more)) }
        };
        let got: Vec<String> = pages(fetch, String::clone).try_collect().await.unwrap();
        assert_eq!(got, all);
    }

    #[tokio::test]
    async fn an_empty_page_ends_the_list() {
        let fetch = |_after| async { Ok((Vec::<String>::new(), true)) };
        let got: Vec<String> = pages(fetch, String::clone).try_collect().await.unwrap();
        assert!(got.is_empty());
    }
}
