// SPDX-License-Identifier: MIT OR Apache-2.0
//! The protection domain.

mod block_driver;
mod clock;
mod counter;
mod kernel_vcpu;
mod network_switch;
mod regions;
mod serial_driver;

use core::convert::Infallible;
use kernel_vcpu::{Refusal, Sel4Vcpus};
use lazaret_abi::fault_context::{self, ReplyKind};
use regions::{Regions, StateRegion};
use sel4_abi::fault::FaultLabel;
use sel4_microkit::{Channel, ChannelSet, Child, Handler, MessageInfo, protection_domain, var};
use sel4_vcpu_debug::VcpuWait;
use serial_driver::{SerialDriver, refuse};
use vmm::config::Config;
use vmm::exit::{self, Exit, Next, ReplyContext};
use vmm::state::Found;
use vmm::trace::Trace;
use vmm::vcpu::{FaultContext, KernelVcpu, MAX_VCPUS, VcpuId};
use vmm::vm::recovery::{Message, Waits};
use vmm::vm::{Provisions, Vm};

/// The longest fault message that matters.
const FAULT_WORDS: usize = fault_context::VCPU_LENGTH;

/// A trapped instruction with its context.
#[inline]
fn trap() -> MessageInfo {
    MessageInfo::new(FaultLabel::VcpuFault as u64, fault_context::VCPU_LENGTH)
}

/// Those who signal: the drivers of the serial line and of the disk, the switch, and the driver of the debug line.
const SOURCES: &[Channel] = &[
    serial_driver::CHANNEL,
    block_driver::CHANNEL,
    network_switch::CHANNEL,
    #[cfg(feature = "debugger")]
    serial_driver::DEBUG_CHANNEL,
];

/// A Yield shorter than this part of a second, 20 us, gave nothing up.
const AT_ONCE: u64 = 50_000;

#[protection_domain]
fn init() -> Monitor {
    let regions = Regions::find();
    let config = match Config::parse(regions.config) {
        Ok(config) => config,
        Err(error) => {
            refuse(format_args!("{error}"));
            return Monitor { vm: None, kernel: Sel4Vcpus::new(1) };
        }
    };
    let (name, vcpus) = (config.name, config.vcpus);
    let kernel = Sel4Vcpus::new(vcpus);
    if let Err(why) = may_have(vcpus, &kernel) {
        refuse(format_args!("{name}: stopped: {why}"));
        return Monitor { vm: None, kernel };
    }
    let StateRegion { state, lasting } = match regions::state() {
        Ok(region) => region,
        Err(too_small) => {
            refuse(format_args!("{name}: stopped: {too_small}"));
            return Monitor { vm: None, kernel };
        }
    };
    let found = match state.find() {
        Ok(found) => found,
        Err(damaged) => {
            refuse(format_args!("{name}: stopped: {damaged}"));
            return Monitor { vm: None, kernel };
        }
    };
    let (clock, seconds) = clock::find();
    let given = Provisions {
        images: regions.images,
        ram: regions.ram,
        disk: block_driver::find(name),
        network: network_switch::find(name),
        seconds,
        seed: regions::seed(),
    };
    let mut vm = Vm::new(config, given, SerialDriver::new(name), state);
    if config.trace
        && let Some(trace) = Trace::new(regions.trace, regions.trace_paddr, name, counter::frequency())
    {
        vm.record(trace);
    }
    #[cfg(feature = "debugger")]
    if let Some(line) = SerialDriver::for_debugger() {
        vm.set_debug_line(line);
        if *var!(vmm_waits_for_debugger: usize = 0) != 0 && found == Found::Fresh {
            vm.wait_for_debugger();
        }
    }
    let mut monitor = Monitor { vm: Some(vm), kernel };
    if !monitor.may_start() {
        return monitor;
    }
    if found == Found::Fresh {
        monitor.start(lasting, clock);
    } else if let Some(reply) = monitor.recover() {
        sel4_microkit::ipc::reply(reply);
    }
    monitor
}

/// A VM and the ways to its vCPUs.
struct Monitor {
    /// Nothing if there is no configuration.
    vm: Option<Vm<'static, SerialDriver>>,
    kernel: Sel4Vcpus,
}

impl Handler for Monitor {
    type Error = Infallible;

    /// One of those who may.
    fn notified(&mut self, channels: ChannelSet) -> Result<(), Infallible> {
        if let Some(vm) = &mut self.vm
            && SOURCES.iter().any(|source| channels.contains(*source))
        {
            let kernel = &mut self.kernel;
            vm.notified(kernel);
            tell_refusal(vm, kernel);
        }
        Ok(())
    }

    /// The child is the vCPU whose exit this is.
    #[inline(always)]
    fn fault(&mut self, child: Child, message: MessageInfo) -> Result<Option<MessageInfo>, Infallible> {
        let (Some(vm), Some(id)) = (&mut self.vm, VcpuId::new(child.index())) else { return Ok(None) };
        let words: [u64; FAULT_WORDS] =
            sel4::with_ipc_buffer(|buffer| *buffer.msg_regs().first_chunk().unwrap_or(&[0; FAULT_WORDS]));
        let kernel = &mut self.kernel;
        kernel.select(id);
        let reply = if message.inner() == trap().inner() {
            vm.fast_trap(words, kernel)
        } else if fault_context::is_abort(message.label()) {
            vm.fast_abort(words, kernel)
        } else {
            None
        };
        let [a, b, c, d] = words;
        Ok(match reply {
            Some(context) => Some(message_of(ReplyKind::Resume, context)),
            None => self.exit(message, a, b, c, d),
        })
    }
}

/// The reply that tells the kernel what becomes of the vCPU, and where.
#[inline(always)]
fn message_of(kind: ReplyKind, context: ReplyContext) -> MessageInfo {
    sel4::with_ipc_buffer_mut(|buffer| buffer.msg_regs_mut()[..context.len()].copy_from_slice(&context));
    MessageInfo::new(kind.label(), context.len())
}

impl Monitor {
    /// On a kernel that does not keep debug registers, a guest is started if whoever built the system says so.
    fn may_start(&mut self) -> bool {
        let isolated = self.kernel.has_debug_registers();
        let allowed = isolated || *var!(vmm_shared_debug: usize = 0) != 0;
        if let (Some(vm), false) = (&mut self.vm, isolated) {
            let name = vm.name();
            vm.say(format_args!("{name}: this kernel does not isolate debug registers (seL4#1018):"));
            vm.say(format_args!("{name}: guests share the physical ones, and their breakpoints stop other programs"));
            if !allowed {
                vm.say(format_args!("{name}: not started beside another VM without --allow-shared-debug"));
            }
        }
        allowed
    }

    fn start(&mut self, lasting: bool, clock: clock::Found) {
        let Some(vm) = &mut self.vm else { return };
        let kernel = &mut self.kernel;
        let name = vm.name();
        if lasting && kernel.unanswered().is_none() {
            vm.say(format_args!("{name}: cannot be restarted: this kernel does not keep unanswered faults"));
        }
        if clock == clock::Found::NotAClock {
            vm.say(format_args!("{name}: the board has no PL031: the guest's clock does not know the date"));
        }
        if let Err(error) = vm.start(kernel) {
            vm.say(format_args!("{name}: not started: {error}"));
        }
        tell_refusal(vm, kernel);
    }

    /// Resumes the VM of the VMM that had this state before.
    fn recover(&mut self) -> Option<MessageInfo> {
        let (vm, kernel) = (self.vm.as_mut()?, &mut self.kernel);
        let name = vm.name();
        if kernel.unanswered().is_none() {
            vm.say(format_args!("{name}: stopped: this kernel does not keep unanswered faults"));
            return None;
        }
        match vm.recover(waits_of, kernel) {
            Ok((next, context)) => self.conclude(next, context),
            Err(error) => {
                vm.say(format_args!("{name}: not started: {error}"));
                None
            }
        }
    }

    /// Any other exit, with the words of its message one by one, for the fast path keeps them in registers. The reply, if
    /// there is one.
    #[inline(never)]
    fn exit(&mut self, message: MessageInfo, a: u64, b: u64, c: u64, d: u64) -> Option<MessageInfo> {
        let vm = self.vm.as_mut()?;
        let kernel = &mut self.kernel;
        let reply = if message.inner() == trap().inner() && Vm::<SerialDriver>::is_aarch32_trap(a) {
            vm.fast_trap_aarch32([a, b, c, d], kernel)
        } else if fault_context::is_abort(message.label()) {
            vm.fast_abort_aarch32([a, b, c, d], kernel)
        } else {
            None
        };
        if let Some(context) = reply {
            return Some(message_of(ReplyKind::Resume, context));
        }
        let (label, words) = (message.label(), &[a, b, c, d][..message.count().min(FAULT_WORDS)]);
        let (context, number) = (FaultContext::from_message(label, words), exit::number(label, words));
        let (next, context) = vm.exit(Exit::from_message(label, words), context, number, kernel);
        tell_refusal(vm, kernel);
        self.conclude(next, context)
    }

    /// The reply that ends an exit, or nothing.
    #[inline]
    fn conclude(&mut self, next: Next, context: Option<ReplyContext>) -> Option<MessageInfo> {
        let kernel = &mut self.kernel;
        let kind = match next {
            Next::Resume => ReplyKind::Resume,
            Next::Wait if kernel.stops_by_reply() => ReplyKind::Wait,
            Next::Stop if kernel.stops_by_reply() => ReplyKind::Stop,
            Next::Wait => return self.wait_without_reply(),
            Next::Stop | Next::Stay => return None,
        };
        Some(match (context, kind) {
            (Some(context), _) => message_of(kind, context),
            (None, ReplyKind::Resume) => MessageInfo::new(0, 0),
            (None, _) => MessageInfo::new(kind.label(), 0),
        })
    }

    /// For a kernel that takes no reply which says so.
    #[cold]
    fn wait_without_reply(&mut self) -> Option<MessageInfo> {
        let goes_on = !self.kernel.wait() && self.wait_here();
        goes_on.then(|| MessageInfo::new(0, 0))
    }

    /// The kernel cannot wait for the timer. True if the guest goes on now.
    fn wait_here(&mut self) -> bool {
        let (Some(vm), kernel) = (&mut self.vm, &mut self.kernel) else { return false };
        let Some(deadline) = vm.timer_deadline(kernel) else { return false };
        sleep(vm, kernel, deadline);
        vm.unpark(kernel);
        true
    }
}

/// Why a VM cannot have so many vCPUs, if so.
fn may_have(vcpus: usize, kernel: &Sel4Vcpus) -> Result<(), &'static str> {
    if vcpus > MAX_VCPUS {
        return Err("this program is for one vCPU, and `vmm-smp.elf` for more");
    }
    if vcpus > 1 && !kernel.can_have_several() {
        return Err("this kernel cannot stop a vCPU by a reply, which several vCPUs need");
    }
    Ok(())
}

/// What the selected vCPU waits for.
fn waits_of(kernel: &mut Sel4Vcpus) -> Waits {
    let Some((wait, message)) = kernel.unanswered() else { return Waits::Elsewhere };
    let message = message.map(|message| Message::new(message.label, message.words()));
    match (wait, message) {
        (VcpuWait::Answer, Some(message)) => Waits::ForReply(message),
        (VcpuWait::Lost, Some(message)) => Waits::Lost(message),
        (VcpuWait::Stopped, _) => Waits::Stopped,
        _ => Waits::Elsewhere,
    }
}

/// What the kernel refused in an exit stands between the guest's lines.
#[inline(always)]
fn tell_refusal(vm: &mut Vm<'_, SerialDriver>, kernel: &mut Sel4Vcpus) {
    if let Some(refusal) = kernel.take_refusal() {
        refused(vm, refusal);
    }
}

#[cold]
#[inline(never)]
fn refused(vm: &mut Vm<'_, SerialDriver>, Refusal { what, error }: Refusal) {
    let name = vm.name();
    vm.warn(format_args!("{name}: the kernel refuses {what}: {error:?}"));
}

/// Until the virtual timer is due, or an interrupt is pending. Yield gives up the rest of the period's budget, so the VMM
/// looks again once a period; nothing else needs it meanwhile, for its only vCPU waits. With a manifest that gives it no
/// period, Yield comes back at once: then the guest waits by itself, at its own priority.
fn sleep(vm: &mut Vm<'_, SerialDriver>, kernel: &mut Sel4Vcpus, deadline: u64) {
    let mut now = counter::now();
    while now < deadline && !vm.pump(kernel) {
        sel4::r#yield();
        let before = core::mem::replace(&mut now, counter::now());
        if now.wrapping_sub(before) < counter::frequency() / AT_ONCE {
            break;
        }
    }
}
