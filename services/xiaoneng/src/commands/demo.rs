//! `xiaoneng demo`: a fresh demo city, served until Ctrl-C.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, bail};
use application::clock::SystemClock;
use application::password::Passwords;
use automation::Automation;
use domain::time::Clock;
use vault::{OsEntropy, SeededEntropy};

use super::Failure;
use crate::city::{self, CityClock, House, Plan};
use crate::settings::Settings;
use crate::{cli, installation, output, service};

/// Marks a directory that a demo may replace.
const MARK: &str = "DEMO";
/// The password of all accounts of a demo; no other installation has a default password.
pub(crate) const PASSWORD: &str = "qingyuan-demo-2026";

pub(super) async fn run(words: cli::Demo) -> Result<(), Failure> {
    let place = cli::Place { data: words.data, log: None };
    let mut settings = Settings::of(&cli::Configured::default())?;
    settings.web.listen = words.listen;
    fresh(&place.data, words.listen)?;
    let now = SystemClock.now();
    let phc = Passwords::new(&OsEntropy)?.hash(PASSWORD, "", Arc::new(OsEntropy)).await?;
    let plan = Plan::of_demo(words.seed, words.cases, now, Some(phc));
    let built = {
        let clock = CityClock::new(plan.from);
        let log = installation::log(&place, Arc::new(clock.clone())).await?;
        let vault = installation::vault(&place.data, true)?;
        installation::found(log.as_ref(), &vault, "demo", plan.from).await?;
        // The office's ids follow from the seed, and citizens vote.
        let attachments = place.data.join(application::attachments::FOLDER);
        let parts = installation::Parts { audited: false, ballots: true, ids: Arc::new(SeededEntropy::new(words.seed)), attachments };
        let app = installation::assemble(&place.data, Arc::new(clock.clone()), vault.clone(), log.clone(), parts).await?;
        let house = House { automation: Automation::new(app.clone(), settings.automation.clone(), &place.data)?, app };
        city::build(log, vault, clock, plan, Some(house)).await?
    };
    let app = installation::open(&place, true).await?;
    app.projections.catch_up().await?;
    // The city's past has been written about; only what happens from now on sends notices.
    settings.automation.notices_within_hours = 1;
    settings.web.site_name = "清源市诉求与效能服务平台".to_owned();
    settings.web.organiser = "清源市人民政府办公室".to_owned();
    settings.web.environment = "演示环境：页面上的单位、人员和数据均为虚构。".to_owned();
    settings.web.demo_accounts = built.accounts.iter().map(|(login, ..)| (login.clone(), PASSWORD.to_owned())).collect();
    super::serve::serve(app, settings, &place, |address| {
        output::line(&format!("演示城市已就绪：{} 件诉求，{} 个事件", built.cases, built.events));
        output::line(&format!("市民页面  http://{address}/"));
        output::line(&format!("工作台    http://{address}/desk"));
        output::line(&format!("账号（密码均为 {PASSWORD}）："));
        for (login, role, unit) in &built.accounts {
            output::line(&format!("  {login:<12} {role} · {unit}"));
        }
        output::line("按 Ctrl-C 结束");
    })
    .await
}

/// Makes room: an earlier demo goes, unless it is still served at the address of this one; anything else stays.
fn fresh(dir: &Path, listen: SocketAddr) -> anyhow::Result<()> {
    if dir.exists() && !installation::is_empty(dir) {
        if !dir.join(MARK).exists() {
            bail!("{} 里已有别的数据，演示不会覆盖它。请用 --data 指定另一个目录", dir.display());
        }
        drop(service::bind(listen, "--listen")?);
        std::fs::remove_dir_all(dir).with_context(|| format!("无法清空 {}", dir.display()))?;
    }
    installation::make_dir(dir)?;
    std::fs::write(dir.join(MARK), "这是演示数据，可以随时删除。\n")?;
    Ok(())
}
