// SPDX-License-Identifier: MIT OR Apache-2.0
//! Guests before they start: what our VMM would refuse at boot is refused here, by the VMM's own functions.
//!
//! Our VMM is known by the variables that the description sets in it (`vmmcfg_vaddr`, `kernel_vaddr` ...); a
//! protection domain with a machine but without these variables runs somebody else's monitor and is left alone.

use std::fmt::Display;

use vmm::boot::image::Image;
use vmm::boot::layout::Layout;
use vmm::boot::{BootError, SEED_LENGTH, check_arguments, fdt};
use vmm::config::Config;
use vmm::guest_map::MOST_VCPUS;
use vmm::vcpu::Width;

use lazaret_diagnostic::{Diagnostic, Span};
use lazaret_sdf::limits::read_at_most;
use lazaret_sdf::model::{Map, MemoryRegion, Prefill, ProtectionDomain, SetVarValue, System};

/// Our VMMs of machines with one vCPU.
const ONE_VCPU: [&str; 2] = ["vmm.elf", "vmm-debug.elf"];

/// Everything that the monitors of this system would refuse.
pub fn check(system: &System) -> Vec<Diagnostic> {
    let monitors = system.protection_domains.iter().filter(|pd| pd.virtual_machine.is_some());
    monitors.filter_map(|pd| Monitor { system, pd }.check().err()).map(|error| *error).collect()
}

struct Monitor<'a> {
    system: &'a System,
    pd: &'a ProtectionDomain,
}

impl<'a> Monitor<'a> {
    fn check(&self) -> Result<(), Box<Diagnostic>> {
        let Some(((_, ram), (config_map, _))) = self.mapped("guest_ram_vaddr").zip(self.mapped("vmmcfg_vaddr")) else {
            return Ok(());
        };
        let Some(text) = self.contents("vmmcfg_vaddr")? else { return Ok(()) };
        let config = Config::parse(&text).map_err(|why| self.refuse(config_map.span, "configuration", why))?;
        self.check_vcpus(config.vcpus, config.guest.width())?;
        check_arguments(config.guest, config.bootargs)
            .map_err(|why| self.refuse(config_map.span, "configuration", why))?;
        let ram_size = config.ram_size.unwrap_or(ram.size);
        if ram_size > ram.size {
            let why = BootError::RamNotMapped { asked: ram_size, mapped: ram.size };
            return Err(self.refuse(config_map.span, "configuration", why));
        }
        let Some((kernel_map, _)) = self.mapped("kernel_vaddr") else { return Ok(()) };
        let Some(kernel) = self.contents("kernel_vaddr")? else { return Ok(()) };
        let initrd = self.contents("initrd_vaddr")?.map_or(0, |initrd| initrd.len() as u64);
        let refuse = |why| self.refuse(kernel_map.span, "guest image", why);
        let layout =
            Layout::new(Image::of(config.guest, &kernel).map_err(refuse)?, initrd, ram_size).map_err(refuse)?;
        let range = (initrd != 0).then_some(layout.initrd..layout.initrd + initrd);
        // With the seed that the guest may get.
        fdt::build(config.vcpus, ram_size, config.bootargs, range, Some([0; SEED_LENGTH]))
            .map_err(|why| self.refuse(config_map.span, "configuration", why))?;
        Ok(())
    }

    /// The monitor knows its guest's vCPUs from its configuration alone, by numbers from 0 on.
    fn check_vcpus(&self, configured: usize, width: Width) -> Result<(), Box<Diagnostic>> {
        let Some(vm) = &self.pd.virtual_machine else { return Ok(()) };
        let name = &vm.name;
        let refuse = |span: Span, what: String, help: String| {
            Err(Box::new(Diagnostic::error(self.system.source.clone(), span, what).on("vcpu").help(help)))
        };
        let there = vm.vcpus.len();
        let last = vm.vcpus.last().map_or(self.pd.span, |vcpu| vcpu.span);
        let vcpus = if there == 1 { "1 vCPU".to_string() } else { format!("{there} vCPUs") };
        if there > MOST_VCPUS {
            let what = format!("Virtual machine '{name}' has {vcpus}, and our VMM has room for {MOST_VCPUS}");
            return refuse(last, what, "leave some out".into());
        }
        if there != configured {
            let what = format!("Virtual machine '{name}' has {vcpus}, and its configuration says {configured}");
            return refuse(
                last,
                what,
                format!("give it {configured} of them, or write `vcpus = {there}` in its .vmmcfg file"),
            );
        }
        if let Some(vcpu) = vm.vcpus.iter().find(|vcpu| usize::from(vcpu.id) >= there) {
            let what =
                format!("Virtual machine '{name}' has a vCPU of id {}, and our VMM numbers them from 0", vcpu.id);
            return refuse(vcpu.span, what, format!("its ids are 0 to {}", there - 1));
        }
        if there > 1 && width == Width::Aarch32 {
            // Debian's kernel goes astray with four of them. The likely reason: QEMU 10.0 keeps the SPSR of a 32-bit guest's
            // current mode where EL2 cannot switch it.
            let what = format!("Virtual machine '{name}' has {vcpus}, and a 32-bit guest has one");
            return refuse(
                last,
                what,
                "32-bit vCPUs that take turns go astray in QEMU; a 64-bit guest may have four".into(),
            );
        }
        let program = &self.pd.program.name;
        if there > 1 && ONE_VCPU.contains(&program.as_str()) {
            let what = format!("Virtual machine '{name}' has {vcpus}, and {program} is for one");
            return refuse(self.pd.program.span, what, "its program image is vmm-smp.elf".into());
        }
        Ok(())
    }

    /// The map whose address that variable gets, and its region.
    fn mapped(&self, variable: &str) -> Option<(&'a Map, &'a MemoryRegion)> {
        let setvar = self.pd.setvars.iter().find(|setvar| setvar.symbol == variable)?;
        let SetVarValue::Vaddr(vaddr) = setvar.value else { return None };
        let map = self.pd.maps.iter().find(|map| map.vaddr == vaddr)?;
        Some((map, &self.system[map.region]))
    }

    /// The file that is in that region at the start, if there is one and it is looked at.
    fn contents(&self, variable: &str) -> Result<Option<Vec<u8>>, Box<Diagnostic>> {
        let Some((map, region)) = self.mapped(variable) else { return Ok(None) };
        match &region.prefill {
            Some(Prefill::File { path, name, .. }) if !path.as_os_str().is_empty() => {
                let refuse = |why: String| self.refuse(map.span, &format!("file '{name}'"), why);
                read_at_most(path, region.size).map(Some).map_err(refuse)
            }
            _ => Ok(None),
        }
    }

    fn refuse(&self, span: Span, what: &str, why: impl Display) -> Box<Diagnostic> {
        let machine = self.pd.virtual_machine.as_ref().map_or("", |vm| vm.name.as_str());
        let message = format!("The {what} of virtual machine '{machine}' is refused: {why}");
        let error = Diagnostic::error(self.system.source.clone(), span, message);
        let region = self.pd.maps.iter().find(|map| map.span == span).map(|map| &self.system[map.region]);
        Box::new(match region {
            Some(region) => error.also(region.span, "the memory region"),
            None => error,
        })
    }
}
