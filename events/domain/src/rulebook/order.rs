//! The optional section `[orders]`: how long a unit has to answer a supervision order.

use serde::{Deserialize, Serialize};

use super::Rulebook;
use super::document::{Field, Shape, must};
use crate::limit::Limit;

/// Orders (督办单) and tasks of supervised matters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Orders {
    /// Time to feed back when the officer names none.
    pub limit: Limit,
}

/// Five working days, where a city has not decided.
const DEFAULT: Limit = Limit::WorkingDays(5);

pub(super) const FIELDS: &[Field] = &[must("limit", Shape::Limit)];

impl Rulebook {
    /// The time to feed back an order for which the officer names none.
    pub fn order_limit(&self) -> Limit {
        self.orders.as_ref().map_or(DEFAULT, |orders| orders.limit)
    }
}

#[cfg(test)]
mod tests {
    use crate::rulebook::Rulebook;
    use crate::rulebook::shipped::SHIPPED;

    #[test]
    fn an_older_rulebook_without_the_section_stays_valid_and_a_city_may_set_it() {
        let text = SHIPPED[0].1;
        let plain = Rulebook::parse(text).unwrap();
        assert_eq!(plain.order_limit().to_string(), plain.orders.as_ref().map_or("5wd".to_owned(), |orders| orders.limit.to_string()));
        let text = text.split("\n[orders]").next().unwrap();
        let set = Rulebook::parse(&format!("{text}\n[orders]\nlimit = \"7wd\"\n")).unwrap();
        assert_eq!(set.order_limit().to_string(), "7wd");
        let wrong = Rulebook::parse(&format!("{text}\n[orders]\nlimit = \"7\"\n")).unwrap_err();
        assert!(wrong[0].line.is_some() && wrong[0].path == "orders.limit", "{wrong:?}");
    }
}
