//! What may happen to an investigation: pure rules from the state to the event. Who may do it is asked in `application`.

use chrono::TimeDelta;

use super::{
    Accepted, Adopted, Advice, Answered, Assigned, Complainant, Concluded, Extended, Filed, Finding, Frozen, Ground, Interviewed,
    Investigation, InvestigationEvent, Mode, Overdue, Refused, Reported, ReviewRequested, Signed, Source, Stage, Statement, System,
};
use crate::calendar::Calendar;
use crate::codes::normalise_phone;
use crate::ids::{AccountId, CaseId, UnitCode};
use crate::private::Private;
use crate::refusal::{Field, Refusal, check_text};
use crate::rulebook::Rulebook;
use crate::rulebook::investigation::InvestigationRules;
use crate::time::Instant;

/// Most characters of a name or a place.
const SHORT: usize = 60;
/// Most characters of a text.
const LONG: usize = 4_000;
/// Most characters of what a complainant writes.
const WORDS: usize = 2_000;
/// Most records of talks: streams stay short.
const TALKS: u32 = 100;

/// The rules in force.
#[derive(Debug, Clone, Copy)]
pub struct Book<'a> {
    /// The section of the rulebook.
    pub rules: &'a InvestigationRules,
    /// The calendar.
    pub calendar: &'a Calendar,
}

impl<'a> Book<'a> {
    /// The section of a rulebook.
    ///
    /// # Errors
    /// [`Refusal::NoRule`] when the city has none.
    pub fn of(rulebook: &'a Rulebook, calendar: &'a Calendar) -> Result<Self, Refusal> {
        let rules = rulebook.investigation.as_ref().ok_or_else(|| Refusal::NoRule("效能投诉件的办理期限".to_owned()))?;
        Ok(Self { rules, calendar })
    }

    fn freeze(&self, from: Instant, limit: crate::limit::Limit) -> Frozen {
        Frozen::new(from, limit, self.calendar)
    }
}

/// A complaint as it is filed.
#[derive(Debug, Clone, PartialEq)]
pub struct NewComplaint {
    /// Public number.
    pub number: String,
    /// The unit complained of.
    pub unit: UnitCode,
    /// Which basic system.
    pub system: System,
    /// How it came in; never [`Source::Referral`].
    pub source: Source,
    /// The words.
    pub statement: Statement,
    /// The official named; may be empty.
    pub official: String,
    /// Who complains; none = anonymous.
    pub complainant: Option<Complainant>,
}

/// A record of a talk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Talk {
    /// When.
    pub held: Instant,
    /// Where.
    pub place: String,
    /// With whom.
    pub who: String,
    /// What was said.
    pub words: String,
}

/// A conclusion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conclusion {
    /// What was found.
    pub finding: Finding,
    /// What the unit is advised to do.
    pub advice: Vec<Advice>,
    /// What the unit is told; empty without advice.
    pub recommendation: String,
    /// The reasoning.
    pub words: String,
}

type Decided = Result<InvestigationEvent, Refusal>;

impl Investigation {
    /// A complaint comes in.
    ///
    /// # Errors
    /// The fields to mend.
    pub fn file(new: NewComplaint, now: Instant, book: Book<'_>) -> Decided {
        let mut fields = Vec::new();
        check_text(&mut fields, "words", "发生了什么", &new.statement.words, WORDS);
        check_text(&mut fields, "when", "什么时候", &new.statement.when, SHORT);
        at_most(&mut fields, "evidence", "证据", &new.statement.evidence, WORDS);
        at_most(&mut fields, "official", "被投诉人", &new.official, SHORT);
        let mut complainant = None;
        if let Some(who) = new.complainant {
            check_text(&mut fields, "name", "姓名", &who.name, SHORT);
            match normalise_phone(&who.phone) {
                Some(phone) => complainant = Some(Private::new(Complainant { name: who.name.trim().to_owned(), phone })),
                None => fields
                    .push(Field { name: "phone", words: "请填写能联系到您的手机号或者带区号的固定电话".to_owned() }),
            }
        }
        Refusal::unless_empty(fields)?;
        Ok(InvestigationEvent::Filed(Filed {
            number: new.number,
            unit: new.unit,
            system: new.system,
            source: new.source,
            case: None,
            statement: Some(Private::new(new.statement)),
            official: some(new.official).map(Private::new),
            complainant,
            referral: None,
            accept: book.freeze(now, book.rules.accept),
        }))
    }

    /// The hotline refers a case (线索移送).
    ///
    /// # Errors
    /// The fields to mend.
    pub fn refer(number: String, case: CaseId, unit: UnitCode, system: System, words: &str, now: Instant, book: Book<'_>) -> Decided {
        let mut fields = Vec::new();
        check_text(&mut fields, "refer_words", "移送的理由", words, WORDS);
        Refusal::unless_empty(fields)?;
        Ok(InvestigationEvent::Filed(Filed {
            number,
            unit,
            system,
            source: Source::Referral,
            case: Some(case),
            statement: None,
            official: None,
            complainant: None,
            referral: Some(Private::new(words.trim().to_owned())),
            accept: book.freeze(now, book.rules.accept),
        }))
    }

    /// It is accepted.
    ///
    /// # Errors
    /// Another stage.
    pub fn accept(&self, mode: Mode, now: Instant, book: Book<'_>) -> Decided {
        self.at(&[Stage::Filed])?;
        Ok(Accepted { mode, close: book.freeze(now, book.rules.close) }.into())
    }

    /// It is not accepted.
    ///
    /// # Errors
    /// Another stage; no words.
    pub fn refuse(&self, ground: Ground, words: &str) -> Decided {
        self.at(&[Stage::Filed])?;
        Ok(Refused { ground, words: said("refuse_words", "告知投诉人的话", words)? }.into())
    }

    /// Two investigators are named, or others in their place. That they may be is asked by the caller.
    ///
    /// # Errors
    /// Another stage; the same person twice; somebody of the round before.
    pub fn assign(&self, first: AccountId, second: AccountId) -> Decided {
        self.at(&[Stage::Accepted, Stage::Investigating, Stage::Reported])?;
        if first == second {
            return Err(Refusal::field("second", "调查人员应当是两个人，请另选一人"));
        }
        for (name, one) in [("first", first), ("second", second)] {
            if self.former.contains(&one) {
                return Err(Refusal::field(name, "复查应当由另外的人员办理，请不要选原来的调查人员"));
            }
        }
        Ok(Assigned { investigators: vec![first, second] }.into())
    }

    /// An investigator records a talk.
    ///
    /// # Errors
    /// Another stage; fields; a talk in the future or before the complaint was accepted.
    pub fn interview(&self, by: AccountId, talk: &Talk, now: Instant) -> Decided {
        self.at(&[Stage::Investigating])?;
        let mut fields = Vec::new();
        if self.interviews >= TALKS {
            fields.push(Field {
                name: "record", words: format!("谈话记录最多 {TALKS} 份，请并入已有的记录或者写进报告")
            });
        }
        if talk.held > now {
            fields.push(Field { name: "held", words: "谈话时间还没有到，请核对".to_owned() });
        } else if self.accepted_at.is_some_and(|accepted| talk.held < accepted - TimeDelta::days(1)) {
            fields.push(Field { name: "held", words: "谈话时间早于受理时间，请核对".to_owned() });
        }
        check_text(&mut fields, "place", "谈话地点", &talk.place, SHORT);
        check_text(&mut fields, "who", "谈话对象", &talk.who, SHORT);
        check_text(&mut fields, "record", "谈话记录", &talk.words, LONG);
        Refusal::unless_empty(fields)?;
        let text = |text: &str| Private::new(text.trim().to_owned());
        Ok(Interviewed { by, held: talk.held, place: text(&talk.place), who: text(&talk.who), words: text(&talk.words) }.into())
    }

    /// The limit is extended, once, before it runs out.
    ///
    /// # Errors
    /// Another stage; extended before; too late; no reason.
    pub fn extend(&self, reason: &str, now: Instant, book: Book<'_>) -> Decided {
        self.at(&[Stage::Accepted, Stage::Investigating, Stage::Reported, Stage::Signed])?;
        let clock = self.closing().ok_or(Refusal::Stage(self.stage.label()))?;
        if self.extended {
            return Err(Refusal::field("extend_reason", "办结期限只能延长一次，已经延长过"));
        }
        if now >= clock.frozen.due {
            return Err(Refusal::Late("延长办结期限"));
        }
        let reason = said("extend_reason", "延期的理由", reason)?;
        // The extension runs on from the last day of the limit that it extends.
        let last = clock.frozen.due - TimeDelta::microseconds(1);
        Ok(Extended { close: book.freeze(last, book.rules.extension), reason }.into())
    }

    /// An investigator hands in the report; the other one may hand in another in its place instead of signing.
    ///
    /// # Errors
    /// Another stage; no talk on record; no words.
    pub fn report(&self, by: AccountId, finding: Finding, words: &str) -> Decided {
        self.at(&[Stage::Investigating, Stage::Reported])?;
        if self.interviews == 0 {
            return Err(Refusal::field("report_words", "还没有谈话记录，请先记录与有关人员的谈话，再提交报告"));
        }
        Ok(Reported { by, finding, words: said("report_words", "调查报告", words)? }.into())
    }

    /// The other investigator signs.
    ///
    /// # Errors
    /// Another stage; the same person.
    pub fn sign(&self, by: AccountId) -> Decided {
        self.at(&[Stage::Reported])?;
        if self.reporter == Some(by) || !self.investigators.contains(&by) {
            return Err(Refusal::SamePerson("会签"));
        }
        Ok(Signed { by }.into())
    }

    /// The head of the office concludes.
    ///
    /// # Errors
    /// Another stage; fields; advice without words, or the other way round.
    pub fn conclude(&self, conclusion: Conclusion, now: Instant, book: Book<'_>) -> Decided {
        self.at(&[Stage::Signed])?;
        let mut fields = Vec::new();
        check_text(&mut fields, "conclude_words", "结论的依据和理由", &conclusion.words, LONG);
        let advised = !conclusion.advice.is_empty();
        if advised {
            check_text(&mut fields, "recommendation", "发给单位的建议", &conclusion.recommendation, LONG);
        } else if !conclusion.recommendation.trim().is_empty() {
            fields.push(Field { name: "advice", words: "写了建议内容，请选择属于哪一种建议".to_owned() });
        }
        if advised && !conclusion.finding.is_true() && conclusion.advice.contains(&Advice::Responsibility) {
            fields.push(Field {
                name: "advice", words: "没有查实的投诉不能建议追究责任，请核对结论和建议".to_owned()
            });
        }
        Refusal::unless_empty(fields)?;
        Ok(Concluded {
            finding: conclusion.finding,
            recommendation: advised.then(|| Private::new(conclusion.recommendation.trim().to_owned())),
            adopt: advised.then(|| book.freeze(now, book.rules.adopt)),
            advice: conclusion.advice,
            words: Private::new(conclusion.words.trim().to_owned()),
        }
        .into())
    }

    /// The complainant is answered.
    ///
    /// # Errors
    /// Another stage; no words.
    pub fn answer(&self, words: &str, now: Instant, book: Book<'_>) -> Decided {
        self.at(&[Stage::Concluded])?;
        // The caller of a referred case shows no query code of this stream and asks the hotline.
        let review = self.round == 1 && self.case.is_none();
        let words = said("answer_words", "答复内容", words)?;
        Ok(Answered { words, review_request: review.then(|| book.freeze(now, book.rules.review_request)) }.into())
    }

    /// The unit says whether it adopts the recommendation.
    ///
    /// # Errors
    /// Nothing to answer; answered before; no words.
    pub fn adopt(&self, adopted: bool, words: &str) -> Decided {
        match &self.recommendation {
            None => return Err(Refusal::Missing),
            Some(recommendation) if recommendation.adopted.is_some() => return Err(Refusal::Stage("已答复是否采纳")),
            Some(_) => {}
        }
        let label = if adopted { "采纳后怎样落实" } else { "不采纳的理由" };
        Ok(Adopted { adopted, words: said("words", label, words)? }.into())
    }

    /// The complainant asks for a review, once.
    ///
    /// # Errors
    /// Nothing answered; too late; no words.
    pub fn request_review(&self, reason: &str, now: Instant, book: Book<'_>) -> Decided {
        self.at(&[Stage::Closed])?;
        let until = self.review_request.as_ref().ok_or(Refusal::Stage("已办结"))?;
        if now >= until.due {
            return Err(Refusal::Late("申请复查"));
        }
        let mut fields = Vec::new();
        check_text(&mut fields, "reason", "申请复查的理由", reason, WORDS);
        Refusal::unless_empty(fields)?;
        Ok(ReviewRequested { reason: Private::new(reason.trim().to_owned()), review: book.freeze(now, book.rules.review) }.into())
    }

    /// What the clock has to record by now: each limit that ran out, once, at its due instant.
    pub fn tick(&self, now: Instant) -> Vec<(Instant, InvestigationEvent)> {
        let late = self.clocks.iter().filter(|clock| clock.ended.is_none() && !clock.overdue && clock.frozen.due <= now);
        late.map(|clock| (clock.frozen.due, Overdue { limit: clock.kind, round: clock.round }.into())).collect()
    }

    fn at(&self, stages: &[Stage]) -> Result<(), Refusal> {
        if stages.contains(&self.stage) { Ok(()) } else { Err(Refusal::Stage(self.stage.label())) }
    }
}

fn said(name: &'static str, label: &str, text: &str) -> Result<crate::private::OfficeText, Refusal> {
    let mut fields = Vec::new();
    check_text(&mut fields, name, label, text, LONG);
    Refusal::unless_empty(fields)?;
    Ok(Private::new(text.trim().to_owned()))
}

fn at_most(fields: &mut Vec<Field>, name: &'static str, label: &str, text: &str, most: usize) {
    if !text.trim().is_empty() {
        check_text(fields, name, label, text, most);
    }
}

fn some(text: String) -> Option<String> {
    let text = text.trim().to_owned();
    (!text.is_empty()).then_some(text)
}
