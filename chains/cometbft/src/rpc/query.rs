//! The language of queries (`libs/pubsub/query`): conditions on the attributes of events, all of
//! which must hold.
//!
//! An attribute that has several values meets a condition when any of them does, and different
//! conditions may be met by different events.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use time::format_description::well_known::Rfc3339;
use time::{Date, Month, OffsetDateTime};

/// The most bytes of a query.
pub(super) const MAX_QUERY_LEN: usize = 512;

/// Attributes, by kind of event and key.
pub(super) type Attributes = BTreeMap<String, Vec<String>>;

#[derive(Clone, Debug, PartialEq)]
enum Operand {
    Text(String),
    Number(Decimal),
    Time(OffsetDateTime),
}

#[derive(Clone, Debug, PartialEq)]
enum Test {
    Exists,
    Contains(String),
    /// The orders that are asked for, and of what.
    Compare(&'static [Ordering], Operand),
}

#[derive(Clone, Debug, PartialEq)]
struct Condition {
    key: String,
    test: Test,
}

/// A parsed query.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Query(Vec<Condition>);

/// Digits before and after the point, without superfluous zeros.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Decimal {
    whole: String,
    fraction: String,
}

impl Decimal {
    fn parse(text: &str) -> Option<Self> {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let is_number = !whole.is_empty()
            && whole.bytes().chain(fraction.bytes()).all(|byte| byte.is_ascii_digit());
        is_number.then(|| Self {
            whole: whole.trim_start_matches('0').to_owned(),
            fraction: fraction.trim_end_matches('0').to_owned(),
        })
    }

    /// The first number in a value, such as an amount before its denomination.
    fn within(text: &str) -> Option<Self> {
        let start = text.find(|c: char| c.is_ascii_digit())?;
        let rest = text.get(start..)?;
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        Self::parse(rest.get(..end)?.trim_end_matches('.'))
    }

    fn order(&self, other: &Self) -> Ordering {
        let whole = self.whole.len().cmp(&other.whole.len());
        let whole = whole.then_with(|| self.whole.cmp(&other.whole));
        whole.then_with(|| self.fraction.cmp(&other.fraction))
    }
}

impl Query {
    /// Reads a query; the error says what is wrong with it.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        if text.len() > MAX_QUERY_LEN {
            return Err("maximum query length exceeded".to_owned());
        }
        let mut scanner = Scanner { rest: text };
        let mut conditions = vec![scanner.condition()?];
        while scanner.skip_space() {
            if scanner.word().as_deref() != Some("AND") {
                return Err(format!("got {:?}, wanted AND", scanner.rest));
            }
            conditions.push(scanner.condition()?);
        }
        Ok(Self(conditions))
    }

    /// True when all conditions hold.
    pub(super) fn matches(&self, attributes: &Attributes) -> bool {
        self.0.iter().all(|condition| {
            let values = attributes.get(&condition.key);
            values.is_some_and(|values| values.iter().any(|value| condition.test.holds(value)))
        })
    }

    /// The text that a key must have, if the query asks for one.
    pub(super) fn wanted(&self, key: &str) -> Option<&str> {
        self.0.iter().find_map(|condition| match &condition.test {
            Test::Compare([Ordering::Equal], Operand::Text(text)) if condition.key == key => {
                Some(text.as_str())
            }
            _ => None,
        })
    }

    /// True when a number of that key can meet all the conditions on that key.
    pub(super) fn allows(&self, key: &str, number: u64) -> bool {
        let value = number.to_string();
        let mut about = self.0.iter().filter(|condition| condition.key == key);
        about.all(|condition| condition.test.holds(&value))
    }
}

impl Test {
    fn holds(&self, value: &str) -> bool {
        let order = match self {
            Self::Exists => return true,
            Self::Contains(part) => return value.contains(part.as_str()),
            Self::Compare(_, Operand::Text(text)) => Some(value.cmp(text.as_str())),
            Self::Compare(_, Operand::Number(number)) => {
                Decimal::within(value).map(|found| found.order(number))
            }
            Self::Compare(_, Operand::Time(time)) => parse_time(value).map(|t| t.cmp(time)),
        };
        match self {
            Self::Compare(wanted, _) => order.is_some_and(|order| wanted.contains(&order)),
            _ => true,
        }
    }
}

fn parse_time(text: &str) -> Option<OffsetDateTime> {
    OffsetDateTime::parse(text, &Rfc3339).ok().or_else(|| parse_date(text))
}

fn parse_date(text: &str) -> Option<OffsetDateTime> {
    let mut parts = text.splitn(3, '-');
    let year = parts.next()?.parse().ok()?;
    let month = Month::try_from(parts.next()?.parse::<u8>().ok()?).ok()?;
    let date = Date::from_calendar_date(year, month, parts.next()?.parse().ok()?).ok()?;
    Some(date.midnight().assume_utc())
}

/// Longer signs first: one begins with another.
const OPERATORS: [(&str, &[Ordering]); 5] = [
    ("<=", &[Ordering::Less, Ordering::Equal]),
    (">=", &[Ordering::Greater, Ordering::Equal]),
    ("=", &[Ordering::Equal]),
    ("<", &[Ordering::Less]),
    (">", &[Ordering::Greater]),
];

struct Scanner<'a> {
    rest: &'a str,
}

impl Scanner<'_> {
    /// True when something is left.
    fn skip_space(&mut self) -> bool {
        self.rest = self.rest.trim_start();
        !self.rest.is_empty()
    }

    fn take(&mut self, len: usize) -> Option<String> {
        let (taken, rest) = self.rest.split_at_checked(len)?;
        self.rest = rest;
        Some(taken.to_owned())
    }

    /// What ends before a space, an operator or a quote.
    fn word(&mut self) -> Option<String> {
        self.skip_space();
        let ends = |c: char| c.is_whitespace() || "\\()\"'=><".contains(c);
        let len = self.rest.find(ends).unwrap_or(self.rest.len());
        if len == 0 { None } else { self.take(len) }
    }

    fn quoted(&mut self) -> Result<String, String> {
        self.skip_space();
        let inside = self.rest.strip_prefix('\'').ok_or("a text in single quotes is missing")?;
        let len = inside.find('\'').ok_or("a quote is not closed")?;
        let text = inside.get(..len).unwrap_or_default().to_owned();
        self.rest = inside.get(len.saturating_add(1)..).unwrap_or_default();
        Ok(text)
    }

    fn condition(&mut self) -> Result<Condition, String> {
        let key = self.word().ok_or_else(|| format!("got {:?}, wanted a key", self.rest))?;
        self.skip_space();
        for (sign, orders) in OPERATORS {
            if let Some(rest) = self.rest.strip_prefix(sign) {
                self.rest = rest;
                let test = Test::Compare(orders, self.operand()?);
                return Ok(Condition { key, test });
            }
        }
        let test = match self.word().as_deref() {
            Some("EXISTS") => Test::Exists,
            Some("CONTAINS") => Test::Contains(self.quoted()?),
            other => return Err(format!("got {other:?}, wanted an operator")),
        };
        Ok(Condition { key, test })
    }

    fn operand(&mut self) -> Result<Operand, String> {
        self.skip_space();
        if self.rest.starts_with('\'') {
            return self.quoted().map(Operand::Text);
        }
        let word = self.word().ok_or("a value is missing")?;
        let time = |text: Option<String>, parse: fn(&str) -> Option<OffsetDateTime>| {
            let text = text.ok_or("a time is missing")?;
            parse(&text).map(Operand::Time).ok_or_else(|| format!("{text:?} is no time"))
        };
        match word.as_str() {
            "TIME" => time(self.word(), parse_time),
            "DATE" => time(self.word(), parse_date),
            number => Decimal::parse(number)
                .map(Operand::Number)
                .ok_or_else(|| format!("{number:?} is neither a number nor a text in quotes")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attributes() -> Attributes {
        let pairs = [
            ("tm.event", vec!["Tx"]),
            ("tx.height", vec!["12"]),
            ("transfer.amount", vec!["7stake", "1000000000000000000000.50x"]),
            ("vote.time", vec!["2026-11-24T10:00:00.5Z"]),
            ("empty.value", vec![""]),
        ];
        let owned = |values: Vec<&str>| values.into_iter().map(str::to_owned).collect();
        pairs.into_iter().map(|(key, values)| (key.to_owned(), owned(values))).collect()
    }

    #[test]
    fn conditions_hold_as_clients_mean_them() {
        for (query, expected) in [
            ("tm.event='Tx'", true),
            ("tm.event = 'Tx' AND tx.height >= 12 AND tx.height<=12", true),
            ("tm.event='Tx' AND tx.height > 12", false),
            ("tx.height < 100", true),
            ("tx.height = '12'", true),
            ("tx.height='012'", false),
            ("tx.height = 012", true),
            ("transfer.amount = 7 AND transfer.amount > 999999999999999999999", true),
            ("transfer.amount = 1000000000000000000000.5", true),
            ("transfer.amount < 6", false),
            ("transfer.amount CONTAINS 'stake'", true),
            ("transfer.amount CONTAINS 'mist'", false),
            ("empty.value EXISTS", true),
            ("empty.value = 1", false),
            ("other.key EXISTS", false),
            ("vote.time > TIME 2026-11-24T10:00:00Z", true),
            ("vote.time >= DATE 2026-11-25", false),
        ] {
            let parsed = Query::parse(query).unwrap();
            assert_eq!(parsed.matches(&attributes()), expected, "{query}");
        }
    }

    #[test]
    fn what_is_no_query_is_refused() {
        for query in [
            "",
            "AND",
            "tm.event",
            "tm.event=",
            "tm.event='Tx",
            "tm.event='Tx' OR tx.height=1",
            "tm.event='Tx' AND",
            "tx.height=five",
            "a CONTAINS b",
            "a > DATE 2026-13-01",
            "='x'",
        ] {
            Query::parse(query).unwrap_err();
        }
        assert!(Query::parse(&format!("a='{}'", "b".repeat(MAX_QUERY_LEN))).is_err());
    }

    #[test]
    fn heights_and_hashes_narrow_a_search() {
        let query = Query::parse("tx.height>=5 AND tx.height<7 AND tx.hash='AB'").unwrap();
        assert_eq!((3..9).filter(|height| query.allows("tx.height", *height)).sum::<u64>(), 11);
        assert_eq!(query.wanted("tx.hash"), Some("AB"));
        assert_eq!(query.wanted("tx.height"), None);
    }
}
