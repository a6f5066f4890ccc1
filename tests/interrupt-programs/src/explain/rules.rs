// SPDX-License-Identifier: MIT OR Apache-2.0
//! The rules, each a predicate. What they say of KVM is about what Linux 6.1's virtual GICv2 does in its own way: no difference of ours is explained by it.

use super::{Difference, Other, Rule};
use crate::observation::{AS_FIQ, QUIET};
use crate::program::{Operation, Timer};
use crate::register::names::{self, CLEAR_ENABLE, SET_ACTIVE, SET_ENABLE, SET_PENDING};
use crate::register::{Register, Size};
use crate::run::VIRTUAL_TIMER;

/// At most twelve.
pub const RULES: [Rule; 12] = [
    rule("identification registers, and interrupts that only one has", "4.3.2, 4.3.3, 4.3.18, 4.4.14", identification),
    rule("the least binary point", "4.4.3, 4.4.8", least_binary_point),
    rule("the layout of active priorities", "4.4.12, 4.4.13", active_priorities),
    rule("whether PPIs have a programmable trigger", "4.3.13", private_triggers),
    ending("which of two equal priorities comes first", "3.3", equal_priorities),
    rule("KVM: accesses of sizes that a register does not have", "4.1.4", odd_sizes),
    rule("KVM: targets with a single CPU interface, and SGIs that can be disabled", "4.3.5, 4.3.6, 4.3.12", writable),
    ending("KVM: one enable for both groups", "4.3.1", groups),
    ending("KVM: what was pending while the distributor was off", "4.3.1", forgotten),
    ending(
        "the timer's line stays high over the end of its interrupt; KVM: or it is level-sensitive",
        "4.3.7, 5.2",
        levels,
    ),
    ending("KVM: SGIs that are pending again while they are active hold back others", "3.2.4", repeated_sgis),
    ending("KVM: more active interrupts than list registers", "5.2.2", many_active),
];

const fn rule(name: &'static str, section: &'static str, explains: fn(&Difference<'_>) -> bool) -> Rule {
    Rule { name, section, explains, ends: false }
}

const fn ending(name: &'static str, section: &'static str, explains: fn(&Difference<'_>) -> bool) -> Rule {
    Rule { name, section, explains, ends: true }
}

/// Registers that have nothing that every implementation has.
pub fn is_free(name: &str) -> bool {
    ["GICD_IIDR", "GICC_IIDR", "GICC_APR", "GICC_NSAPR"].contains(&name)
}

/// GICD_TYPER: ITLinesNumber.
const LINES: u64 = 0x1f;
/// The least binary points of a CPU interface with 32 priorities.
const LEAST_POINT: u64 = 2;
const LEAST_ALIASED_POINT: u64 = 3;
/// List registers of QEMU's GIC.
const LIST_REGISTERS: u32 = 4;
/// An FIQ and an IRQ, as `Signals` has them.
const BOTH_SIGNALS: u64 = 0b11;
/// SGIs' bits.
const SGIS: u64 = 0xffff;

/// The register that an observation is of, and its size.
fn looked_at(difference: &Difference<'_>) -> Option<(Register, Size)> {
    match difference.operation()? {
        Operation::Read(register, size) | Operation::Contained(register, size, _) => Some((register, size)),
        _ => None,
    }
}

fn is_kvm(difference: &Difference<'_>) -> bool {
    difference.by == Other::Kvm
}

/// The registers that an observation reaches, and the bits of each in which the two differ.
fn differing(difference: &Difference<'_>) -> Option<[(Register, u64); 2]> {
    let (operation, (qemu, other)) = (difference.operation()?, difference.values()?);
    let (register, bits) = match operation {
        Operation::Read(register, _) => (register, (qemu ^ other) << (8 * (register.offset & 3))),
        Operation::Contained(register, ..) => (register, qemu ^ other),
        _ => return None,
    };
    Some([(register.word(), bits & 0xffff_ffff), (register.next(), bits >> 32)])
}

fn identification(difference: &Difference<'_>) -> bool {
    let is_free = |&(register, bits): &(Register, u64)| {
        let free = match () {
            () if register.is("GICD_TYPER") => LINES,
            () if register.is("GICD_IIDR") || register.is("GICC_IIDR") => !0,
            () if register.is("GICD_ID") && is_kvm(difference) => !0,
            () if is_beyond_ours(register) => !0,
            () => 0,
        };
        bits & !free == 0
    };
    differing(difference).is_some_and(|words| words.iter().all(is_free))
}

/// A bitmap of interrupts that our distributor has not, beside the last ones that it has in an access of 64 bits.
fn is_beyond_ours(register: Register) -> bool {
    /// GICD_ITLinesNumber says 160.
    const OURS: u16 = 160;
    register.block == names::SGIR.block
        && (0x080..0x400).contains(&register.offset)
        && (register.offset & 0x7f) * 8 >= OURS
}

fn least_binary_point(difference: &Difference<'_>) -> bool {
    let (Some((register, _)), Some((qemu, other))) = (looked_at(difference), difference.values()) else { return false };
    let least = if register == names::BPR { LEAST_POINT } else { LEAST_ALIASED_POINT };
    [names::BPR, names::ABPR].contains(&register) && qemu < least && other == least
}

/// 32 priorities are 32 bits where there are as many levels, and each fourth of 128 in QEMU, which has group 1's in GICC_NSAPR.
fn active_priorities(difference: &Difference<'_>) -> bool {
    let (Some((register, _)), Some((qemu, other))) = (looked_at(difference), difference.values()) else { return false };
    let is_grouped =
        difference.operations().any(|operation| matches!(operation, Operation::Write(names::GICD_CTLR, _, 3)));
    match register.offset {
        _ if !register.is("GICC_APR") && !register.is("GICC_NSAPR") => false,
        0xd0 if is_grouped => true,
        0xd0 => (0..8).all(|level| other >> level & 1 == qemu >> (4 * level) & 1),
        _ => other == 0,
    }
}

fn private_triggers(difference: &Difference<'_>) -> bool {
    let Some((qemu, other)) = difference.values() else { return false };
    match difference.operation() {
        Some(Operation::Contained(register, _, value)) => {
            register == names::config(16) && other == 0 && qemu == value & 0xaaaa_aaaa
        }
        _ => false,
    }
}

/// Both were acknowledged, or were the most urgent one, and the program gives both the same priority once; or they are signalled as what their groups are.
fn equal_priorities(difference: &Difference<'_>) -> bool {
    let (Some(operation), Some((qemu, other))) = (difference.operation(), difference.values()) else { return false };
    let interrupts = || difference.program.interrupts.iter().copied();
    let are_equal = |one, two| priorities(difference, one).any(|one| priorities(difference, two).any(|two| one == two));
    match operation {
        Operation::Read(names::HPPIR, _) | Operation::Acknowledge | Operation::Open(_) => {
            let number = |value: u64| interrupts().find(|&intid| value & !AS_FIQ == intid.into());
            number(qemu).zip(number(other)).is_some_and(|(first, second)| are_equal(first, second))
        }
        Operation::Signals => {
            let is_pair = |one| interrupts().any(|two| one != two && are_equal(one, two));
            qemu ^ other == BOTH_SIGNALS && qemu != 0 && other != 0 && interrupts().any(is_pair)
        }
        _ => false,
    }
}

/// Those that a program gives an interrupt; all begin with the highest, and a program that sleeps gives that to its timer.
fn priorities(difference: &Difference<'_>, intid: u16) -> impl Iterator<Item = u64> {
    let given = difference.operations().filter_map(move |operation| match operation {
        Operation::Write(register, Size::Byte, value) if *register == names::priority(intid) => Some(value & 0xf8),
        _ => None,
    });
    let is_given = given.clone().next().is_some();
    let sleeps = difference.operations().any(|operation| matches!(operation, Operation::Sleep(_)));
    given.chain((!is_given || sleeps && intid == VIRTUAL_TIMER).then_some(0))
}

fn odd_sizes(difference: &Difference<'_>) -> bool {
    let Some((register, size)) = looked_at(difference) else { return false };
    let has_bytes = register.row().is_some_and(|row| row.has_bytes);
    let has_size = size == Size::Word || size == Size::Byte && has_bytes;
    is_kvm(difference) && register.block == names::SGIR.block && !has_size
}

fn writable(difference: &Difference<'_>) -> bool {
    let (Some((register, _)), Some((qemu, other))) = (looked_at(difference), difference.values()) else { return false };
    let is_enable = [SET_ENABLE, CLEAR_ENABLE].contains(&register.word().offset);
    is_kvm(difference) && (register.is("GICD_ITARGETSR") || is_enable && (qemu ^ other) & !SGIS == 0)
}

/// KVM takes one that has a source left for one that is pending from several; so it does one that was made active by hand.
fn repeated_sgis(difference: &Difference<'_>) -> bool {
    let sends = |intid: u16| {
        let of = move |operation: &&Operation| match operation {
            Operation::Write(names::SGIR, _, value) => value & 0xf == intid.into(),
            Operation::Write(register, ..) => {
                *register == names::set_sgi(intid) || *register == names::set_sgi(intid & 0xc)
            }
            _ => false,
        };
        difference.operations().filter(of).count()
    };
    let is_made_active = |intid: u16| {
        difference.operations().any(|operation| {
            matches!(operation, Operation::Write(register, _, value)
                if *register == names::bitmap(SET_ACTIVE, intid) && value >> intid & 1 != 0)
        })
    };
    is_kvm(difference) && (0..16).any(|sgi| sends(sgi) + usize::from(is_made_active(sgi)) > 1)
}

fn groups(difference: &Difference<'_>) -> bool {
    let writes_second = |operation: &Operation| matches!(operation, Operation::Write(names::GICD_CTLR, _, value) | Operation::Contained(names::GICD_CTLR, _, value) if value & 2 != 0);
    is_kvm(difference) && difference.operations().any(writes_second)
}

fn forgotten(difference: &Difference<'_>) -> bool {
    let switches_off = |operation: &Operation| matches!(operation, Operation::Write(names::GICD_CTLR, _, value) | Operation::Contained(names::GICD_CTLR, _, value) if value & 1 == 0);
    is_kvm(difference) && difference.operations().any(switches_off)
}

fn levels(difference: &Difference<'_>) -> bool {
    if is_kvm(difference) { soft_levels(difference) } else { stays_high(difference) }
}

/// The end of a virtual interrupt makes the physical one inactive, and it comes again if its line is up. QEMU's model of the
/// controller looks at the lines only when the next register of its distributor or physical interface is written, so under
/// a hypervisor the timer's second interrupt is late there, and nowhere else.
fn stays_high(difference: &Difference<'_>) -> bool {
    const TIMER: u64 = VIRTUAL_TIMER as u64;
    const SPURIOUS: u64 = 1023;
    let takes = |operation| matches!(operation, Operation::Acknowledge | Operation::Open(_));
    let tells = |operation| takes(operation) || matches!(operation, Operation::Read(names::HPPIR, _));
    let was_taken =
        |operation: u8| difference.program.operations.get(usize::from(operation)).copied().is_some_and(takes);
    let is_timer = |value: u64| value & !AS_FIQ == TIMER;
    let is_second = difference.before.iter().any(|seen| is_timer(seen.value) && was_taken(seen.operation));
    let is_up = |operation: &Operation| {
        matches!(operation, Operation::SetTimer(Timer::Over) | Operation::AwaitTimer(_) | Operation::Sleep(_))
    };
    let is_other = |value: u64| {
        let number = value & !AS_FIQ;
        value == QUIET
            || number == SPURIOUS
            || difference.program.interrupts.iter().any(|&intid| number == intid.into())
    };
    let (Some(operation), Some((qemu, ours))) = (difference.operation(), difference.values()) else { return false };
    let is_missed = match operation {
        // Another one may be signalled instead.
        Operation::Signals => qemu & !ours != 0,
        _ => tells(operation) && is_timer(qemu) && !is_timer(ours) && is_other(ours),
    };
    is_missed && is_second && difference.operations().any(is_up)
}

fn soft_levels(difference: &Difference<'_>) -> bool {
    let edges = |intid: u16| {
        difference.operations().any(|operation| {
            matches!(operation, Operation::Write(register, _, value)
                if *register == names::config(intid) && value >> (intid % 16 * 2 + 1) & 1 != 0)
        })
    };
    let is_level = |intid: &&u16| **intid >= 16 && (**intid < 32 || !edges(**intid));
    let levels = difference.program.interrupts.iter().filter(is_level);
    let is_made_pending = |intid: u16| {
        difference.operations().any(|operation| match operation {
            Operation::Write(register, _, value) => {
                *register == names::bitmap(SET_PENDING, intid) && value >> (intid % 32) & 1 != 0
            }
            Operation::SetLine(true) => intid == 33,
            Operation::SetTimer(Timer::Over) | Operation::AwaitTimer(_) | Operation::Sleep(_) => intid == 27,
            _ => false,
        })
    };
    is_kvm(difference) && levels.copied().any(is_made_pending)
}

/// Each can be acknowledged or made active by hand.
fn many_active(difference: &Difference<'_>) -> bool {
    let by_hand = difference.operations().map(|operation| match operation {
        Operation::Write(register, _, value) if (SET_ACTIVE..SET_ACTIVE + 0x80).contains(&register.offset) => {
            value.count_ones()
        }
        _ => 0,
    });
    is_kvm(difference) && difference.program.interrupts.len() as u32 + by_hand.sum::<u32>() > LIST_REGISTERS
}
