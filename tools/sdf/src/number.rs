// SPDX-License-Identifier: MIT OR Apache-2.0
//! Numbers as the format writes them: decimal, or hexadecimal after `0x`; `_` anywhere.

/// Why a text is no number.
#[derive(Debug, PartialEq, Eq)]
pub enum NotANumber {
    /// No digits.
    Empty,
    /// Begins with `-`.
    Negative,
    /// A character that is no digit.
    BadDigit(char),
    /// More than 64 bits.
    TooLarge,
}

impl std::fmt::Display for NotANumber {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            NotANumber::Empty => f.write_str("no digits"),
            NotANumber::Negative => f.write_str("negative numbers are not allowed"),
            NotANumber::BadDigit(c) => write!(f, "'{c}' is not a digit here"),
            NotANumber::TooLarge => f.write_str("more than 64 bits"),
        }
    }
}

/// Reads a number.
pub fn parse(text: &str) -> Result<u64, NotANumber> {
    let digits: String = text.chars().filter(|&c| c != '_').collect();
    let (digits, base) = match digits.strip_prefix("0x") {
        Some(hex) => (hex, 16),
        None => (digits.as_str(), 10),
    };
    if digits.starts_with('-') {
        return Err(NotANumber::Negative);
    }
    if digits.is_empty() {
        return Err(NotANumber::Empty);
    }
    if let Some(bad) = digits.chars().find(|c| !c.is_digit(base)) {
        return Err(NotANumber::BadDigit(bad));
    }
    u64::from_str_radix(digits, base).map_err(|_| NotANumber::TooLarge)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimal_hexadecimal_and_underscores() {
        for (text, value) in
            [("0", 0), ("42", 42), ("0x2a", 42), ("0x2A", 42), ("1_000", 1000), ("0x10_000_000", 0x1000_0000)]
        {
            assert_eq!(parse(text), Ok(value), "{text}");
        }
        assert_eq!(parse("0xffff_ffff_ffff_ffff"), Ok(u64::MAX));
        assert_eq!(parse("0_x10"), Ok(16), "underscores may be anywhere, as Microkit has it");
    }

    #[test]
    fn everything_else_is_refused() {
        assert_eq!(parse(""), Err(NotANumber::Empty));
        assert_eq!(parse("_"), Err(NotANumber::Empty));
        assert_eq!(parse("0x"), Err(NotANumber::Empty));
        assert_eq!(parse("-1"), Err(NotANumber::Negative));
        assert_eq!(parse("+1"), Err(NotANumber::BadDigit('+')));
        assert_eq!(parse(" 1"), Err(NotANumber::BadDigit(' ')));
        assert_eq!(parse("0X1"), Err(NotANumber::BadDigit('X')));
        assert_eq!(parse("ff"), Err(NotANumber::BadDigit('f')));
        assert_eq!(parse("4k"), Err(NotANumber::BadDigit('k')));
        assert_eq!(parse("0x1_0000_0000_0000_0000"), Err(NotANumber::TooLarge));
        assert_eq!(parse("18446744073709551616"), Err(NotANumber::TooLarge));
    }
}
