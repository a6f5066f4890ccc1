// SPDX-License-Identifier: MIT OR Apache-2.0
//! Invocations of scheduling contexts.

use super::{Args, InvocationResult};
use crate::cap::Cap;
use crate::error::SyscallError;
use crate::object::reference::Ref;
use crate::object::sched_context::SchedContext;
use sel4_abi::invocation::Invocation;

pub(super) fn invoke(args: &Args, sc: Ref<SchedContext>) -> InvocationResult {
    match Invocation::from_label(args.label) {
        Some(Invocation::SchedContextConsumed) => {
            args.answer(0, args.kernel.take_consumed(sc));
            Ok(1)
        }
        Some(Invocation::SchedContextBind) => bind(args, sc),
        Some(Invocation::SchedContextUnbind) => unbind(args, sc),
        Some(Invocation::SchedContextUnbindObject) => unbind_object(args, sc),
        _ => Err(SyscallError::IllegalOperation),
    }
}

fn bind(args: &Args, sc: Ref<SchedContext>) -> InvocationResult {
    let kernel = args.kernel;
    match args.cap(0)?.cap() {
        Cap::Thread(thread) => {
            let released = sc.is_active() && kernel.has_budget(sc);
            if sc.tcb.get().is_some() || thread.sched_context.get().is_some() || (thread.is_blocked() && !released) {
                return Err(SyscallError::IllegalOperation);
            }
            kernel.bind_thread(sc, thread);
        }
        Cap::Notification { object, .. } => {
            if sc.notification.get().is_some() || object.sched_context.get().is_some() {
                return Err(SyscallError::IllegalOperation);
            }
            object.sched_context.set(Some(sc));
            sc.notification.set(Some(object));
        }
        _ => return Err(SyscallError::InvalidCapability(1)),
    }
    Ok(0)
}

fn unbind(args: &Args, sc: Ref<SchedContext>) -> InvocationResult {
    let kernel = args.kernel;
    if sc.tcb.get() == Some(args.caller) {
        return Err(SyscallError::IllegalOperation);
    }
    kernel.unbind_thread(sc);
    kernel.unbind_sc_notification(sc);
    kernel.unbind_reply(sc);
    Ok(0)
}

fn unbind_object(args: &Args, sc: Ref<SchedContext>) -> InvocationResult {
    let kernel = args.kernel;
    match args.cap(0)?.cap() {
        Cap::Thread(thread) => {
            if sc.tcb.get() != Some(thread) || thread == args.caller {
                return Err(SyscallError::IllegalOperation);
            }
            kernel.unbind_thread(sc);
        }
        Cap::Notification { object, .. } => {
            if sc.notification.get() != Some(object) {
                return Err(SyscallError::IllegalOperation);
            }
            kernel.unbind_sc_notification(sc);
        }
        _ => return Err(SyscallError::InvalidCapability(1)),
    }
    Ok(0)
}
