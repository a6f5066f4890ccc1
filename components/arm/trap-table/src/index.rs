// SPDX-License-Identifier: MIT OR Apache-2.0
//! The table's index: from an encoding to its row without a search, for a lookup is part of every trapped access.

use arm_syndrome::SysReg;

use crate::Row;

/// CRn, CRm and op2.
const REGISTERS: usize = 1 << 11;
/// op0 and op1.
const GROUPS: usize = 1 << 5;
/// Pairs of op0 and op1 that have rows; a const assertion of [`Index::of`].
const USED: usize = 6;

/// Rows by encoding: a row's place plus one, 0 where there is none.
pub(crate) struct Index {
    /// 0 is the empty group.
    groups: [u8; GROUPS],
    rows: [[u8; REGISTERS]; USED + 1],
}

impl Index {
    /// Of these rows.
    pub(crate) const fn of(rows: &[Row]) -> Self {
        assert!(rows.len() < u8::MAX as usize, "a place is a byte");
        let mut index = Self { groups: [0; GROUPS], rows: [[0; REGISTERS]; USED + 1] };
        let mut used = 0;
        let mut i = 0;
        while i < rows.len() {
            let (group, register) = split(rows[i].register);
            if index.groups[group] == 0 {
                used += 1;
                assert!(used <= USED, "more pairs of op0 and op1 than USED");
                index.groups[group] = used as u8;
            }
            index.rows[index.groups[group] as usize][register] = i as u8 + 1;
            i += 1;
        }
        index
    }

    /// The row's place among the rows.
    #[inline(always)]
    pub(crate) fn find(&self, register: SysReg) -> Option<usize> {
        let (group, register) = split(register);
        let row = self.rows.get(self.groups[group] as usize).map_or(0, |rows| rows[register]);
        usize::from(row).checked_sub(1)
    }
}

#[inline(always)]
const fn split(register: SysReg) -> (usize, usize) {
    let packed = register.packed() as usize;
    (packed / REGISTERS, packed % REGISTERS)
}
