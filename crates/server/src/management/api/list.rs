//! Lists: pages by key, with cursors.

use axum::Json;
use jeton_core::store::Page;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::answer::Outcome;
use super::call::Call;
use super::cursor;

/// A part of a list.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct List<T: ToSchema> {
    /// What is on this page.
    pub(super) items: Vec<T>,
    /// What `cursor` is to be for the next page; `null` where this is the last.
    #[schema(required)]
    pub(super) next: Option<String>,
}

impl<T: ToSchema> List<T> {
    /// A list that is never longer than one page.
    pub(super) fn whole(items: Vec<T>) -> Json<Self> {
        Json(Self { items, next: None })
    }
}

/// How many things a page has.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(try_from = "u32")]
pub(super) struct Limit(u32);

impl Default for Limit {
    fn default() -> Self {
        Self(100)
    }
}

impl TryFrom<u32> for Limit {
    type Error = &'static str;

    fn try_from(limit: u32) -> Result<Self, Self::Error> {
        if (1..=500).contains(&limit) { Ok(Self(limit)) } else { Err("a page has 1 to 500 items") }
    }
}

/// How something begins that is searched for: at most 200 characters, and none that a database would not take.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct Prefix(String);

impl TryFrom<String> for Prefix {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        if text.chars().count() <= 200 && !text.chars().any(char::is_control) {
            Ok(Self(text))
        } else {
            Err("a prefix has at most 200 characters, and no control characters")
        }
    }
}

impl From<Prefix> for String {
    fn from(prefix: Prefix) -> Self {
        prefix.0
    }
}

/// One page of a list, whose rows stand in the order of the keys `K`.
pub(super) struct Paging<K> {
    /// The list with its filters, which its cursors are bound to.
    name: String,
    after: Option<K>,
    limit: u32,
}

impl<K: Serialize + DeserializeOwned + Clone> Paging<K> {
    /// Where the page begins that is asked for.
    pub(super) async fn begin(
        call: &Call,
        list: &str,
        filters: &impl Serialize,
        limit: Option<Limit>,
        cursor: Option<String>,
    ) -> Outcome<Self> {
        let filters = serde_json::to_string(filters).expect("filters are texts");
        let name = format!("{list} {filters}");
        let after = match cursor {
            Some(cursor) => Some(cursor::read(&call.admin, &name, &cursor).await?),
            None => None,
        };
        Ok(Self { name, after, limit: limit.unwrap_or_default().0 })
    }

    /// What to ask the store for: one row more than the page has, which says whether there is another.
    pub(super) fn page<P>(&self, key: impl FnOnce(K) -> P) -> Page<P> {
        Page { after: self.after.clone().map(key), limit: self.limit + 1 }
    }

    /// The page.
    pub(super) async fn answer<R, T: ToSchema>(
        self,
        call: &Call,
        mut rows: Vec<R>,
        key: impl FnOnce(&R) -> K,
        show: impl FnMut(R) -> T,
    ) -> Outcome<Json<List<T>>> {
        let more = rows.len() > self.limit as usize;
        rows.truncate(self.limit as usize);
        let next = match rows.last().filter(|_| more).map(key) {
            Some(last) => Some(cursor::write(&call.admin, &self.name, &last).await?),
            None => None,
        };
        Ok(Json(List { items: rows.into_iter().map(show).collect(), next }))
    }
}
