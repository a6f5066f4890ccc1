// SPDX-License-Identifier: MIT OR Apache-2.0
//! Every row of the extension's table: what a kernel that has it refuses, and that one without it refuses it.

use lazaret_abi::{Needs, Object, ROWS, Row, Switch, VCPU_DEBUG_READ, VCPU_DEBUG_STATUS};
use sel4::{Error, cap};
use sel4_vcpu_debug::Parts;

use crate::{
    case::{Outcome, check, refused, refused_with, same},
    env::Env,
};

use super::vcpu::{Guest, WFI};

/// One object of each kind; a thread, which no row takes; and the parts that there are.
struct Objects {
    vcpu: u64,
    vspace: u64,
    table: u64,
    frame: u64,
    notification: u64,
    thread: u64,
    parts: Parts,
}

impl Objects {
    fn new(env: &mut Env) -> Self {
        let (vcpu, parts) = (env.vcpu(), env.parts());
        let (vspace, table, frame) = (env.assigned_vspace(), env.table(), env.page());
        Self { vcpu, vspace, table, frame, notification: env.notification(), thread: env.tcb(), parts }
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

    fn caps(&self, row: &Row) -> [u64; 1] {
        [row.caps.first().map_or(0, |&object| self.of(object))]
    }

    /// The rows that are there, or the others. A seL4 with the debug shim has those that the shim itself answers.
    fn rows(&self, present: bool) -> impl Iterator<Item = &'static Row> {
        let parts = self.parts;
        let is_the_shims = |row: &Row| (VCPU_DEBUG_READ..=VCPU_DEBUG_STATUS).contains(&row.label);
        let is_there = move |row: &Row| parts.has(row.switch) || parts.counts().is_some() && is_the_shims(row);
        ROWS.iter().filter(move |row| is_there(row) == present)
    }
}

/// The most words that a row's message has.
const WORDS: usize = 5;
const _: () = {
    let (rows, mut n) = (ROWS, 0);
    while n < rows.len() {
        assert!(rows[n].words.len() <= WORDS && rows[n].caps.len() <= 1);
        n += 1;
    }
};

fn words(row: &Row) -> [u64; WORDS] {
    core::array::from_fn(|n| row.words.get(n).map_or(0, |word| word.good[0]))
}

fn call(object: u64, row: &Row, words: &[u64], caps: &[u64]) -> sel4::Result<u64> {
    cap::VCpu::from_bits(object).invoke_raw(row.label, words, caps)
}

pub fn what_is_not_there_is_refused(env: &mut Env) -> Outcome {
    let o = Objects::new(env);
    for row in o.rows(false) {
        let (words, caps) = (words(row), o.caps(row));
        let result = call(o.of(row.object), row, &words[..row.words.len()], &caps[..row.caps.len()]);
        refused(result, Error::IllegalOperation)?;
    }
    Ok(())
}

pub fn short_messages_are_refused(env: &mut Env) -> Outcome {
    let o = Objects::new(env);
    for row in o.rows(true) {
        let (words, caps, length) = (words(row), o.caps(row), row.words.len());
        if length > 0 {
            let result = call(o.of(row.object), row, &words[..length - 1], &caps[..row.caps.len()]);
            refused(result, Error::TruncatedMessage)?;
        }
        if !row.caps.is_empty() {
            refused(call(o.of(row.object), row, &words[..length], &[]), Error::TruncatedMessage)?;
        }
    }
    Ok(())
}

pub fn words_that_mean_nothing_are_refused(env: &mut Env) -> Outcome {
    let o = Objects::new(env);
    for row in o.rows(true) {
        for (number, word) in row.words.iter().enumerate() {
            for &bad in word.bad {
                let mut words = words(row);
                words[number] = bad;
                let result = call(o.of(row.object), row, &words[..row.words.len()], &o.caps(row)[..row.caps.len()]);
                refused_with(result, Error::InvalidArgument, &[number as u64])?;
            }
        }
    }
    Ok(())
}

pub fn other_objects_are_refused(env: &mut Env) -> Outcome {
    let o = Objects::new(env);
    for row in o.rows(true) {
        let words = words(row);
        let words = &words[..row.words.len()];
        for object in [o.vcpu, o.vspace, o.table, o.frame, o.thread] {
            if object != o.of(row.object) {
                refused(call(object, row, words, &o.caps(row)[..row.caps.len()]), Error::IllegalOperation)?;
            }
        }
        if !row.caps.is_empty() {
            refused_with(call(o.of(row.object), row, words, &[o.thread]), Error::InvalidCapability, &[1])?;
        }
    }
    Ok(())
}

/// A guest that would run, if somebody did not have the core.
pub fn a_vcpu_that_runs_is_left_alone(env: &mut Env) -> Outcome {
    let guest = Guest::start(env, &[WFI])?;
    let o = Objects { vcpu: guest.vcpu.bits(), ..Objects::new(env) };
    for row in o.rows(true).filter(|row| row.object == Object::Vcpu && row.needs != Needs::Nothing) {
        let (words, caps) = (words(row), o.caps(row));
        let result = call(o.vcpu, row, &words[..row.words.len()], &caps[..row.caps.len()]);
        refused(result, Error::IllegalOperation)?;
    }
    same(guest.hsr() >> 26, 1)
}

/// All that the table names are there: this is the kernel of the same checkout.
pub fn parts_are_told(env: &mut Env) -> Outcome {
    let o = Objects::new(env);
    crate::case::needs_extension(env)?;
    check(o.rows(true).count() > 0, "some rows")?;
    let told = cap::VCpu::from_bits(o.vcpu).invoke_raw(lazaret_abi::VCPU_EXTENSIONS, &[], &[])?;
    same(told, Switch::ALL.iter().filter(|&&part| o.parts.has(part)).map(|part| part.bit()).sum())
}
