//! A filing that is not sent yet: sealed, in the browser, for a day.

use domain::case::command::File;
use domain::case::event::{Agent, Demand, Petitioner};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::citizen::NOTICE;
use crate::cookies::names;
use crate::ctx::Ctx;

/// The channel of this form.
pub(super) const CHANNEL: &str = "web";
const PURPOSE: &str = "draft";
/// A day (ux.md §3.5).
const KEPT: i64 = 86_400;

/// The pages of the form, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Step {
    What,
    Where,
    Wish,
    Privacy,
    Contact,
    Check,
}

impl Step {
    const ALL: [Self; 6] = [Self::What, Self::Where, Self::Wish, Self::Privacy, Self::Contact, Self::Check];
    pub(super) const TOTAL: u32 = 6;

    pub(super) fn path(self) -> &'static str {
        match self {
            Self::What => "/file/what",
            Self::Where => "/file/where",
            Self::Wish => "/file/wish",
            Self::Privacy => "/file/privacy",
            Self::Contact => "/file/contact",
            Self::Check => "/file/check",
        }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::What => "发生了什么",
            Self::Where => "在哪里",
            Self::Wish => "希望怎么解决",
            Self::Privacy => "匿名、保密与公开",
            Self::Contact => "怎么联系您",
            Self::Check => "核对并提交",
        }
    }

    /// From 1.
    pub(super) fn number(self) -> u32 {
        self as u32 + 1
    }

    fn bit(self) -> u8 {
        1 << (self as u8)
    }
}

/// What was typed, as typed.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Draft {
    /// Made at the beginning: the id of the case follows from it.
    pub(super) form: Uuid,
    /// Which steps were filled in, one bit each.
    done: u8,
    pub(super) class: String,
    pub(super) words: String,
    pub(super) district: String,
    pub(super) street: String,
    pub(super) place: String,
    pub(super) wish: String,
    pub(super) on_behalf: String,
    pub(super) agent_name: String,
    pub(super) agent_relation: String,
    pub(super) anonymous: String,
    pub(super) confidential: String,
    pub(super) publish: String,
    pub(super) name: String,
    pub(super) phone: String,
    pub(super) email: String,
}

impl Draft {
    pub(super) fn new(form: Uuid) -> Self {
        Self { form, ..Self::default() }
    }

    pub(super) fn read(ctx: &Ctx) -> Option<Self> {
        serde_json::from_slice(&ctx.long(&names::DRAFT, PURPOSE)?).ok()
    }

    /// False when it does not fit into the cookies of a browser.
    pub(super) fn write(&self, ctx: &Ctx) -> bool {
        serde_json::to_vec(self).is_ok_and(|bytes| ctx.set_long(&names::DRAFT, PURPOSE, &bytes, KEPT))
    }

    pub(super) fn clear(ctx: &Ctx) {
        names::DRAFT.iter().filter(|name| ctx.cookie(name).is_some()).for_each(|name| ctx.remove_cookie(name));
    }

    pub(super) fn has_content(&self) -> bool {
        self.done != 0
    }

    pub(super) fn is_anonymous(&self) -> bool {
        self.anonymous == "yes"
    }

    pub(super) fn done(&mut self, step: Step) {
        self.done |= step.bit();
    }

    fn needs(&self, step: Step) -> bool {
        step != Step::Contact || !self.is_anonymous()
    }

    /// The first step before the check that was not filled in.
    pub(super) fn missing(&self) -> Option<Step> {
        self.missing_before(Step::Check)
    }

    /// The first step before this one that was not filled in: nobody skips ahead.
    pub(super) fn missing_before(&self, step: Step) -> Option<Step> {
        Step::ALL.into_iter().take_while(|one| *one != step).find(|one| self.needs(*one) && self.done & one.bit() == 0)
    }

    /// The page before a step.
    pub(super) fn before(&self, step: Step) -> &'static str {
        Step::ALL.into_iter().take_while(|one| *one != step).filter(|one| self.needs(*one)).last().map_or("/file/start", Step::path)
    }

    /// The page after a step.
    pub(super) fn after(&self, step: Step) -> &'static str {
        Step::ALL.into_iter().skip_while(|one| *one != step).skip(1).find(|one| self.needs(*one)).unwrap_or(Step::Check).path()
    }

    /// The division code of the place: the street's, else the district's.
    pub(super) fn division(&self) -> &str {
        if self.street.is_empty() { &self.district } else { &self.street }
    }

    pub(super) fn file(&self, number: String) -> File {
        let demand = Demand { title: String::new(), words: self.words.clone(), wish: self.wish.clone(), place: self.place.clone() };
        let petitioner = || Petitioner { name: self.name.clone(), phone: self.phone.clone(), email: self.email.clone() };
        let agent = || Agent { name: self.agent_name.clone(), relation: self.agent_relation.clone() };
        File {
            number,
            class: self.class.clone(),
            channel: CHANNEL.to_owned(),
            urgency: String::new(),
            division: self.division().to_owned(),
            demand,
            petitioner: (!self.is_anonymous()).then(petitioner),
            agent: (self.on_behalf == "yes").then(agent),
            confidential: self.confidential == "yes",
            publish: self.publish == "yes",
            notice: NOTICE.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_skips_ahead_and_the_anonymous_are_not_asked_for_contact() {
        let mut draft = Draft::new(Uuid::nil());
        draft.done(Step::What);
        assert_eq!(draft.missing_before(Step::Privacy), Some(Step::Where));
        for step in [Step::Where, Step::Wish, Step::Privacy] {
            draft.done(step);
        }
        assert_eq!(draft.missing(), Some(Step::Contact));
        draft.anonymous = "yes".to_owned();
        assert_eq!(draft.missing(), None);
        assert_eq!(draft.after(Step::Privacy), "/file/check");
        assert_eq!(draft.before(Step::Check), "/file/privacy");
    }
}
