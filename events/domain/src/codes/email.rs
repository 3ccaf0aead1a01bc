//! The shape of an e-mail address that a mail server takes without extensions.

/// Whether a text is an address: `local@domain`, ASCII, at most 254 characters, a domain of at least two labels.
pub fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else { return false };
    text.len() <= 254 && is_local(local) && is_domain(domain)
}

fn is_local(local: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+/=?^_`{|}~-.".contains(&b);
    (1..=64).contains(&local.len()) && local.bytes().all(allowed) && local.split('.').all(|atom| !atom.is_empty())
}

fn is_domain(domain: &str) -> bool {
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let top = domain.rsplit('.').next().unwrap_or_default();
    domain.contains('.') && domain.split('.').all(is_label) && top.len() >= 2 && !top.bytes().all(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_addresses_are_taken() {
        for text in ["a@b.cn", "zhang.san+12345@mail.example.com", "x_y@gov.cn", "a@xn--fiqs8s.xn--fiqs8s"] {
            assert!(is_email(text), "{text}");
        }
    }

    #[test]
    fn what_could_break_a_header_or_a_server_is_not() {
        for text in [
            "",
            "@",
            "a@",
            "@b.cn",
            "a@b",
            "a b@c.cn",
            "a@b..cn",
            ".a@b.cn",
            "a.@b.cn",
            "a..a@b.cn",
            "a@-b.cn",
            "a@b.cn\r\nBcc: x@y.cn",
            "a@b@c.cn",
            "张三@b.cn",
            "a@b.中国",
            "a@1.2.3.4",
            "<a@b.cn>",
            "a@b.c",
        ] {
            assert!(!is_email(text), "{text}");
        }
        assert!(!is_email(&format!("{}@b.cn", "a".repeat(65))));
    }
}
