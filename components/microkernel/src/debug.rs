// SPDX-License-Identifier: MIT OR Apache-2.0
//! What debug configurations have beyond: a console for the kernel's messages, and the debug system calls.

use crate::arch::{KernelConsole, Power};
use crate::cap::Cap;
use crate::config;
use crate::cspace::lookup_slot;
use crate::fault::Fault;
use crate::kernel::Kernel;
use crate::object::reference::Ref;
use crate::object::tcb::{NAME_LENGTH, Tcb};
use core::fmt::{self, Write};
use sel4_abi::syscall::Syscall;

/// The console as a place to format to.
pub struct Console<'k>(pub &'k Kernel);

impl Write for Console<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        terminal_bytes(text).for_each(|byte| self.0.cpu.arch.put_char(byte));
        Ok(())
    }
}

/// A text's bytes as a terminal wants them: it goes back to the start of the line only when it is told to.
pub fn terminal_bytes(text: &str) -> impl Iterator<Item = u8> {
    text.bytes().flat_map(|byte| (byte == b'\n').then_some(b'\r').into_iter().chain([byte]))
}

struct Name(Ref<Tcb>);

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for byte in self.0.name.iter().map(|cell| cell.get()).take_while(|&byte| byte != 0) {
            f.write_char(if byte.is_ascii_graphic() || byte == b' ' { byte as char } else { '?' })?;
        }
        Ok(())
    }
}

/// Tells about a fault that nobody handles.
#[cold]
pub(crate) fn report_unhandled(kernel: &Kernel, thread: Ref<Tcb>, fault: Fault) {
    if config::PRINTING {
        let ip = thread.fault_ip.get();
        let _ = writeln!(Console(kernel), "KRN|INFO: unhandled fault in '{}' at {ip:#x}: {fault:x?}", Name(thread));
    }
}

/// A debug system call of the current thread; false in a configuration that has none.
#[cold]
pub(crate) fn debug_syscall(kernel: &Kernel, thread: Ref<Tcb>, call: Syscall) -> bool {
    let exists = match call {
        Syscall::DebugPutChar | Syscall::DebugDumpScheduler => config::PRINTING,
        _ => config::DEBUG_BUILD,
    };
    if !exists {
        return false;
    }
    let argument = &thread.context.x[0];
    match call {
        Syscall::DebugPutChar => kernel.cpu.arch.put_char(argument.get() as u8),
        // It ends everybody's run: a program that may not is answered as by a kernel without the call.
        Syscall::DebugHalt if !has_root_cnode(kernel, thread) => return false,
        Syscall::DebugHalt => {
            let _ = writeln!(Console(kernel), "KRN|INFO: halted by '{}'", Name(thread));
            kernel.cpu.arch.halt();
        }
        Syscall::DebugCapIdentify => {
            argument.set(lookup_slot(thread, argument.get()).map_or(0, |slot| type_number(&slot.cap())));
        }
        Syscall::DebugNameThread => name_thread(thread),
        Syscall::DebugDumpScheduler | Syscall::DebugSnapshot => {}
        _ => return false,
    }
    true
}

/// The thread's capabilities are the root task's: it holds everything anyway.
fn has_root_cnode(kernel: &Kernel, thread: Ref<Tcb>) -> bool {
    match (thread.cspace.cap(), kernel.shared.root_cnode.get()) {
        (Cap::CNode(own), Some(root)) => own.slots == root.slots,
        _ => false,
    }
}

/// The name of the named thread is a string in the caller's message registers, from the first in the buffer.
fn name_thread(caller: Ref<Tcb>) {
    let target = lookup_slot(caller, caller.context.x[0].get()).map(|slot| slot.cap());
    if let (Ok(Cap::Thread(thread)), Some(buffer)) = (target, caller.buffer(false)) {
        let bytes = buffer.msg.iter().flat_map(|word| word.get().to_le_bytes());
        for (cell, byte) in thread.name.iter().take(NAME_LENGTH - 1).zip(bytes) {
            cell.set(byte);
            if byte == 0 {
                break;
            }
        }
    }
}

/// The number that seL4 gives a kind of capability in DebugCapIdentify.
fn type_number(cap: &Cap) -> u64 {
    match cap {
        Cap::Null => 0,
        Cap::Frame(_) => 1,
        Cap::Untyped(_) => 2,
        Cap::PageTable { .. } => 3,
        Cap::Endpoint { .. } => 4,
        Cap::Notification { .. } => 6,
        Cap::Reply { .. } => 8,
        Cap::VSpace { .. } => 9,
        Cap::CNode(_) => 10,
        Cap::AsidControl => 11,
        Cap::Thread(_) => 12,
        Cap::AsidPool { .. } => 13,
        Cap::IrqControl => 14,
        Cap::Vcpu(_) => 15,
        Cap::IrqHandler(_) => 16,
        Cap::Zombie(_) => 18,
        Cap::Domain => 20,
        Cap::SchedContext { .. } => 22,
        Cap::SchedControl => 24,
    }
}

#[cfg(test)]
mod tests {
    use super::terminal_bytes;

    #[test]
    fn a_new_line_begins_at_its_start() {
        let bytes: std::vec::Vec<u8> = terminal_bytes("a\n\nb").collect();
        assert_eq!(bytes, b"a\r\n\r\nb");
    }
}
