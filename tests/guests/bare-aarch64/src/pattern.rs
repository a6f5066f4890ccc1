// SPDX-License-Identifier: MIT OR Apache-2.0
//! Values for the registers that differ by guest, kind and index, have no effect, and read back as written.

/// The kinds of register that come in numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `DBGBVR<n>_EL1`.
    Bvr,
    /// `DBGBCR<n>_EL1`.
    Bcr,
    /// `DBGWVR<n>_EL1`.
    Wvr,
    /// `DBGWCR<n>_EL1`.
    Wcr,
}

impl Kind {
    /// All four.
    pub const ALL: [Self; 4] = [Self::Bvr, Self::Bcr, Self::Wvr, Self::Wcr];

    /// The register's name without its number.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Bvr => "dbgbvr",
            Self::Bcr => "dbgbcr",
            Self::Wvr => "dbgwvr",
            Self::Wcr => "dbgwcr",
        }
    }
}

/// The value for register `n` of `kind`: addresses are aligned and canonical, controls are not enabled and have only
/// the fields that every implementation keeps (PMC or PAC, LSC, BAS as far as it is not a copy).
pub const fn value(guest: u16, kind: Kind, n: u8) -> u64 {
    let (guest, n) = (guest as u64, n as u64);
    match kind {
        Kind::Bvr => guest << 20 | n << 8 | 0xb0,
        Kind::Wvr => guest << 20 | n << 8 | 0xd0,
        Kind::Bcr => ((guest ^ n) & 0b11) << 1 | if (guest >> 2 ^ n >> 2) & 1 != 0 { 0xf << 5 } else { 0x3 << 5 },
        Kind::Wcr => ((guest ^ n) & 0b11) << 1 | ((guest >> 2 ^ n) & 0b11) << 3 | ((guest >> 4 ^ n) & 0xff) << 5,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_differ_and_controls_are_off() {
        for kind in Kind::ALL {
            for n in 0..16 {
                let value = value(0x1111, kind, n);
                match kind {
                    Kind::Bvr | Kind::Wvr => {
                        assert_eq!(value & 3, 0);
                        assert_ne!(value, super::value(0x2222, kind, n));
                        assert!((0..n).all(|m| super::value(0x1111, kind, m) != value));
                    }
                    Kind::Bcr | Kind::Wcr => {
                        assert_eq!(value & !0x1ffe, 0, "{kind:?}{n}");
                        assert_ne!(value, super::value(0x2222, kind, n));
                    }
                }
            }
        }
    }
}
