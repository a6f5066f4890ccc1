// SPDX-License-Identifier: MIT OR Apache-2.0
//! What is not in a vCPU's groups does not exist for a guest: every register of Arm's list that EL1 or EL0 reaches
//! without a trap is in a group, the same for all, emptied, trapped after all, or of an extension that no core has.

use std::collections::BTreeSet;

use proof::oracle::{Arm, Space, arm};
use proof::reached::{Kept, OTHER_FIELDS, REACHED};
use sel4_abi::vcpu_reg::VcpuReg;

/// Encodings that can be reached while the bank is loaded, and whether they can be written.
fn direct(writes_only: bool) -> BTreeSet<[u8; 5]> {
    let list = arm();
    let all = list.iter().filter(|(access, goes)| access.space == Space::A64 && goes[1] == Arm::Direct);
    all.filter(|(access, _)| !writes_only || !access.reads).map(|(access, _)| access.encoding).collect()
}

#[test]
fn proof_what_a_guest_reaches_is_in_its_groups_or_the_same_for_all() {
    let (reached, written) = (direct(false), direct(true));
    let mut unexplained = Vec::new();
    let mut used = vec![0; REACHED.len()];
    for &encoding in &reached {
        let rows: Vec<usize> = (0..REACHED.len()).filter(|&n| REACHED[n].covers(encoding)).collect();
        rows.iter().for_each(|&n| used[n] += 1);
        // What can be written is a constant only if nothing is kept of it.
        let osec = encoding == [2, 0, 0, 6, 2];
        let is_constant = rows.iter().any(|&n| REACHED[n].kept == Kept::Constant);
        if rows.len() != 1 || is_constant && written.contains(&encoding) && !osec {
            unexplained.push(format!("{encoding:?}: {} rows", rows.len()));
        }
    }
    println!(
        "{} registers without a trap, {} of which can be written; {} unexplained",
        reached.len(),
        written.len(),
        unexplained.len()
    );
    assert!(unexplained.is_empty(), "{unexplained:#?}");
    let idle: Vec<_> = used.iter().zip(REACHED).filter(|(count, _)| **count == 0).map(|(_, row)| row.kept).collect();
    assert!(idle.is_empty(), "rows about nothing: {idle:?}");
}

/// And the other way round: every field of the groups is one that a guest can reach, or is named.
#[test]
fn proof_every_field_is_a_register() {
    let fields = || REACHED.iter().filter_map(|row| if let Kept::Field(field) = row.kept { Some(field) } else { None });
    for &field in VcpuReg::ALL {
        let is_reached = fields().any(|one| one == field);
        assert!(is_reached != OTHER_FIELDS.contains(&field), "{field:?}");
    }
}
