//! Numbers available for claims: only unassigned ones, which are reserved for fiction and examples.

use super::types::Number;

/// Country, type, prefix, and the range and width of the last digits.
struct Block(&'static str, &'static str, &'static str, std::ops::RangeInclusive<u32>, usize);

/// Available number ranges. North America: 555-0100 to 555-0199; Britain: Ofcom, "Telephone numbers for use in TV and radio
/// drama programmes"; Germany: Bundesnetzagentur, "Rufnummern für Medienproduktionen". Other countries and types have no
/// numbers.
const BLOCKS: [Block; 18] = [
    Block("CA", "DID", "+1416555", 100..=199, 4),
    Block("CA", "DID", "+1604555", 100..=199, 4),
    Block("CA", "TOLL_FREE", "+1855555", 100..=199, 4),
    Block("CA", "TOLL_FREE", "+1866555", 100..=199, 4),
    Block("DE", "DID", "+493023125", 0..=99, 3),
    Block("GB", "DID", "+442079460", 0..=99, 3),
    Block("GB", "TOLL_FREE", "+448081570", 0..=99, 3),
    Block("US", "DID", "+1206555", 100..=199, 4),
    Block("US", "DID", "+1312555", 100..=199, 4),
    Block("US", "DID", "+1415555", 100..=199, 4),
    Block("US", "DID", "+1512555", 100..=199, 4),
    Block("US", "DID", "+1617555", 100..=199, 4),
    Block("US", "DID", "+1702555", 100..=199, 4),
    Block("US", "TOLL_FREE", "+1800555", 100..=199, 4),
    Block("US", "TOLL_FREE", "+1833555", 100..=199, 4),
    Block("US", "TOLL_FREE", "+1844555", 100..=199, 4),
    Block("US", "TOLL_FREE", "+1877555", 100..=199, 4),
    Block("US", "TOLL_FREE", "+1888555", 100..=199, 4),
];

impl Block {
    fn numbers(&self) -> impl Iterator<Item = String> {
        let Self(_, _, front, range, width) = self;
        range.clone().map(move |last| format!("{front}{last:0width$}", width = *width))
    }
}

/// Returns all numbers of a country and type, in order.
pub(super) fn of(country: &str, kind: &str) -> impl Iterator<Item = String> {
    BLOCKS.iter().filter(move |block| (block.0, block.1) == (country, kind)).flat_map(Block::numbers)
}

/// Returns the country and type of a number that can be claimed.
pub(super) fn place(number: &str) -> Option<(&'static str, &'static str)> {
    BLOCKS.iter().find(|block| block.numbers().any(|one| one == number)).map(|block| (block.0, block.1))
}

/// Whether a claim holds the number.
pub(super) fn is_taken<'a>(mut claimed: impl Iterator<Item = &'a Number>, number: &str) -> bool {
    claimed.any(|one| one.number == number)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_number_stands_once_and_is_found_again() {
        let all: Vec<String> = BLOCKS.iter().flat_map(Block::numbers).collect();
        assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len());
        assert!(all.iter().all(|number| number.len() > 9 && number[1..].bytes().all(|digit| digit.is_ascii_digit())));
        assert_eq!(place("+12065550100"), Some(("US", "DID")));
        assert_eq!(place("+442079460000"), Some(("GB", "DID")));
        assert_eq!(place("+12065550200"), None);
        let mut sorted: Vec<String> = of("US", "DID").collect();
        sorted.sort();
        assert_eq!(sorted, of("US", "DID").collect::<Vec<_>>());
    }
}
