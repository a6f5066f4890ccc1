// SPDX-License-Identifier: MIT OR Apache-2.0
//! The protection domain.

mod counter;
mod driver;
mod machine;
mod regions;

use core::convert::Infallible;
use driver::Driver;
use lazaret_abi::fault_context;
use machine::Machine;
use regions::Regions;
use sel4_abi::fault::FaultLabel;
use sel4_microkit::{ChannelSet, Child, Handler, MessageInfo, debug_println, protection_domain, var};
use sel4_vcpu_debug::VcpuWait;
use vmm::config::Config;
use vmm::exit::{self, Exit};
use vmm::frame::Given;
use vmm::recover::{Message, Waits};
use vmm::short::Answer;
use vmm::state::Found;
use vmm::trace::Trace;
use vmm::vcpu::Vcpu;
use vmm::vm::{Next, Vm};

/// The longest fault message that matters.
const FAULT_WORDS: usize = fault_context::VCPU_LENGTH;

/// A trapped instruction with its context.
#[inline]
fn trap() -> MessageInfo {
    MessageInfo::new(FaultLabel::VcpuFault as u64, fault_context::VCPU_LENGTH)
}

/// A Yield shorter than this part of a second, 20 us, gave nothing up.
const AT_ONCE: u64 = 50_000;

#[protection_domain]
fn init() -> Monitor {
    let regions = Regions::find();
    let machine = Machine::new();
    let config = match Config::parse(regions.config) {
        Ok(config) => config,
        Err(error) => {
            debug_println!("VMM|ERROR: {error}");
            return Monitor { vm: None, machine };
        }
    };
    let name = config.name;
    let (state, lasting) = regions::state();
    let found = match state.find() {
        Ok(found) => found,
        Err(damaged) => {
            debug_println!("VMM|ERROR: {name}: stopped: {damaged}");
            return Monitor { vm: None, machine };
        }
    };
    let mut vm = Vm::new(config, regions.images, regions.ram, Driver::new(name), state);
    if config.trace
        && let Some(trace) = Trace::new(regions.trace, regions.trace_paddr, name, counter::frequency())
    {
        vm.record(trace);
    }
    let mut monitor = Monitor { vm: Some(vm), machine };
    if !monitor.may_start() {
        return monitor;
    }
    if found == Found::Fresh {
        monitor.start(lasting);
    } else if let Some(answer) = monitor.recover() {
        sel4_microkit::ipc::reply(answer);
    }
    monitor
}

/// A VM and the way to its vCPU.
struct Monitor {
    /// Nothing if there is no configuration.
    vm: Option<Vm<'static, Driver>>,
    machine: Machine,
}

impl Handler for Monitor {
    type Error = Infallible;

    fn notified(&mut self, _channels: ChannelSet) -> Result<(), Infallible> {
        if let Some(vm) = &mut self.vm {
            vm.notified(&mut self.machine);
        }
        Ok(())
    }

    #[inline]
    fn fault(&mut self, _child: Child, message: MessageInfo) -> Result<Option<MessageInfo>, Infallible> {
        let Some(vm) = &mut self.vm else { return Ok(None) };
        let words: [u64; FAULT_WORDS] =
            sel4::with_ipc_buffer(|buffer| *buffer.msg_regs().first_chunk().unwrap_or(&[0; FAULT_WORDS]));
        let answer = if message.inner() == trap().inner() {
            vm.short_trap(words, &mut self.machine)
        } else if fault_context::is_abort(message.label()) {
            vm.short_abort(words)
        } else {
            None
        };
        let [a, b, c, d] = words;
        Ok(match answer {
            Some(answer) => Some(message_of(answer)),
            None => self.exit(message, a, b, c, d),
        })
    }
}

/// The reply that tells the kernel how the guest goes on.
fn message_of(answer: Answer) -> MessageInfo {
    sel4::with_ipc_buffer_mut(|buffer| buffer.msg_regs_mut()[..answer.len()].copy_from_slice(&answer));
    MessageInfo::new(fault_context::REPLY_LABEL, answer.len())
}

impl Monitor {
    /// On a kernel that does not keep debug registers, a guest is started if whoever built the system says so.
    fn may_start(&mut self) -> bool {
        let allowed = self.machine.has_debug_registers() || *var!(vmm_shared_debug: usize = 0) != 0;
        if let (Some(vm), false) = (&mut self.vm, self.machine.has_debug_registers()) {
            let name = vm.name();
            vm.say(format_args!("{name}: this kernel does not isolate debug registers (seL4#1018):"));
            vm.say(format_args!("{name}: guests share the physical ones, and their breakpoints stop other programs"));
            if !allowed {
                vm.say(format_args!("{name}: not started beside another VM without --allow-shared-debug"));
            }
        }
        allowed
    }

    fn start(&mut self, lasting: bool) {
        let Some(vm) = &mut self.vm else { return };
        let name = vm.name();
        if lasting && self.machine.unanswered().is_none() {
            vm.say(format_args!("{name}: cannot be restarted: this kernel does not keep unanswered faults"));
        }
        if let Err(error) = vm.start(&mut self.machine) {
            vm.say(format_args!("{name}: not started: {error}"));
        }
    }

    /// Goes on where the VMM was that had this state before.
    fn recover(&mut self) -> Option<MessageInfo> {
        let (vm, machine) = (self.vm.as_mut()?, &mut self.machine);
        let name = vm.name();
        let Some((wait, message)) = machine.unanswered() else {
            vm.say(format_args!("{name}: stopped: this kernel does not keep unanswered faults"));
            return None;
        };
        let message = message.as_ref().map(|message| Message { label: message.label, words: message.words() });
        let waits = match (wait, message) {
            (VcpuWait::Answer, Some(message)) => Waits::ForAnswer(message),
            (VcpuWait::Lost, Some(message)) => Waits::Lost(message),
            (VcpuWait::Stopped, _) => Waits::Stopped,
            _ => Waits::Elsewhere,
        };
        match vm.recover(waits, machine) {
            Ok((next, answer)) => self.conclude(next, answer),
            Err(error) => {
                vm.say(format_args!("{name}: not started: {error}"));
                None
            }
        }
    }

    /// Any exit, with the words of its message one by one, for the short ways keep them in registers. The reply, if there
    /// is one.
    #[inline(never)]
    fn exit(&mut self, message: MessageInfo, a: u64, b: u64, c: u64, d: u64) -> Option<MessageInfo> {
        let vm = self.vm.as_mut()?;
        let (label, words) = (message.label(), &[a, b, c, d][..message.count().min(FAULT_WORDS)]);
        let (given, number) = (Given::from_message(label, words), exit::number(label, words));
        let (next, answer) = vm.exit(Exit::from_message(label, words), given, number, &mut self.machine);
        self.conclude(next, answer)
    }

    /// The reply that ends an exit, or nothing.
    #[inline]
    fn conclude(&mut self, next: Next, answer: Option<Answer>) -> Option<MessageInfo> {
        let resume = match next {
            Next::Resume => {
                if let Some(answer) = answer {
                    return Some(message_of(answer));
                }
                true
            }
            Next::Stay => false,
            Next::Wait => !self.machine.wait() && self.wait_here(),
        };
        resume.then(|| MessageInfo::new(0, 0))
    }

    /// The kernel cannot wait for the timer. True if the guest goes on now.
    #[cold]
    fn wait_here(&mut self) -> bool {
        let Some(vm) = &mut self.vm else { return false };
        let Some(deadline) = vm.timer_deadline(&mut self.machine) else { return false };
        self.sleep(deadline);
        if let Some(vm) = &mut self.vm {
            vm.unpark();
        }
        true
    }

    /// Until the virtual timer is due, or an interrupt is pending. Yield gives up the rest of the period's budget, so
    /// the VMM looks again once a period; nothing else needs it meanwhile, for its only vCPU waits. With a manifest
    /// that gives it no period, Yield comes back at once: then the guest waits by itself, at its own priority.
    fn sleep(&mut self, deadline: u64) {
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
    }
}
