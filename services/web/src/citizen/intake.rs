//! Where a demand goes: into the log, or at a node outside into a letter to the inner zone.

use application::{Actor, Error, Meta};
use domain::case::command::File;
use domain::ids::CaseId;
use uuid::Uuid;

use crate::ctx::Ctx;

/// The public number of a new case. Outside it follows from the form, so that the same form always has the same.
pub(super) fn number(ctx: &Ctx, form: Uuid) -> String {
    match ctx.outside() {
        Some(outside) => outside.number(CaseId::of_form(form)),
        None => ctx.app().ids.number(),
    }
}

/// Files it; durable when this returns.
///
/// # Errors
/// What the rules say; one that [passes](Error::is_passing) when it was not taken.
pub(super) async fn file(ctx: &Ctx, form: Uuid, file: File) -> Result<CaseId, Error> {
    match ctx.outside() {
        Some(outside) => super::outside::file(ctx, outside, form, file).await,
        None => Ok(ctx.app().file(&Meta::new(Actor::Citizen, form), form, file).await?.case),
    }
}
