// SPDX-License-Identifier: MIT OR Apache-2.0
//! The trap tables of both widths against Arm's released pseudocode.

use proof::explained::EXPLANATIONS;
use proof::oracle::{Arm, agree, all, arm, explanation, ours};

#[test]
fn proof_every_access_is_arm_s_or_explained() {
    let listed = arm();
    let mut used = vec![0; EXPLANATIONS.len()];
    let mut unexplained = Vec::new();
    let mut agreed = 0;
    for access in all() {
        let theirs = listed.get(&access).copied().unwrap_or([Arm::Undefined; 2]);
        let mine = ours(&access);
        if agree(theirs, mine) {
            agreed += 1;
        } else if let Some(explanation) = explanation(&access, theirs, mine) {
            used[EXPLANATIONS.iter().position(|one| std::ptr::eq(one, explanation)).unwrap_or(0)] += 1;
        } else {
            unexplained.push(format!("{access:?}: Arm {theirs:?}, the tables {mine:?}"));
        }
    }
    println!("{agreed} accesses are as Arm has them, {} differ and are explained", used.iter().sum::<u32>());
    EXPLANATIONS.iter().zip(&used).for_each(|(explanation, count)| println!("{count:6} {}", explanation.why));
    assert!(unexplained.is_empty(), "{} unexplained:\n{}", unexplained.len(), unexplained.join("\n"));
    let idle: Vec<_> = EXPLANATIONS.iter().zip(&used).filter(|(_, count)| **count == 0).collect();
    assert!(idle.is_empty(), "explanations of nothing: {idle:#?}");
}
