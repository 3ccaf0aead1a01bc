//! Exact fractions for scores: checked 128-bit numerator and denominator, always in lowest terms. No floating point.

use std::cmp::Ordering;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A fraction in lowest terms; the denominator is above zero. Written `n/d` in events and exports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Ratio {
    n: i128,
    d: i128,
}

/// A number that does not fit: counts of a city never come near it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("数字过大，无法精确计算")]
pub struct Overflow;

impl Ratio {
    /// Nothing.
    pub const ZERO: Self = Self { n: 0, d: 1 };
    /// A hundred, for percentages.
    pub const HUNDRED: Self = Self { n: 100, d: 1 };

    /// A whole number.
    pub const fn whole(n: i64) -> Self {
        Self { n: n as i128, d: 1 }
    }

    /// A fraction; none for a zero denominator.
    pub fn new(n: i128, d: i128) -> Option<Self> {
        if d == 0 || n == i128::MIN || d == i128::MIN {
            return None;
        }
        let divisor = gcd(n.unsigned_abs(), d.unsigned_abs()).max(1);
        let divisor = i128::try_from(divisor).ok()?;
        let sign = if d < 0 { -1 } else { 1 };
        Some(Self { n: sign * n / divisor, d: sign * d / divisor })
    }

    /// Of two counts.
    pub fn of(n: u64, d: u64) -> Option<Self> {
        Self::new(i128::from(n), i128::from(d))
    }

    /// Reads a decimal number such as `12.5` or `-0.25`: at most 12 digits before and 6 after the point.
    pub fn decimal(text: &str) -> Option<Self> {
        let (sign, digits) = match text.strip_prefix('-') {
            Some(rest) => (-1, rest),
            None => (1, text),
        };
        let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
        let good = |text: &str, most: usize| text.len() <= most && text.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || !good(whole, 12) || !good(part, 6) || (digits.contains('.') && part.is_empty()) {
            return None;
        }
        let d = 10_i128.pow(u32::try_from(part.len()).ok()?);
        let whole: i128 = whole.parse().ok()?;
        let part: i128 = if part.is_empty() { 0 } else { part.parse().ok()? };
        Self::new(sign * (whole * d + part), d)
    }

    /// The sum.
    ///
    /// # Errors
    /// [`Overflow`].
    pub fn plus(self, other: Self) -> Result<Self, Overflow> {
        let g = self.gcd_d(other)?;
        let (left, right) = (other.d / g, self.d / g);
        let n = self.n.checked_mul(left).zip(other.n.checked_mul(right)).and_then(|(a, b)| a.checked_add(b)).ok_or(Overflow)?;
        let d = self.d.checked_mul(left).ok_or(Overflow)?;
        Self::new(n, d).ok_or(Overflow)
    }

    /// The difference.
    ///
    /// # Errors
    /// [`Overflow`].
    pub fn minus(self, other: Self) -> Result<Self, Overflow> {
        self.plus(Self { n: -other.n, d: other.d })
    }

    /// The product.
    ///
    /// # Errors
    /// [`Overflow`].
    pub fn times(self, other: Self) -> Result<Self, Overflow> {
        // Reduced crosswise first, so that the product stays as small as it can be.
        let (left, right) = (Self::new(self.n, other.d).ok_or(Overflow)?, Self::new(other.n, self.d).ok_or(Overflow)?);
        let n = left.n.checked_mul(right.n).ok_or(Overflow)?;
        let d = left.d.checked_mul(right.d).ok_or(Overflow)?;
        Self::new(n, d).ok_or(Overflow)
    }

    /// The quotient.
    ///
    /// # Errors
    /// [`Overflow`], for a zero divisor too.
    pub fn over(self, other: Self) -> Result<Self, Overflow> {
        self.times(Self::new(other.d, other.n).ok_or(Overflow)?)
    }

    /// Between two bounds.
    #[must_use]
    pub fn clamp(self, least: Self, most: Self) -> Self {
        if self < least {
            least
        } else if self > most {
            most
        } else {
            self
        }
    }

    /// The same number with the other sign.
    #[must_use]
    pub fn negated(self) -> Self {
        Self { n: -self.n, d: self.d }
    }

    /// Rounded half up in magnitude (四舍五入) to so many places, for display only.
    pub fn fixed(self, places: u32) -> String {
        let (magnitude, d) = (self.n.unsigned_abs(), self.d.unsigned_abs());
        let mut whole = magnitude / d;
        let mut rest = magnitude % d;
        let mut digits = Vec::new();
        for _ in 0..places.min(9) {
            // Ten times the remainder, by additions: it never leaves 128 bits.
            let (mut digit, mut tenfold) = (0_u8, 0_u128);
            for _ in 0..10 {
                tenfold += rest;
                if tenfold >= d {
                    tenfold -= d;
                    digit += 1;
                }
            }
            digits.push(digit);
            rest = tenfold;
        }
        let mut carry = rest * 2 >= d;
        for digit in digits.iter_mut().rev() {
            if !carry {
                break;
            }
            carry = *digit == 9;
            *digit = if carry { 0 } else { *digit + 1 };
        }
        whole += u128::from(carry);
        let nothing = whole == 0 && digits.iter().all(|digit| *digit == 0);
        let part: String = digits.iter().map(|digit| char::from(b'0' + digit)).collect();
        let sign = if self.n < 0 && !nothing { "-" } else { "" };
        if part.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{part}") }
    }

    /// As short a decimal as there is, else the fraction: `12.5`, `1/3`.
    pub fn short(self) -> String {
        for places in 0..=6 {
            let text = self.fixed(places);
            if Self::decimal(&text) == Some(self) {
                return text;
            }
        }
        self.to_string()
    }

    fn gcd_d(self, other: Self) -> Result<i128, Overflow> {
        i128::try_from(gcd(self.d.unsigned_abs(), other.d.unsigned_abs())).map_err(|_| Overflow)
    }
}

fn gcd(mut a: u128, mut b: u128) -> u128 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

impl std::fmt::Display for Ratio {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.n, self.d)
    }
}

impl PartialOrd for Ratio {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Ratio {
    /// By whole parts and, where these are equal, by the remainders turned round: exact, and nothing can overflow.
    fn cmp(&self, other: &Self) -> Ordering {
        let (mut a, mut b) = ((self.n, self.d), (other.n, other.d));
        let mut turned = false;
        loop {
            let (x, y) = (a.0.div_euclid(a.1), b.0.div_euclid(b.1));
            let (rest_a, rest_b) = (a.0.rem_euclid(a.1), b.0.rem_euclid(b.1));
            let order = match x.cmp(&y) {
                Ordering::Equal => match (rest_a, rest_b) {
                    (0, 0) => Ordering::Equal,
                    (0, _) => Ordering::Less,
                    (_, 0) => Ordering::Greater,
                    _ => {
                        (a, b) = ((a.1, rest_a), (b.1, rest_b));
                        turned = !turned;
                        continue;
                    }
                },
                order => order,
            };
            return if turned { order.reverse() } else { order };
        }
    }
}

impl Serialize for Ratio {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Ratio {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let parts = text.split_once('/').and_then(|(n, d)| Some((n.parse().ok()?, d.parse().ok()?)));
        let read = parts.and_then(|(n, d)| Self::new(n, d)).filter(|read| read.to_string() == text);
        read.ok_or_else(|| serde::de::Error::custom("not a fraction in lowest terms"))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn r(text: &str) -> Ratio {
        Ratio::decimal(text).unwrap()
    }

    #[test]
    fn decimals_are_read_exactly_and_nothing_else_is() {
        assert_eq!(r("12.5"), Ratio::new(25, 2).unwrap());
        assert_eq!(r("-0.25"), Ratio::new(-1, 4).unwrap());
        for bad in ["", "-", "1.", ".5", "1e3", "+1", "1,5", "0x1", "1234567890123", "0.1234567"] {
            assert_eq!(Ratio::decimal(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_half_is_rounded_up_in_magnitude() {
        assert_eq!((r("12.795").fixed(2), r("-12.795").fixed(2), r("0.004").fixed(2)), ("12.80".into(), "-12.80".into(), "0.00".into()));
        assert_eq!(r("-0.004").fixed(2), "0.00");
        assert_eq!((r("9.999").fixed(2), Ratio::new(2, 3).unwrap().fixed(2), r("7").fixed(0)), ("10.00".into(), "0.67".into(), "7".into()));
        assert_eq!((r("12.50").short(), Ratio::new(1, 3).unwrap().short()), ("12.5".into(), "1/3".into()));
    }

    #[test]
    fn too_large_is_told_and_not_wrapped() {
        let large = Ratio::new(i128::MAX, 1).unwrap();
        assert_eq!(large.plus(large), Err(Overflow));
        assert_eq!(large.times(large), Err(Overflow));
        assert_eq!(Ratio::ZERO.over(Ratio::ZERO), Err(Overflow));
        assert!(Ratio::new(i128::MAX, i128::MAX - 1).unwrap() > Ratio::new(i128::MAX - 2, i128::MAX - 1).unwrap());
    }

    #[test]
    fn it_is_stored_as_a_fraction_in_lowest_terms_only() {
        assert_eq!(serde_json::to_string(&r("12.5")).unwrap(), "\"25/2\"");
        assert_eq!(serde_json::from_str::<Ratio>("\"25/2\"").unwrap(), r("12.5"));
        for bad in ["\"50/4\"", "\"1/0\"", "\"1\"", "\"1/-2\"", "0.5"] {
            assert!(serde_json::from_str::<Ratio>(bad).is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn the_order_is_that_of_cross_products(a in -999_i64..999, b in 1_i64..999, c in -999_i64..999, d in 1_i64..999) {
            let (x, y) = (Ratio::new(a.into(), b.into()).unwrap(), Ratio::new(c.into(), d.into()).unwrap());
            prop_assert_eq!(x.cmp(&y), (a * d).cmp(&(c * b)));
            prop_assert_eq!(x.plus(y).unwrap().minus(y).unwrap(), x);
            if c != 0 { prop_assert_eq!(x.times(y).unwrap().over(y).unwrap(), x); }
        }
    }
}
