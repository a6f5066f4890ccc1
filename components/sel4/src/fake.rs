// SPDX-License-Identifier: MIT OR Apache-2.0
//! The host's stand-in for the kernel: records each call of the thread and answers from a queue.
//!
//! An empty queue answers success without words. What `DebugPutChar` prints is dropped.

use core::cell::RefCell;
use std::{collections::VecDeque, thread_local, vec::Vec};

pub use crate::syscalls::Registers;
use crate::{MessageInfo, Word, sys::syscall::Syscall};

/// A system call as the kernel would have seen it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// Number.
    pub syscall: Syscall,
    /// Registers.
    pub registers: Registers,
    /// Label.
    pub label: Word,
    /// The message, up to its length.
    pub words: Vec<Word>,
    /// Extra capabilities, up to their number.
    pub caps: Vec<Word>,
}

/// What the stand-in answers to one call.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// Badge.
    pub badge: Word,
    /// Label: 0 or an error.
    pub label: Word,
    /// Message.
    pub words: Vec<Word>,
}

thread_local! {
    static CALLS: RefCell<Vec<Call>> = const { RefCell::new(Vec::new()) };
    static ANSWERS: RefCell<VecDeque<Answer>> = const { RefCell::new(VecDeque::new()) };
}

/// The calls since last asked.
pub fn take_calls() -> Vec<Call> {
    CALLS.take()
}

/// Queues an answer.
pub fn push_answer(answer: Answer) {
    ANSWERS.with_borrow_mut(|answers| answers.push_back(answer));
}

/// The buffer is on loan to the caller of the system call; this reads and writes it as the kernel does.
pub(crate) fn enter(syscall: Syscall, registers: Registers) -> Registers {
    if matches!(syscall, Syscall::DebugPutChar) {
        return registers;
    }
    let info = MessageInfo::from_word(registers.x1);
    let (words, caps) = crate::state::as_kernel(|buffer| {
        let mut words = registers.mr.to_vec();
        words.extend_from_slice(&buffer.msg_regs()[registers.mr.len()..]);
        words.truncate(info.length());
        (words, buffer.caps_or_badges()[..info.extra_caps()].to_vec())
    });
    CALLS.with_borrow_mut(|calls| calls.push(Call { syscall, registers, label: info.label(), words, caps }));
    let answer = ANSWERS.with_borrow_mut(VecDeque::pop_front).unwrap_or_default();
    let mut out = registers;
    out.x0 = answer.badge;
    out.x1 = MessageInfo::new(answer.label, 0, 0, answer.words.len()).into_word();
    for (index, word) in answer.words.iter().enumerate() {
        match out.mr.get_mut(index) {
            Some(register) => *register = *word,
            None => crate::state::as_kernel(|buffer| buffer.msg_regs_mut()[index] = *word),
        }
    }
    out
}
