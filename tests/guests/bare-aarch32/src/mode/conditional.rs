// SPDX-License-Identifier: MIT OR Apache-2.0
//! Conditions, IT blocks and banked registers: a trapped access does what the instruction would have done.

use crate::runtime::exception::{forget, total};
use crate::runtime::probe::{CONDITIONALS, IT_BLOCKS, banked, conditional, it_block};
use crate::runtime::report::check;

/// What r13 and r14 hold together: the claim tags twice.
const TWICE: u32 = 2 * 0xff;

pub fn run() {
    forget();
    a32();
    t32();
    for (mode, sum) in banked() {
        check(format_args!("banked.{mode}"), TWICE, sum);
    }
    check("conditional.quiet", 0, total());
}

fn a32() {
    for condition in 0..CONDITIONALS.len() {
        let wrong = (0..16).filter(|&flags| conditional(condition, flags) != holds(condition, flags)).count();
        check(format_args!("condition{condition:x}"), 0, wrong as u32);
    }
}

/// The manual's ConditionHolds; flags are N, Z, C, V from bit 3 down.
fn holds(condition: usize, flags: u32) -> bool {
    let [n, z, c, v] = [3, 2, 1, 0].map(|bit| flags >> bit & 1 == 1);
    let result = match condition >> 1 {
        0 => z,
        1 => c,
        2 => n,
        3 => v,
        4 => c && !z,
        5 => n == v,
        6 => n == v && !z,
        _ => return true,
    };
    result != (condition & 1 == 1)
}

fn t32() {
    for (number, (pattern, _)) in IT_BLOCKS.iter().enumerate() {
        for zero in [true, false] {
            let results = it_block(number, zero);
            let wrong = (0..4).filter(|&at| {
                let position = pattern.as_bytes().get(at);
                let expected = position.is_some_and(|&letter| (letter == b't') == zero);
                (results[at] == 0xff) != expected
            });
            check(format_args!("it.{pattern}.{zero}"), 0, wrong.count() as u32);
        }
    }
}
