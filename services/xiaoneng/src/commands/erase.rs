//! `xiaoneng erase`: destroys the keys of a person's cases, or restricts processing.

use domain::person::person_of_case;
use uuid::Uuid;

use super::Failure;
use crate::{cli, installation, output};

pub(super) async fn run(words: cli::Erase) -> Result<(), Failure> {
    let app = installation::open(&words.act.place, false).await?;
    app.projections.catch_up().await?;
    let person = match Uuid::try_parse(&words.person) {
        Ok(person) => person,
        Err(_) => {
            let number =
                domain::codes::parse_public_number(&words.person).map_err(|error| Failure::Usage(format!("{}：{error}", words.person)))?;
            let Some(case) = app.projections.views().case_by_number(&number)? else {
                return Err(Failure::Work(anyhow::anyhow!("没有编号为 {} 的诉求", words.person)));
            };
            let person = person_of_case(case.id);
            app.confirm_person(&installation::cli_meta(&app, &words.act.actor), person, vec![case.id]).await?;
            person
        }
    };
    let meta = installation::cli_meta(&app, &words.act.actor);
    let done = if words.restrict {
        app.restrict_person(&meta, person, &words.reason).await?
    } else {
        app.erase_person(&meta, person, &words.reason).await?
    };
    app.seen(done.seq).await;
    output::line(match (words.restrict, done.events) {
        (_, 0) => "此前已经完成，没有变化",
        (true, _) => "已限制处理：内容只保存，不再向任何人显示",
        (false, _) => "已删除：密钥已销毁，内容不能再打开；统计和期限记录保留",
    });
    Ok(())
}
