//! What a notice says, and to whom it goes: looked up when it is sent, never stored.

use application::cases::OpenedCase;
use domain::account::Role;
use domain::case::{CaseEvent, Clock, ClockKind, Holder};
use domain::codes::format_public_number;
use domain::deadline::promise;
use domain::duty;
use domain::ids::{AccountId, UnitCode};
use domain::notice::{Notice, NoticeKind, Recipient};
use domain::time::{Instant, legal_day};
use projections::{Account, NamedDuty, Reference};
use templates::mail::{self, Mail, Site};
use uuid::Uuid;

use crate::delivery::{Address, Message};
use crate::settings::CarrierSettings;
use crate::words;

/// What is to be done with a notice.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Letter {
    /// Sent: one message per reader.
    Messages(Vec<Message>),
    /// Nobody has to get it any more, or it has no address; why.
    Moot(&'static str),
}

/// The messages of a notice about a case. `opened` is the case, opened for the petitioner's address.
pub(crate) fn of_case(
    id: Uuid,
    owed: &Notice,
    opened: &OpenedCase,
    reference: &Reference,
    site: &Site,
    carrier: &CarrierSettings,
    now: Instant,
) -> Letter {
    let Some(entry) = opened.entries.iter().find(|entry| entry.id == owed.event) else {
        return Letter::Moot("通知所依据的事件不存在");
    };
    if opened.state.external.is_some() {
        return Letter::Moot("由来源系统通知");
    }
    let readers = match &owed.to {
        Recipient::Petitioner if opened.restricted => return Letter::Moot("个人信息已限制处理"),
        Recipient::Petitioner => match petitioner(opened, carrier) {
            Ok(address) => vec![(id, address)],
            Err(why) => return Letter::Moot(why),
        },
        Recipient::Unit(unit) => staff(id, reference, unit, carrier),
        Recipient::Account(account) => one(id, reference, *account, carrier),
    };
    match words(owed.kind, &entry.event, entry.occurred_at, opened, reference, site, now) {
        Err(why) => Letter::Moot(why),
        Ok(mail) => messages(readers, &mail, owed.urgent, entry.occurred_at),
    }
}

/// The messages of a notice about a duty. `standing` is the duty as it stands now; none when it is done.
pub(crate) fn of_duty(
    id: Uuid,
    owed: &Notice,
    standing: Option<&NamedDuty>,
    reference: &Reference,
    site: &Site,
    carrier: &CarrierSettings,
    now: Instant,
) -> Letter {
    let Some(NamedDuty { duty, year, ordinal }) = standing else { return Letter::Moot("事项已经办理，不再通知") };
    let (readers, holder) = match &owed.to {
        Recipient::Unit(unit) => {
            let name = reference.unit(unit).map_or_else(|| unit.to_string(), |unit| unit.name_on(legal_day(now)).to_owned());
            (holders(id, reference, unit, carrier), name)
        }
        Recipient::Account(account) => (one(id, reference, *account, carrier), "您本人".to_owned()),
        Recipient::Petitioner => return Letter::Moot("通知与事件不符"),
    };
    let mail = mail::Duty {
        site: site.clone(),
        number: duty::number(&duty.stream, *year, *ordinal),
        holder,
        task: duty::words(&duty.task).to_owned(),
        due: duty.due.map_or_else(|| "没有规定期限，请尽快办理".to_owned(), words::due),
    };
    messages(readers, &mail.mail(), owed.urgent, duty.since)
}

/// The same mail to every reader.
fn messages(readers: Vec<(Uuid, Address)>, mail: &Mail, urgent: bool, written_at: Instant) -> Letter {
    if readers.is_empty() {
        return Letter::Moot("收件人没有可用的地址");
    }
    let message =
        |(id, to)| Message { id, to, subject: mail.subject.clone(), text: mail.text.clone(), html: mail.html.clone(), urgent, written_at };
    Letter::Messages(readers.into_iter().map(message).collect())
}

fn petitioner(opened: &OpenedCase, carrier: &CarrierSettings) -> Result<Address, &'static str> {
    let filed = opened.entries.iter().find_map(|entry| match &entry.event {
        CaseEvent::Filed(filed) => Some(filed),
        _ => None,
    });
    let petitioner = filed.and_then(|filed| filed.petitioner.as_ref()).ok_or("诉求人没有留下联系方式")?;
    if petitioner.is_erased() {
        return Err("个人信息已依法删除");
    }
    let petitioner = petitioner.known().ok_or("无权查看联系方式")?;
    pick(&petitioner.email, &petitioner.phone, carrier).ok_or("诉求人没有留下该渠道可用的地址")
}

/// The liaisons of a unit; where it has none, its heads, and in the hotline office the dispatchers. Each reader's message
/// has an id of its own that follows from notice and account.
fn staff(notice: Uuid, reference: &Reference, unit: &UnitCode, carrier: &CarrierSettings) -> Vec<(Uuid, Address)> {
    let mut found = [Role::Liaison, Role::Head, Role::Dispatcher].into_iter().map(|role| with(notice, reference, unit, &[role], carrier));
    found.find(|found| !found.is_empty()).unwrap_or_default()
}

/// Whoever has the duties of a unit: its liaisons and its heads.
fn holders(notice: Uuid, reference: &Reference, unit: &UnitCode, carrier: &CarrierSettings) -> Vec<(Uuid, Address)> {
    with(notice, reference, unit, &[Role::Liaison, Role::Head], carrier)
}

/// The accounts of a unit that have one of these roles and can be reached.
fn with(notice: Uuid, reference: &Reference, unit: &UnitCode, roles: &[Role], carrier: &CarrierSettings) -> Vec<(Uuid, Address)> {
    let accounts = reference.accounts();
    accounts
        .iter()
        .filter(|account| account.enabled && account.unit.as_ref() == Some(unit) && roles.iter().any(|role| account.has(*role)))
        .filter_map(|account| Some((Uuid::new_v5(&notice, account.id.0.as_bytes()), reach(account, carrier)?)))
        .collect()
}

fn one(notice: Uuid, reference: &Reference, account: AccountId, carrier: &CarrierSettings) -> Vec<(Uuid, Address)> {
    let account = reference.account(account).filter(|account| account.enabled);
    account.and_then(|account| reach(account, carrier)).map(|address| (notice, address)).into_iter().collect()
}

fn reach(account: &Account, carrier: &CarrierSettings) -> Option<Address> {
    pick(account.email.as_deref().unwrap_or_default(), account.phone.as_deref().unwrap_or_default(), carrier)
}

/// The address that the carrier reaches best.
fn pick(email: &str, phone: &str, carrier: &CarrierSettings) -> Option<Address> {
    let email = (!email.is_empty()).then(|| Address::Email(email.to_owned()));
    let phone = (!phone.is_empty()).then(|| Address::Phone(phone.to_owned()));
    match carrier {
        CarrierSettings::Files { .. } => email.or(phone),
        CarrierSettings::Smtp { .. } => email,
        CarrierSettings::Hook { .. } => phone.or(email),
    }
}

fn words(
    kind: NoticeKind,
    event: &CaseEvent,
    at: Instant,
    opened: &OpenedCase,
    reference: &Reference,
    site: &Site,
    now: Instant,
) -> Result<Mail, &'static str> {
    let case = &opened.state;
    let (number, site) = (format_public_number(&case.number), site.clone());
    let unit = |code: &UnitCode| reference.unit(code).map_or_else(|| code.to_string(), |unit| unit.name_on(legal_day(at)).to_owned());
    // As the pages name it.
    let hotline = || reference.hotline().map_or_else(|| "热线办".to_owned(), |office| office.name_on(legal_day(at)).to_owned());
    match (kind, event) {
        (NoticeKind::Receipt, CaseEvent::Filed(_)) => {
            let clock = case.clocks.iter().find(|clock| clock.kind == ClockKind::Promise).ok_or("没有答复期限")?;
            let calendar = reference.calendars.by_version(&clock.calendar).unwrap_or_else(|| reference.calendar());
            let explained = promise(calendar, &clock.input());
            let note =
                explained.split_once('（').and_then(|_| explained.rsplit_once(" 前（")).map_or("", |(_, note)| note.trim_end_matches('）'));
            Ok(mail::Receipt { site, number, received: words::moment(at), due: words::due(clock.due), due_explained: note.to_owned() }
                .mail())
        }
        (NoticeKind::Answer, CaseEvent::Refused(_)) => Ok(mail::NotAccepted { site, number, decided: words::moment(at) }.mail()),
        (NoticeKind::Answer, CaseEvent::AnsweredDirectly(_)) => {
            Ok(mail::Answered { site, number, unit: hotline(), answered: words::moment(at) }.mail())
        }
        (NoticeKind::Answer, _) => {
            let unit = case.unit.as_ref().map_or_else(hotline, unit);
            Ok(mail::Answered { site, number, unit, answered: words::moment(at) }.mail())
        }
        (NoticeKind::Dispatch, _) => {
            let to = case.unit.as_ref().ok_or("工单已不在单位")?;
            let sign = case.latest(ClockKind::Sign).ok_or("没有签收期限")?;
            if sign.met {
                return Err("工单已经签收");
            }
            let answer = case.latest(ClockKind::Handle).ok_or("没有办理期限")?;
            Ok(mail::Dispatched { site, number, unit: unit(to), sign_due: words::due(sign.due), answer_due: words::due(answer.due) }.mail())
        }
        (NoticeKind::Reminder, CaseEvent::LimitWarned(warned)) => {
            let clock = case.clock(warned.clock, warned.round).ok_or("时限不存在")?;
            if !clock.runs() {
                return Err("该时限已经完成，不再提醒");
            }
            if !clock.keeps(now) {
                return Err("该时限已到期，另发超期通知");
            }
            let left = words::left(reference.calendar(), clock, now);
            Ok(mail::Reminder {
                site,
                number,
                unit: bound(clock, unit, hotline),
                task: task(clock.kind).to_owned(),
                due: words::due(clock.due),
                left,
            }
            .mail())
        }
        (NoticeKind::Breach, CaseEvent::LimitBreached(breached)) => {
            let clock = case.clock(breached.clock, breached.round).ok_or("时限不存在")?;
            if !clock.breached {
                return Err("超期记录已撤销");
            }
            let unit = match &breached.holder {
                Holder::Unit(code) => unit(code),
                Holder::Hotline => bound(clock, unit, hotline),
            };
            let over = words::over(reference.calendar(), clock, now);
            Ok(mail::Breach { site, number, unit, task: task(clock.kind).to_owned(), due: words::due(clock.due), over }.mail())
        }
        _ => Err("通知与事件不符"),
    }
}

fn bound(clock: &Clock, unit: impl Fn(&UnitCode) -> String, hotline: impl Fn() -> String) -> String {
    match &clock.holder {
        Holder::Unit(code) => unit(code),
        Holder::Hotline => hotline(),
    }
}

/// What a limit asks for.
fn task(kind: ClockKind) -> &'static str {
    match kind {
        ClockKind::Accept => "受理并派单",
        ClockKind::Promise | ClockKind::Total => "办结并答复诉求人",
        ClockKind::Sign => "签收工单",
        ClockKind::Contact => "联系诉求人",
        ClockKind::Handle => "办理并答复",
        ClockKind::Review => "审核答复",
        ClockKind::CallBack => "回访诉求人",
    }
}
