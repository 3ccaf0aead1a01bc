//! What readers see of an assessment.

use domain::assessment::{BodyCounts, BodyResult, BodyState, Stage, YearState, body_stream, score, year_stream};
use domain::ids::UnitCode;
use domain::rulebook::scheme::Scheme;
use domain::time::Period;
use projections::StreamRow;

use super::gather::MOST_BODIES;
use super::{calculation, scheme_of};
use crate::access::assessment::{Act, may};
use crate::actor::Actor;
use crate::error::Error;
use crate::store::Application;
use crate::supervision::OpenedStream;

/// The scores of all bodies, and where in the log they were counted.
#[derive(Debug, Clone)]
pub struct Scored {
    /// The year.
    pub year: YearState,
    /// Its scheme.
    pub scheme: Scheme,
    /// Results in the order of the year's bodies.
    pub results: Vec<BodyResult>,
    /// What they were calculated from.
    pub counts: Vec<BodyCounts>,
    /// The place in the log.
    pub cut_off: u64,
    /// States of the bodies by their order; default before anything happened to one.
    pub bodies: Vec<BodyState>,
}

impl Scored {
    /// Bodies whose sheet has not been written (a crash came between).
    pub fn missing(&self) -> usize {
        match self.year.stage {
            Stage::Opened => 0,
            Stage::Drafted => self.bodies.iter().filter(|body| body.drafted.is_none()).count(),
            Stage::Finalised | Stage::Published => self.bodies.iter().filter(|body| body.finalised_at.is_none()).count(),
        }
    }
}

/// A body's sheet, opened for a reader.
#[derive(Debug, Clone)]
pub struct BodySheet {
    /// The year.
    pub year: YearState,
    /// Its scheme.
    pub scheme: Scheme,
    /// The body's stream with its words; none before anything happened to it.
    pub opened: Option<OpenedStream<BodyState>>,
}

impl Application {
    /// The years, newest first.
    ///
    /// # Errors
    /// [`Error::Forbidden`]; views that cannot be read.
    pub fn assessments(&self, actor: &Actor, limit: usize) -> Result<Vec<StreamRow<YearState>>, Error> {
        if !may(actor, Act::See, None) {
            return Err(Error::Forbidden);
        }
        let views = self.projections.views();
        let mut rows = views.streams::<YearState>(None, limit).map_err(|error| Error::Internal(error.to_string()))?;
        rows.sort_by_key(|row| std::cmp::Reverse(row.state.year));
        Ok(rows)
    }

    /// A year with the scores of all its bodies: as they stand now while it is open, as drafted and decided since.
    ///
    /// # Errors
    /// [`Error::NotFound`] for whoever may not see it.
    pub async fn assessment(&self, actor: &Actor, year: i32) -> Result<Scored, Error> {
        if !may(actor, Act::See, None) {
            return Err(Error::NotFound);
        }
        self.scored(year).await
    }

    /// The same after its publication, for every member of staff of a unit that takes part.
    ///
    /// # Errors
    /// [`Error::NotFound`] before the publication and for others.
    pub async fn published_assessment(&self, actor: &Actor, year: i32) -> Result<Scored, Error> {
        let scored = self.scored(year).await?;
        let unit = actor.staff().and_then(|staff| staff.unit.as_ref());
        let takes_part = unit.is_some_and(|unit| scored.year.body(unit).is_some());
        let open = scored.year.stage == Stage::Published && takes_part;
        if open || may(actor, Act::See, None) { Ok(scored) } else { Err(Error::NotFound) }
    }

    async fn scored(&self, year: i32) -> Result<Scored, Error> {
        let state = self.year_state(year).await?;
        let scheme = scheme_of(&state)?;
        let fault = |error: projections::ViewError| Error::Internal(error.to_string());
        let views = self.projections.views();
        let cut_off = state.drafted.as_ref().map(|(_, drafted)| drafted.cut_off);
        let mut found: std::collections::HashMap<String, BodyState> = views
            .streams_named::<BodyState>(&format!("assessed-{year}-"), MOST_BODIES)
            .map_err(fault)?
            .into_iter()
            .map(|row| (row.name, row.state))
            .collect();
        let bodies: Vec<BodyState> =
            state.bodies.iter().map(|body| found.remove(&body_stream(year, &body.unit)).unwrap_or_default()).collect();
        let sheets = bodies.iter().filter_map(|body| body.sheet.as_ref());
        let (cut_off, counts) = match cut_off {
            Some(cut_off) => (cut_off, sheets.clone().map(super::counts_of).collect()),
            None => {
                let now = views.position().map_err(fault)?;
                (now, self.gather(&state, &scheme, year * 100 + 1, year * 100 + 12, now)?)
            }
        };
        let results = if state.drafted.is_some() {
            sheets
                .map(|sheet| BodyResult {
                    unit: sheet.unit.clone(),
                    group: sheet.group.clone(),
                    lines: sheet.lines.clone(),
                    total: sheet.total,
                    grade: sheet.grade,
                })
                .collect()
        } else {
            score::score(&scheme, &counts).map_err(calculation)?
        };
        Ok(Scored { year: state, scheme, results, counts, cut_off, bodies })
    }

    /// The scores of one month, calculated as the log stands at `cut_off` (none = now); points given by hand are not of a
    /// month and are left out.
    ///
    /// # Errors
    /// [`Error::NotFound`] for whoever may not see it.
    pub async fn assessment_month(&self, actor: &Actor, period: Period, cut_off: Option<u64>) -> Result<Scored, Error> {
        if !may(actor, Act::See, None) {
            return Err(Error::NotFound);
        }
        let state = self.year_state(period / 100).await?;
        let scheme = scheme_of(&state)?;
        let position = self.projections.views().position().map_err(|error| Error::Internal(error.to_string()))?;
        let cut_off = cut_off.map_or(position, |place| place.min(position));
        let counts = self.gather(&state, &scheme, period, period, cut_off)?;
        let results = score::score(&scheme, &counts).map_err(calculation)?;
        Ok(Scored { year: state, scheme, results, counts, cut_off, bodies: Vec::new() })
    }

    /// A body's sheet.
    ///
    /// # Errors
    /// [`Error::NotFound`] for whoever may not see it.
    pub async fn assessment_sheet(&self, actor: &Actor, year: i32, unit: &UnitCode) -> Result<BodySheet, Error> {
        let opened = match self
            .open_supervision::<BodyState>(&body_stream(year, unit), |state| may(actor, Act::SeeSheet(unit), Some(state)))
            .await
        {
            Ok(opened) => Some(opened),
            // Nothing has happened to it yet: the office may look all the same.
            Err(Error::NotFound) if may(actor, Act::See, None) => None,
            Err(error) => return Err(error),
        };
        let year = self.year_state(year).await?;
        year.body(unit).ok_or(Error::NotFound)?;
        let scheme = scheme_of(&year)?;
        Ok(BodySheet { year, scheme, opened })
    }

    /// The years in which a unit has a sheet that this reader may see, newest first.
    ///
    /// # Errors
    /// Views that cannot be read.
    pub fn own_assessments(&self, actor: &Actor, unit: &UnitCode) -> Result<Vec<(i32, BodyState)>, Error> {
        let views = self.projections.views();
        let fault = |error: projections::ViewError| Error::Internal(error.to_string());
        let mut own = Vec::new();
        for row in views.streams::<YearState>(None, 50).map_err(fault)? {
            let name = body_stream(row.state.year, unit);
            if let Some(body) = views.stream::<BodyState>(&name).map_err(fault)?
                && may(actor, Act::SeeSheet(unit), Some(&body.state))
            {
                own.push((row.state.year, body.state));
            }
        }
        own.sort_by_key(|(year, _)| std::cmp::Reverse(*year));
        Ok(own)
    }

    /// The name of a year's stream, for links.
    pub fn assessment_stream(year: i32) -> String {
        year_stream(year)
    }
}
