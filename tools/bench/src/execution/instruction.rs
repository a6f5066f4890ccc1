// SPDX-License-Identifier: MIT OR Apache-2.0
//! What kind of instruction a word is, as far as instruction counts hide its cost.

/// Kinds that take a processor more than one cycle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// MSR to a register.
    SystemWrite,
    /// MRS.
    SystemRead,
    /// ISB, DSB, DMB.
    Barrier,
    /// TLBI.
    Tlb,
    /// IC, DC, AT.
    Cache,
    /// ERET.
    ExceptionReturn,
    /// Any other.
    Plain,
}

const ERET: u32 = 0xd69f_03e0;

/// Classifies a word.
pub fn kind(word: u32) -> Kind {
    if word == ERET {
        return Kind::ExceptionReturn;
    }
    if word & 0xffc0_0000 != 0xd500_0000 {
        return Kind::Plain;
    }
    let (op0, crn, op2) = (word >> 19 & 0b11, word >> 12 & 0xf, word >> 5 & 0b111);
    let reads = word & 1 << 21 != 0;
    match (op0, crn) {
        (0, 3) if (4..=6).contains(&op2) => Kind::Barrier,
        (1, 8 | 9) => Kind::Tlb,
        (1, 7) => Kind::Cache,
        (2 | 3, _) if reads => Kind::SystemRead,
        (2 | 3, _) => Kind::SystemWrite,
        _ => Kind::Plain,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_the_assembler() {
        let known = [
            (0xd503_3fdf, Kind::Barrier),         // isb
            (0xd503_3f9f, Kind::Barrier),         // dsb sy
            (0xd503_201f, Kind::Plain),           // nop
            (0xd503_42df, Kind::Plain),           // msr daifset, #2
            (0xd538_0240, Kind::SystemRead),      // mrs x0, s3_0_c0_c2_2
            (0xd510_0240, Kind::SystemWrite),     // msr mdscr_el1, x0
            (0xd50c_871f, Kind::Tlb),             // tlbi alle2
            (0xd508_751f, Kind::Cache),           // ic iallu
            (0xd69f_03e0, Kind::ExceptionReturn), // eret
            (0xd65f_03c0, Kind::Plain),           // ret
        ];
        for (word, expected) in known {
            assert_eq!(kind(word), expected, "{word:#x}");
        }
    }
}
