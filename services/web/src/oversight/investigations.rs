//! Complaints about the efficiency of units (效能投诉件): the office's list and file, the unit's recommendation, the
//! hotline's referral. Who may see what is asked in `application::access::investigation`.

pub(crate) mod act;
pub(crate) mod enter;
pub(crate) mod file;
mod forms;
pub(crate) mod list;
pub(crate) mod referral;
pub(crate) mod say;
pub(crate) mod unit;

use domain::ids::{InvestigationId, UnitCode};
use projections::Reference;
use uuid::Uuid;

use crate::ctx::Ctx;
use crate::error::Fault;

/// Most names of units offered while typing; any other can be typed in full.
const OFFERED: usize = 300;

/// The investigation of the address.
fn id_of(ctx: &Ctx) -> Result<InvestigationId, Fault> {
    Uuid::try_parse(ctx.part("id")).map(InvestigationId).map_err(|_| Fault::NotFound)
}

/// Names of units to offer, from the top of the register.
pub(crate) fn unit_names(reference: &Reference) -> Vec<String> {
    let mut units: Vec<_> = reference.units().filter(|unit| unit.closed.is_none()).collect();
    units.sort_by(|a, b| (a.level, a.code.as_str()).cmp(&(b.level, b.code.as_str())));
    units.into_iter().take(OFFERED).map(|unit| unit.name().to_owned()).collect()
}

/// The unit of a name or a code.
pub(crate) fn unit_of(reference: &Reference, text: &str) -> Result<UnitCode, String> {
    let text = text.trim();
    if text.is_empty() {
        return Err("请填写被投诉单位".to_owned());
    }
    let open = || reference.units().filter(|unit| unit.closed.is_none());
    let named: Vec<_> = open().filter(|unit| unit.name() == text || unit.code.as_str() == text).collect();
    let found = if named.is_empty() { open().filter(|unit| unit.name().contains(text)).take(7).collect() } else { named };
    match found.as_slice() {
        [unit] => Ok(unit.code.clone()),
        [] => Err("名册里没有这个单位，请填写单位全称，或者从名单里选".to_owned()),
        several => {
            let names: Vec<&str> = several.iter().take(6).map(|unit| unit.name()).collect();
            Err(format!("有几个单位名称相近，请填写全称：{}", names.join("、")))
        }
    }
}
