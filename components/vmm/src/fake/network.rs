// SPDX-License-Identifier: MIT OR Apache-2.0
//! A switch's protection domain, and what it shares with a VMM.

use super::disk::words;
use crate::device::virtio::net::{Backend, Pair};
use core::cell::{Cell, RefCell};
use core::sync::atomic::{AtomicU64, Ordering::Relaxed};
use sddf_abi::net::{BUFFER_SIZE, Buffer, CAPACITY, DATA_SIZE, InfoPage, Link, Queue};
use std::boxed::Box;
use std::vec::Vec;

thread_local! {
    static SIGNALS: Cell<u32> = const { Cell::new(0) };
}

/// How often this thread's VMMs have signalled to a switch since this was asked last.
pub fn take_signals() -> u32 {
    SIGNALS.take()
}

/// The address that the VM has.
pub const ADDRESS: [u8; 6] = [0x52, 0x54, 0, 0x12, 0x34, 0x56];

struct Buffers {
    free: Box<Queue>,
    active: Box<Queue>,
    data: Vec<AtomicU64>,
}

/// A switch, which works when it is told to.
pub struct FakeNetwork {
    page: Box<InfoPage>,
    receive: Buffers,
    send: Buffers,
    /// Frames that the guest has sent.
    pub sent: RefCell<Vec<Vec<u8>>>,
}

impl Buffers {
    fn new() -> Self {
        let buffers = Self { free: Box::default(), active: Box::default(), data: words(DATA_SIZE) };
        for n in 0..CAPACITY {
            buffers.free.put(n, &Buffer { offset: u64::from(n) * BUFFER_SIZE, length: 0 });
        }
        buffers.free.publish(CAPACITY);
        buffers
    }

    fn pair(&self) -> Pair<'_> {
        Pair { free: &self.free, active: &self.active, data: &self.data }
    }

    fn words(&self, buffer: &Buffer) -> &[AtomicU64] {
        assert!(buffer.is_within(DATA_SIZE), "{buffer:?}");
        &self.data[(buffer.offset / 8) as usize..][..(BUFFER_SIZE / 8) as usize]
    }

    fn copy(&self) -> Self {
        let data = self.data.iter().map(|word| AtomicU64::new(word.load(Relaxed))).collect();
        Self { free: copy(&self.free), active: copy(&self.active), data }
    }
}

/// Where the buffers in a queue are.
fn entries(queue: &Queue) -> Vec<Option<u64>> {
    let (head, tail) = (queue.head(), queue.tail());
    let offset = |n| queue.get(head.wrapping_add(n)).map(|buffer| buffer.offset);
    (0..tail.wrapping_sub(head)).map(offset).collect()
}

fn copy(queue: &Queue) -> Box<Queue> {
    let copy: Box<Queue> = Box::default();
    let (head, tail) = (queue.head(), queue.tail());
    for at in (0..CAPACITY).map(|n| tail.wrapping_sub(CAPACITY).wrapping_add(n)) {
        copy.put(at, &queue.get(at).expect("an entry"));
    }
    copy.consume(head);
    copy.publish(tail);
    copy.set_wants_signal(queue.wants_signal());
    copy
}

impl Default for FakeNetwork {
    fn default() -> Self {
        let network =
            Self { page: Box::default(), receive: Buffers::new(), send: Buffers::new(), sent: RefCell::default() };
        network.page.set(Some(&Link { address: ADDRESS, is_up: true }));
        network
    }
}

impl FakeNetwork {
    /// The VMM's side.
    pub fn backend(&self) -> Backend<'_> {
        Backend {
            page: &self.page,
            receive: self.receive.pair(),
            send: self.send.pair(),
            signal: || SIGNALS.set(SIGNALS.get() + 1),
        }
    }

    /// There is no network any more.
    pub fn remove(&self) {
        self.page.set(None);
    }

    /// The wire comes or goes.
    pub fn set_up(&self, is_up: bool) {
        self.page.set_up(is_up);
    }

    /// As it is now.
    pub fn copy(&self) -> Self {
        let copy = Self {
            page: Box::default(),
            receive: self.receive.copy(),
            send: self.send.copy(),
            sent: self.sent.clone(),
        };
        copy.page.set(self.page.get().as_ref());
        copy
    }

    /// A frame for the guest; false if there is no buffer for it.
    pub fn deliver(&self, frame: &[u8]) -> bool {
        let Buffers { free, active, .. } = &self.receive;
        let index = active.tail();
        let Some(buffer) = free.get(index) else { return false };
        let words = self.receive.words(&buffer);
        for (word, bytes) in words.iter().zip(frame.chunks(8)) {
            let mut value = [0; 8];
            value[..bytes.len()].copy_from_slice(bytes);
            word.store(u64::from_le_bytes(value), Relaxed);
        }
        active.put(index, &Buffer { length: frame.len() as u16, ..buffer });
        free.consume(index.wrapping_add(1));
        active.publish(index.wrapping_add(1));
        true
    }

    /// Anything at all as the entry that comes next to the guest.
    pub fn deliver_entry(&self, buffer: &Buffer) {
        let index = self.receive.active.tail();
        self.receive.active.put(index, buffer);
        self.receive.active.publish(index.wrapping_add(1));
    }

    /// Takes a frame of the guest's; false if there is none.
    pub fn carry(&self) -> bool {
        let Buffers { free, active, .. } = &self.send;
        let index = active.head();
        let Some(buffer) = active.get(index) else { return false };
        let words = self.send.words(&buffer);
        let bytes: Vec<u8> = words.iter().flat_map(|word| word.load(Relaxed).to_le_bytes()).collect();
        self.sent.borrow_mut().push(bytes[..usize::from(buffer.length)].to_vec());
        free.put(index.wrapping_add(CAPACITY), &Buffer { length: 0, ..buffer });
        active.consume(index.wrapping_add(1));
        free.publish(index.wrapping_add(CAPACITY).wrapping_add(1));
        true
    }

    /// Each buffer is in one queue of its pair.
    pub fn has_all_buffers(&self) -> bool {
        [&self.receive, &self.send].into_iter().all(|Buffers { free, active, .. }| {
            let mut all = [entries(free), entries(active)].concat();
            all.sort_unstable();
            all.into_iter().eq((0..CAPACITY).map(|n| Some(u64::from(n) * BUFFER_SIZE)))
        })
    }
}
