//! `/vote`: the ballot. The code is typed into a form and never stands in an address; the browser keeps a sealed keyed hash of it for
//! two hours. Nothing is kept of a ballot outside the box: no address, no time, and no line in the log of the web server.

use application::Error;
use application::campaigns::Ticket;
use domain::campaign::ballot::{Answers, UNKNOWN, UNSURE};
use domain::campaign::{Campaign, CampaignId, GRADES, OPINION_CHARS};
use domain::refusal::Refusal;
use domain::time::micros;
use projections::Reference;
use serde::{Deserialize, Serialize};
use templates::citizen::FormFrame;
use templates::components::{Choice, Errors, SummaryRow};
use templates::oversight::{Graded, Vote, VoteCheck, VoteDone, VoteGrades, VoteKnown};
use uuid::Uuid;

use super::campaigns::{conflict, header, plan_words};
use crate::cookies::names;
use crate::ctx::Ctx;
use crate::error::{Fault, Reply, invalid, page, see_other};
use crate::form::Form;
use crate::{csrf, shell, words};

/// A ballot may take so long, in seconds.
const HOLDS: i64 = 7_200;
const STEPS: u32 = 4;

/// What was chosen so far; sealed in the browser, bound to the code.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
struct Draft {
    of: Vec<u8>,
    known: Vec<usize>,
    grades: Vec<(usize, char)>,
    opinions: Vec<(usize, String)>,
}

impl Draft {
    fn read(ctx: &Ctx, ticket: &Ticket) -> Self {
        let draft: Option<Self> = ctx.long(&names::VOTE_DRAFT, "vote draft").and_then(|bytes| serde_json::from_slice(&bytes).ok());
        draft.filter(|draft| draft.of == ticket.hash[..8]).unwrap_or_else(|| Self { of: ticket.hash[..8].to_vec(), ..Self::default() })
    }

    fn write(&self, ctx: &Ctx) -> bool {
        serde_json::to_vec(self).is_ok_and(|bytes| ctx.set_long(&names::VOTE_DRAFT, "vote draft", &bytes, HOLDS))
    }

    fn grade(&self, body: usize) -> Option<char> {
        self.grades.iter().find(|(of, _)| *of == body).map(|(_, grade)| *grade)
    }

    fn opinion(&self, body: usize) -> &str {
        self.opinions.iter().find(|(of, _)| *of == body).map_or("", |(_, text)| text)
    }

    fn answers(&self, state: &Campaign) -> Answers {
        let grade = |body: usize| if self.known.contains(&body) { self.grade(body).unwrap_or(UNSURE) } else { UNKNOWN };
        Answers {
            grades: (0..state.plan.bodies.len()).map(grade).collect(),
            opinions: self.opinions.iter().filter(|(body, text)| self.known.contains(body) && !text.trim().is_empty()).cloned().collect(),
        }
    }
}

fn frame(ctx: &Ctx, action: &str, back: &str, step: (u32, &str), errors: Errors) -> FormFrame {
    FormFrame {
        action: action.to_owned(),
        csrf: csrf::token(ctx),
        back: back.to_owned(),
        errors,
        step: step.0,
        total: STEPS,
        step_name: step.1.to_owned(),
        ..FormFrame::default()
    }
}

/// The ticket of this browser.
fn ticket(ctx: &Ctx) -> Result<Ticket, Fault> {
    let read = || {
        let bytes = ctx.sealed(names::VOTE, "vote")?;
        let (hash, rest) = bytes.split_first_chunk::<32>()?;
        let (campaign, until) = rest.split_at_checked(16)?;
        let until = i64::from_be_bytes(until.try_into().ok()?);
        (until > micros(ctx.app().now())).then_some(Ticket { hash: *hash, campaign: CampaignId(Uuid::from_slice(campaign).ok()?) })
    };
    read().ok_or_else(|| {
        ctx.flash(false, "请输入评议码。输入后两小时没有提交的，需要重新输入；已经提交的不用再投。");
        Fault::Elsewhere("/vote")
    })
}

/// Ticket and campaign, while ballots are taken.
fn begun(ctx: &Ctx) -> Result<(Ticket, Campaign), Fault> {
    let ticket = ticket(ctx)?;
    let state = ctx.app().campaign_of_ballot(ticket.campaign)?;
    Ok((ticket, state))
}

fn forget(ctx: &Ctx) {
    let all = names::VOTE_DRAFT.iter().chain(&names::KEPT).chain([&names::VOTE]);
    all.filter(|name| ctx.cookie(name).is_some()).for_each(|name| ctx.remove_cookie(name));
}

fn vote_page(ctx: &Ctx, errors: Errors) -> Vote {
    Vote { shell: shell::of(ctx), form: frame(ctx, "/vote", "/evaluation", (1, "输入评议码"), errors) }
}

/// `GET /vote`
pub(crate) async fn form(ctx: Ctx) -> Reply {
    page(&vote_page(&ctx, Errors::none()))
}

/// `POST /vote`: the code.
pub(crate) async fn open(ctx: Ctx, form: Form) -> Reply {
    let wrong = |words: &str| invalid(&vote_page(&ctx, Errors::one("code", words)));
    if form.get("code").trim().is_empty() {
        return wrong("请填写评议码，在短信或邀请函上，共 26 个字母和数字");
    }
    match ctx.app().admit(form.get("code"), &ctx.client()) {
        Ok(ticket) => {
            forget(&ctx);
            let until = micros(ctx.app().now()) + HOLDS * 1_000_000;
            let content = [ticket.hash.as_slice(), ticket.campaign.0.as_bytes().as_slice(), &until.to_be_bytes()].concat();
            ctx.set_sealed(names::VOTE, "vote", &content, Some(HOLDS));
            see_other("/vote/ballot")
        }
        Err(Error::NotFound) => wrong("没有这个评议码，请对照短信或邀请函检查后重新输入；连续输错后需要等待一段时间"),
        Err(Error::Refused(Refusal::Exists)) => used(&ctx),
        Err(Error::Refused(Refusal::Stage(_) | Refusal::Late(_))) => wrong("现在不在评议期内。评议时间请看公众评议公示"),
        Err(error) => Err(error.into()),
    }
}

fn used(ctx: &Ctx) -> Reply {
    forget(ctx);
    conflict(&VoteDone { shell: shell::of(ctx), before: true })
}

/// `GET /vote/ballot`
pub(crate) async fn known(ctx: Ctx) -> Reply {
    let (ticket, state) = begun(&ctx)?;
    let draft = Draft::read(&ctx, &ticket);
    page(&known_page(&ctx, &ticket, &state, &draft, Errors::none()).await?)
}

async fn known_page(ctx: &Ctx, ticket: &Ticket, state: &Campaign, draft: &Draft, errors: Errors) -> Result<VoteKnown, Fault> {
    let reference = ctx.app().reference();
    let said = plan_words(&ctx.app().public_campaign(ticket.campaign).await?.state);
    let choice = |(place, code): (usize, &domain::ids::UnitCode)| Choice {
        selected: draft.known.contains(&place),
        ..Choice::new(&place.to_string(), &words::unit(&reference, code))
    };
    Ok(VoteKnown {
        shell: shell::of(ctx),
        form: frame(ctx, "/vote/ballot", "/vote", (2, "您了解哪些单位"), errors),
        title: said.title.clone(),
        header: header(&said),
        bodies: state.plan.bodies.iter().enumerate().map(choice).collect(),
    })
}

/// `POST /vote/ballot`
pub(crate) async fn known_post(ctx: Ctx, form: Form) -> Reply {
    let (ticket, state) = begun(&ctx)?;
    let mut draft = Draft::read(&ctx, &ticket);
    let mut known: Vec<usize> =
        form.all("known").filter_map(|value| value.parse().ok()).filter(|at| *at < state.plan.bodies.len()).collect();
    known.sort_unstable();
    known.dedup();
    draft.known = known;
    if draft.known.is_empty() {
        let errors = Errors::one("known", "请至少选择一个您打过交道或了解的单位；都不了解的，不用提交，直接关闭页面即可");
        return invalid(&known_page(&ctx, &ticket, &state, &draft, errors).await?);
    }
    draft.write(&ctx);
    see_other("/vote/grades")
}

fn drafted(ctx: &Ctx, ticket: &Ticket) -> Result<Draft, Fault> {
    let draft = Draft::read(ctx, ticket);
    if draft.known.is_empty() { Err(Fault::Elsewhere("/vote/ballot")) } else { Ok(draft) }
}

/// `GET /vote/grades`
pub(crate) async fn grades(ctx: Ctx) -> Reply {
    let (ticket, state) = begun(&ctx)?;
    page(&grades_page(&ctx, &state, &drafted(&ctx, &ticket)?, Errors::none()))
}

fn name(reference: &Reference, state: &Campaign, place: usize) -> String {
    state.plan.bodies.get(place).map(|code| words::unit(reference, code)).unwrap_or_default()
}

fn grades_page(ctx: &Ctx, state: &Campaign, draft: &Draft, errors: Errors) -> VoteGrades {
    let reference = ctx.app().reference();
    let body = |place: &usize| {
        let mut choices: Vec<Choice> = GRADES.iter().zip(1..).map(|(label, value)| Choice::new(&value.to_string(), label)).collect();
        choices.push(Choice::new(&UNSURE.to_string(), "不了解"));
        Graded {
            field: format!("grade-{place}"),
            opinion_field: format!("opinion-{place}"),
            name: name(&reference, state, *place),
            choices: Choice::select(choices, &draft.grade(*place).map(String::from).unwrap_or_default()),
            opinion: draft.opinion(*place).to_owned(),
        }
    };
    VoteGrades {
        shell: shell::of(ctx),
        form: frame(ctx, "/vote/grades", "/vote/ballot", (3, "逐个评价"), errors),
        bodies: draft.known.iter().map(body).collect(),
        opinions: state.plan.opinions,
        most: OPINION_CHARS,
    }
}

/// `POST /vote/grades`
pub(crate) async fn grades_post(ctx: Ctx, form: Form) -> Reply {
    let (ticket, state) = begun(&ctx)?;
    let mut draft = drafted(&ctx, &ticket)?;
    let reference = ctx.app().reference();
    let mut errors = Errors::none();
    (draft.grades, draft.opinions) = (Vec::new(), Vec::new());
    for place in draft.known.clone() {
        match form.get(&format!("grade-{place}")).parse() {
            Ok(grade @ (UNSURE | '1'..='5')) => draft.grades.push((place, grade)),
            _ => errors = errors.and(&format!("grade-{place}"), &format!("请评价{}，不清楚的选“不了解”", name(&reference, &state, place))),
        }
        let text = form.get(&format!("opinion-{place}")).trim().to_owned();
        if text.chars().count() > OPINION_CHARS {
            errors = errors.and(&format!("opinion-{place}"), &format!("意见最多 {OPINION_CHARS} 字，请删减"));
        }
        if !text.is_empty() && state.plan.opinions {
            draft.opinions.push((place, text));
        }
    }
    if !errors.any() && !draft.write(&ctx) {
        errors = errors.and("", "意见加起来太长，浏览器保存不下，请缩短一些");
    }
    if errors.any() {
        return invalid(&grades_page(&ctx, &state, &draft, errors));
    }
    see_other("/vote/check")
}

/// `GET /vote/check`
pub(crate) async fn check(ctx: Ctx) -> Reply {
    let (ticket, state) = begun(&ctx)?;
    page(&check_page(&ctx, &state, &drafted(&ctx, &ticket)?, Errors::none())?)
}

fn check_page(ctx: &Ctx, state: &Campaign, draft: &Draft, errors: Errors) -> Result<VoteCheck, Fault> {
    let reference = ctx.app().reference();
    if draft.known.iter().any(|place| draft.grade(*place).is_none()) {
        return Err(Fault::Elsewhere("/vote/grades"));
    }
    let row = |place: &usize| {
        let grade = draft.grade(*place).and_then(|grade| grade.to_digit(10)).unwrap_or(0) as usize;
        let label = grade.checked_sub(1).and_then(|at| GRADES.get(at)).unwrap_or(&"不了解");
        let opinion = draft.opinion(*place);
        let text = if opinion.is_empty() { (*label).to_owned() } else { format!("{label}\n意见：{opinion}") };
        SummaryRow::new(&name(&reference, state, *place), &text)
    };
    Ok(VoteCheck {
        shell: shell::of(ctx),
        form: frame(ctx, "/vote/check", "/vote/grades", (4, "核对并提交"), errors),
        rows: draft.known.iter().map(row).collect(),
    })
}

/// `POST /vote/check`: the ballot goes into the box.
pub(crate) async fn cast(ctx: Ctx, _: Form) -> Reply {
    let (ticket, state) = begun(&ctx)?;
    let draft = drafted(&ctx, &ticket)?;
    if draft.known.iter().any(|place| draft.grade(*place).is_none()) {
        return Err(Fault::Elsewhere("/vote/grades"));
    }
    match ctx.app().cast(&ticket, &draft.answers(&state)).await {
        Ok(()) => {
            forget(&ctx);
            see_other("/vote/done")
        }
        Err(Error::Refused(Refusal::Exists)) => used(&ctx),
        Err(Error::Refused(Refusal::Fields(fields))) => {
            let errors = fields.iter().fold(Errors::none(), |errors, field| errors.and("", &field.words));
            invalid(&check_page(&ctx, &state, &draft, errors)?)
        }
        Err(error) => Err(error.into()),
    }
}

/// `GET /vote/done`
pub(crate) async fn done(ctx: Ctx) -> Reply {
    page(&VoteDone { shell: shell::of(&ctx), before: false })
}
