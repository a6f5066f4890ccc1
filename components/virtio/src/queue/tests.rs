// SPDX-License-Identifier: MIT OR Apache-2.0
//! Queues in memory that may hold anything, beside rust-vmm's.

use super::layout::{DESCRIPTOR, INDIRECT, MAX_SIZE, NEXT, WRITE};
use super::*;
use crate::tests::Ram;
use proptest::prelude::*;
use virtio_queue::{Queue, QueueT};
use vm_memory::{Bytes, GuestAddress, GuestMemoryMmap};

/// Where the three areas of the queue under test are, and tables of descriptors.
const AREAS: [u64; 3] = [0x1000, 0x2000, 0x3000];
const TABLES: u64 = 0x4000;
const MEMORY: usize = 0x8000;

fn queue(size: u16) -> QueueState {
    QueueState { areas: AREAS, size, ready: 1, ..QueueState::default() }
}

#[derive(Clone, Copy, Debug)]
struct Raw {
    address: u64,
    length: u32,
    flags: u16,
    next: u16,
}

fn put(ram: &mut Ram, at: u64, raw: Raw) {
    let words = [&raw.address.to_le_bytes()[..], &raw.length.to_le_bytes(), &raw.flags.to_le_bytes()];
    let bytes: Vec<u8> = words.concat().into_iter().chain(raw.next.to_le_bytes()).collect();
    assert!(ram.write(at, &bytes));
}

fn put_u16(ram: &mut Ram, at: u64, value: u16) {
    assert!(ram.write(at, &value.to_le_bytes()));
}

fn get_u16(ram: &Ram, at: u64) -> u16 {
    read_u16(ram, at).unwrap()
}

/// The next chain.
fn peek(queue: &QueueState, indirect: bool, ram: &Ram) -> Result<Option<Chain>, Broken> {
    let mut chain = Chain::new();
    Ok(queue.peek(indirect, ram, &mut chain)?.then_some(chain))
}

/// Makes a chain available that begins at this descriptor.
fn offer(ram: &mut Ram, size: u16, head: u16) {
    let index = get_u16(ram, AREAS[1] + 2);
    put_u16(ram, AREAS[1] + 4 + 2 * u64::from(index % size), head);
    put_u16(ram, AREAS[1] + 2, index.wrapping_add(1));
}

fn raw(address: u64, length: u32, flags: u16, next: u16) -> Raw {
    Raw { address, length, flags, next }
}

/// A queue of eight with these descriptors, of which the first is available.
fn with(descriptors: &[Raw]) -> (QueueState, Ram) {
    let mut ram = Ram::new(MEMORY);
    for (n, descriptor) in descriptors.iter().enumerate() {
        put(&mut ram, AREAS[0] + DESCRIPTOR * n as u64, *descriptor);
    }
    offer(&mut ram, 8, 0);
    (queue(8), ram)
}

#[test]
fn a_chain_has_what_is_read_and_then_what_is_written() {
    let (queue, mut ram) =
        with(&[raw(0x100, 3, NEXT, 2), raw(0, 0, 0, 0), raw(0x200, 0, NEXT, 3), raw(0x300, 5, WRITE, 9)]);
    let chain = peek(&queue, false, &ram).unwrap().unwrap();
    assert_eq!((chain.head, chain.readable_length(), chain.writable_length()), (0, 3, 5));
    assert_eq!(chain.readable().len(), 2);
    assert!(ram.write(0x100, b"abc"));
    let mut bytes = [0; 4];
    assert_eq!((chain.read(1, &mut bytes, &ram), &bytes[..2]), (2, &b"bc"[..]));
    assert_eq!(chain.write(2, b"wxyz", &mut ram), 3);
    assert!(ram.read(0x300, &mut bytes));
    assert_eq!(bytes, [0, 0, b'w', b'x']);
    assert_eq!((chain.read(3, &mut bytes, &ram), chain.write(5, b"x", &mut ram)), (0, 0));
}

#[test]
fn each_mistake_has_its_name() {
    let top = MEMORY as u64;
    for (descriptors, broken) in [
        (vec![raw(top - 1, 2, 0, 0)], Broken::Address),
        (vec![raw(u64::MAX, 2, 0, 0)], Broken::Address),
        (vec![raw(0, 1, NEXT, 8)], Broken::Index),
        (vec![raw(0, 1, NEXT, 0)], Broken::Endless),
        (vec![raw(0, 1, WRITE | NEXT, 1), raw(0, 1, 0, 0)], Broken::Order),
        (vec![raw(TABLES, 15, INDIRECT, 0)], Broken::Indirect),
        (vec![raw(TABLES, 0, INDIRECT, 0)], Broken::Indirect),
        (vec![raw(TABLES, 16, INDIRECT | NEXT, 0)], Broken::Indirect),
        (vec![raw(0, 16 * 0x1_0000, INDIRECT, 0)], Broken::Indirect),
        (vec![raw(top, 16, INDIRECT, 0)], Broken::Address),
        (vec![raw(!15, 32, INDIRECT, 0)], Broken::Address),
    ] {
        let (queue, ram) = with(&descriptors);
        assert_eq!(peek(&queue, true, &ram), Err(broken), "{descriptors:?}");
    }
    let (queue, ram) = with(&[raw(TABLES, 16, INDIRECT, 0)]);
    assert_eq!(peek(&queue, false, &ram), Err(Broken::Indirect), "nobody has agreed to that");
    let (queue, mut ram) = with(&[raw(TABLES, 32, INDIRECT, 0)]);
    put(&mut ram, TABLES, raw(TABLES, 16, INDIRECT, 0));
    assert_eq!(peek(&queue, true, &ram), Err(Broken::Indirect), "in another one");
    put(&mut ram, TABLES, raw(0, 1, NEXT, 2));
    assert_eq!(peek(&queue, true, &ram), Err(Broken::Index), "behind its end");
}

#[test]
fn an_index_that_runs_away_is_noticed() {
    let (mut queue, mut ram) = with(&[raw(0, 1, 0, 0)]);
    queue.taken = 0xfffe;
    for (index, available) in [(0xfffe, Ok(0)), (6, Ok(8)), (7, Err(Broken::Ahead)), (0xfffd, Err(Broken::Ahead))] {
        put_u16(&mut ram, AREAS[1] + 2, index);
        assert_eq!(queue.available(&ram), available, "{index:#x}");
    }
    queue.make_unready();
    assert_eq!(queue, QueueState { areas: AREAS, size: 8, ..QueueState::default() }, "it begins anew");
    assert_eq!((queue.available(&ram), peek(&queue, true, &ram)), (Ok(0), Ok(None)));
}

#[test]
fn what_is_completed_is_seen_when_it_is_published() {
    let (mut queue, mut ram) = with(&[raw(0, 1, 0, 0)]);
    queue.advance();
    queue.complete(0x1234, 77, &mut ram).unwrap();
    let entry = |ram: &Ram, at| {
        let mut bytes = [0; 8];
        assert!(ram.read(AREAS[2] + at, &mut bytes));
        u64::from_le_bytes(bytes)
    };
    assert_eq!((entry(&ram, 4), get_u16(&ram, AREAS[2] + 2)), (77 << 32 | 0x1234, 0));
    queue.publish(&mut ram);
    queue.publish(&mut ram);
    assert_eq!((get_u16(&ram, AREAS[2]), get_u16(&ram, AREAS[2] + 2)), (0, 1));
    queue.used = 8 + 7;
    queue.complete(1, 2, &mut ram).unwrap();
    assert_eq!(entry(&ram, 4 + 8 * 7), 2 << 32 | 1);
}

#[test]
fn interrupts_and_notifications_are_as_the_driver_asks() {
    let (mut queue, mut ram) = with(&[]);
    for (flags, wants) in [(0, true), (NO_INTERRUPT, false)] {
        put_u16(&mut ram, AREAS[1], flags);
        queue.complete(0, 0, &mut ram).unwrap();
        assert_eq!(queue.take_interrupt(false, &ram), Ok(wants));
        assert_eq!(queue.take_interrupt(false, &ram), Ok(false), "there is nothing new");
    }
    // Used so far: 2. The driver names an index, and three more are used.
    for (event, wants) in [(1, false), (2, true), (3, true), (4, true), (5, false), (0xffff, false)] {
        let mut queue = queue;
        put_u16(&mut ram, AREAS[1] + 4 + 2 * 8, event);
        (0..3).for_each(|_| queue.complete(0, 0, &mut ram).unwrap());
        assert_eq!(queue.take_interrupt(true, &ram), Ok(wants), "{event}");
    }
    queue.taken = 1;
    assert_eq!(queue.ask(true, &mut ram), Ok(false));
    assert_eq!(get_u16(&ram, AREAS[2] + 4 + 8 * 8), 1);
    put_u16(&mut ram, AREAS[1] + 2, 2);
    assert_eq!(queue.ask(false, &mut ram), Ok(true));
}

#[test]
fn a_queue_is_made_ready_only_where_it_can_be() {
    let ram = Ram::new(MEMORY);
    let end = MEMORY as u64;
    let [.., device] = layout::sizes(8);
    for (areas, size, result) in [
        (AREAS, 8, Ok(())),
        (AREAS, 0, Err(Broken::Size)),
        (AREAS, 6, Err(Broken::Size)),
        (AREAS, 2 * MAX_SIZE, Err(Broken::Size)),
        (AREAS, MAX_SIZE, Ok(())),
        ([0x1008, 0x2000, 0x3000], 8, Err(Broken::Alignment)),
        ([0x1000, 0x2001, 0x3000], 8, Err(Broken::Alignment)),
        ([0x1000, 0x2000, 0x3002], 8, Err(Broken::Alignment)),
        ([end - 8 * 16, 0x2000, 0x3000], 8, Ok(())),
        ([end - 7 * 16, 0x2000, 0x3000], 8, Err(Broken::Address)),
        ([0x1000, !1, 0x3000], 8, Err(Broken::Address)),
        ([0x1000, 0x2000, (end - device) & !3], 8, Ok(())),
        ([0x1000, 0x2000, end - 64], 8, Err(Broken::Address)),
    ] {
        let mut queue = QueueState { areas, size, ..QueueState::default() };
        assert_eq!(queue.make_ready(&ram), result, "{areas:x?} {size}");
        assert_eq!(queue.is_ready(), result.is_ok());
    }
}

fn descriptor() -> impl Strategy<Value = Raw> {
    let address = prop_oneof![
        8 => 0u64..MEMORY as u64,
        4 => (0u64..8).prop_map(|n| TABLES + 0x100 * n),
        1 => any::<u64>(),
        1 => Just(MEMORY as u64 - 1),
    ];
    let length = prop_oneof![6 => 0u32..64, 4 => (0u32..10).prop_map(|n| 16 * n), 1 => any::<u32>()];
    let flags = prop_oneof![
        4 => Just(0), 6 => Just(NEXT), 3 => Just(WRITE), 3 => Just(WRITE | NEXT), 3 => Just(INDIRECT), 1 => any::<u16>()
    ];
    let next = prop_oneof![12 => 0u16..16, 1 => any::<u16>()];
    (address, length, flags, next).prop_map(|(address, length, flags, next)| raw(address, length, flags, next))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: if cfg!(miri) { 4 } else { 400 }, ..ProptestConfig::default() })]

    /// Where this side finds a chain, rust-vmm's finds the same one; where it finds a mistake, theirs finds no more of the
    /// chain than this side had seen when it stopped.
    #[test]
    fn chains_are_as_rust_vmm_finds_them(
        descriptors in prop::collection::vec(descriptor(), 16),
        tables in prop::collection::vec(descriptor(), 64),
        heads in prop::collection::vec(0u16..17, 1..16),
    ) {
        let mut ram = Ram::new(MEMORY);
        for (n, descriptor) in descriptors.iter().enumerate() {
            put(&mut ram, AREAS[0] + DESCRIPTOR * n as u64, *descriptor);
        }
        for (n, descriptor) in tables.iter().enumerate() {
            put(&mut ram, TABLES + 0x100 * (n as u64 / 8) + DESCRIPTOR * (n as u64 % 8), *descriptor);
        }
        heads.iter().for_each(|&head| offer(&mut ram, 16, head));
        let theirs_memory = GuestMemoryMmap::<()>::from_ranges(&[(GuestAddress(0), MEMORY)]).unwrap();
        theirs_memory.write_slice(&ram.bytes, GuestAddress(0)).unwrap();
        let mut theirs = Queue::new(16).unwrap();
        let [table, driver, device] = AREAS.map(|area| Some(area as u32));
        theirs.set_desc_table_address(table, Some(0));
        theirs.set_avail_ring_address(driver, Some(0));
        theirs.set_used_ring_address(device, Some(0));
        theirs.set_size(16);
        theirs.set_ready(true);
        let mut ours = queue(16);
        for &head in &heads {
            let found = peek(&ours, true, &ram);
            let Some(their_chain) = theirs.pop_descriptor_chain(&theirs_memory) else {
                prop_assert!(false, "they find no chain, and we {found:?}");
                break;
            };
            prop_assert_eq!(their_chain.head_index(), head);
            let their_segments: Vec<_> = their_chain.map(|d| (d.addr().0, d.len(), d.is_write_only())).collect();
            match found {
                Ok(Some(chain)) => {
                    let readable = chain.readable().iter().map(|s| (s.address, s.length, false));
                    let writable = chain.writable().iter().map(|s| (s.address, s.length, true));
                    prop_assert_eq!(readable.chain(writable).collect::<Vec<_>>(), their_segments);
                }
                Ok(None) => prop_assert!(false, "they find a chain"),
                Err(_) => {}
            }
            ours.advance();
        }
    }

    /// Whatever is in memory and state: nothing panics, and what a chain names is in memory.
    #[test]
    fn no_memory_and_no_state_is_too_strange(
        areas in prop::array::uniform3(prop_oneof![0u64..MEMORY as u64, any::<u64>()]),
        size in prop_oneof![Just(8u16), any::<u16>()],
        indices in prop::array::uniform3(any::<u16>()),
        seed in any::<u64>(),
        ready in 0u16..2,
    ) {
        let mut ram = Ram::random(MEMORY, seed);
        let [taken, used, told] = indices;
        let mut queue = QueueState { areas, size, ready, taken, used, told, ..QueueState::default() };
        for indirect in [false, true] {
            if let Ok(Some(chain)) = peek(&queue, indirect, &ram) {
                prop_assert!(chain.readable().iter().chain(chain.writable()).all(|s| ram.has(s.address, s.length.into())));
            }
            queue.advance();
            let _ = queue.complete(taken, 1, &mut ram);
            let _ = queue.ask(indirect, &mut ram);
            let _ = queue.take_interrupt(indirect, &ram);
            queue.publish(&mut ram);
        }
    }
}
