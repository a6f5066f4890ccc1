// SPDX-License-Identifier: MIT OR Apache-2.0
//! Cache and TLB maintenance: all of what this guest may ask for, and what it may not do by itself.

use super::instruction;

/// Once. The MMU and the caches are off, so nothing of this guest's is lost.
pub fn all() {
    instruction!("tlbi vmalle1is");
    instruction!("ic ialluis");
    // By set and way: a hypervisor traps it, or it would be for all guests.
    instruction!("dc cisw, xzr");
    instruction!("dsb sy");
    instruction!("isb");
}
