//! Commands and readings of complaints about the efficiency of units (效能投诉件).

use domain::ids::{AccountId, CaseId, InvestigationId, UnitCode};
use domain::investigation::{
    Advice, Book, Conclusion, Finding, Ground, Investigation, InvestigationEvent, Mode, NewComplaint, Source, System, Talk,
};
use domain::private::Private;
use domain::refusal::Refusal;
use domain::time::Instant;
use projections::StreamRow;
use uuid::Uuid;

use crate::access::investigation::{Act, investigators, may, may_enter, may_refer};
use crate::actor::{Actor, Meta, Staff};
use crate::backoff::Key;
use crate::error::Error;
use crate::store::{Application, Done};
use crate::supervision::{Decision, OpenedStream, Situation};

/// What is to be done with an investigation.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// 受理
    Accept(Mode),
    /// 不予受理
    Refuse(Ground, String),
    /// Two investigators.
    Assign(AccountId, AccountId),
    /// A record of a talk.
    Interview(Talk),
    /// 延期
    Extend(String),
    /// The report.
    Report(Finding, String),
    /// 会签
    Sign,
    /// The conclusion.
    Conclude(Conclusion),
    /// 答复
    Answer(String),
    /// The unit adopts the recommendation, or not.
    Adopt(bool, String),
    /// The complainant asks for a review.
    RequestReview(String),
}

impl Command {
    fn act(&self) -> Act {
        match self {
            Self::Accept(_) | Self::Refuse(..) => Act::Accept,
            Self::Assign(..) => Act::Assign,
            Self::Interview(_) | Self::Report(..) => Act::Investigate,
            Self::Extend(_) => Act::Extend,
            Self::Sign => Act::Sign,
            Self::Conclude(_) => Act::Conclude,
            Self::Answer(_) => Act::Answer,
            Self::Adopt(..) => Act::Adopt,
            Self::RequestReview(_) => Act::Follow,
        }
    }
}

/// A complaint that was filed, now or by the same form before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FiledComplaint {
    /// The investigation.
    pub id: InvestigationId,
    /// Its place in the log.
    pub seq: u64,
}

/// What the unit sees after the conclusion.
#[derive(Debug, Clone, PartialEq)]
pub struct OpenedRecommendation {
    /// What was found.
    pub finding: Finding,
    /// What it is advised to do.
    pub advice: Vec<Advice>,
    /// The recommendation's words.
    pub words: String,
    /// Since when.
    pub since: Instant,
    /// By when it has to answer; none when it has.
    pub due: Option<Instant>,
    /// Whether it adopts, what it said, and when.
    pub answer: Option<(bool, String, Instant)>,
}

impl Application {
    /// Files a complaint: of a citizen on the site, or entered by an inspector. The same form again is the same complaint.
    ///
    /// # Errors
    /// [`Error::Refused`] with the fields to mend, also when nobody of the efficiency office stands clear of the unit;
    /// [`Error::Forbidden`]; log errors.
    pub async fn file_complaint(&self, meta: &Meta, form: Uuid, new: NewComplaint) -> Result<FiledComplaint, Error> {
        let reference = self.reference();
        let allowed = match &meta.actor {
            Actor::Citizen => new.source == Source::Web,
            Actor::Staff(staff) => new.source != Source::Web && may_enter(staff, &new.unit, reference.as_ref()),
            _ => false,
        };
        if !allowed || new.source == Source::Referral {
            return Err(Error::Forbidden);
        }
        let unit = reference.unit(&new.unit).filter(|unit| unit.closed.is_none());
        if unit.is_none() {
            return Err(Refusal::field("unit", "名册里没有这个单位，请填写单位全称或代码").into());
        }
        self.handled_by_somebody(&new.unit)?;
        let id = InvestigationId::of_form(form);
        // The command's id is the form's, so that the second submit makes the very same event.
        let meta = Meta { command: form, ..meta.clone() };
        let done = self.begin(&meta, id, |now, book| Investigation::file(new.clone(), now, book)).await;
        self.filed(id, done).await
    }

    /// Refers a case to the efficiency office (线索移送). The case's own stream stays as it is: its unit reads that.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Forbidden`]; [`Error::Refused`] when it was referred before or no unit holds it.
    pub async fn refer_case(&self, meta: &Meta, case: CaseId, number: &str, system: System, words: &str) -> Result<FiledComplaint, Error> {
        let opened = self.open_case(&meta.actor, case).await?;
        let reference = self.reference();
        let staff = meta.actor.staff().ok_or(Error::Forbidden)?;
        let unit = opened.state.unit.ok_or_else(|| Refusal::field("refer_words", "还没有承办单位，派单以后才能移送"))?;
        if !may_refer(staff, &unit, reference.as_ref()) {
            return Err(Error::Forbidden);
        }
        self.handled_by_somebody(&unit)?;
        let id = InvestigationId::of_case(case);
        let done =
            self.begin(meta, id, |now, book| Investigation::refer(number.to_owned(), case, unit.clone(), system, words, now, book)).await?;
        Ok(FiledComplaint { id, seq: done.seq })
    }

    /// A number that neither a case nor a complaint has.
    ///
    /// # Errors
    /// When the views cannot be read.
    pub fn complaint_number(&self) -> Result<String, Error> {
        let views = self.projections.views();
        loop {
            let number = self.ids.number();
            if views.case_by_number(&number).map_err(fault)?.is_none() && views.investigation_by_number(&number).map_err(fault)?.is_none() {
                return Ok(number);
            }
        }
    }

    /// Two people must be able to look into it who stand clear of the unit.
    fn handled_by_somebody(&self, unit: &UnitCode) -> Result<(), Error> {
        if investigators(&self.reference(), unit).len() < 2 {
            let words = "本平台的效能办没有两名可以回避该单位的调查人员，请向上一级效能办投诉，或者拨打服务热线咨询";
            return Err(Refusal::field("unit", words).into());
        }
        Ok(())
    }

    async fn begin(
        &self,
        meta: &Meta,
        id: InvestigationId,
        decide: impl Fn(Instant, Book<'_>) -> Result<InvestigationEvent, Refusal>,
    ) -> Result<Done, Error> {
        let reference = self.reference();
        self.on_supervision::<Investigation, _>(meta, &id.stream(), |situation| {
            if situation.state.is_some() {
                return Err(Refusal::Exists.into());
            }
            let rules = reference.rulebooks.resolve(situation.now, situation.now).ok_or(Error::NoRulebook)?;
            let event = decide(situation.now, Book::of(&rules, reference.calendar())?)?;
            Ok(Decision::now(situation.now, vec![event]).by(&rules))
        })
        .await
    }

    async fn filed(&self, id: InvestigationId, done: Result<Done, Error>) -> Result<FiledComplaint, Error> {
        match done {
            Ok(done) => Ok(FiledComplaint { id, seq: done.seq }),
            Err(Error::Refused(Refusal::Exists)) => {
                let seq = self.log.read_stream(&id.stream()).await?.last().map_or(0, |envelope| envelope.seq);
                Ok(FiledComplaint { id, seq })
            }
            Err(error) => Err(error),
        }
    }

    /// Carries out a command on an investigation. A limit that ran out before is recorded first, at its due instant.
    ///
    /// # Errors
    /// [`Error::NotFound`] for whoever may not see it; [`Error::Forbidden`]; [`Error::Refused`]; [`Error::Clash`].
    pub async fn on_investigation(&self, meta: &Meta, id: InvestigationId, command: &Command) -> Result<Done, Error> {
        let reference = self.reference();
        self.on_supervision::<Investigation, _>(meta, &id.stream(), |Situation { state, now, .. }| {
            let state = state.ok_or(Error::NotFound)?;
            let seen = match &meta.actor {
                Actor::Complainant(own) => *own == id,
                actor => [Act::View, Act::Adopt].iter().any(|act| may(actor, *act, state, reference.as_ref())),
            };
            if !seen {
                self.kept_out(&meta.actor, id);
                return Err(Error::NotFound);
            }
            if !may(&meta.actor, command.act(), state, reference.as_ref()) {
                self.kept_out(&meta.actor, id);
                return Err(Error::Forbidden);
            }
            let rules = reference.rulebooks.resolve(now, now).ok_or(Error::NoRulebook)?;
            let book = Book::of(&rules, reference.calendar())?;
            let by = meta.actor.staff().map_or(AccountId(Uuid::nil()), |staff| staff.account);
            let event = match command {
                Command::Accept(mode) => state.accept(*mode, now, book),
                Command::Refuse(ground, words) => state.refuse(*ground, words),
                Command::Assign(first, second) => {
                    let clear = investigators(&reference, &state.unit);
                    for (field, one) in [("first", first), ("second", second)] {
                        if !clear.iter().any(|account| account.id == *one) {
                            let words = "请从名单中选择：调查人员不能来自被投诉单位、它的下级或者更低一级的单位";
                            return Err(Refusal::field(field, words).into());
                        }
                    }
                    state.assign(*first, *second)
                }
                Command::Interview(talk) => state.interview(by, talk, now),
                Command::Extend(reason) => state.extend(reason, now, book),
                Command::Report(finding, words) => state.report(by, *finding, words),
                Command::Sign => state.sign(by),
                Command::Conclude(conclusion) => state.conclude(conclusion.clone(), now, book),
                Command::Answer(words) => state.answer(words, now, book),
                Command::Adopt(adopted, words) => state.adopt(*adopted, words),
                Command::RequestReview(reason) => state.request_review(reason, now, book),
            }?;
            let mut events = state.tick(now);
            events.push((now, event));
            Ok(Decision::dated(events).by(&rules))
        })
        .await
    }

    /// The clock: each limit that ran out is recorded once, at its due instant.
    ///
    /// # Errors
    /// Log errors.
    pub(crate) async fn tick_investigation(&self, meta: &Meta, stream: &str) -> Result<Done, Error> {
        self.on_supervision::<Investigation, _>(meta, stream, |Situation { state, now, .. }| {
            Ok(Decision::dated(state.map(|state| state.tick(now)).unwrap_or_default()))
        })
        .await
    }

    /// Opens the whole file for the efficiency office; the reading is on record.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is none or the reader may not see it.
    pub async fn open_investigation(&self, actor: &Actor, id: InvestigationId) -> Result<OpenedStream<Investigation>, Error> {
        let reference = self.reference();
        let opened = self.open_supervision(&id.stream(), |state: &Investigation| may(actor, Act::View, state, reference.as_ref())).await;
        match (&opened, actor) {
            (Ok(_), Actor::Staff(staff)) => self.audit.act(self.now(), staff, &id.stream(), "investigation"),
            (Err(Error::NotFound), _) => self.kept_out(actor, id),
            _ => {}
        }
        opened
    }

    /// Opens the file for its complainant, who showed number and code.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn open_complaint(&self, id: InvestigationId) -> Result<OpenedStream<Investigation>, Error> {
        let reference = self.reference();
        let actor = Actor::Complainant(id);
        self.open_supervision(&id.stream(), |state: &Investigation| may(&actor, Act::Follow, state, reference.as_ref())).await
    }

    /// What became of the referral of a case, for the hotline: the stage, and the answer for its caller.
    ///
    /// # Errors
    /// Log errors.
    pub async fn referral(&self, staff: &Staff, case: CaseId, unit: &UnitCode) -> Result<Option<(Investigation, Option<String>)>, Error> {
        let reference = self.reference();
        if !may_refer(staff, unit, reference.as_ref()) {
            return Ok(None);
        }
        let opened = match self
            .open_supervision(&InvestigationId::of_case(case).stream(), |state: &Investigation| {
                may_refer(staff, &state.unit, reference.as_ref())
            })
            .await
        {
            Ok(opened) => opened,
            Err(Error::NotFound) => return Ok(None),
            Err(error) => return Err(error),
        };
        let answer = opened.entries.iter().rev().find_map(|entry| match &entry.event {
            InvestigationEvent::Answered(e) => Some(e.words.text().to_owned()),
            InvestigationEvent::Refused(e) => Some(e.words.text().to_owned()),
            _ => None,
        });
        Ok(Some((opened.state, answer)))
    }

    /// What the unit sees: the recommendation to it, and nothing else of the file.
    ///
    /// # Errors
    /// [`Error::NotFound`] before the conclusion, without a recommendation, and for everybody else.
    pub async fn open_recommendation(&self, actor: &Actor, id: InvestigationId) -> Result<OpenedRecommendation, Error> {
        let reference = self.reference();
        let opened = self.open_supervision(&id.stream(), |state: &Investigation| may(actor, Act::Adopt, state, reference.as_ref())).await;
        if let (Err(Error::NotFound), actor) = (&opened, actor) {
            self.kept_out(actor, id);
        }
        let opened = opened?;
        if let Actor::Staff(staff) = actor {
            self.audit.act(self.now(), staff, &id.stream(), "recommendation");
        }
        let recommendation = opened.state.recommendation.as_ref().ok_or(Error::NotFound)?;
        let (mut words, mut answer) = (String::new(), None);
        for entry in &opened.entries {
            match &entry.event {
                InvestigationEvent::Concluded(e) => {
                    words = e.recommendation.as_ref().map(Private::text).unwrap_or_default().to_owned();
                    answer = None;
                }
                InvestigationEvent::Adopted(e) => answer = Some((e.adopted, e.words.text().to_owned(), entry.occurred_at)),
                _ => {}
            }
        }
        Ok(OpenedRecommendation {
            finding: recommendation.finding,
            advice: recommendation.advice.clone(),
            words,
            since: recommendation.since,
            due: opened.state.running(domain::investigation::LimitKind::Adopt).map(|clock| clock.frozen.due),
            answer,
        })
    }

    /// The query code of a complaint, as its receipt shows it.
    pub fn complaint_code(&self, id: InvestigationId) -> String {
        self.vault.query_code(id.0, 0)
    }

    /// The complaint of a number and a query code. Takes the same way for unknown numbers; wrong guesses wait.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::TooManyTries`].
    pub fn track_complaint(&self, number: &str, code: &str, from: &str) -> Result<InvestigationId, Error> {
        let now = self.now();
        let number = domain::codes::parse_public_number(number).unwrap_or_default();
        let keys = [Key::Narrow(format!("complaint/{number}/{from}")), Key::Wide(format!("from/{from}"))];
        self.query_codes.begin(&keys, now).map_err(|seconds| Error::TooManyTries { seconds })?;
        let found = self.projections.views().investigation_by_number(&number).map_err(fault)?;
        // The hotline's caller has no code for what the hotline refers.
        let found =
            found.filter(|row| row.state.case.is_none()).and_then(|row: StreamRow<Investigation>| InvestigationId::from_stream(&row.name));
        let id = found.unwrap_or(InvestigationId(Uuid::nil()));
        if self.vault.query_code_matches(id.0, 0, code) && found.is_some() {
            self.query_codes.succeeded(&keys);
            return Ok(id);
        }
        Err(Error::NotFound)
    }

    fn kept_out(&self, actor: &Actor, id: InvestigationId) {
        if let Actor::Staff(staff) = actor {
            self.audit.act(self.now(), staff, &id.stream(), "refused");
        }
    }
}

fn fault(error: projections::ViewError) -> Error {
    Error::Internal(error.to_string())
}
