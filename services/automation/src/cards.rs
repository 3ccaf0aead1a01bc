//! Cards: what a case calls for is put on record, and what has lost its ground is taken back. No card is issued here
//! (practice.md 12).

use projections::CardDue;

use crate::clockwork::{Automation, Error};

impl Automation {
    /// A batch of what is to be looked at about cards, oldest first.
    pub(crate) fn due_cards(&self) -> Result<Vec<CardDue>, Error> {
        let resting = self.memory().failures.count();
        let views = self.application.projections.views();
        Ok(views.due_cards(self.application.now(), self.settings.batch.saturating_add(resting))?)
    }

    /// Does what is called for; answers how many cards changed. A card that fails rests and the others go on.
    pub(crate) async fn keep_cards(&self, due: Vec<CardDue>) -> usize {
        let now = self.application.now();
        let mut done = 0;
        for row in due {
            if self.memory().failures.rests(row.card.0, now) {
                continue;
            }
            match self.application.keep_card(row.card, row.case).await {
                Ok(outcome) => {
                    self.memory().failures.succeeded(row.card.0);
                    done += usize::from(outcome.events > 0);
                }
                Err(error) => {
                    tracing::error!(card = %row.card.0, %error, "a card could not be looked at");
                    self.memory().failures.failed(row.card.0, now, error.to_string());
                }
            }
        }
        done
    }
}
