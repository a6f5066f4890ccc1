// SPDX-License-Identifier: MIT OR Apache-2.0
//! The protection domain.

mod counter;
mod driver;
mod machine;
mod regions;

use core::convert::Infallible;
use driver::Driver;
use machine::Machine;
use regions::Regions;
use sel4_microkit::{ChannelSet, Child, Handler, MessageInfo, debug_println, protection_domain};
use sel4_sys::extension::fault_context;
use vmm::config::Config;
use vmm::exit::Exit;
use vmm::frame::{Answer, Given};
use vmm::vm::{Next, Vm};

/// The longest fault message that matters: a VMFault with context.
const FAULT_WORDS: usize = fault_context::VM_LENGTH;

/// A Yield shorter than this part of a second, 20 us, gave nothing up.
const AT_ONCE: u64 = 50_000;

#[protection_domain]
fn init() -> Monitor {
    let regions = Regions::find();
    let mut machine = Machine::new();
    let config = match Config::parse(regions.config) {
        Ok(config) => config,
        Err(error) => {
            debug_println!("VMM|ERROR: {error}");
            return Monitor { vm: None, machine, parked: false };
        }
    };
    let mut vm = Vm::new(config, regions.images, regions.ram, Driver::new(config.name));
    let name = config.name;
    if !machine.has_debug_registers() {
        // Its guest would reach the hardware's debug registers, which nobody switches, and so other VMs.
        vm.console().log(format_args!("{name}: not started: this kernel has no debug-register invocations"));
    } else if let Err(error) = vm.start(&mut machine) {
        vm.console().log(format_args!("{name}: not started: {error}"));
    }
    Monitor { vm: Some(vm), machine, parked: false }
}

/// A VM and the way to its vCPU.
struct Monitor {
    /// Nothing if there is no configuration.
    vm: Option<Vm<'static, Driver>>,
    machine: Machine,
    /// The vCPU waits for an interrupt, its fault unanswered.
    parked: bool,
}

impl Handler for Monitor {
    type Error = Infallible;

    fn notified(&mut self, _channels: ChannelSet) -> Result<(), Infallible> {
        use vmm::vcpu::Vcpu;
        if let Some(vm) = &mut self.vm
            && vm.pump(&mut self.machine)
            && self.parked
        {
            self.parked = false;
            self.machine.restart();
        }
        Ok(())
    }

    fn fault(&mut self, _child: Child, message: MessageInfo) -> Result<Option<MessageInfo>, Infallible> {
        let Some(vm) = &mut self.vm else { return Ok(None) };
        let words: [u64; FAULT_WORDS] =
            sel4::with_ipc_buffer(|buffer| *buffer.msg_regs().first_chunk().unwrap_or(&[0; FAULT_WORDS]));
        let length = message.count().min(FAULT_WORDS);
        let (label, words) = (message.label(), &words[..length]);
        let given = Given::from_message(label, words);
        let (next, answer) = vm.exit(Exit::from_message(label, words), given, &mut self.machine);
        let resume = match next {
            Next::Resume => {
                if let Some(answer) = answer {
                    return Ok(Some(message_of(answer)));
                }
                true
            }
            Next::Stay => false,
            Next::Wait(None) => {
                self.parked = true;
                false
            }
            Next::Wait(Some(deadline)) => self.sleep(deadline),
        };
        Ok(resume.then(|| MessageInfo::new(0, 0)))
    }
}

/// The reply that tells the kernel how the guest goes on.
fn message_of(answer: Answer) -> MessageInfo {
    sel4::with_ipc_buffer_mut(|buffer| buffer.msg_regs_mut()[..answer.len()].copy_from_slice(&answer));
    MessageInfo::new(fault_context::REPLY_LABEL, answer.len())
}

impl Monitor {
    /// Until the virtual timer is due, or an interrupt is pending. Yield gives up the rest of the period's budget, so
    /// the VMM looks again once a period; nothing else needs it meanwhile, for its only vCPU waits. With a manifest
    /// that gives it no period, Yield comes back at once: then the guest waits by itself, at its own priority.
    fn sleep(&mut self, deadline: u64) -> bool {
        let mut now = counter::now();
        while now < deadline {
            if self.vm.as_mut().is_some_and(|vm| vm.pump(&mut self.machine)) {
                break;
            }
            sel4::r#yield();
            let before = core::mem::replace(&mut now, counter::now());
            if now.wrapping_sub(before) < counter::frequency() / AT_ONCE {
                break;
            }
        }
        true
    }
}
