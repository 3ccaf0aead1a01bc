//! Which network addresses the house may connect to when a person configured the target (`ux.md` §6 row 30).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// An inside target that the configuration allows by name or by network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Allowed {
    /// This host name, whatever it resolves to.
    Host(String),
    /// Every address of this network.
    Network {
        /// The network's address.
        address: IpAddr,
        /// Leading bits that count.
        prefix: u8,
    },
}

/// An entry of the allow-list that is neither a host name nor an address nor a network.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("允许名单中的“{0}”不是主机名、IP 地址或网段（如 10.1.0.0/16）")]
pub struct AllowedError(String);

impl std::str::FromStr for Allowed {
    type Err = AllowedError;

    fn from_str(text: &str) -> Result<Self, AllowedError> {
        let error = || AllowedError(text.to_owned());
        let (head, prefix) = match text.split_once('/') {
            Some((head, prefix)) => (head, Some(prefix)),
            None => (text, None),
        };
        if let Ok(address) = head.parse::<IpAddr>() {
            let bits = if address.is_ipv4() { 32 } else { 128 };
            let prefix = prefix.map_or(Ok(bits), str::parse).map_err(|_| error())?;
            return if prefix <= bits { Ok(Self::Network { address, prefix }) } else { Err(error()) };
        }
        let name = head.strip_suffix('.').unwrap_or(head);
        let is_name = !name.is_empty()
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_'))
            && name.bytes().any(|byte| byte.is_ascii_alphabetic());
        if prefix.is_some() || !is_name {
            return Err(error());
        }
        Ok(Self::Host(name.to_ascii_lowercase()))
    }
}

impl Allowed {
    /// True when this entry allows the host name itself.
    #[must_use]
    pub fn names(&self, host: &str) -> bool {
        let host = host.strip_suffix('.').unwrap_or(host);
        matches!(self, Self::Host(name) if name.eq_ignore_ascii_case(host))
    }

    /// True when this entry allows the address.
    #[must_use]
    pub fn holds(&self, address: IpAddr) -> bool {
        match (self, address.to_canonical()) {
            (Self::Network { address: IpAddr::V4(network), prefix }, IpAddr::V4(address)) => {
                same_head(u128::from(network.to_bits()) << 96, u128::from(address.to_bits()) << 96, *prefix)
            }
            (Self::Network { address: IpAddr::V6(network), prefix }, IpAddr::V6(address)) => {
                same_head(network.to_bits(), address.to_bits(), *prefix)
            }
            _ => false,
        }
    }
}

/// True when the house may connect to `address` as one of `host`'s.
pub(crate) fn may_connect(host: &str, address: IpAddr, allowed: &[Allowed]) -> bool {
    is_global(address) || allowed.iter().any(|entry| entry.names(host) || entry.holds(address))
}

/// True for addresses of the public internet. Everything with a special purpose (IANA registries) is inside: loopback,
/// private, link-local with the clouds' metadata services, carrier-grade NAT, documentation, multicast, and the forms
/// that carry an IPv4 address within an IPv6 one.
pub(crate) fn is_global(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => !SPECIAL_V4
            .iter()
            .any(|(network, prefix)| same_head(u128::from(network.to_bits()) << 96, u128::from(address.to_bits()) << 96, *prefix)),
        // Only 2000::/3 is given out; all else (::1, fc00::/7, fe80::/10, 64:ff9b::/96 …) is special already.
        IpAddr::V6(address) => {
            same_head(Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0).to_bits(), address.to_bits(), 3)
                && !SPECIAL_V6.iter().any(|(network, prefix)| same_head(network.to_bits(), address.to_bits(), *prefix))
        }
    }
}

const SPECIAL_V4: [(Ipv4Addr, u8); 16] = [
    (Ipv4Addr::new(0, 0, 0, 0), 8),
    (Ipv4Addr::new(10, 0, 0, 0), 8),
    (Ipv4Addr::new(100, 64, 0, 0), 10),
    (Ipv4Addr::new(127, 0, 0, 0), 8),
    (Ipv4Addr::new(169, 254, 0, 0), 16),
    (Ipv4Addr::new(172, 16, 0, 0), 12),
    (Ipv4Addr::new(192, 0, 0, 0), 24),
    (Ipv4Addr::new(192, 0, 2, 0), 24),
    (Ipv4Addr::new(192, 31, 196, 0), 24),
    (Ipv4Addr::new(192, 88, 99, 0), 24),
    (Ipv4Addr::new(192, 168, 0, 0), 16),
    (Ipv4Addr::new(198, 18, 0, 0), 15),
    (Ipv4Addr::new(198, 51, 100, 0), 24),
    (Ipv4Addr::new(203, 0, 113, 0), 24),
    (Ipv4Addr::new(224, 0, 0, 0), 4),
    (Ipv4Addr::new(240, 0, 0, 0), 4),
];

const SPECIAL_V6: [(Ipv6Addr, u8); 4] = [
    // Protocol assignments, Teredo among them.
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23),
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32),
    // 6to4 carries an IPv4 address.
    (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16),
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20),
];

/// True when the first `prefix` of 128 bits are equal.
fn same_head(one: u128, other: u128, prefix: u8) -> bool {
    (one ^ other).leading_zeros() >= u32::from(prefix)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_inside_address_is_refused_and_public_ones_are_not() {
        for inside in [
            "0.0.0.0",
            "0.1.2.3",
            "10.0.0.1",
            "10.255.255.255",
            "100.64.0.1",
            "100.100.100.200",
            "100.127.255.255",
            "127.0.0.1",
            "127.255.255.254",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.1",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.0.1",
            "198.18.0.1",
            "198.19.255.255",
            "198.51.100.1",
            "203.0.113.9",
            "224.0.0.1",
            "239.255.255.255",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::ffff:169.254.169.254",
            "::127.0.0.1",
            "64:ff9b::7f00:1",
            "64:ff9b:1::1",
            "100::1",
            "2001::1",
            "2001:0:4136:e378:8000:63bf:3fff:fdd2",
            "2001:db8::1",
            "2002:7f00:1::",
            "3fff::1",
            "5f00::1",
            "fc00::1",
            "fd00:ec2::254",
            "fe80::1",
            "fec0::1",
            "ff02::1",
        ] {
            assert!(!is_global(inside.parse().unwrap()), "{inside}");
        }
        for public in [
            "1.1.1.1",
            "9.255.255.255",
            "11.0.0.0",
            "100.63.255.255",
            "100.128.0.0",
            "172.15.255.255",
            "172.32.0.0",
            "192.169.0.0",
            "198.17.255.255",
            "223.5.5.5",
            "2400:3200::1",
            "2606:4700::1111",
            "::ffff:223.5.5.5",
        ] {
            assert!(is_global(public.parse().unwrap()), "{public}");
        }
    }

    #[test]
    fn the_allow_list_opens_what_it_names_and_nothing_else() {
        let list: Vec<Allowed> = ["10.1.0.0/16", "192.168.5.7", "fd00::/8", "SMS.intra."].map(|text| text.parse().unwrap()).into();
        for (host, address, may) in [
            ("a", "10.1.255.255", true),
            ("a", "::ffff:10.1.0.1", true),
            ("a", "10.2.0.0", false),
            ("a", "192.168.5.7", true),
            ("a", "192.168.5.8", false),
            ("a", "fd12::1", true),
            ("a", "fe80::1", false),
            ("sms.intra", "10.9.9.9", true),
            ("Sms.Intra.", "127.0.0.1", true),
            ("x.sms.intra", "10.9.9.9", false),
            ("a", "8.8.8.8", true),
        ] {
            assert_eq!(may_connect(host, address.parse().unwrap(), &list), may, "{host} {address}");
        }
    }

    #[test]
    fn a_malformed_entry_is_refused_when_it_is_read() {
        for bad in ["", "10.0.0.0/33", "fd00::/129", "10.0.0.0/x", "host/8", "10.0.0", "a b", "http://x"] {
            assert_eq!(bad.parse::<Allowed>(), Err(AllowedError(bad.to_owned())));
        }
        let all = "0.0.0.0/0".parse::<Allowed>().unwrap();
        assert!(all.holds("127.0.0.1".parse().unwrap()), "a zero prefix holds everything of its family");
        assert!(!all.holds("::1".parse().unwrap()));
    }
}
