// SPDX-License-Identifier: MIT OR Apache-2.0
//! One virtual machine: its vCPUs, and what they share.

mod lifecycle;
pub(crate) mod phase;
pub mod recovery;

pub use phase::{Phase, VmPhase};

use crate::boot::{BootError, Images, Seed};

use crate::config::Config;
use crate::console::{Console, Lines, Serial};
use crate::debugger::{Debugger, DebuggerMemory};
use crate::device::gic::Inject;
use crate::device::virtio::{block, net};
use crate::device::{Backing, Bus, DeviceMemory, Outside, Seconds};
use crate::exit::Handler;
use crate::guest_ram::GuestRam;
use crate::log::{Log, Warnings};
use crate::state::{Journal, Section, State, Stored, sections};
use crate::trace::Trace;
use crate::vcpu::{KernelVcpu, MAX_VCPUS, PowerState, Vcpu, VcpuId, VcpuMemory, divide};

sections! {
    /// What of a VM outlasts its VMM.
    pub struct VmMemory {
        vcpus: [VcpuMemory; MAX_VCPUS],
        pub(crate) phase: Stored<VmPhase>,
        pub(crate) devices: DeviceMemory,
        console: Stored<Lines>,
        log: Stored<Warnings>,
        debugger: DebuggerMemory,
    }
}

/// A VM.
pub struct Vm<'a, S> {
    pub(crate) vcpus: [Vcpu<'a>; MAX_VCPUS],
    pub(crate) platform: Platform<'a, S>,
}

/// What the vCPUs of a VM share.
pub(crate) struct Platform<'a, S> {
    pub(crate) config: Config<'a>,
    pub(crate) images: Images<'a>,
    pub(crate) backing: Backing<'a>,
    pub(crate) phase: Section<'a, VmPhase>,
    pub(crate) bus: Bus<'a>,
    pub(crate) console: Console<'a, S>,
    pub(crate) journal: &'a Journal,
    pub(crate) trace: Option<Trace<'a>>,
    pub(crate) debugger: Debugger<'a, S>,
    pub(crate) seconds: Seconds,
}

/// What the description of the system gives a VM, besides its configuration and its serial line.
pub struct Provisions<'a> {
    /// Its kernel and initrd.
    pub images: Images<'a>,
    /// Its RAM.
    pub ram: GuestRam<'a>,
    /// Its disk, if it has one.
    pub disk: Option<block::Backend<'a>>,
    /// Its place in a network, if it has one.
    pub network: Option<net::Backend<'a>>,
    /// Its clock.
    pub seconds: Seconds,
    /// Its entropy, if there is any.
    pub seed: Option<Seed>,
}

impl<'a, S: Serial> Vm<'a, S> {
    /// As the state says: not started yet, unless it was left by another VMM; then [`Self::recover`] comes first.
    pub fn new(config: Config<'a>, given: Provisions<'a>, serial: S, state: &'a mut State) -> Self {
        let (journal, memory) = (&state.journal, &mut state.vm);
        let Provisions { images, ram, disk, network, seconds, seed } = given;
        let platform = Platform {
            config,
            images,
            backing: Backing {
                ram,
                disk,
                network,
                seed,
                log: Log::new(Section::new(&mut memory.log, journal), config.log_all),
                name: config.name,
            },
            phase: Section::new(&mut memory.phase, journal),
            bus: Bus::new(&mut memory.devices, journal),
            console: Console::new(serial, Section::new(&mut memory.console, journal)),
            journal,
            trace: None,
            debugger: Debugger::new(&mut memory.debugger, journal),
            seconds,
        };
        let mut vm = Self { vcpus: memory.vcpus.each_mut().map(|vcpu| Vcpu::new(vcpu, journal)), platform };
        vm.platform.bus.gic.set_cpus(config.vcpus);
        vm
    }

    /// Load the guest and let its first vCPU run from its entry.
    pub fn start(&mut self, kernel: &mut impl KernelVcpu) -> Result<(), BootError> {
        kernel.select(VcpuId::BOOT);
        let (_, entry) = self.handler(kernel).start()?;
        if !self.platform.debugger.is_stopped() {
            kernel.start(entry);
        }
        Ok(())
    }

    /// Exits are recorded from here on.
    pub fn record(&mut self, trace: Trace<'a>) {
        self.platform.trace = Some(trace);
    }

    /// A debugger may come on this line.
    #[cfg(any(test, feature = "debugger"))]
    pub fn set_debug_line(&mut self, serial: S) {
        self.platform.debugger.set_line(serial);
    }

    /// The guest stands at its first instruction until a debugger lets it go on.
    #[cfg(any(test, feature = "debugger"))]
    pub fn wait_for_debugger(&mut self) {
        self.platform.debugger.wait();
    }

    /// Take what the serial driver has for the guest; true if that ends a wait of the selected vCPU's.
    pub fn pump(&mut self, kernel: &mut impl KernelVcpu) -> bool {
        self.platform.take_input(kernel);
        let id = kernel.id();
        let gic = &mut self.platform.bus.gic;
        let is_over = self.vcpus[id.index()].power.is_parked() && gic.has_pending(id.index(), kernel);
        gic.end_event();
        self.commit_event();
        is_over
    }

    /// One of those who may has something; vCPUs that wait for it go on.
    pub fn notified(&mut self, kernel: &mut impl KernelVcpu) {
        for (id, vcpu) in self.named_vcpus() {
            kernel.select(id);
            if vcpu.power.is_parked() && kernel.runs() {
                // Its timer has ended its wait, and the kernel has injected that: there was no exit.
                vcpu.power.change().enter(PowerState::Running);
            }
        }
        self.commit_event();
        self.platform.take_input(kernel);
        let Self { vcpus, platform } = self;
        for (number, vcpu) in vcpus.iter_mut().enumerate().filter(|(_, vcpu)| vcpu.power.is_parked()) {
            if platform.bus.gic.has_pending(number, kernel) {
                vcpu.wake();
            }
        }
        self.platform.bus.gic.end_event();
        self.commit_event();
        let is_still = self.platform.debugger.is_stopped();
        for (id, vcpu) in self.named_vcpus() {
            if is_still { vcpu.keep_still(id, kernel) } else { vcpu.tell(id, kernel) }
        }
        kernel.select(VcpuId::BOOT);
        self.handler(kernel).serve_debugger();
    }

    /// The vCPUs that the VM has.
    fn named_vcpus(&mut self) -> impl Iterator<Item = (VcpuId, &mut Vcpu<'a>)> {
        VcpuId::first(self.platform.config.vcpus).zip(&mut self.vcpus)
    }

    /// A line of the VMM's own.
    pub fn say(&mut self, line: core::fmt::Arguments<'_>) {
        self.platform.info(line);
        self.commit_event();
    }

    /// A line of the VMM's own that may come often.
    pub fn warn(&mut self, line: core::fmt::Arguments<'_>) {
        self.platform.warn_rate_limited(line);
        self.commit_event();
    }

    /// The VM's name.
    pub const fn name(&self) -> &'a str {
        self.platform.config.name
    }

    /// For what concerns the selected vCPU.
    #[inline(always)]
    pub(crate) fn handler<'h, K: KernelVcpu>(&'h mut self, kernel: &'h mut K) -> Handler<'h, 'a, S, K> {
        let (vcpu, others) = divide(&mut self.vcpus, kernel.id());
        Handler { platform: &mut self.platform, vcpu, others, kernel }
    }

    /// What has happened, and was no exit, stands.
    pub(crate) fn commit_event(&mut self) {
        if self.platform.journal.is_changed() {
            self.platform.update_checksums();
            self.vcpus.iter_mut().for_each(Vcpu::update_checksum);
            self.platform.journal.commit(None);
        }
        self.platform.publish();
    }
}

impl<'a, S: Serial> Platform<'a, S> {
    /// A line of the VMM's own.
    pub(crate) fn info(&mut self, line: core::fmt::Arguments<'_>) {
        self.backing.log.info(&mut self.console, line);
    }

    /// A line that the guest can provoke.
    pub(crate) fn warn_rate_limited(&mut self, line: core::fmt::Arguments<'_>) {
        self.backing.log.warn_rate_limited(&mut self.console, line);
    }

    /// Exits are recorded.
    #[inline(always)]
    pub(crate) const fn is_recorded(&self) -> bool {
        self.trace.is_some()
    }

    /// Exits go through the slow path: they are recorded, or a debugger is attached.
    #[inline(always)]
    pub(crate) fn is_watched(&self) -> bool {
        self.is_recorded() || self.debugger.is_attached()
    }

    /// Due before each commit.
    pub(crate) fn update_checksums(&mut self) {
        self.bus.update_checksums();
        self.debugger.update_checksum();
        self.console.update_checksum();
        self.backing.log.update_checksum();
        self.phase.update_checksum();
    }

    /// Due after each commit: others see what has changed.
    #[inline(always)]
    pub(crate) fn publish(&mut self) {
        self.console.publish();
        self.bus.publish(&self.backing);
        self.debugger.publish();
    }

    /// Devices take what has come for them.
    pub(crate) fn take_input(&mut self, kernel: &mut impl KernelVcpu) {
        if self.phase.get() != Phase::On {
            return self.console.discard_input();
        }
        let (bus, mut outside) = self.devices(kernel);
        bus.poll(&mut outside);
    }

    /// The devices, and what they are lent for an access.
    #[inline(always)]
    pub(crate) fn devices<'o>(&'o mut self, port: &'o mut dyn Inject) -> (&'o mut Bus<'a>, Outside<'o, 'a, S>) {
        let (seconds, backing) = (self.seconds, &mut self.backing);
        (&mut self.bus, Outside { console: &mut self.console, port, seconds, backing })
    }
}

#[cfg(test)]
pub(crate) mod tests;
