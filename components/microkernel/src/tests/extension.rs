// SPDX-License-Identifier: MIT OR Apache-2.0
//! Every row of the extension's table: what it refuses, and that it then has done nothing.

use super::invariants::check;
use super::world::*;
use crate::config;
use lazaret_abi::{Needs, Object, ROWS, Row, Switch, VCPU_EXTENSIONS};
use sel4_abi::boot_info::slot;
use sel4_abi::error::Error;
use sel4_abi::invocation::Invocation::*;
use sel4_abi::object::ObjectType;

/// One object of each kind, and one that no row takes.
struct Objects {
    w: World,
    thread: u64,
    vcpu: u64,
    vspace: u64,
    table: u64,
    frame: u64,
    notification: u64,
}

impl Objects {
    fn new() -> Self {
        let w = World::new();
        let thread = w.thread(10, w.sched_context(1000, 1000), 0);
        let vcpu = w.make(ObjectType::Vcpu, 0);
        w.expect(vcpu, VcpuSetTcb, &[], &[thread]);
        let vspace = w.make(ObjectType::VSpace, 0);
        w.expect(slot::ASID_POOL, AsidPoolAssign, &[], &[vspace]);
        let [table, frame] = [ObjectType::PageTable, ObjectType::SmallPage].map(|kind| w.make(kind, 0));
        let notification = w.make(ObjectType::Notification, 0);
        Self { w, thread, vcpu, vspace, table, frame, notification }
    }

    fn of(&self, object: Object) -> u64 {
        match object {
            Object::Vcpu => self.vcpu,
            Object::VSpace => self.vspace,
            Object::PageTable => self.table,
            Object::Frame => self.frame,
            Object::Notification => self.notification,
        }
    }

    /// One that is of none of these kinds, and one of each that is not this one.
    fn others(&self, kind: Object) -> impl Iterator<Item = u64> {
        const ALL: [Object; 5] = [Object::Vcpu, Object::VSpace, Object::PageTable, Object::Frame, Object::Notification];
        let others = ALL.into_iter().filter(move |&other| other != kind);
        others.map(|other| self.of(other)).chain([self.thread])
    }

    fn call(&self, row: &Row, words: &[u64], caps: &[u64]) -> Answer {
        let answer = self.w.call_label(self.of(row.object), row.label, words, caps);
        check(&self.w);
        answer
    }

    fn caps(&self, row: &Row) -> Vec<u64> {
        row.caps.iter().map(|&object| self.of(object)).collect()
    }
}

fn words(row: &Row) -> Vec<u64> {
    row.words.iter().map(|word| word.good[0]).collect()
}

fn rows() -> impl Iterator<Item = &'static Row> {
    ROWS.iter().filter(|row| config::has(row.switch))
}

#[test]
fn a_message_that_is_too_short() {
    let o = Objects::new();
    for row in rows() {
        let truncated = error(Error::TruncatedMessage as u64, &[]);
        let (words, caps) = (words(row), o.caps(row));
        if let Some((_, fewer)) = words.split_last() {
            assert_eq!(o.call(row, fewer, &caps), truncated, "{}", row.name);
        }
        if let Some((_, fewer)) = caps.split_last() {
            assert_eq!(o.call(row, &words, fewer), truncated, "{}", row.name);
        }
    }
}

#[test]
fn a_word_that_means_nothing() {
    let o = Objects::new();
    for row in rows() {
        for (number, word) in row.words.iter().enumerate() {
            for &bad in word.bad {
                let mut words = words(row);
                words[number] = bad;
                let invalid = error(Error::InvalidArgument as u64, &[number as u64]);
                assert_eq!(o.call(row, &words, &o.caps(row)), invalid, "{}: {} = {bad:#x}", row.name, word.name);
            }
        }
    }
}

#[test]
fn a_capability_to_something_else() {
    let o = Objects::new();
    for row in rows() {
        for number in 0..row.caps.len() {
            let mut caps = o.caps(row);
            let invalid = error(Error::InvalidCapability as u64, &[1 + number as u64]);
            for other in o.others(row.caps[number]) {
                caps[number] = other;
                assert_eq!(o.call(row, &words(row), &caps), invalid, "{}: {other}", row.name);
            }
        }
    }
}

#[test]
fn an_object_of_another_kind() {
    let o = Objects::new();
    for row in rows() {
        for other in o.others(row.object).filter(|&other| other != o.notification) {
            let answer = o.w.call_label(other, row.label, &words(row), &o.caps(row));
            assert_eq!(answer, error(Error::IllegalOperation as u64, &[]), "{} of {other}", row.name);
            check(&o.w);
        }
    }
}

#[test]
fn a_vcpu_that_runs() {
    let o = Objects::new();
    o.w.resume(o.thread);
    for row in rows().filter(|row| row.object == Object::Vcpu && row.needs != Needs::Nothing) {
        let answer = o.call(row, &words(row), &o.caps(row));
        assert_eq!(answer, error(Error::IllegalOperation as u64, &[]), "{}", row.name);
    }
}

/// Whatever is tried of the words worth trying, and whatever comes of it, the kernel stays whole.
#[test]
fn words_at_their_bounds() {
    for row in rows() {
        let o = Objects::new();
        for (number, word) in row.words.iter().enumerate() {
            for &good in word.good {
                let mut words = words(row);
                words[number] = good;
                o.call(row, &words, &o.caps(row));
            }
        }
    }
}

#[test]
fn parts_that_are_not_built_in() {
    let o = Objects::new();
    for row in ROWS.iter().filter(|row| !config::has(row.switch)) {
        let answer = o.call(row, &words(row), &o.caps(row));
        assert_eq!(answer, error(Error::IllegalOperation as u64, &[]), "{}", row.name);
    }
    let answer = o.w.call_label(o.vcpu, VCPU_EXTENSIONS, &[], &[]);
    let parts = Switch::ALL.iter().filter(|&&switch| config::has(switch)).map(|switch| switch.bit()).sum();
    assert_eq!((answer.label, answer.words), (0, vec![parts]));
}
