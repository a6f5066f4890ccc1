// SPDX-License-Identifier: MIT OR Apache-2.0
//! `mode=differential` of either width: every encoding, read and written at EL1 and EL0, a page of instructions at a time.

/// Accesses that a page holds.
pub const BATCH: usize = 256;

/// An access of some width, and what comes of it.
pub trait Access: Copy {
    /// What came of it.
    type Outcome: Copy;
    /// Instructions, ready to run.
    type Page;

    /// What an empty place holds.
    const NOWHERE: Self;

    /// The same encoding, read.
    fn reading(self) -> Self;
    /// Writes the instructions.
    fn page(accesses: &[Self], at_el0: bool) -> Self::Page;
    /// Runs number `n` with a value.
    fn run(page: &Self::Page, n: usize, value: u64) -> Self::Outcome;
    /// The value, if it was carried out.
    fn value(outcome: Self::Outcome) -> Option<u64>;
    /// A write that was carried out and whose register cannot be read.
    fn done() -> Self::Outcome;
    /// Prints the row, unless it was undefined.
    fn tell(self, el: u8, outcome: Self::Outcome);
}

/// All ones.
const ONES: u64 = !0;

/// Tries all of them, at EL1 and then at EL0; how many that were.
pub fn run<A: Access, I: Iterator<Item = A>>(all: impl Fn(bool) -> I) -> u64 {
    let ways = [(1, true), (1, false), (0, true), (0, false)];
    ways.iter().map(|&(el, reads)| sweep(all(reads), el, reads)).sum()
}

fn sweep<A: Access>(mut accesses: impl Iterator<Item = A>, el: u8, reads: bool) -> u64 {
    let mut tried = 0;
    loop {
        let mut batch = [A::NOWHERE; BATCH];
        let count = batch.iter_mut().zip(&mut accesses).map(|(place, access)| *place = access).count();
        if count == 0 {
            return tried;
        }
        if reads {
            read_all(&batch[..count], el)
        } else {
            write_all(&batch[..count], el)
        }
        tried += count as u64;
    }
}

fn read_all<A: Access>(batch: &[A], el: u8) {
    let page = A::page(batch, el == 0);
    for (n, access) in batch.iter().enumerate() {
        access.tell(el, A::run(&page, n, 0));
    }
}

/// First zeros, then all ones where that was defined and can be read; at the end it is as before.
fn write_all<A: Access>(batch: &[A], el: u8) {
    let mut reads = [A::NOWHERE; BATCH];
    reads.iter_mut().zip(batch).for_each(|(read, access)| *read = access.reading());
    let writes = A::page(batch, el == 0);
    let outcomes: [_; BATCH] = core::array::from_fn(|n| (n < batch.len()).then(|| A::run(&writes, n, 0)));
    let read = A::page(&reads[..batch.len()], false);
    let before: [_; BATCH] =
        core::array::from_fn(|n| outcomes[n].and_then(A::value).and_then(|_| A::value(A::run(&read, n, 0))));
    for (n, access) in batch.iter().enumerate() {
        let Some(outcome) = outcomes[n] else { continue };
        let seen = if A::value(outcome).is_some() { look(*access, reads[n], el, before[n]) } else { outcome };
        access.tell(el, seen);
    }
}

/// All ones, read back at EL1; EL0's writes are only done.
fn look<A: Access>(access: A, read: A, el: u8, before: Option<u64>) -> A::Outcome {
    let (1, Some(old)) = (el, before) else { return A::done() };
    let page = A::page(&[access, read], false);
    A::run(&page, 0, ONES);
    let after = A::run(&page, 1, 0);
    A::run(&page, 0, old);
    after
}
