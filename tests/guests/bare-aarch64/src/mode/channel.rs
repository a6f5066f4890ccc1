// SPDX-License-Identifier: MIT OR Apache-2.0
//! The probe of Linux's `hvc_dcc`: a character into the debug communications channel, then a look whether somebody took
//! it. It must end, without an exception, and find nobody. While the registers are the guest's own on the hardware that
//! is the core's answer: QEMU, which has no channel, says "taken" there, and drops the character.

use crate::pattern::Kind;
use crate::runtime::exception::{forget, total};
use crate::runtime::{console::println, debug, report::check};

/// As many looks as a driver takes in its tenth of a second, at least.
const LOOKS: u32 = 100;

pub fn run() {
    forget();
    let taken = probe();
    check("channel.trapped.quiet", 0, total());
    check("channel.trapped.nobody_listens", 0, taken.into());
    check("channel.trapped.nothing_comes_back", 0, debug::channel_data());
    debug::write(Kind::Bvr, 0, 0x1000);
    forget();
    let taken = probe();
    check("channel.owned.quiet", 0, total());
    println!("channel.owned: {}", if taken { "taken" } else { "nobody listens" });
    debug::reset();
}

fn probe() -> bool {
    debug::set_channel_data(b'\n'.into());
    (0..LOOKS).any(|_| !debug::channel_is_full())
}
