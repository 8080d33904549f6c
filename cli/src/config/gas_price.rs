//! Prices of gas below one smallest unit.

use causeway_core::Amount;
use serde::{Deserialize, Serialize};

/// The most digits behind the point.
const MAX_DECIMALS: u32 = 18;

/// The price of a unit of gas: a decimal number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(crate) struct GasPrice {
    text: String,
    /// The price times ten to the number of decimals.
    scaled: u128,
    decimals: u32,
}

impl TryFrom<String> for GasPrice {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
        let digits = [whole, fraction].concat();
        let decimals = u32::try_from(fraction.len()).unwrap_or(u32::MAX);
        let is_number = !whole.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        match digits.parse() {
            Ok(scaled) if is_number && decimals <= MAX_DECIMALS => {
                Ok(Self { text, scaled, decimals })
            }
            _ => Err(format!("{text:?} is no price: expected a number such as 0.025")),
        }
    }
}

impl From<GasPrice> for String {
    fn from(price: GasPrice) -> Self {
        price.text
    }
}

impl GasPrice {
    /// What so much gas costs, rounded up.
    pub(crate) fn of(&self, gas: u64) -> Amount {
        let one = 10_u128.saturating_pow(self.decimals);
        Amount::from(self.scaled.saturating_mul(gas.into()).div_ceil(one))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prices_are_rounded_up() {
        for (price, gas, cost) in
            [("0.001", 1001, 2_u64), ("2", 7, 14), ("0.025", 40, 1), ("0", 5, 0), ("1.5", 3, 5)]
        {
            let price = GasPrice::try_from(price.to_owned()).unwrap();
            assert_eq!(price.of(gas), Amount::from(cost));
        }
        for text in ["", ".5", "-1", "1e3", "0.0000000000000000001", "1.2.3"] {
            GasPrice::try_from(text.to_owned()).unwrap_err();
        }
    }
}
