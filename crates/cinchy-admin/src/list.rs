//! What lists have in common: order and pages, both in the URL.

use crate::form::Pairs;

/// What a list is put in order by, and whether downwards: `sort=name`, `sort=-name`.
pub fn order(query: &Pairs, default: &str) -> (String, bool) {
    let text = query.text("sort");
    let text = if text.is_empty() { default } else { text };
    match text.strip_prefix('-') {
        Some(by) => (by.to_owned(), true),
        None => (text.to_owned(), false),
    }
}

/// What a page says once, so that it is no part of the links to other pages of its list.
const SAID_ONCE: [(&str, &str); 3] = [("done", ""), ("row", ""), ("name", "")];

/// The query string with one thing changed.
fn link(query: &Pairs, changes: &[(&str, &str)]) -> String {
    query.with(&[changes, &SAID_ONCE].concat())
}

/// A heading that puts the list in order.
#[derive(Debug, Clone)]
pub struct Heading {
    /// What it says.
    pub label: String,
    /// The query string that a click leads to.
    pub link: String,
    /// `aria-sort`: `ascending`, `descending` or `none`.
    pub sort: &'static str,
    /// `number` above numbers, which stand at the right; else empty.
    pub class: &'static str,
}

impl Heading {
    /// The heading of one column.
    pub fn new(key: &str, label: &str, query: &Pairs, by: &str, down: bool) -> Self {
        let current = key == by;
        let next = if current && !down {
            format!("-{key}")
        } else {
            key.to_owned()
        };
        Self {
            label: label.to_owned(),
            link: link(query, &[("sort", &next), ("page", "")]),
            sort: match (current, down) {
                (false, _) => "none",
                (true, false) => "ascending",
                (true, true) => "descending",
            },
            class: "",
        }
    }

    /// Headings of these keys and labels.
    pub fn all(columns: &[(&str, &str)], query: &Pairs, by: &str, down: bool) -> Vec<Self> {
        columns
            .iter()
            .map(|(key, label)| Self::new(key, label, query, by, down))
            .collect()
    }
}

/// The number of the page that a query string asks for.
pub fn asked_page(query: &Pairs) -> usize {
    query.number("page").filter(|&page| page > 0).unwrap_or(1)
}

/// One page of a list.
#[derive(Debug, Clone)]
pub struct Pager {
    /// Counted from 1.
    pub page: usize,
    /// Of how many; 0 when that is not known.
    pub pages: usize,
    /// Number of the first item, from 1; 0 when there is none.
    pub first: usize,
    /// Number of the last one.
    pub last: usize,
    /// Items in all.
    pub total: usize,
    /// Whether there are more than that: nobody counted them.
    pub more: bool,
    /// Whether it is the last one although there are more.
    pub ends: bool,
    /// The query string of the page before.
    pub before: Option<String>,
    /// That of the next one.
    pub after: Option<String>,
    size: usize,
}

impl Pager {
    /// The page that a query string asks for, of a list of so many items.
    pub fn new(query: &Pairs, total: usize, size: usize) -> Self {
        Self::at(query, asked_page(query), total, size)
    }

    /// A page of a list of so many items.
    pub fn at(query: &Pairs, page: usize, total: usize, size: usize) -> Self {
        let pages = total.div_ceil(size).max(1);
        let page = page.clamp(1, pages);
        let link = |to: usize| link(query, &[("page", &to.to_string())]);
        Self {
            page,
            pages,
            first: if total == 0 { 0 } else { (page - 1) * size + 1 },
            last: (page * size).min(total),
            total,
            more: false,
            ends: false,
            before: (page > 1).then(|| link(page - 1)),
            after: (page < pages).then(|| link(page + 1)),
            size,
        }
    }

    /// A page of a list that has more items than the `total` that were counted; the page is among those.
    pub fn of_more(query: &Pairs, page: usize, total: usize, size: usize) -> Self {
        Self {
            pages: 0,
            total,
            more: true,
            ..Self::at(query, page, total + 1, size)
        }
    }

    /// The same as the last that is shown: who wants others turns the order round, or narrows the list.
    pub fn ending(mut self) -> Self {
        self.ends = true;
        self.after = None;
        self
    }

    /// Items before this page.
    pub fn skip(&self) -> usize {
        (self.page - 1) * self.size
    }

    /// The items of this page.
    pub fn slice<T>(&self, items: Vec<T>) -> Vec<T> {
        items
            .into_iter()
            .skip(self.skip())
            .take(self.size)
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_begin_and_end_where_they_should() {
        for (query, total, expected) in [
            ("", 0, (1, 1, 0, 0)),
            ("page=1", 50, (1, 1, 1, 50)),
            ("page=2", 51, (2, 2, 51, 51)),
            ("page=99", 120, (3, 3, 101, 120)),
            ("page=x", 120, (1, 3, 1, 50)),
            ("page=0", 120, (1, 3, 1, 50)),
        ] {
            let pager = Pager::new(&Pairs::decode(query.as_bytes()), total, 50);
            let found = (pager.page, pager.pages, pager.first, pager.last);
            assert_eq!(found, expected, "{query} {total}");
        }
    }

    #[test]
    fn who_stopped_counting_still_knows_what_follows() {
        let query = Pairs::decode(b"q=x&page=20&done=deleted&row=7");
        let pager = Pager::of_more(&query, 20, 1000, 50);
        let found = (pager.first, pager.last, pager.total, pager.more);
        assert_eq!(found, (951, 1000, 1000, true));
        // What the page said once is said once.
        assert_eq!(pager.before.as_deref(), Some("?q=x&page=19"));
        assert_eq!(pager.after.as_deref(), Some("?q=x&page=21"));
    }

    #[test]
    fn a_heading_turns_the_order() {
        let query = Pairs::decode(b"q=x&sort=name&page=2&done=saved");
        let (by, down) = order(&query, "id");
        let headings = Heading::all(&[("id", "Id"), ("name", "Name")], &query, &by, down);
        assert_eq!(
            (headings[0].link.as_str(), headings[0].sort),
            ("?q=x&sort=id", "none")
        );
        assert_eq!(
            (headings[1].link.as_str(), headings[1].sort),
            ("?q=x&sort=-name", "ascending")
        );
        assert_eq!(
            order(&Pairs::decode(b"sort=-name"), "id"),
            ("name".to_owned(), true)
        );
    }
}
