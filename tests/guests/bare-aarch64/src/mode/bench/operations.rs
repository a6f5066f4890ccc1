// SPDX-License-Identifier: MIT OR Apache-2.0
//! Every operation, in the order that brings the debug registers from untouched to used to armed.

use crate::pattern::Kind;
use crate::runtime::{console, counter, debug, interrupt, psci};

/// What is done with each.
pub trait Visitor {
    /// An operation that costs the same each time.
    fn repeat(&mut self, name: &str, operation: impl Fn());

    /// An operation that is what it is only the first time.
    fn once(&mut self, name: &str, operation: impl Fn());

    /// An operation that is what it is after another one.
    fn after(&mut self, name: &str, before: impl Fn(), operation: impl Fn());
}

/// In a register before the operation begins.
fn value() -> u64 {
    core::hint::black_box(0x1000)
}

/// All of them. The debug registers must not have been touched.
pub fn visit(visitor: &mut impl Visitor) {
    untouched(visitor);
    plain(visitor);
    locks(visitor);
    owned(visitor);
    after_exits(visitor);
    armed(visitor);
    storms(visitor);
}

fn untouched(visitor: &mut impl Visitor) {
    visitor.repeat("empty", counter::nothing);
    visitor.repeat("mdscr_read_virgin", || _ = debug::mdscr());
    visitor.repeat("dbgbvr_read_virgin", || _ = debug::read(Kind::Bvr, 0));
    visitor.repeat("hvc_virgin", || _ = psci::version());
    let value = value();
    visitor.once("first_touch", move || debug::write(Kind::Bvr, 0, value));
}

fn plain(visitor: &mut impl Visitor) {
    let (read, write, distributor) = (console::reader(), console::writer(), interrupt::distributor_reader());
    visitor.repeat("hvc_psci_version", || _ = psci::version());
    visitor.repeat("hvc_unknown", || _ = psci::unknown());
    visitor.repeat("mmio_read_vmm", || _ = read());
    visitor.repeat("mmio_write_vmm", &write);
    visitor.repeat("mmio_read_gicd", || _ = distributor());
}

fn locks(visitor: &mut impl Visitor) {
    visitor.repeat("trap_debug_read", || _ = debug::os_lock_status());
    visitor.repeat("trap_debug_write", debug::clear_double_lock);
    visitor.repeat("mdrar_read", || _ = debug::rom_address());
    visitor.repeat("mdccsr_read", || _ = debug::channel_status());
    visitor.repeat("oslar_write", debug::unlock);
    visitor.repeat("bvr15_read_undef", || _ = debug::read(Kind::Bvr, 15));
}

fn owned(visitor: &mut impl Visitor) {
    let value = value();
    debug::write(Kind::Bvr, 0, value);
    visitor.repeat("owned_access", move || debug::write(Kind::Bvr, 0, value));
    visitor.repeat("owned_read", || _ = debug::read(Kind::Bvr, 0));
    visitor.repeat("owned_mdscr_write", debug::disarm);
    visitor.repeat("owned_mdscr_read", || _ = debug::mdscr());
}

fn after_exits(visitor: &mut impl Visitor) {
    let value = value();
    let exit = || _ = psci::version();
    let write = move || debug::write(Kind::Bvr, 0, value);
    visitor.after("write_after_exit", exit, write);
    visitor.after("read_after_exit", exit, || _ = debug::read(Kind::Bvr, 0));
    visitor.after("mdscr_write_after_exit", exit, debug::disarm);
    visitor.after("write_after_user_exit", || _ = console::flags(), write);
    visitor.after("hvc_after_write", write, exit);
    visitor.repeat("exit_and_rearm", move || {
        exit();
        write();
    });
    visitor.repeat("exit_and_mdscr", || {
        psci::version();
        debug::disarm();
    });
}

fn armed(visitor: &mut impl Visitor) {
    let (read, value) = (console::reader(), value());
    debug::set_mdscr(debug::MDE | debug::KDE);
    visitor.repeat("hvc_armed", || _ = psci::version());
    visitor.repeat("mmio_read_armed", || _ = read());
    visitor.repeat("mdscr_read_armed", || _ = debug::mdscr());
    visitor.repeat("owned_access_armed", move || debug::write(Kind::Bvr, 0, value));
    debug::set_mdscr(0);
    visitor.repeat("hvc_disarmed", || _ = psci::version());
}

/// Debug exceptions that the guest takes and the hypervisor never sees, if it lets them happen at all.
fn storms(visitor: &mut impl Visitor) {
    visitor.repeat("step_storm", debug::step_once);
    visitor.repeat("breakpoint_storm", debug::hit_once);
    visitor.repeat("breakpoint_hit_and_exit", || {
        debug::hit_once();
        psci::version();
    });
    debug::set_mdscr(0);
    debug::write(Kind::Bcr, 0, 0);
}
