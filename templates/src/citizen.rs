//! The citizens' side: file a demand step by step, keep the receipt, follow it.

mod complaint;
mod file;
mod home;
mod receipt;
mod stuck;
mod track;

pub use complaint::{ComplaintAbout, ComplaintCase, ComplaintNew, ComplaintReceipt, ComplaintTrack, who_choices};
pub use file::{
    Check, Contact, Door, FormFrame, PrivacyChoices, Start, What, Where, Wish, anonymous_choices, confidential_choices, notice_choices,
    on_behalf_choices, publish_choices,
};
pub use home::Home;
pub use receipt::{DayCount, Receipt, day_table};
pub use stuck::Stuck;
pub use track::{Answer, Evidence, Hand, Reading, Track, TrackCase, grade_choices, hands_table, readings_table};

pub(crate) fn samples() -> Vec<(&'static str, String)> {
    [complaint::samples(), file::samples(), home::samples(), receipt::samples(), stuck::samples(), track::samples()].concat()
}
