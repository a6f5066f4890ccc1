// SPDX-License-Identifier: MIT OR Apache-2.0
//! Features of later cores that the kernel neither switches nor traps: a core that has one is not used.
//!
//! The registers of most features are undefined at EL1 until EL2 allows them. These have some that are not, or that EL0
//! reaches by what a guest leaves in them.

/// A field of an ID register of op0 3, op1 0, CRn 0.
struct Field {
    crm: u8,
    op2: u8,
    mask: u64,
    /// The greatest value that is supported.
    greatest: u64,
    /// What a core with more has.
    name: &'static str,
}

const fn nibble(crm: u8, op2: u8, shift: u32, greatest: u64, name: &'static str) -> Field {
    Field { crm, op2, mask: 0xf << shift, greatest, name }
}

const FIELDS: &[Field] = &[
    nibble(5, 0, 0, 9, "debug registers of Armv8.8 or later (FEAT_Debugv8p8)"),
    nibble(5, 0, 32, 0, "statistical profiling (FEAT_SPE)"),
    nibble(5, 0, 44, 0, "a trace buffer (FEAT_TRBE)"),
    nibble(5, 0, 52, 0, "a branch record buffer (FEAT_BRBE)"),
    Field { crm: 5, op2: 1, mask: u64::MAX, greatest: 0, name: "debug features of Armv8.9 (ID_AA64DFR1_EL1)" },
    nibble(4, 0, 44, 0, "activity monitors (FEAT_AMUv1)"),
];

/// The first feature for which the core is not used, by its ID registers: `read` takes CRm and op2.
pub fn feature(read: impl Fn(u8, u8) -> u64) -> Option<&'static str> {
    let has =
        |field: &&Field| (read(field.crm, field.op2) & field.mask) >> field.mask.trailing_zeros() > field.greatest;
    FIELDS.iter().find(has).map(|field| field.name)
}

#[cfg(test)]
mod tests {
    use super::feature;

    /// ID_AA64PFR0_EL1, ID_AA64DFR0_EL1 and ID_AA64DFR1_EL1 of a core.
    fn of(pfr0: u64, dfr0: u64, dfr1: u64) -> Option<&'static str> {
        feature(|crm, op2| match (crm, op2) {
            (4, 0) => pfr0,
            (5, 0) => dfr0,
            (5, 1) => dfr1,
            _ => u64::MAX,
        })
    }

    #[test]
    fn cores_that_we_run_on() {
        for (pfr0, dfr0) in [
            (0x2222, 0x1030_5106),
            (0x1100_0000_1011_1112, 0x1030_5408),
            (0x1100_0000_1011_1111, 0xf_1030_5609 & !(0xf << 32)),
        ] {
            assert_eq!(of(pfr0, dfr0, 0), None);
        }
    }

    #[test]
    fn each_feature_has_its_name() {
        for (pfr0, dfr0, dfr1, name) in [
            (0, 10, 0, "FEAT_Debugv8p8"),
            (0, 1 << 32, 0, "FEAT_SPE"),
            (0, 1 << 44, 0, "FEAT_TRBE"),
            (0, 1 << 52, 0, "FEAT_BRBE"),
            (0, 6, 1 << 63, "ID_AA64DFR1_EL1"),
            (1 << 44, 0, 0, "FEAT_AMUv1"),
        ] {
            assert!(of(pfr0, dfr0, dfr1).is_some_and(|found| found.contains(name)), "{name}");
        }
    }
}
