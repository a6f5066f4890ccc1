// SPDX-License-Identifier: MIT OR Apache-2.0
//! The memory that the manifest maps into this protection domain.
#![allow(unsafe_code)]

use core::ptr::{NonNull, slice_from_raw_parts, with_exposed_provenance, with_exposed_provenance_mut};
use core::sync::atomic::AtomicU64;

use network::{MAX_CLIENTS, shared::Pages, switch::Client};
use sddf_abi::net::{DATA_SIZE, InfoPage, Queue};
use sel4_microkit::{debug_println, var};

/// Bytes from one queue to the next.
const QUEUE_STEP: usize = 0x1000;
/// All four: receive's free and active one, and send's.
const QUEUES_SIZE: usize = 4 * QUEUE_STEP;
/// Bytes of the data of one direction.
const DATA: usize = DATA_SIZE as usize;

/// Memory that the card reads and writes.
#[derive(Clone, Copy)]
pub struct Window {
    /// Where this program has it; 0 if it is not there.
    pub vaddr: usize,
    /// Where the card has it.
    pub paddr: usize,
    /// Bytes.
    pub size: usize,
}

/// A client's memory.
pub struct Shares {
    /// What it knows of its place.
    pub info: &'static InfoPage,
    /// The rest.
    pub client: Client<Pages<'static>>,
}

/// A region of a client's: where, and how large.
type Region = (usize, usize);

/// The page of the card's registers, if there is one.
pub fn registers() -> Option<NonNull<u8>> {
    NonNull::new(with_exposed_provenance_mut(*var!(net_regs_vaddr: usize = 0)))
}

/// The driver's own.
pub fn dma() -> Window {
    Window {
        vaddr: *var!(net_dma_vaddr: usize = 0),
        paddr: *var!(net_dma_paddr: usize = 0),
        size: *var!(net_dma_size: usize = 0),
    }
}

/// The clients that there are.
pub fn clients() -> [Option<Shares>; MAX_CLIENTS] {
    macro_rules! vars {
        ($($name:ident)*) => {
            [$(*var!($name: usize = 0)),*]
        };
    }
    let infos = vars! {
        client_info_vaddr_0 client_info_vaddr_1 client_info_vaddr_2 client_info_vaddr_3
        client_info_vaddr_4 client_info_vaddr_5 client_info_vaddr_6 client_info_vaddr_7
    };
    let queues = vars! {
        client_queues_vaddr_0 client_queues_vaddr_1 client_queues_vaddr_2 client_queues_vaddr_3
        client_queues_vaddr_4 client_queues_vaddr_5 client_queues_vaddr_6 client_queues_vaddr_7
    };
    let queues_sizes = vars! {
        client_queues_size_0 client_queues_size_1 client_queues_size_2 client_queues_size_3
        client_queues_size_4 client_queues_size_5 client_queues_size_6 client_queues_size_7
    };
    let rx = vars! {
        client_rx_vaddr_0 client_rx_vaddr_1 client_rx_vaddr_2 client_rx_vaddr_3
        client_rx_vaddr_4 client_rx_vaddr_5 client_rx_vaddr_6 client_rx_vaddr_7
    };
    let rx_sizes = vars! {
        client_rx_size_0 client_rx_size_1 client_rx_size_2 client_rx_size_3
        client_rx_size_4 client_rx_size_5 client_rx_size_6 client_rx_size_7
    };
    let tx = vars! {
        client_tx_vaddr_0 client_tx_vaddr_1 client_tx_vaddr_2 client_tx_vaddr_3
        client_tx_vaddr_4 client_tx_vaddr_5 client_tx_vaddr_6 client_tx_vaddr_7
    };
    let tx_sizes = vars! {
        client_tx_size_0 client_tx_size_1 client_tx_size_2 client_tx_size_3
        client_tx_size_4 client_tx_size_5 client_tx_size_6 client_tx_size_7
    };
    let mut numbers = 0..;
    let mut regions = pairs(queues, queues_sizes).zip(pairs(rx, rx_sizes)).zip(pairs(tx, tx_sizes));
    infos.map(|info| {
        let ((queues, rx), tx) = regions.next()?;
        client(numbers.next()?, info, queues, rx, tx)
    })
}

fn pairs(vaddrs: [usize; MAX_CLIENTS], sizes: [usize; MAX_CLIENTS]) -> impl Iterator<Item = Region> {
    vaddrs.into_iter().zip(sizes)
}

/// All four regions, each large enough, or there is no such client. One that is there in part is a mistake.
fn client(number: usize, info: usize, queues: Region, rx: Region, tx: Region) -> Option<Shares> {
    let is_large = |(vaddr, size): Region, least: usize| vaddr != 0 && size >= least;
    let is_whole = info != 0 && is_large(queues, QUEUES_SIZE) && is_large(rx, DATA) && is_large(tx, DATA);
    if !is_whole && [info, queues.0, rx.0, tx.0].iter().any(|vaddr| *vaddr != 0) {
        debug_println!("network: client {number} is none: a region is missing or too small, or its size is not told");
    }
    is_whole.then(|| shares(info, queues.0, rx.0, tx.0)).flatten()
}

/// A client's memory, of which no address is 0.
fn shares(info: usize, queues: usize, rx: usize, tx: usize) -> Option<Shares> {
    const { assert!(size_of::<Queue>() <= QUEUE_STEP) };
    let place = |number: usize| queues.checked_add(number * QUEUE_STEP);
    let (receive_free, receive_active, send_free, send_active) = (place(0)?, place(1)?, place(2)?, place(3)?);
    let words = |vaddr: usize| slice_from_raw_parts(with_exposed_provenance::<AtomicU64>(vaddr), DATA / 8);
    // SAFETY: the build set the four variables to regions that are mapped for ever, and the sizes, of which `client` has
    // seen that they suffice, to theirs; what lies in them is all atomics. What the client sends may be read-only, and is
    // only loaded from, a word at a time.
    let (info, queues, data) = unsafe {
        let queue = |vaddr: usize| with_exposed_provenance::<Queue>(vaddr).as_ref();
        let queues = (queue(receive_free)?, queue(receive_active)?, queue(send_free)?, queue(send_active)?);
        let data = (words(rx).as_ref()?, words(tx).as_ref()?);
        (with_exposed_provenance::<InfoPage>(info).as_ref()?, queues, data)
    };
    let [receive_note, send_note] = &info.notes;
    let receive = Pages { note: receive_note, free: queues.0, active: queues.1, data: data.0 };
    let send = Pages { note: send_note, free: queues.2, active: queues.3, data: data.1 };
    Some(Shares { info, client: Client { receive, send } })
}
