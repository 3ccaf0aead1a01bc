//! Commands on staff accounts. Only the security administrator opens and changes them; the holder changes the password.

use domain::account::{self, AccountEvent, AccountOpened, AccountRejection, AccountState, Role, StaffKind};
use domain::event::Event;
use domain::ids::{AccountId, NAMESPACE, UnitCode};
use domain::private::Private;
use event_log::Envelope;
use uuid::Uuid;

use crate::actor::{Actor, Meta};
use crate::error::Error;
use crate::store::{Application, Done};

/// An account to open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAccount {
    /// Sign-in name.
    pub login: String,
    /// The holder's name.
    pub name: String,
    /// Mobile phone.
    pub phone: String,
    /// Mail address.
    pub email: String,
    /// Unit.
    pub unit: Option<UnitCode>,
    /// How employed.
    pub staff: StaffKind,
    /// Roles.
    pub roles: Vec<Role>,
}

impl NewAccount {
    /// Whether an account like this may be opened, as far as it says of itself.
    ///
    /// # Errors
    /// Why not.
    pub fn check(&self) -> Result<(), AccountRejection> {
        account::open(None, self.clone().opened(), String::new(), true).map(|_| ())
    }

    fn opened(self) -> AccountOpened {
        let optional = |text: &str| (!text.trim().is_empty()).then(|| Private::new(text.trim().to_owned()));
        AccountOpened {
            login: self.login.trim().to_lowercase(),
            name: Private::new(self.name.trim().to_owned()),
            phone: optional(&self.phone),
            email: optional(&self.email),
            unit: self.unit,
            staff: self.staff,
            roles: self.roles,
        }
    }
}

/// The account of a sign-in name: derived, so that two cannot have the same one.
pub fn account_of_login(login: &str) -> AccountId {
    AccountId(Uuid::new_v5(&NAMESPACE, format!("account/{login}").as_bytes()))
}

impl Application {
    /// Opens an account with a first password that must be changed.
    ///
    /// # Errors
    /// [`Error::Account`], [`Error::WeakPassword`], [`Error::Forbidden`].
    pub async fn open_account(&self, meta: &Meta, new: NewAccount, password: &str, must_change: bool) -> Result<(AccountId, Done), Error> {
        may_manage(&meta.actor)?;
        let login = new.login.trim().to_lowercase();
        let id = account_of_login(&login);
        if self.reference().account(id).is_some() {
            return Err(AccountRejection::LoginTaken.into());
        }
        // Refuse bad input before the expensive hash.
        new.check()?;
        let opened = new.opened();
        let hash = self.passwords.hash(password, &login, self.vault_entropy()).await?;
        let done = self
            .on_stream(&id.stream(), meta, |envelopes| {
                let events = account::open(fold(envelopes)?.as_ref(), opened.clone(), hash.clone(), must_change)?;
                if events.is_empty() { Err(AccountRejection::LoginTaken.into()) } else { Ok(into(events)) }
            })
            .await?;
        Ok((id, done))
    }

    /// Sets a password: the holder's own, or a first one by the security administrator.
    ///
    /// # Errors
    /// [`Error::WeakPassword`], [`Error::Forbidden`], [`Error::Account`].
    pub async fn set_password(&self, meta: &Meta, id: AccountId, password: &str) -> Result<Done, Error> {
        let own = meta.actor.staff().is_some_and(|staff| staff.account == id);
        if !own {
            may_manage(&meta.actor)?;
        }
        let login = self.reference().account(id).map(|account| account.login.clone()).ok_or(Error::NotFound)?;
        let hash = self.passwords.hash(password, &login, self.vault_entropy()).await?;
        self.on_stream(&id.stream(), meta, |envelopes| Ok(into(account::set_password(fold(envelopes)?.as_ref(), hash.clone(), !own)?)))
            .await
    }

    /// Changes unit and roles; never the own ones.
    ///
    /// # Errors
    /// [`Error::Account`], [`Error::Forbidden`].
    pub async fn set_roles(&self, meta: &Meta, id: AccountId, unit: Option<UnitCode>, roles: Vec<Role>) -> Result<Done, Error> {
        may_manage(&meta.actor)?;
        if !roles.contains(&Role::SecurityAdmin) {
            self.keep_a_security_admin(id)?;
        }
        if meta.actor.staff().is_some_and(|staff| staff.account == id && staff.roles != roles) {
            return Err(AccountRejection::OwnAccount.into());
        }
        self.on_stream(&id.stream(), meta, |envelopes| {
            Ok(into(account::set_roles(fold(envelopes)?.as_ref(), unit.clone(), roles.clone())?))
        })
        .await
    }

    /// Disables or enables an account; never the own one, never the last that can manage accounts.
    ///
    /// # Errors
    /// [`Error::Account`], [`Error::Forbidden`].
    pub async fn set_enabled(&self, meta: &Meta, id: AccountId, enabled: bool, reason: &str) -> Result<Done, Error> {
        may_manage(&meta.actor)?;
        let reason = reason.trim();
        if !enabled {
            if meta.actor.staff().is_some_and(|staff| staff.account == id) {
                return Err(AccountRejection::OwnAccount.into());
            }
            if !(2..=100).contains(&reason.chars().count()) {
                return Err(AccountRejection::NoReason.into());
            }
            self.keep_a_security_admin(id)?;
        }
        self.on_stream(&id.stream(), meta, |envelopes| {
            Ok(into(account::set_enabled(fold(envelopes)?.as_ref(), enabled, reason.to_owned())?))
        })
        .await
    }

    /// Another enabled security administrator is left beside this account, if it is one.
    fn keep_a_security_admin(&self, id: AccountId) -> Result<(), Error> {
        let reference = self.reference();
        let manages = |account: &&std::sync::Arc<projections::Account>| account.enabled && account.has(Role::SecurityAdmin);
        let all: Vec<AccountId> = reference.accounts().iter().filter(|account| manages(account)).map(|account| account.id).collect();
        if all == [id] { Err(AccountRejection::LastSecurityAdmin.into()) } else { Ok(()) }
    }

    /// A password to be used once: four groups of five characters without those that look alike.
    pub fn one_time_password(&self) -> String {
        const ALPHABET: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz234567899";
        let mut bytes = [0; 20];
        self.vault_entropy().fill(&mut bytes);
        let characters: Vec<char> = bytes.iter().map(|byte| char::from(ALPHABET[usize::from(byte % 32)])).collect();
        characters.chunks(5).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join("-")
    }

    pub(crate) fn vault_entropy(&self) -> std::sync::Arc<dyn vault::Entropy> {
        std::sync::Arc::new(vault::OsEntropy)
    }
}

fn may_manage(actor: &Actor) -> Result<(), Error> {
    match actor {
        Actor::Staff(staff) if staff.is(Role::SecurityAdmin) => Ok(()),
        Actor::CommandLine { .. } => Ok(()),
        _ => Err(Error::Forbidden),
    }
}

fn fold(envelopes: &[Envelope]) -> Result<Option<AccountState>, Error> {
    let mut state = None;
    for envelope in envelopes {
        state = account::evolve(state, &AccountEvent::from_slice(&envelope.kind, envelope.version, &envelope.data)?);
    }
    Ok(state)
}

fn into(events: Vec<AccountEvent>) -> Vec<Event> {
    events.into_iter().map(Event::from).collect()
}
