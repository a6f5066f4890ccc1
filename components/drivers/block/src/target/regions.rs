// SPDX-License-Identifier: MIT OR Apache-2.0
//! The memory that the manifest maps into this protection domain.
#![allow(unsafe_code)]

use core::ptr::{NonNull, with_exposed_provenance, with_exposed_provenance_mut};

use block::{MAX_CLIENTS, shared::Pages};
use sddf_abi::block::{InfoPage, RequestQueue, ResponseQueue};
use sel4_microkit::var;

/// Memory that the disk reads and writes.
#[derive(Clone, Copy)]
pub struct Window {
    /// Where this program has it; 0 if it is not there.
    pub vaddr: usize,
    /// Where the disk has it.
    pub paddr: usize,
    /// Bytes.
    pub size: usize,
}

/// A client's memory.
pub struct Shares {
    /// What tells the two of each other.
    pub pages: Pages<'static>,
    /// The data.
    pub data: Window,
}

/// The page of the disk's registers, if there is one.
pub fn registers() -> Option<NonNull<u8>> {
    NonNull::new(with_exposed_provenance_mut(*var!(disk_regs_vaddr: usize = 0)))
}

/// The driver's own.
pub fn dma() -> Window {
    Window {
        vaddr: *var!(disk_dma_vaddr: usize = 0),
        paddr: *var!(disk_dma_paddr: usize = 0),
        size: *var!(disk_dma_size: usize = 0),
    }
}

/// The clients' data.
pub fn data() -> [Window; MAX_CLIENTS] {
    macro_rules! window {
        ($vaddr:ident, $size:ident, $paddr:ident) => {
            Window { vaddr: *var!($vaddr: usize = 0), size: *var!($size: usize = 0), paddr: *var!($paddr: usize = 0) }
        };
    }
    [
        window!(client_data_vaddr_0, client_data_size_0, client_data_paddr_0),
        window!(client_data_vaddr_1, client_data_size_1, client_data_paddr_1),
        window!(client_data_vaddr_2, client_data_size_2, client_data_paddr_2),
        window!(client_data_vaddr_3, client_data_size_3, client_data_paddr_3),
        window!(client_data_vaddr_4, client_data_size_4, client_data_paddr_4),
        window!(client_data_vaddr_5, client_data_size_5, client_data_paddr_5),
        window!(client_data_vaddr_6, client_data_size_6, client_data_paddr_6),
        window!(client_data_vaddr_7, client_data_size_7, client_data_paddr_7),
    ]
}

/// The clients that there are.
pub fn clients() -> [Option<Shares>; MAX_CLIENTS] {
    macro_rules! pages {
        ($info:ident, $requests:ident, $size:ident, $responses:ident) => {{
            let requests = (*var!($requests: usize = 0), *var!($size: usize = 0));
            pages(*var!($info: usize = 0), requests, *var!($responses: usize = 0))
        }};
    }
    let mut pages = [
        pages!(client_info_vaddr_0, client_requests_vaddr_0, client_requests_size_0, client_responses_vaddr_0),
        pages!(client_info_vaddr_1, client_requests_vaddr_1, client_requests_size_1, client_responses_vaddr_1),
        pages!(client_info_vaddr_2, client_requests_vaddr_2, client_requests_size_2, client_responses_vaddr_2),
        pages!(client_info_vaddr_3, client_requests_vaddr_3, client_requests_size_3, client_responses_vaddr_3),
        pages!(client_info_vaddr_4, client_requests_vaddr_4, client_requests_size_4, client_responses_vaddr_4),
        pages!(client_info_vaddr_5, client_requests_vaddr_5, client_requests_size_5, client_responses_vaddr_5),
        pages!(client_info_vaddr_6, client_requests_vaddr_6, client_requests_size_6, client_responses_vaddr_6),
        pages!(client_info_vaddr_7, client_requests_vaddr_7, client_requests_size_7, client_responses_vaddr_7),
    ]
    .into_iter();
    data().map(|data| pages.next().flatten().map(|pages| Shares { pages, data }))
}

/// All three, or there is no such client. Two of them fit into the smallest region that there is.
fn pages(info: usize, (requests, size): (usize, usize), responses: usize) -> Option<Pages<'static>> {
    const PAGE: usize = 0x1000;
    const { assert!(size_of::<InfoPage>() <= PAGE && size_of::<ResponseQueue>() <= PAGE) };
    if size < size_of::<RequestQueue>() {
        return None;
    }
    // SAFETY: the build set the three variables to regions that are mapped for ever, read-write, and the size to that of
    // the one that has to be larger than a page; what lies in them is all atomics. Zero, "not mapped", becomes None.
    unsafe {
        Some(Pages {
            info: with_exposed_provenance::<InfoPage>(info).as_ref()?,
            requests: with_exposed_provenance::<RequestQueue>(requests).as_ref()?,
            responses: with_exposed_provenance::<ResponseQueue>(responses).as_ref()?,
        })
    }
}
