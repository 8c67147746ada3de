//! Lists as text: `Bike, Gym`, an item with a comma or a quote in double quotes (seen in client code).

use std::borrow::Cow;

/// Joins items; the inverse of [`cinchy_seed::split_list`].
pub fn join<'a>(items: impl IntoIterator<Item = &'a str>) -> String {
    let quoted: Vec<Cow<'a, str>> = items
        .into_iter()
        .map(|item| {
            if item.contains([',', '"']) {
                Cow::Owned(format!("\"{}\"", item.replace('"', "\"\"")))
            } else {
                Cow::Borrowed(item)
            }
        })
        .collect();
    quoted.join(", ")
}

#[cfg(test)]
mod tests {
    #[test]
    fn join_and_split_are_inverse() {
        for items in [
            vec!["Bike", "Gym"],
            vec!["A, B", "C"],
            vec!["say \"hi\"", "x"],
            vec![],
        ] {
            let text = super::join(items.iter().copied());
            assert_eq!(cinchy_seed::split_list(&text), items, "{text}");
        }
    }
}
