// SPDX-License-Identifier: MIT OR Apache-2.0
//! Mappings.

use sel4::{
    CapRights, Error, Fault, VmAttributes, cap, cap_type,
    init_thread::slot::{ASID_POOL, VSPACE},
};

use crate::{
    case::{Outcome, check, refused, refused_with, same},
    env::{Env, SCRATCH, slot_of},
    memory::{jump, peek, poke},
    thread::{done, note, noted},
};

use super::fault::{Watched, read_once};

const FAR: usize = 0x70_0000_0000;
const DEFAULT: VmAttributes = VmAttributes::DEFAULT;

fn map(page: cap::Granule, vspace: cap::VSpace, vaddr: usize) -> sel4::Result<()> {
    page.frame_map(vspace, vaddr, CapRights::read_write(), DEFAULT)
}

pub fn no_table(env: &mut Env) -> Outcome {
    let page = env.object();
    refused_with(map(page, VSPACE.cap(), FAR), Error::FailedLookup, &[0, 2])
}

pub fn no_alignment(env: &mut Env) -> Outcome {
    let page = env.object();
    refused(map(page, VSPACE.cap(), SCRATCH + 0x10), Error::AlignmentError)
}

pub fn above_user_space(env: &mut Env) -> Outcome {
    let page = env.object();
    refused_with(map(page, VSPACE.cap(), 1 << 44), Error::InvalidArgument, &[0])?;
    check(map(page, VSPACE.cap(), usize::MAX & !0xfff).is_err(), "nor at the very top")
}

pub fn one_mapping_a_capability(env: &mut Env) -> Outcome {
    let page = env.map(SCRATCH);
    check(map(page, VSPACE.cap(), SCRATCH + 0x1000).is_err(), "not elsewhere")?;
    page.frame_map(VSPACE.cap(), SCRATCH, CapRights::read_only(), DEFAULT)?;
    let copy = env.mint(page, CapRights::all(), 0);
    map(copy, VSPACE.cap(), SCRATCH + 0x1000)?;
    poke(SCRATCH + 0x1000, 77);
    same(peek(SCRATCH), 77)?;
    check(copy.frame_get_address()? == page.frame_get_address()?, "the same memory")?;
    // A second frame takes the place; the first one's capability can't take it away again.
    let other = env.object();
    map(other, VSPACE.cap(), SCRATCH)?;
    page.frame_unmap()?;
    same(peek(SCRATCH), 0)
}

pub fn fresh_pages_are_zero(env: &mut Env) -> Outcome {
    for _ in 0..2 {
        env.map(SCRATCH);
        for offset in (0..0x1000).step_by(8) {
            same(peek(SCRATCH + offset), 0)?;
            poke(SCRATCH + offset, u64::MAX);
        }
        slot_of(env.untyped).revoke()?;
    }
    Ok(())
}

extern "C" fn write_once(address: u64, _: u64, _: u64) -> ! {
    poke(address as usize, 1);
    note(0, 2);
    done()
}

extern "C" fn jump_once(address: u64, _: u64, _: u64) -> ! {
    jump(address as usize);
    note(0, 2);
    done()
}

/// The body must fault at the scratch page.
fn must_fault(env: &mut Env, body: crate::thread::Body, prefetch: bool) -> Outcome {
    let watched = Watched::new(env, body, [SCRATCH as u64, 0, 0])?;
    let (Some(Fault::VmFault(fault)), ..) = watched.fault() else {
        return check(false, "a VM fault");
    };
    same(fault.addr(), SCRATCH as u64)?;
    check(fault.is_prefetch() == prefetch, "of the right kind")?;
    check(noted(0) != 2, "it is stopped")
}

pub fn read_only(env: &mut Env) -> Outcome {
    let page = env.map(SCRATCH);
    poke(SCRATCH, 5);
    page.frame_unmap()?;
    page.frame_map(VSPACE.cap(), SCRATCH, CapRights::read_only(), DEFAULT)?;
    same(peek(SCRATCH), 5)?;
    must_fault(env, write_once, false)?;
    same(peek(SCRATCH), 5)
}

pub fn no_execute(env: &mut Env) -> Outcome {
    let page: cap::Granule = env.object();
    page.frame_map(VSPACE.cap(), SCRATCH, CapRights::read_write(), DEFAULT | VmAttributes::EXECUTE_NEVER)?;
    must_fault(env, jump_once, true)
}

pub fn unmapped(env: &mut Env) -> Outcome {
    let page = env.map(SCRATCH);
    poke(SCRATCH, 5);
    page.frame_unmap()?;
    page.frame_unmap()?;
    must_fault(env, read_once, false)
}

pub fn no_rights_no_access(env: &mut Env) -> Outcome {
    let page: cap::Granule = env.object();
    page.frame_map(VSPACE.cap(), SCRATCH, CapRights::none(), DEFAULT)?;
    must_fault(env, read_once, false)
}

/// Maps tables until a page can be; the last one.
fn tables(env: &mut Env, vspace: cap::VSpace, vaddr: usize) -> sel4::Result<cap::PT> {
    let mut last = None;
    loop {
        let table: cap::PT = env.object();
        match table.pt_map(vspace, vaddr, DEFAULT) {
            Ok(()) => last = Some(table),
            Err(error) => return last.ok_or(error),
        }
    }
}

pub fn table_unmapped(env: &mut Env) -> Outcome {
    let vspace = env.vspace()?;
    let table = tables(env, vspace, FAR)?;
    let page = env.object();
    map(page, vspace, FAR)?;
    table.pt_unmap()?;
    let other = env.object();
    refused(map(other, vspace, FAR), Error::FailedLookup)?;
    table.pt_map(vspace, FAR, DEFAULT)?;
    map(other, vspace, FAR)?;
    Ok(())
}

pub fn asid_once(env: &mut Env) -> Outcome {
    let vspace = env.vspace()?;
    refused_with(ASID_POOL.cap().asid_pool_assign(vspace), Error::InvalidCapability, &[1])?;
    env.mint(vspace, CapRights::all(), 0);
    let unassigned = env.object::<cap_type::VSpace>();
    let page = env.object();
    check(map(page, unassigned, SCRATCH).is_err(), "nothing maps without an ASID")
}

pub fn frame_revoked_under_its_mapping(env: &mut Env) -> Outcome {
    let page = env.map(SCRATCH);
    poke(SCRATCH, 5);
    slot_of(page).delete()?;
    must_fault(env, read_once, false)
}

pub fn deleted_vspace(env: &mut Env) -> Outcome {
    let vspace = env.vspace()?;
    tables(env, vspace, SCRATCH)?;
    let page = env.object();
    map(page, vspace, SCRATCH)?;
    slot_of(vspace).delete()?;
    page.frame_unmap()?;
    map(page, VSPACE.cap(), SCRATCH)?;
    same(peek(SCRATCH), 0)
}

pub fn cache_operations(env: &mut Env) -> Outcome {
    let page = env.map(SCRATCH);
    poke(SCRATCH, 9);
    page.frame_clean_data(0, 0x1000)?;
    page.frame_clean_invalidate_data(0, 64)?;
    page.frame_unify_instruction(0, 0x1000)?;
    check(page.frame_clean_data(64, 64).is_err(), "an empty range")?;
    check(page.frame_clean_data(0, 0x1001).is_err(), "beyond the page")?;
    VSPACE.cap().vspace_clean_data(SCRATCH, SCRATCH + 64)?;
    check(VSPACE.cap().vspace_clean_data(64, 0).is_err(), "backwards")?;
    same(peek(SCRATCH), 9)
}
