//! Commands on escalated matters: by trigger, by the clock, by hand.

use std::sync::Arc;

use domain::calendar::Calendar;
use domain::case::CaseState;
use domain::escalation::{
    Convening, Entry, Escalation, EscalationEvent, Expected, Facts, Rules, TOO_OLD, Way, Why, cluster, cluster_trigger, convene, expected,
    join, lower, raise, report, resolve, stream_of_case, stream_of_cluster, tick,
};
use domain::ids::CaseId;
use domain::refusal::Refusal;
use domain::rulebook::Rulebook;
use domain::time::Instant;
use projections::Reference;

use crate::access::escalation::{Act, highest, may, may_begin};
use crate::access::{self, Tree};
use crate::actor::{Actor, Meta};
use crate::error::Error;
use crate::store::{Application, Done};
use crate::supervision::{Decision, Situation};

const NOTHING: Done = Done { events: 0, seq: 0, revision: 0 };

/// Whose the levels are for a unit now. The unit above is the one between it and the city's government: that one has no
/// section of its own for a case, the office acts for it.
pub fn way(reference: &Reference, case: &CaseState) -> Way {
    let above = case.unit.as_ref().and_then(|unit| reference.unit(unit)).and_then(|unit| unit.parent.clone());
    let above =
        above.filter(|above| reference.unit(above).is_some_and(|unit| unit.parent.is_some() && unit.closed.is_none() && !unit.hotline));
    Way { unit: case.unit.clone(), above }
}

fn facts(reference: &Reference, cases: &[(CaseId, CaseState)], cluster: &str) -> Facts {
    // The unit of a group is one; of a single case it is the case's as it stands.
    let way = cases.first().map(|(_, case)| way(reference, case)).unwrap_or_default();
    Facts {
        cases: cases.iter().map(|(id, _)| *id).collect(),
        cluster: cluster.to_owned(),
        wrongdoing: cases.iter().any(|(_, case)| case.wrongdoing),
        way,
    }
}

fn ladder<'a>(rules: &'a Rulebook, id: &str, calendar: &'a Calendar) -> Result<Rules<'a>, Error> {
    let ladder = rules.ladder(id).ok_or_else(|| Error::Refused(Refusal::NoRule(id.to_owned())))?;
    Ok(Rules { rules, ladder, calendar })
}

fn dated(at: Instant, events: Vec<EscalationEvent>, rules: &Rulebook) -> Decision<EscalationEvent> {
    Decision::dated(events.into_iter().map(|event| (at, event)).collect()).by(rules)
}

impl Application {
    async fn cases_of(&self, cases: &[CaseId]) -> Result<Vec<(CaseId, CaseState)>, Error> {
        let mut all = Vec::with_capacity(cases.len());
        for id in cases {
            let state = self.load_case(*id).await?.state;
            if state.exists() {
                all.push((*id, state));
            }
        }
        Ok(all)
    }

    fn rulebook(&self, reference: &Reference, name: &str) -> Result<Arc<Rulebook>, Error> {
        reference.rulebooks.by_reference(name).ok_or(Error::NoRulebook)
    }

    /// What a case expects of this trigger now, decided from the log: it may have been answered meanwhile.
    fn expects(&self, reference: &Reference, case: &CaseState, trigger: &str) -> Option<(Arc<Rulebook>, Expected)> {
        let rules = reference.rulebooks.by_reference(&case.rulebook)?;
        let calendar = |version: &str| reference.calendars.by_version(version).unwrap_or_else(|| reference.calendar());
        let found = expected(case, &rules, calendar).into_iter().find(|one| one.trigger == trigger)?;
        let now = self.now();
        (found.at <= now && found.at >= now - TOO_OLD).then_some((rules, found))
    }

    /// Raises a case by a trigger that has come, at its instant; once.
    ///
    /// # Errors
    /// Log errors.
    pub async fn escalate_by_trigger(&self, meta: &Meta, case: CaseId, trigger: &str) -> Result<Done, Error> {
        let cases = self.cases_of(&[case]).await?;
        let reference = self.reference();
        let Some((rules, found)) = cases.first().and_then(|(_, state)| self.expects(&reference, state, trigger)) else {
            return Ok(NOTHING);
        };
        let rules_of = ladder(&rules, &found.ladder, reference.calendar())?;
        let about = facts(&reference, &cases, "");
        let stream = stream_of_case(&found.ladder, case);
        self.on_supervision::<Escalation, _>(meta, &stream, |situation| {
            let events = raise(situation.state, &about, rules_of, found.level, Why::Trigger(found.entry, trigger), found.at)?;
            Ok(dated(found.at, events, &rules))
        })
        .await
    }

    /// Raises a group of like cases of several petitioners, or lets a further case join it; once for each case.
    /// `members` are the cases that the view counts; each is folded anew, and the ones that do not belong are left out.
    ///
    /// # Errors
    /// Log errors.
    pub async fn escalate_cluster(&self, meta: &Meta, name: &str, members: &[CaseId], at: Instant) -> Result<Done, Error> {
        if at < self.now() - TOO_OLD {
            return Ok(NOTHING);
        }
        let mut cases = self.cases_of(members).await?;
        cases.retain(|(_, case)| !case.stage.is_ended() && cluster(case).as_deref() == Some(name));
        let reference = self.reference();
        let Some((_, first)) = cases.first() else { return Ok(NOTHING) };
        let Some(rules) = reference.rulebooks.by_reference(&first.rulebook) else { return Ok(NOTHING) };
        let Some((of, trigger)) = cluster_trigger(&rules, &first.class) else { return Ok(NOTHING) };
        let rules_of = Rules { rules: &rules, ladder: of, calendar: reference.calendar() };
        let about = facts(&reference, &cases, name);
        let stream = self.open_group(&of.id, name).await?;
        self.on_supervision::<Escalation, _>(meta, &stream, |situation| {
            let new: Vec<CaseId> =
                about.cases.iter().filter(|case| situation.state.is_none_or(|state| !state.cases.contains(case))).copied().collect();
            let Some(first) = new.first() else { return Ok(Decision::nothing()) };
            let key = format!("petitioners/{}", first.0);
            let events = match situation.state {
                Some(state) if state.is_open() => join(state, &new, |case| format!("petitioners/{}", case.0)),
                // Over since it was looked for: the next look finds the one after it.
                Some(_) => return Ok(Decision::nothing()),
                None => raise(situation.state, &about, rules_of, trigger.level, Why::Trigger(Entry::Petitioners, &key), at)?,
            };
            Ok(dated(at, events, &rules))
        })
        .await
    }

    /// The stream of the group that takes cases now: the first that is not over, from those on that the views know to be.
    async fn open_group(&self, ladder: &str, cluster: &str) -> Result<String, Error> {
        let mut nth = self.projections.views().groups_over(ladder, cluster).map_err(|error| Error::Internal(error.to_string()))?;
        loop {
            let stream = stream_of_cluster(ladder, cluster, nth);
            match self.stream_state::<Escalation>(&stream).await? {
                Some(state) if !state.is_open() => nth += 1,
                _ => return Ok(stream),
            }
        }
    }

    /// Lets the clock act on a matter: it follows its cases, and what is out of time goes up or is tracked, at its instant.
    ///
    /// # Errors
    /// Log errors.
    pub async fn tick_escalation(&self, meta: &Meta, stream: &str) -> Result<Done, Error> {
        let Some(seen) = self.stream_state::<Escalation>(stream).await? else { return Err(Error::NotFound) };
        let cases = self.cases_of(&seen.cases).await?;
        let reference = self.reference();
        let states: Vec<CaseState> = cases.iter().map(|(_, case)| case.clone()).collect();
        self.on_supervision::<Escalation, _>(meta, stream, |situation| {
            let Some(state) = situation.state.filter(|state| state.cases == seen.cases) else { return Ok(Decision::nothing()) };
            let rules = self.rulebook(&reference, &state.rulebook)?;
            let about = facts(&reference, &cases, &state.cluster);
            let about = Facts { cases: Vec::new(), ..about };
            let acts = tick(state, &states, &about, ladder(&rules, &state.ladder, reference.calendar())?, situation.now)?;
            Ok(Decision::dated(acts).by(&rules))
        })
        .await
    }

    /// Raises a case by hand to a level, on the ladder of its class.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Forbidden`], [`Error::Refused`].
    pub async fn escalate_case(&self, meta: &Meta, case: CaseId, to: u8, entry: Option<Entry>, reason: &str) -> Result<Done, Error> {
        let cases = self.cases_of(&[case]).await?;
        let reference = self.reference();
        let Some((_, state)) = cases.first() else { return Err(Error::NotFound) };
        if !access::may(&meta.actor, access::Act::View, state, reference.as_ref()) {
            return Err(Error::NotFound);
        }
        if !may_begin(&meta.actor, state.unit.as_ref()) {
            return Err(Error::Forbidden);
        }
        if state.stage.is_ended() {
            return Err(Error::Refused(Refusal::Stage(state.stage.label())));
        }
        let now = self.now();
        let rules = reference.rulebooks.resolve(now, now).ok_or(Error::NoRulebook)?;
        let of = rules.ladder_of(&state.class).ok_or_else(|| Refusal::NoRule("提级".to_owned()))?;
        let rules_of = Rules { rules: &rules, ladder: of, calendar: reference.calendar() };
        let about = facts(&reference, &cases, "");
        let stream = stream_of_case(&of.id, case);
        self.on_supervision::<Escalation, _>(meta, &stream, |situation| {
            let events = by_hand(&meta.actor, &situation, &about, rules_of, to, entry, reason)?;
            Ok(dated(situation.now, events, &rules))
        })
        .await
    }

    /// Acts on a matter that is there: permission and rules on the state that is decided on.
    async fn on_escalation(
        &self,
        meta: &Meta,
        stream: &str,
        act: Act,
        decide: impl Fn(&Situation<'_, Escalation>, &Escalation, &Facts, Rules<'_>) -> Result<Vec<EscalationEvent>, Error>,
    ) -> Result<Done, Error> {
        let Some(seen) = self.stream_state::<Escalation>(stream).await? else { return Err(Error::NotFound) };
        let cases = self.cases_of(&seen.cases).await?;
        let reference = self.reference();
        self.on_supervision::<Escalation, _>(meta, stream, |situation| {
            let state = situation.state.ok_or(Error::NotFound)?;
            let visible = |case: &CaseState| access::may(&meta.actor, access::Act::View, case, reference.as_ref());
            if !sees(&meta.actor, state, reference.as_ref()) && !cases.iter().any(|(_, case)| visible(case)) {
                return Err(Error::NotFound);
            }
            if !may(&meta.actor, act, state, reference.as_ref()) {
                return Err(Error::Forbidden);
            }
            let rules = self.rulebook(&reference, &state.rulebook)?;
            let about = Facts { cases: Vec::new(), ..facts(&reference, &cases, &state.cluster) };
            let events = decide(&situation, state, &about, ladder(&rules, &state.ladder, reference.calendar())?)?;
            Ok(dated(situation.now, events, &rules))
        })
        .await
    }

    /// Raises a matter to a higher level by hand.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Forbidden`], [`Error::Refused`].
    pub async fn raise_escalation(&self, meta: &Meta, stream: &str, to: u8, entry: Option<Entry>, reason: &str) -> Result<Done, Error> {
        let decide = |situation: &Situation<'_, Escalation>, _: &Escalation, about: &Facts, rules: Rules<'_>| {
            by_hand(&meta.actor, situation, about, rules, to, entry, reason)
        };
        self.on_escalation(meta, stream, Act::Raise, decide).await
    }

    /// Gives a matter back to a lower level.
    ///
    /// # Errors
    /// As [`Self::raise_escalation`].
    pub async fn lower_escalation(&self, meta: &Meta, stream: &str, to: u8, reason: &str) -> Result<Done, Error> {
        let decide = |situation: &Situation<'_, Escalation>, state: &Escalation, about: &Facts, rules: Rules<'_>| {
            Ok(lower(state, about, rules, to, reason, situation.now)?)
        };
        self.on_escalation(meta, stream, Act::Lower, decide).await
    }

    /// Records a 会商.
    ///
    /// # Errors
    /// As [`Self::raise_escalation`].
    pub async fn convene_escalation(&self, meta: &Meta, stream: &str, meeting: &Convening) -> Result<Done, Error> {
        let reference = self.reference();
        let known = |unit| reference.unit(unit).is_some_and(|unit| unit.closed.is_none());
        if !meeting.units.iter().chain(meeting.tasks.iter().map(|(unit, ..)| unit)).all(known) {
            return Err(Refusal::field("units", "所选单位不在名册里或已撤销，请重新选择").into());
        }
        let decide = |situation: &Situation<'_, Escalation>, state: &Escalation, _: &Facts, _: Rules<'_>| {
            Ok(convene(state, meeting, situation.now)?)
        };
        self.on_escalation(meta, stream, Act::Convene, decide).await
    }

    /// Reports what came of the level.
    ///
    /// # Errors
    /// As [`Self::raise_escalation`].
    pub async fn report_escalation(&self, meta: &Meta, stream: &str, words: &str) -> Result<Done, Error> {
        let decide = |_: &Situation<'_, Escalation>, state: &Escalation, _: &Facts, _: Rules<'_>| Ok(report(state, words)?);
        self.on_escalation(meta, stream, Act::Report, decide).await
    }

    /// Records the outcome.
    ///
    /// # Errors
    /// As [`Self::raise_escalation`].
    pub async fn resolve_escalation(&self, meta: &Meta, stream: &str, words: &str) -> Result<Done, Error> {
        let decide = |_: &Situation<'_, Escalation>, state: &Escalation, _: &Facts, _: Rules<'_>| Ok(resolve(state, words)?);
        self.on_escalation(meta, stream, Act::Resolve, decide).await
    }
}

fn sees(actor: &Actor, state: &Escalation, tree: &dyn Tree) -> bool {
    may(actor, Act::View, state, tree)
}

fn by_hand(
    actor: &Actor,
    situation: &Situation<'_, Escalation>,
    about: &Facts,
    rules: Rules<'_>,
    to: u8,
    entry: Option<Entry>,
    reason: &str,
) -> Result<Vec<EscalationEvent>, Error> {
    let Some(entry) = entry else { return Err(Refusal::field("entry", "请选择提级原因").into()) };
    if rules.ladder.level(to).is_none() || to < 2 {
        return Err(Refusal::field("level", "请选择要提到的级别").into());
    }
    let level = situation.state.filter(|state| state.is_open()).map_or(1, |state| state.level);
    if to > highest(actor, level) {
        return Err(Refusal::field("level", "单位每次只能提高一级，请选择上一级").into());
    }
    Ok(raise(situation.state, about, rules, to, Why::Hand(entry, reason), situation.now)?)
}
