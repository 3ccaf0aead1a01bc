//! Why a command on a stream of supervision is refused, in words that say what to do next.

/// One field of a form that has to be mended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// The field's name in forms.
    pub name: &'static str,
    /// What to do, in Chinese.
    pub words: String,
}

/// Why not.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Fields have to be mended.
    #[error("{}", .0.first().map(|field| field.words.as_str()).unwrap_or("请核对填写的内容"))]
    Fields(Vec<Field>),
    /// It is not there.
    #[error("没有找到这一项，请从列表重新进入")]
    Missing,
    /// It exists already.
    #[error("同一事项已经登记，不用重复提交")]
    Exists,
    /// It has gone on: the step is not possible where it stands now.
    #[error("这一项现在是“{0}”，不能再做这一步；请刷新页面查看最新进展")]
    Stage(&'static str),
    /// The unit is not concerned.
    #[error("这一项不在您单位名下")]
    OtherUnit,
    /// A time limit for this step has passed.
    #[error("{0}的期限已过，不能再提交；如有特殊情况，请与效能办联系")]
    Late(&'static str),
    /// The same person may not do both steps (K15, D4).
    #[error("{0}应当由另一位人员办理")]
    SamePerson(&'static str),
    /// Rules in force do not know it.
    #[error("现行规则没有规定“{0}”，请联系系统管理员核对规则文件")]
    NoRule(String),
}

impl Refusal {
    /// One field.
    pub fn field(name: &'static str, words: impl Into<String>) -> Self {
        Self::Fields(vec![Field { name, words: words.into() }])
    }

    /// Nothing, or the fields to mend.
    ///
    /// # Errors
    /// [`Self::Fields`] when there are any.
    pub fn unless_empty(fields: Vec<Field>) -> Result<(), Self> {
        if fields.is_empty() { Ok(()) } else { Err(Self::Fields(fields)) }
    }
}

/// Checks a text that people typed: not blank, at most `most` characters. Adds what is wrong to `fields`.
pub fn check_text(fields: &mut Vec<Field>, name: &'static str, label: &str, text: &str, most: usize) {
    if text.trim().is_empty() {
        fields.push(Field { name, words: format!("请填写{label}") });
    } else if text.chars().count() > most {
        fields.push(Field { name, words: format!("{label}最多 {most} 字，现在有 {} 字，请删减", text.chars().count()) });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_blank_and_a_long_text_are_told_apart() {
        let mut fields = Vec::new();
        check_text(&mut fields, "reason", "理由", " ", 5);
        check_text(&mut fields, "words", "内容", "一二三四五六", 5);
        check_text(&mut fields, "good", "说明", "好", 5);
        assert_eq!(fields.iter().map(|field| field.name).collect::<Vec<_>>(), ["reason", "words"]);
        assert_eq!(Refusal::unless_empty(Vec::new()), Ok(()));
    }
}
