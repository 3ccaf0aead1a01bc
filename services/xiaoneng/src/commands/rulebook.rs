//! `xiaoneng rulebook check` and `adopt`.

use anyhow::Context;
use domain::calendar::Calendar;
use domain::rulebook::Rulebook;

use super::{Failure, worked};
use crate::{cli, installation, output};

pub(super) fn run(words: cli::Rulebook) -> Result<(), Failure> {
    match words {
        cli::Rulebook::Check { file, json } => check(&file, json),
        cli::Rulebook::Adopt { file, act, from, until } => worked(async move {
            let text = std::fs::read_to_string(&file).with_context(|| format!("无法读取 {}", file.display()))?;
            let app = installation::open(&act.place, false).await?;
            let meta = installation::cli_meta(&app, &act.actor);
            let done = app.adopt_rulebook(&meta, &text, from, until).await.map_err(problems)?;
            output::line(if done.events == 0 { "此版本已经启用，没有变化" } else { "已启用" });
            Ok(())
        }),
    }
}

fn check(file: &std::path::Path, json: bool) -> Result<(), Failure> {
    let text = std::fs::read_to_string(file).with_context(|| format!("无法读取 {}", file.display()))?;
    let (rulebook, examples) = checked(&text)?;
    if json {
        output::line(&serde_json::json!({ "rulebook": rulebook.reference(), "examples": examples }).to_string());
    } else {
        output::line(&format!("{}：没有问题，{examples} 个示例全部成立", rulebook.reference()));
    }
    Ok(())
}

/// The rulebook of a text without a fault, and how many examples it has.
pub(super) fn checked(text: &str) -> Result<(Rulebook, usize), Failure> {
    let rulebook = Rulebook::parse(text).map_err(|problems| Failure::Faults(problems.iter().map(ToString::to_string).collect()))?;
    let results = rulebook.run_examples(&Calendar::official());
    let failed: Vec<String> = results
        .iter()
        .filter(|result| !result.ok)
        .map(|result| format!("示例“{}”不成立：应为 {}，实际 {}", result.title, result.expected, result.got))
        .collect();
    if failed.is_empty() { Ok((rulebook, results.len())) } else { Err(Failure::Faults(failed)) }
}

/// The problems of a file one by one.
pub(super) fn problems(error: application::Error) -> Failure {
    match error {
        application::Error::Rules(problems) => Failure::Faults(problems.iter().map(ToString::to_string).collect()),
        other => other.into(),
    }
}
