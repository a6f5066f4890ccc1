// SPDX-License-Identifier: MIT OR Apache-2.0
//! Moving a message from one thread to another.

use crate::cap::{Cap, Slot, derivation};
use crate::cspace::{lookup_slot, lookup_target};
use crate::fault::Fault;
use crate::kernel::Kernel;
use crate::object::endpoint::Endpoint;
use crate::object::ipc_buffer::Buffer;
use crate::object::reference::Ref;
use crate::object::tcb::Tcb;
use sel4_abi::ipc_buffer::{MSG_MAX_EXTRA_CAPS, MSG_MAX_LENGTH, NUM_FAST_MESSAGE_REGISTERS};
use sel4_abi::message_info::MessageInfo;

/// The slots of a message's capabilities, in order, then `None`.
pub(crate) type ExtraCaps = [Option<Ref<Slot>>; MSG_MAX_EXTRA_CAPS];

/// Finds the capabilities that a message names; the fault of the first that leads nowhere.
#[inline]
pub(crate) fn lookup_extra_caps(
    thread: Ref<Tcb>,
    buffer: Option<Ref<Buffer>>,
    info: MessageInfo,
) -> Result<ExtraCaps, Fault> {
    let mut slots = [None; MSG_MAX_EXTRA_CAPS];
    if info.extra_caps() > 0
        && let Some(buffer) = buffer
    {
        for (slot, pointer) in slots.iter_mut().zip(&buffer.caps_or_badges).take(info.extra_caps()) {
            let addr = pointer.get();
            *slot = Some(lookup_slot(thread, addr).map_err(|failure| Fault::CapFault {
                addr,
                in_receive: false,
                failure,
            })?);
        }
    }
    Ok(slots)
}

impl Kernel {
    /// Gives `receiver` the message of `sender`, or its fault if it has one.
    #[inline]
    pub(crate) fn transfer(
        &self,
        sender: Ref<Tcb>,
        endpoint: Option<Ref<Endpoint>>,
        badge: u64,
        grant: bool,
        receiver: Ref<Tcb>,
    ) {
        let info = if sender.fault.get().is_none() {
            self.transfer_message(sender, endpoint, grant, receiver)
        } else {
            self.put_fault(sender.fault.get(), sender, receiver)
        };
        receiver.context.x[1].set(info.0);
        receiver.context.x[0].set(badge);
    }

    #[inline]
    fn transfer_message(
        &self,
        sender: Ref<Tcb>,
        endpoint: Option<Ref<Endpoint>>,
        grant: bool,
        receiver: Ref<Tcb>,
    ) -> MessageInfo {
        let info = MessageInfo(sender.context.x[1].get());
        for index in 0..info.length().min(NUM_FAST_MESSAGE_REGISTERS) {
            receiver.context.x[2 + index].set(sender.context.x[2 + index].get());
        }
        if info.length() <= NUM_FAST_MESSAGE_REGISTERS && (!grant || info.extra_caps() == 0) {
            return MessageInfo::new(info.label(), 0, 0, info.length() as u64);
        }
        self.transfer_long(info, sender, endpoint, grant, receiver)
    }

    /// The part of a message that is in the buffers.
    fn transfer_long(
        &self,
        info: MessageInfo,
        sender: Ref<Tcb>,
        endpoint: Option<Ref<Endpoint>>,
        grant: bool,
        receiver: Ref<Tcb>,
    ) -> MessageInfo {
        let (from, to) = (sender.buffer(false), receiver.buffer(true));
        let caps = if grant { lookup_extra_caps(sender, from, info).unwrap_or_default() } else { ExtraCaps::default() };
        let mut length = info.length().min(MSG_MAX_LENGTH);
        match (from, to) {
            (Some(from), Some(to)) => {
                for index in NUM_FAST_MESSAGE_REGISTERS..length {
                    to.msg[index].set(from.msg[index].get());
                }
            }
            _ => length = length.min(NUM_FAST_MESSAGE_REGISTERS),
        }
        let (unwrapped, count) = to.map_or((0, 0), |to| transfer_caps(&caps, endpoint, receiver, to));
        MessageInfo::new(info.label(), unwrapped, count, length as u64)
    }
}

/// Hands over capabilities: badges of those to the endpoint itself, and one copy into the receive slot.
fn transfer_caps(
    caps: &ExtraCaps,
    endpoint: Option<Ref<Endpoint>>,
    receiver: Ref<Tcb>,
    buffer: Ref<Buffer>,
) -> (u64, u64) {
    let mut unwrapped = 0;
    let mut destination = None;
    if caps[0].is_some() {
        destination = receive_slot(receiver, buffer);
    }
    for (index, source) in caps.iter().enumerate() {
        let Some(source) = *source else { return (unwrapped, index as u64) };
        match source.cap() {
            Cap::Endpoint { object, badge, .. } if Some(object) == endpoint => {
                buffer.caps_or_badges[index].set(badge);
                unwrapped |= 1 << index;
            }
            cap => match (destination.take(), cap.derive(source)) {
                (Some(slot), Ok(copy)) if copy != Cap::Null => derivation::insert(copy, source, slot),
                _ => return (unwrapped, index as u64),
            },
        }
    }
    (unwrapped, MSG_MAX_EXTRA_CAPS as u64)
}

/// The empty slot that a receiver names in its buffer.
fn receive_slot(receiver: Ref<Tcb>, buffer: Ref<Buffer>) -> Option<Ref<Slot>> {
    let root = lookup_slot(receiver, buffer.receive_cnode.get()).ok()?.cap();
    let slot = lookup_target(&root, buffer.receive_index.get(), buffer.receive_depth.get(), false).ok()?;
    slot.is_empty().then_some(slot)
}
