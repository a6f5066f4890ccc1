// SPDX-License-Identifier: MIT OR Apache-2.0
//! Which pages were written.

use super::*;

#[test]
fn the_log_knows_what_was_written() {
    let (space, _) = Space::split();
    let bitmap = space.w.make(ObjectType::SmallPage, 0);
    let offset = 0x800;
    let words = || (0..9).map(|n| space.word(bitmap, offset + 8 * n)).collect::<Vec<_>>();
    at::<Cell<u64>>(space.paddr(bitmap) + offset + 64).set(0x5555);
    let before = space.invalidations();
    space.take_all(bitmap, offset, 1);
    assert_eq!(words(), [0, 0, 0, 0, 0, 0, 0, 0, 0x5555], "it only begins");
    assert_eq!(space.forgotten_since(before), (2, Some(Forgotten { vmid: 1, address: None })), "once a call");
    for n in [3, 64, 511] {
        let before = space.invalidations();
        assert!(space.store(BLOCK + n * PAGE + 0x123));
        let page = Forgotten { vmid: 1, address: Some(BLOCK + n * PAGE) };
        assert_eq!(space.forgotten_since(before), (1, Some(page)));
        assert!(space.store(BLOCK + n * PAGE), "without the kernel");
        assert_eq!(space.forgotten_since(before).0, 1);
    }
    check(&space.w);
    space.take_all(bitmap, offset, 0);
    assert_eq!(words(), [1 << 3, 1, 0, 0, 0, 0, 0, 1 << 63, 0x5555]);
    let before = space.invalidations();
    space.take_all(bitmap, offset, 0);
    assert_eq!(words(), [0, 0, 0, 0, 0, 0, 0, 0, 0x5555]);
    assert_eq!(space.forgotten_since(before).0, 0, "nothing has changed");
    // A part of the pages: the first bit is the first page's, and the last word is whole.
    assert!(space.store(BLOCK + 5 * PAGE) && space.store(BLOCK + 3 * PAGE));
    at::<Cell<u64>>(space.paddr(bitmap) + offset).set(u64::MAX);
    assert_eq!(space.take(BLOCK + 4 * PAGE, 3, bitmap, offset, 0), done(3));
    assert_eq!(words()[..2], [1 << 1, 0]);
    space.take_all(bitmap, offset, 2);
    assert_eq!(words()[0], 1 << 3, "that one was not asked about");
    assert!((0..PAGES).all(|n| space.leaf(BLOCK + n * PAGE).log == Log::Off && space.store(BLOCK + n * PAGE)));
    // Nobody knows of pages that are not logged.
    space.take_all(bitmap, offset, 3);
    assert_eq!(words()[0], 1 << 3, "the bitmap is left alone");
    space.take_all(bitmap, offset, 0);
    assert_eq!(words()[..8], [u64::MAX; 8]);
    check(&space.w);
}

#[test]
fn rights_and_the_log_leave_each_other_alone() {
    let (space, _) = Space::split();
    let bitmap = space.w.make(ObjectType::SmallPage, 0);
    let take = |flags| {
        assert_eq!(space.take(BLOCK, 4, bitmap, 0, flags), done(4));
        space.word(bitmap, 0)
    };
    take(1);
    // Clean, and read-only for a while: the store is a fault, and nothing was written.
    assert_eq!(space.set(BLOCK, 2, READ), done(2));
    assert!(!space.store(BLOCK) && !space.store(BLOCK + PAGE));
    assert_eq!(take(0), 0);
    assert_eq!(space.set(BLOCK, 1, READ_WRITE), done(1));
    assert_eq!(space.leaf(BLOCK).log, Log::Clean);
    assert!(space.store(BLOCK) && !space.store(BLOCK + PAGE));
    // Dirty, and read-only: it still was written, and clean it stays read-only.
    assert_eq!(space.set(BLOCK, 1, READ), done(1));
    assert!(!space.store(BLOCK));
    assert_eq!((take(0), take(0)), (1, 0));
    assert!(!space.store(BLOCK));
    assert_eq!(space.set(BLOCK, 2, READ_WRITE), done(2));
    assert!(space.store(BLOCK) && space.store(BLOCK + PAGE));
    // The end of the log gives nothing that was taken away.
    assert_eq!(space.set(BLOCK + 2 * PAGE, 1, READ | NEVER), done(1));
    assert_eq!(space.set(BLOCK + 3 * PAGE, 1, NEVER), done(1));
    assert_eq!(take(2), 0b11);
    assert!(space.store(BLOCK) && !space.store(BLOCK + 2 * PAGE) && !space.store(BLOCK + 3 * PAGE));
    assert_eq!(space.leaf(BLOCK + 3 * PAGE).allowed.access, FrameRights::KernelOnly);
    check(&space.w);
}

#[test]
fn pages_that_cannot_be_written_are_not_logged() {
    let (space, _) = Space::split();
    space.table_at(BEHIND);
    space.page_at(BEHIND, READ);
    let bitmap = space.w.make(ObjectType::SmallPage, 0);
    assert_eq!(space.take(BEHIND - PAGE, 2, bitmap, 0, 0), done(2));
    assert_eq!(space.word(bitmap, 0), 1);
    assert_eq!(space.leaf(BEHIND).log, Log::Off);
    assert!(!space.store(BEHIND));
    // Mapped again while it is logged, a page counts as written.
    assert_eq!(space.take(BEHIND - PAGE, 2, bitmap, 0, 0), done(2));
    space.page_at(BEHIND - PAGE, READ_WRITE);
    assert_eq!(space.take(BEHIND - PAGE, 2, bitmap, 0, 0), done(2));
    assert_eq!(space.word(bitmap, 0), 1);
    check(&space.w);
}

#[test]
fn where_the_bitmap_goes() {
    let (space, _) = Space::split();
    let bitmap = space.w.make(ObjectType::SmallPage, 0);
    let take = |pages, offset, flags, frame| space.take(BLOCK, pages, frame, offset, flags);
    assert_eq!(take(512, 0x1000 - 32, 0, bitmap), done(256));
    assert_eq!(take(512, 0x1000 - 24, 0, bitmap), error(1, &[2]));
    assert_eq!(take(65, 0x1000 - 16, 0, bitmap), done(65));
    assert_eq!(take(65, 0x1000 - 8, 0, bitmap), error(1, &[2]));
    assert_eq!(take(1, !7, 0, bitmap), error(1, &[2]));
    assert_eq!(take(1, 4, 0, bitmap), error(5, &[]));
    assert_eq!(take(1, 0, 4, bitmap), error(1, &[3]));
    assert_eq!(take(0, 0, 0, bitmap), error(1, &[1]));
    assert_eq!(space.take(BLOCK + 1, 1, bitmap, 0, 0), error(5, &[]));
    assert_eq!(space.take(sel4_abi::USER_TOP, 1, bitmap, 0, 0), error(1, &[0]));
    assert_eq!(space.take(BEHIND - PAGE, 2, bitmap, 0, 0), missing(21));
    assert_eq!(space.leaf(BEHIND - PAGE).log, Log::Off, "nothing was done");
    let read_only = space.w.mint(bitmap, READ, 0);
    assert_eq!(take(1, 0, 0, read_only), error(2, &[1]));
    let device = space.w.fresh();
    assert_eq!(space.w.retype_at(DEVICE, ObjectType::SmallPage, 0, device, 1), ok());
    assert_eq!(take(1, 0, 0, device), error(2, &[1]));
    assert_eq!(take(1, 0, 0, slot::VSPACE), error(2, &[1]));
    let words = [BLOCK, 1, 0, 0];
    assert_eq!(space.w.call_label(slot::VSPACE, VSPACE_TAKE_DIRTY, &words, &[]), error(7, &[]));
    assert_eq!(space.w.call_label(slot::VSPACE, VSPACE_TAKE_DIRTY, &words[..3], &[bitmap]), error(7, &[]));
    // A large frame holds the bitmap of more pages than a call gets to.
    assert_eq!(take(512, 0x1f_ffe0, 0, space.block), done(256));
    check(&space.w);
}

#[test]
fn only_a_first_store_is_the_kernels() {
    let (space, _) = Space::split();
    let bitmap = space.w.make(ObjectType::SmallPage, 0);
    assert!(!space.logs(BLOCK, REFUSED_STORE), "not logged");
    assert_eq!(space.take(BLOCK, 2, bitmap, 0, 1), done(2));
    assert!(!space.logs(BLOCK, REFUSED_LOAD));
    assert!(!space.logs(BLOCK, 0x9200_0047), "nothing is mapped, it says");
    assert!(!space.w.kernel.logs_write(Fault::VmFault { addr: BLOCK, prefetch: true, esr: REFUSED_STORE }));
    assert!(!space.logs(BEHIND, REFUSED_STORE) && !space.logs(1 << 44 | BLOCK, REFUSED_STORE));
    assert_eq!(space.leaf(BLOCK).log, Log::Clean);
    assert!(space.logs(BLOCK, REFUSED_STORE));
    assert!(!space.logs(BLOCK, REFUSED_STORE), "it can be written now");
    assert_eq!(space.leaf(BLOCK + PAGE).log, Log::Clean);
    // The walk of a guest's own tables that writes them.
    assert!(space.logs(BLOCK + PAGE, REFUSED_STORE | 1 << 7));
}

#[test]
fn a_vmm_hears_nothing_of_it() {
    for fast_paths in [true, false] {
        let (space, _) = Space::split();
        let w = &space.w;
        w.fast_paths.set(fast_paths);
        let bitmap = w.make(ObjectType::SmallPage, 0);
        assert_eq!(space.take(BLOCK, 8, bitmap, 0, 1), done(8));
        let (faults, reply) = (w.endpoint(), w.make(ObjectType::Reply, 0));
        let vmm = w.thread(200, w.sched_context(10_000, 10_000), 0);
        let guest = w.thread(100, w.sched_context(10_000, 10_000), faults);
        let vcpu = w.make(ObjectType::Vcpu, 0);
        w.expect(vcpu, VcpuSetTcb, &[], &[guest]);
        w.resume(vmm);
        w.resume(guest);
        w.root_waits();
        w.receive(sel4_abi::syscall::Syscall::Recv, faults, reply);
        let (vmm, guest) = (w.thread_of(vmm), w.thread_of(guest));
        for round in 0..4 {
            assert_eq!(w.current(), guest);
            let number = guest.fault_number.get();
            w.fault(Fault::VmFault { addr: BLOCK + round * PAGE, prefetch: false, esr: REFUSED_STORE });
            assert_eq!((w.current(), guest.fault_number.get()), (guest, number), "it goes on");
            assert_eq!(space.leaf(BLOCK + round * PAGE).log, Log::Dirty);
            let esr = if round % 2 == 0 { REFUSED_STORE } else { 0x9200_0047 };
            w.fault(Fault::VmFault { addr: BEHIND, prefetch: false, esr });
            assert_eq!((w.current(), guest.fault_number.get()), (vmm, number + 1));
            let info = sel4_abi::message_info::MessageInfo::new(lazaret_abi::fault_context::REPLY_LABEL, 0, 0, 4);
            w.syscall(
                sel4_abi::syscall::Syscall::ReplyRecv,
                [faults, reply, 0],
                info,
                &[0x8000, 0x3c5, lazaret_abi::fault_context::NO_REGISTER, 0],
                &[],
            );
            check(w);
        }
    }
}
