//! What a search of keychains gives where one item spoils it: SecItemCopyMatching fails as a whole
//! if it cannot read the data or the attributes of a single item (SecItemCopyMatching_osx in
//! SecItem.cpp).

use super::status::Status;

/// What a search found.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Found<T> {
    pub(super) items: Vec<T>,
    /// Why macOS refuses to return the others: one status for each.
    pub(super) withheld: Vec<Status>,
}

/// What the search found as a whole, else item by item. `each` searches again, for the items alone.
pub(super) fn whole_or_each<T>(
    whole: Result<Vec<T>, Status>,
    each: impl FnOnce() -> Result<Vec<Option<T>>, Status>,
) -> Result<Found<T>, Status> {
    let refused = match whole {
        Ok(items) => {
            let withheld = Vec::new();
            return Ok(Found { items, withheld });
        }
        Err(refused) => refused,
    };
    let Ok(each) = each() else {
        return Err(refused);
    };
    let number = each.iter().filter(|item| item.is_none()).count();
    Ok(Found {
        items: each.into_iter().flatten().collect(),
        // Something was withheld, even if nothing is now.
        withheld: vec![refused; number.max(1)],
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(code: i32) -> Status {
        Status {
            call: "SecItemCopyMatching",
            code,
            text: None,
        }
    }

    #[test]
    fn whole_or_each_withholds_only_unreadable_items() {
        let whole = whole_or_each(Ok(vec![1, 2]), || unreachable!()).unwrap();
        assert_eq!((whole.items, whole.withheld), (vec![1, 2], vec![]));

        let part = whole_or_each(Err(refused(-67674)), || Ok(vec![Some(1), None, Some(3)]));
        let part = part.unwrap();
        assert_eq!(part.items, [1, 3]);
        assert_eq!(part.withheld, [refused(-67674)]);
    }

    #[test]
    fn whole_or_each_never_hides_first_error() {
        let none: Result<Found<u8>, _> = whole_or_each(Err(refused(1)), || Err(refused(2)));
        assert_eq!(none, Err(refused(1)));
        let all = whole_or_each(Err(refused(1)), || Ok(vec![Some(1)])).unwrap();
        assert_eq!(all.withheld, [refused(1)]);
    }
}
