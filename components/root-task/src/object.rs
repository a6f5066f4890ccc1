// SPDX-License-Identifier: MIT OR Apache-2.0
//! Objects, made from untyped memory.

use sel4::init_thread::slot::{ASID_POOL, CNODE};
use sel4::{ObjectBlueprint, ObjectBlueprintArch, ObjectBlueprintArm, ObjectBlueprintSeL4Arch, cap};
use system_spec::{Kind, ObjectRun};

use crate::{
    Chunk, Failure, Step, System,
    failure::Context,
    system::{cap_at, path},
};

impl<'a> System<'a> {
    pub(crate) fn create_objects(&mut self) -> Result<(), Failure<'a>> {
        self.spec.objects.iter().try_for_each(|run| match blueprint(run) {
            Some(blueprint) => self.create_run(run, blueprint),
            None => Ok(()),
        })
    }

    fn create_run(&mut self, run: &ObjectRun, blueprint: ObjectBlueprint) -> Result<(), Failure<'a>> {
        let name = self.spec.name(run.name);
        let size_bits = blueprint.physical_size_bits();
        let mut done = 0;
        while done < run.count {
            let chunk = match run.paddr() {
                None => self.pool.anywhere(size_bits, run.count - done).step("allocate", name)?,
                Some(paddr) => {
                    self.chunk_at(paddr + (u64::from(done) << size_bits), size_bits, run.count - done, name)?
                }
            };
            let first = self.slots.object(run.first + done);
            retype(chunk.untyped, blueprint, first, chunk.count).step("create", name)?;
            done += chunk.count;
        }
        Ok(())
    }

    /// Cuts pads until the kernel's next object of an untyped lies at `paddr`.
    fn chunk_at(&mut self, paddr: u64, size_bits: usize, count: u32, name: &'a str) -> Result<Chunk, Failure<'a>> {
        loop {
            let pad_slot = self.slots.take().step("allocate", name)?;
            match self.pool.at(paddr, size_bits, count, pad_slot).step("allocate", name)? {
                Step::Pad { untyped, size_bits } => {
                    retype(untyped, ObjectBlueprint::Untyped { size_bits }, pad_slot, 1)
                        .step("cut memory for", name)?;
                }
                Step::Make(chunk) => return Ok(chunk),
            }
        }
    }

    /// One more object, beyond those of the specification.
    pub(crate) fn create_extra(&mut self, blueprint: ObjectBlueprint, name: &'a str) -> Result<usize, Failure<'a>> {
        let slot = self.slots.take().step("allocate", name)?;
        let chunk = self.pool.anywhere(blueprint.physical_size_bits(), 1).step("allocate", name)?;
        retype(chunk.untyped, blueprint, slot, 1).step("create", name)?;
        Ok(slot)
    }

    pub(crate) fn assign_asids(&self) -> Result<(), Failure<'a>> {
        for run in self.spec.objects.iter().filter(|run| run.kind() == Some(Kind::VSpace)) {
            for number in run.first..run.first + run.count {
                let vspace: cap::VSpace = self.object(number);
                ASID_POOL.cap().asid_pool_assign(vspace).step("assign an ASID to", self.spec.name(run.name))?;
            }
        }
        Ok(())
    }

    pub(crate) fn create_irq_handlers(&self) -> Result<(), Failure<'a>> {
        for irq in self.spec.irqs {
            let control = sel4::init_thread::slot::IRQ_CONTROL.cap();
            let slot = path(self.slots.object(irq.handler));
            control
                .irq_control_get_trigger(irq.irq.into(), irq.trigger != 0, &slot)
                .step("get", self.spec.object_name(irq.handler))?;
        }
        Ok(())
    }
}

fn retype(untyped: usize, blueprint: ObjectBlueprint, first: usize, count: u32) -> sel4::Result<()> {
    let untyped: cap::Untyped = cap_at(untyped);
    untyped.untyped_retype(&blueprint, &CNODE.cap().absolute_cptr_for_self(), first, count as usize)
}

/// A small page table, of any level.
pub(crate) const PAGE_TABLE: ObjectBlueprint = arm(ObjectBlueprintArm::PT);

const fn arm(blueprint: ObjectBlueprintArm) -> ObjectBlueprint {
    ObjectBlueprint::Arch(blueprint)
}

/// How to make an object; `None` for what is not made from memory.
pub(crate) fn blueprint(run: &ObjectRun) -> Option<ObjectBlueprint> {
    let size_bits = run.size_bits.into();
    Some(match run.kind()? {
        Kind::Endpoint => ObjectBlueprint::Endpoint,
        Kind::Notification => ObjectBlueprint::Notification,
        Kind::Reply => ObjectBlueprint::Reply,
        Kind::Tcb => ObjectBlueprint::Tcb,
        Kind::Vcpu => arm(ObjectBlueprintArch::VCpu),
        Kind::SchedContext => ObjectBlueprint::SchedContext { size_bits },
        Kind::CNode => ObjectBlueprint::CNode { size_bits },
        Kind::VSpace => arm(ObjectBlueprintArm::SeL4Arch(ObjectBlueprintSeL4Arch::VSpace)),
        Kind::PageTable => PAGE_TABLE,
        Kind::SmallPage => arm(ObjectBlueprintArm::SmallPage),
        Kind::LargePage => arm(ObjectBlueprintArm::LargePage),
        Kind::IrqHandler => return None,
    })
}
