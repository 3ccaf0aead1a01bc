//! The pair of number and query code by which somebody without an account follows what is theirs.

use templates::components::Errors;

use crate::ctx::Ctx;
use crate::error::Fault;
use crate::form::Form;

/// What a form asks for by number and code: how it is called, and the paper that shows both.
pub(crate) struct Thing {
    pub(crate) name: &'static str,
    pub(crate) paper: &'static str,
}

impl Thing {
    /// Number and code as they were typed, and what is missing.
    ///
    /// # Errors
    /// [`Fault::TooMany`] when this address has asked too often.
    pub(crate) fn asked<'f>(&self, ctx: &Ctx, form: &'f Form) -> Result<(&'f str, &'f str, Errors), Fault> {
        let state = ctx.state();
        if let Some(seconds) = state.lookups.knock(&ctx.client(), state.settings.lookups_per_minute, ctx.app().now()) {
            return Err(Fault::TooMany(seconds));
        }
        let (number, code) = (form.get("number"), form.get("code"));
        let mut errors = Errors::none();
        if number.trim().is_empty() {
            errors = errors.and("number", &format!("请填写{}编号，在{}上，如 3K7Q-29XD-MA6", self.name, self.paper));
        }
        if code.trim().is_empty() {
            errors = errors.and("code", &format!("请填写查询码，在{}上，共 16 个字母和数字", self.paper));
        }
        Ok((number, code, errors))
    }
}
