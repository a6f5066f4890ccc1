// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a row's figure counts: instructions, or, where the name says ratio, thousandths.

use serde_json::Value;

const ONE: u64 = 1000;

fn is_ratio(op: &str) -> bool {
    op.ends_with("_ratio")
}

/// One figure as a multiple of another, rounded.
pub fn ratio(of: u64, to: u64) -> u64 {
    (of * ONE + to / 2).checked_div(to).unwrap_or(u64::MAX)
}

/// For people.
pub fn text(op: &str, figure: u64) -> String {
    if is_ratio(op) { format!("{:.3}", figure as f64 / ONE as f64) } else { figure.to_string() }
}

/// For programs.
pub fn json(op: &str, figure: u64) -> Value {
    if is_ratio(op) { (figure as f64 / ONE as f64).into() } else { figure.into() }
}

/// The figure that [`json`] wrote.
pub fn from_json(op: &str, value: f64) -> u64 {
    if is_ratio(op) { (value * ONE as f64).round() as u64 } else { value as u64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ratio_has_three_digits() {
        let figure = ratio(1308, 1283);
        assert_eq!((figure, text("x_ratio", figure)), (1019, "1.019".into()));
        assert_eq!(from_json("x_ratio", json("x_ratio", figure).as_f64().unwrap()), figure);
        assert_eq!(from_json("x", json("x", 1_308_123_000).as_f64().unwrap()), 1_308_123_000);
        assert_eq!(ratio(1, 0), u64::MAX);
    }
}
