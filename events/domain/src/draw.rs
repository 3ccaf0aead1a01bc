//! The draw of units and inspectors (双随机, domain.md I14, I15): what is drawn from and the hash of a seed are recorded
//! before the seed is shown, and the same registers, seed and word give the same draw anywhere. The algorithm and how to
//! replay it stand in `ops/docs/draw.md`. Stream `draw-<uuid>`.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::events::events;
use crate::folded::Folded;
use crate::ids::{AccountId, UnitCode};
use crate::inspection::Assignment;
use crate::private::{OfficeRole, Private};
use crate::refusal::{Field, Refusal};
use crate::time::Instant;
use crate::veil::{Veiled, sha256_hex};

/// Name of the algorithm, recorded with every draw.
pub const ALGORITHM: &str = "xiaoneng-draw-1";

/// Units that are drawn by themselves, so that some have a higher rate (I14).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stratum {
    /// Its name.
    pub label: String,
    /// How many are drawn.
    pub take: u16,
    /// The units, in the order of their codes.
    pub units: Vec<UnitCode>,
}

/// What is drawn from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Registers {
    /// Objects.
    pub strata: Vec<Stratum>,
    /// Inspectors, in the order of their ids.
    pub inspectors: Vec<AccountId>,
    /// Inspectors for each unit.
    pub per_unit: u8,
    /// Who must not inspect which unit.
    pub recusals: Vec<(AccountId, UnitCode)>,
}

impl Registers {
    /// The same with every list in its order and nothing twice, so that its hash says what is in it and no more.
    #[must_use]
    pub fn in_order(mut self) -> Self {
        for stratum in &mut self.strata {
            stratum.units = std::mem::take(&mut stratum.units).into_iter().collect::<BTreeSet<_>>().into_iter().collect();
        }
        self.inspectors = std::mem::take(&mut self.inspectors).into_iter().collect::<BTreeSet<_>>().into_iter().collect();
        self.recusals = std::mem::take(&mut self.recusals).into_iter().collect::<BTreeSet<_>>().into_iter().collect();
        self
    }

    /// The text whose SHA-256 is recorded.
    pub fn statement(&self) -> String {
        let mut lines = vec![ALGORITHM.to_owned()];
        for stratum in &self.strata {
            lines.push(format!("stratum {} {}", stratum.take, stratum.label));
            lines.extend(stratum.units.iter().map(ToString::to_string));
        }
        lines.push(format!("inspectors {}", self.per_unit));
        lines.extend(self.inspectors.iter().map(|account| account.0.to_string()));
        lines.push("recusals".to_owned());
        lines.extend(self.recusals.iter().map(|(account, unit)| format!("{} {unit}", account.0)));
        lines.join("\n")
    }

    /// SHA-256 of [`Self::statement`].
    pub fn hash(&self) -> String {
        sha256_hex(self.statement().as_bytes())
    }

    /// The draw: every entry of a register is given the SHA-256 of seed, word, label and entry; the smallest come first.
    pub fn draw(&self, seed: &str, word: &str) -> Vec<Assignment> {
        let first = |label: &str, entries: Vec<String>, take: usize| -> Vec<String> {
            let rank = |entry: &String| sha256_hex([seed, word, label, entry].join("\0").as_bytes());
            let mut ranked: Vec<(String, String)> = entries.into_iter().map(|entry| (rank(&entry), entry)).collect();
            ranked.sort_unstable();
            ranked.into_iter().take(take).map(|(_, entry)| entry).collect()
        };
        let mut drawn = Vec::new();
        for stratum in &self.strata {
            let units = stratum.units.iter().map(ToString::to_string).collect();
            let label = format!("unit/{}", stratum.label);
            let chosen = first(&label, units, usize::from(stratum.take));
            for unit in chosen.iter().filter_map(|code| stratum.units.iter().find(|unit| unit.as_str() == code)) {
                let free = self.inspectors.iter().filter(|account| !self.recusals.contains(&(**account, unit.clone())));
                let names =
                    first(&format!("inspector/{unit}"), free.map(|account| account.0.to_string()).collect(), usize::from(self.per_unit));
                let inspectors = names.iter().filter_map(|id| Uuid::try_parse(id).ok()).map(AccountId).collect();
                drawn.push(Assignment { unit: unit.clone(), inspectors });
            }
        }
        drawn
    }
}

/// Registers and the hash of the seed were recorded; the seed is sealed until it is revealed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DrawCommitted {
    /// For which check.
    pub inspection: Uuid,
    /// By whom.
    pub by: AccountId,
    /// The algorithm.
    pub algorithm: String,
    /// SHA-256 of the seed as text.
    pub commitment: String,
    /// What is drawn from; sealed for a covert check.
    pub registers: Veiled<Registers>,
    /// SHA-256 of the registers' text.
    pub registers_hash: String,
    /// The seed.
    pub seed: Private<String, OfficeRole>,
}

/// The draw was made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DrawRevealed {
    /// By whom.
    pub by: AccountId,
    /// A word given on the spot after the commitment, so that the program could not choose the outcome by the seed.
    pub word: String,
    /// The seed.
    pub seed: Veiled<String>,
    /// What was drawn.
    pub result: Veiled<Vec<Assignment>>,
}

events! {
    /// What happened to a draw.
    DrawEvent {
        /// Registers and the hash of the seed were recorded, before the seed is known to anybody.
        Committed(DrawCommitted) => "draw_committed" 1,
        /// The seed was shown and the draw made.
        Revealed(DrawRevealed) => "draw_revealed" 1,
    }
}

/// A draw.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DrawState {
    /// As committed.
    pub committed: DrawCommitted,
    /// When.
    pub at: Instant,
    /// As revealed, and when.
    pub revealed: Option<(Instant, DrawRevealed)>,
}

impl Folded for DrawState {
    type Event = DrawEvent;
    const KIND: &'static str = "draw";

    fn evolve(before: Option<Self>, at: Instant, event: &DrawEvent) -> Option<Self> {
        match event {
            DrawEvent::Committed(e) => Some(Self { committed: e.clone(), at, revealed: None }),
            DrawEvent::Revealed(e) => before.map(|state| Self { revealed: Some((at, e.clone())), ..state }),
        }
    }
}

/// The draw of a check: one, so that nobody draws again until it suits him.
pub fn id_of(inspection: Uuid) -> Uuid {
    Uuid::new_v5(&inspection, b"draw")
}

/// Records registers and the hash of a seed.
///
/// # Errors
/// [`Refusal::Exists`]; [`Refusal::Fields`] when there are not enough units or inspectors.
pub fn commit(
    state: Option<&DrawState>,
    inspection: Uuid,
    by: AccountId,
    registers: Registers,
    seed: &str,
    covert: bool,
) -> Result<Vec<DrawEvent>, Refusal> {
    if state.is_some() {
        return Err(Refusal::Exists);
    }
    let registers = registers.in_order();
    let mut fields = Vec::new();
    for stratum in &registers.strata {
        if stratum.units.len() < usize::from(stratum.take) {
            let words = format!("“{}”只有 {} 个单位，不够抽取 {} 个", stratum.label, stratum.units.len(), stratum.take);
            fields.push(Field { name: "", words });
        }
    }
    let short = registers.strata.iter().flat_map(|stratum| &stratum.units).find(|unit| {
        let free = registers.inspectors.iter().filter(|account| !registers.recusals.contains(&(**account, (*unit).clone())));
        free.count() < usize::from(registers.per_unit)
    });
    if let Some(unit) = short {
        fields.push(Field {
            name: "", words: format!("回避后，单位 {unit} 的检查人员不足 {} 人，请增加检查人员", registers.per_unit)
        });
    }
    if registers.per_unit < 2 || registers.strata.iter().all(|stratum| stratum.take == 0) {
        fields.push(Field { name: "", words: "抽取的单位或检查人员数不对，请重新制定计划".to_owned() });
    }
    Refusal::unless_empty(fields)?;
    let committed = DrawCommitted {
        inspection,
        by,
        algorithm: ALGORITHM.to_owned(),
        commitment: sha256_hex(seed.as_bytes()),
        registers_hash: registers.hash(),
        registers: Veiled::new(covert, registers),
        seed: Private::new(seed.to_owned()),
    };
    Ok(vec![committed.into()])
}

/// Draws. The state has its private values open. Drawing again gives nothing.
///
/// # Errors
/// [`Refusal::Fields`] for a word that is none; [`Refusal::Missing`] when the seed is gone.
pub fn reveal(state: &DrawState, by: AccountId, word: &str, covert: bool) -> Result<Vec<DrawEvent>, Refusal> {
    if state.revealed.is_some() {
        return Ok(Vec::new());
    }
    let word = word.trim();
    if !(4..=20).contains(&word.chars().count()) || !word.chars().all(char::is_alphanumeric) {
        return Err(Refusal::field("word", "请填写现场报出的 4 到 20 位数字或文字，不含空格和标点"));
    }
    let (Some(seed), Some(registers)) = (state.committed.seed.known(), state.committed.registers.known()) else {
        return Err(Refusal::Missing);
    };
    let result = registers.draw(seed, word);
    let revealed = DrawRevealed { by, word: word.to_owned(), seed: Veiled::new(covert, seed.clone()), result: Veiled::new(covert, result) };
    Ok(vec![revealed.into()])
}

#[cfg(test)]
mod tests;
