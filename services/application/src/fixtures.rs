//! What several tests begin with.

use domain::case::command::File;
use domain::case::event::Demand;

/// A demand of nobody in particular, with words enough.
pub(crate) fn file() -> File {
    File {
        number: domain::codes::public_number(7),
        class: "complaint".to_owned(),
        channel: "web".to_owned(),
        urgency: String::new(),
        division: String::new(),
        demand: Demand { words: "小区门口的路灯已经坏了三天，晚上看不清路。".to_owned(), ..Demand::default() },
        petitioner: None,
        agent: None,
        confidential: false,
        publish: false,
        notice: "1".to_owned(),
    }
}
