// SPDX-License-Identifier: MIT OR Apache-2.0
//! A vCPU's state by groups.

use super::invariants::check;
use super::world::*;
use crate::arch::Aarch32Levels;
use lazaret_abi::group::{DEBUG_REGISTERS, Event, GIC_FIRST_LIST_REGISTER};
use lazaret_abi::{
    AARCH32, Group, VCPU_DEBUG_ATTACH, VCPU_DEBUG_DETACH, VCPU_READ_GROUP, VCPU_STATE_WRITE, VCPU_WRITE_GROUP,
    VcpuState,
};
use sel4_abi::error::Error;
use sel4_abi::invocation::Invocation::*;
use sel4_abi::object::ObjectType;

/// List registers of the tests' core.
const LIST_REGISTERS: usize = 4;
const SPSR: usize = 2;

/// Two stopped vCPUs with threads, and one without.
struct Vcpus {
    w: World,
    threads: [u64; 2],
    vcpus: [u64; 2],
    alone: u64,
}

impl Vcpus {
    fn new() -> Self {
        let w = World::new();
        let threads = [0; 2].map(|_| w.thread(10, w.sched_context(1000, 1000), 0));
        let vcpus = threads.map(|thread| {
            let vcpu = w.make(ObjectType::Vcpu, 0);
            w.expect(vcpu, VcpuSetTcb, &[], &[thread]);
            vcpu
        });
        let alone = w.make(ObjectType::Vcpu, 0);
        Self { w, threads, vcpus, alone }
    }

    fn read(&self, vcpu: u64, group: Group) -> Answer {
        self.w.call_label(vcpu, VCPU_READ_GROUP, &[group as u64], &[])
    }

    fn words(&self, n: usize, group: Group) -> Vec<u64> {
        let answer = self.read(self.vcpus[n], group);
        assert_eq!((answer.label, answer.words.len()), (0, group.length(LIST_REGISTERS)), "{group:?}");
        answer.words
    }

    fn write(&self, vcpu: u64, group: Group, words: &[u64]) -> Answer {
        let message: Vec<u64> = [group as u64].into_iter().chain(words.iter().copied()).collect();
        let answer = self.w.call_label(vcpu, VCPU_WRITE_GROUP, &message, &[]);
        check(&self.w);
        answer
    }

    fn all(&self, n: usize) -> Vec<Vec<u64>> {
        Group::ALL.iter().map(|&group| self.words(n, group)).collect()
    }
}

/// Words that the group can have, all different.
fn pattern(group: Group) -> Vec<u64> {
    let length = group.length(LIST_REGISTERS);
    let mut words: Vec<u64> = (0..length as u64).map(|n| 0x1111_0000_0000_0000 + (n << 16) + 0xabc).collect();
    match group {
        Group::Core => words[SPSR] = 0x8000_03c5,
        Group::Aarch32 => {
            words.iter_mut().for_each(|word| *word &= 0xffff_ffff);
            words[VcpuState::Width as usize] = AARCH32;
        }
        Group::Gic => {
            words.iter_mut().for_each(|word| *word &= 0xffff_ffff);
            words
                .iter_mut()
                .skip(GIC_FIRST_LIST_REGISTER)
                .enumerate()
                .for_each(|(n, word)| *word = 0x5088_0020 + n as u64);
        }
        Group::Events => words.fill(1),
        // The tests' core keeps no bank.
        Group::Debug => words.fill(0),
        _ => {}
    }
    words
}

#[test]
fn what_was_written_is_read_of_that_vcpu_alone() {
    for &group in Group::ALL {
        let v = Vcpus::new();
        let before = v.all(1);
        let words = pattern(group);
        if group == Group::Events {
            // With a timer that would interrupt later: else there is nothing to wait for.
            assert_eq!(v.write(v.vcpus[0], Group::Timer, &[1, u64::MAX / 2, 0]), ok());
            assert_eq!(v.write(v.vcpus[0], Group::Events, &[0, 1]), ok());
            assert_eq!(v.words(0, Group::Events), [0, 1]);
            assert_eq!(v.write(v.vcpus[0], Group::Events, &[1, 0]), ok());
            assert_eq!(v.words(0, Group::Events), [1, 0]);
        } else {
            assert_eq!(v.write(v.vcpus[0], group, &words), ok(), "{group:?}");
            assert_eq!(v.words(0, group), words, "{group:?}");
        }
        assert_eq!(v.all(1), before, "{group:?} of another vCPU");
    }
}

#[test]
fn a_vcpu_becomes_another_ones_copy() {
    let v = Vcpus::new();
    for group in [Group::Aarch32, Group::El1, Group::Fp, Group::Timer, Group::Gic] {
        assert_eq!(v.write(v.vcpus[0], group, &pattern(group)), ok());
    }
    for &group in Group::ALL {
        assert_eq!(v.write(v.vcpus[1], group, &v.words(0, group)), ok(), "{group:?}");
    }
    assert_eq!(v.all(0), v.all(1));
}

#[test]
fn a_guests_mode_is_confined() {
    let v = Vcpus::new();
    let mut words = v.words(0, Group::Core);
    words[SPSR] = u64::MAX;
    assert_eq!(v.write(v.vcpus[0], Group::Core, &words), ok());
    let given = v.w.thread_of(v.threads[0]).context.spsr.get();
    assert_eq!(v.words(0, Group::Core)[SPSR], given);
    assert!(matches!(given & 0x1f, 0 | 4 | 5), "{given:#x}");
}

#[test]
fn a_vcpu_that_runs_is_left_alone() {
    let v = Vcpus::new();
    v.w.resume(v.threads[0]);
    for &group in Group::ALL {
        assert_eq!(v.read(v.vcpus[0], group), error(Error::IllegalOperation as u64, &[]));
        assert_eq!(v.write(v.vcpus[0], group, &pattern(group)), error(Error::IllegalOperation as u64, &[]));
    }
    v.w.expect(v.threads[0], TcbSuspend, &[], &[]);
    v.all(0);
}

#[test]
fn one_without_a_thread_has_all_but_the_threads() {
    let v = Vcpus::new();
    for &group in Group::ALL {
        let answer = v.read(v.alone, group);
        if group == Group::Core {
            assert_eq!(answer, error(Error::IllegalOperation as u64, &[]));
        } else {
            assert_eq!((answer.label, answer.words.len()), (0, group.length(LIST_REGISTERS)));
        }
    }
    assert_eq!(v.write(v.alone, Group::Events, &[0, 1]).label, Error::InvalidArgument as u64);
}

#[test]
fn all_of_a_group_or_nothing() {
    let v = Vcpus::new();
    let before = v.all(0);
    for &group in Group::ALL {
        let words = pattern(group);
        let short = v.write(v.vcpus[0], group, &words[..words.len() - 1]);
        assert_eq!(short, error(Error::TruncatedMessage as u64, &[]), "{group:?}");
    }
    let list = |word: u64| {
        let mut words = pattern(Group::Gic);
        *words.last_mut().unwrap() = word;
        words
    };
    let wide = |index: usize| {
        let mut words = pattern(Group::Gic);
        words[index] = 1 << 32;
        words
    };
    let last = GIC_FIRST_LIST_REGISTER + LIST_REGISTERS - 1;
    let state = |value| [vec![0; DEBUG_REGISTERS], vec![value]].concat();
    let wrong: Vec<(Group, Vec<u64>, u64)> = vec![
        (Group::Gic, list(1 << 31), last as u64),
        (Group::Gic, list(1 << 28 | 1020), last as u64),
        (Group::Gic, list(0x5088_0020), last as u64),
        (Group::Gic, wide(0), 0),
        (Group::Gic, wide(2), 2),
        (Group::Gic, wide(last), last as u64),
        (Group::Events, vec![2, 0], Event::TimerTold as u64),
        (Group::Events, vec![0, 2], Event::WaitsForTimer as u64),
        (Group::Debug, state(3), DEBUG_REGISTERS as u64),
        (Group::Debug, state(u64::MAX), DEBUG_REGISTERS as u64),
    ];
    for (group, words, number) in wrong {
        let expected = error(Error::InvalidArgument as u64, &[1 + number]);
        assert_eq!(v.write(v.vcpus[0], group, &words), expected, "{group:?} {words:x?}");
    }
    v.w.kernel.cpu.arch.aarch32.set(Aarch32Levels { el0: true, el1: false });
    let refused = v.write(v.vcpus[0], Group::Aarch32, &pattern(Group::Aarch32));
    assert_eq!(refused, error(Error::RangeError as u64, &[0, 0]));
    assert_eq!(v.all(0), before);
}

/// Writing the width that it has is no reset.
#[test]
fn the_same_width_again_changes_nothing() {
    let v = Vcpus::new();
    let wide = [VcpuState::Width as u64, AARCH32];
    assert_eq!(v.w.call_label(v.vcpus[0], VCPU_STATE_WRITE, &wide, &[]).label, 0);
    let mut words = v.words(0, Group::Aarch32);
    words[VcpuState::Dacr as usize] = 0x5555_5555;
    let releases = v.w.kernel.cpu.arch.releases.get();
    assert_eq!(v.write(v.vcpus[0], Group::Aarch32, &words), ok());
    assert_eq!(v.words(0, Group::Aarch32), words);
    assert_eq!(v.w.kernel.cpu.arch.releases.get(), releases, "its debug registers stay");
}

#[test]
fn there_are_no_other_groups() {
    let v = Vcpus::new();
    for word in [Group::ALL.len() as u64, u64::MAX] {
        let invalid = error(Error::InvalidArgument as u64, &[0]);
        assert_eq!(v.w.call_label(v.vcpus[0], VCPU_READ_GROUP, &[word], &[]), invalid);
        assert_eq!(v.w.call_label(v.vcpus[0], VCPU_WRITE_GROUP, &[word, 0], &[]), invalid);
    }
}

#[test]
fn one_debugger_at_a_time() {
    let v = Vcpus::new();
    let call = |label| v.w.call_label(v.vcpus[0], label, &[], &[]);
    assert_eq!(call(VCPU_DEBUG_DETACH), error(Error::IllegalOperation as u64, &[]));
    assert_eq!(call(VCPU_DEBUG_ATTACH), ok());
    assert_eq!(call(VCPU_DEBUG_ATTACH), error(Error::DeleteFirst as u64, &[]));
    assert_eq!(call(VCPU_DEBUG_DETACH), ok());
    v.w.resume(v.threads[0]);
    assert_eq!(call(VCPU_DEBUG_ATTACH), error(Error::IllegalOperation as u64, &[]));
    assert_eq!(v.w.kernel.cpu.arch.attached.get(), None);
}
