//! Messages by mail: text and HTML pairs. No name, no words of a demand and no query code ever stands in them.

use askama::Template;

/// A message ready to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// Subject line.
    pub subject: String,
    /// Plain part.
    pub text: String,
    /// HTML part.
    pub html: String,
}

/// Who sends.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Site {
    /// Name of the site.
    pub name: String,
    /// Address without a slash at the end.
    pub address: String,
    /// Telephone of the service.
    pub phone: String,
}

impl Site {
    /// A site of the sample city.
    #[must_use]
    pub fn sample() -> Self {
        Self { name: "清源市诉求与效能服务平台".into(), address: "https://xiaoneng.example".into(), phone: "12345".into() }
    }
}

macro_rules! mail {
    ($(#[$doc:meta])* $name:ident, $text_path:literal, $html_path:literal, $subject:literal,
     { $($(#[$field_doc:meta])* $field:ident = $sample:literal),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Default, PartialEq, Eq)]
        pub struct $name {
            /// Who sends.
            pub site: Site,
            $($(#[$field_doc])* pub $field: String,)*
        }

        impl $name {
            /// A message of the sample city.
            #[must_use]
            pub fn sample() -> Self {
                Self { site: Site::sample(), $($field: $sample.into(),)* }
            }

            /// Both parts and the subject.
            #[must_use]
            pub fn mail(&self) -> Mail {
                #[derive(Template)]
                #[template(path = $text_path)]
                struct Text<'a> {
                    m: &'a $name,
                }
                #[derive(Template)]
                #[template(path = $html_path)]
                struct Html<'a> {
                    m: &'a $name,
                }
                Mail {
                    subject: format!($subject, self.number),
                    text: crate::html(&Text { m: self }),
                    html: crate::html(&Html { m: self }),
                }
            }
        }
    };
}

mail!(
    /// To the petitioner: the demand has arrived.
    Receipt, "receipt.txt", "receipt.html", "已收到您的诉求（工单 {}）", {
        /// Public number.
        number = "3K7Q-29XD-MA6",
        /// When it was received, in words.
        received = "2026年4月30日 15:20",
        /// Promised date, in words.
        due = "2026年5月11日（周一）24:00",
        /// How it was counted, in words.
        due_explained = "5 个工作日，已跳过劳动节，含 5月9日 补班",
    }
);

mail!(
    /// To the petitioner: there is an answer.
    Answered, "answered.txt", "answered.html", "您的诉求已有答复（工单 {}）", {
        /// Public number.
        number = "3K7Q-29XD-MA6",
        /// Who answered.
        unit = "西湾区城市管理局",
        /// When, in words.
        answered = "2026年5月8日 16:05",
    }
);

mail!(
    /// To the petitioner: the demand is not taken up; ground and right door stand on the page (domain.md A11).
    NotAccepted, "not_accepted.txt", "not_accepted.html", "您的诉求未予受理，请查看理由和办理途径（工单 {}）", {
        /// Public number.
        number = "3K7Q-29XD-MA6",
        /// When, in words.
        decided = "2026年5月1日 09:10",
    }
);

mail!(
    /// To the staff: a case was given to the unit.
    Dispatched, "dispatched.txt", "dispatched.html", "有工单派给本单位，请签收（工单 {}）", {
        /// Public number.
        number = "3K7Q-29XD-MA6",
        /// The unit.
        unit = "西湾区城市管理局",
        /// Limit to sign for it, in words.
        sign_due = "2026年5月6日（周三）10:00",
        /// Limit to answer, in words.
        answer_due = "2026年5月11日（周一）24:00",
    }
);

mail!(
    /// To the staff: a limit comes near.
    Reminder, "reminder.txt", "reminder.html", "工单即将到期（工单 {}）", {
        /// Public number.
        number = "3K7Q-29XD-MA6",
        /// Unit that holds the case.
        unit = "西湾区城市管理局",
        /// What is owed, in words.
        task = "答复诉求人",
        /// The limit, in words.
        due = "2026年5月11日（周一）24:00",
        /// Time left, in words.
        left = "还剩 1 个工作日",
    }
);

mail!(
    /// To the staff: a limit has passed.
    Breach, "breach.txt", "breach.html", "工单已超期（工单 {}）", {
        /// Public number.
        number = "3K7Q-29XD-MA6",
        /// Unit that held the case.
        unit = "西湾区城市管理局",
        /// What was owed, in words.
        task = "答复诉求人",
        /// The limit, in words.
        due = "2026年5月11日（周一）24:00",
        /// Time over, in words.
        over = "已超过 1 个工作日",
    }
);

mail!(
    /// To the staff: supervision asks something of the unit or of the reader.
    Duty, "duty.txt", "duty.html", "有督办事项待办理（{}）", {
        /// The stream, in words.
        number = "督办单 2026 年第 12 号",
        /// Who has to do it: the unit, or the reader.
        holder = "西湾区城市管理局",
        /// What is to be done, in words.
        task = "督办单待反馈",
        /// By when, in words.
        due = "2026年5月11日（周一）24:00",
    }
);

/// Every message with its sample.
#[must_use]
pub fn samples() -> Vec<(&'static str, Mail)> {
    vec![
        ("receipt", Receipt::sample().mail()),
        ("answered", Answered::sample().mail()),
        ("not_accepted", NotAccepted::sample().mail()),
        ("dispatched", Dispatched::sample().mail()),
        ("reminder", Reminder::sample().mail()),
        ("breach", Breach::sample().mail()),
        ("duty", Duty::sample().mail()),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_parts_say_the_number_the_site_and_the_telephone() {
        for (name, mail) in samples() {
            let number = if name == "duty" { "2026 年第 12 号" } else { "3K7Q-29XD-MA6" };
            for part in [&mail.subject, &mail.text, &mail.html] {
                assert!(part.contains(number), "{name}: {part}");
            }
            for part in [&mail.text, &mail.html] {
                assert!(part.contains("12345") && part.contains("https://xiaoneng.example/"), "{name}: {part}");
            }
        }
    }

    #[test]
    fn values_are_escaped_in_the_html_part_only() {
        let unit = "甲<乙>&丙";
        let mail = Answered { unit: unit.into(), ..Answered::sample() }.mail();
        assert!(mail.text.contains(unit));
        assert!(!mail.html.contains(unit) && !mail.html.contains("<乙>"));
    }
}
