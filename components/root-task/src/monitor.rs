// SPDX-License-Identifier: MIT OR Apache-2.0
//! After the start: fault handler of every protection domain without a parent.

use core::fmt;

use heapless::Vec;
use lazaret_abi::console::FATAL;
use sel4::cap;
use sel4_abi::fault::FaultLabel;
use sel4_abi::invocation::Invocation;
use sel4_vcpu_debug::raw::invoke;
use system_spec::{Component, NONE, OnFault, PASSIVE_BADGE};

use crate::restart::{History, Verdict};
use crate::watchdog::Guest;
use crate::{FaultReport, Registers, System, counter, fault_report::Backtrace, ticker};

/// Components that can be started again: as many as there are protection domains at most.
const MAX_COMPONENTS: usize = 64;

/// While a restart is due later, this task looks once a period, and leaves the rest of it to others.
const WATCH_BUDGET_US: u64 = 800;
const WATCH_PERIOD_US: u64 = 1000;

/// Who sent a message, as its badge says. A component holds no capability with a badge of [`Sender::Faulted`]: only the
/// kernel sends by that one, in the name of a thread that has faulted and waits. So no component can make up a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sender {
    /// There was no message.
    Nobody,
    /// This task's own ticker.
    Ticker,
    /// A component's thread, which has faulted.
    Faulted(usize),
    /// A component, which can do without its scheduling context; whatever else the message says.
    Passive(usize),
}

impl Sender {
    fn of(badge: u64) -> Self {
        let number = |badge: u64| badge.wrapping_sub(1) as usize;
        match badge {
            0 => Self::Nobody,
            ticker::BADGE => Self::Ticker,
            _ if badge & PASSIVE_BADGE != 0 => Self::Passive(number(badge & !PASSIVE_BADGE)),
            _ => Self::Faulted(number(badge)),
        }
    }

    fn component(self) -> Option<usize> {
        match self {
            Self::Faulted(index) | Self::Passive(index) => Some(index),
            Self::Nobody | Self::Ticker => None,
        }
    }
}

/// The monitor's memory.
struct Watch {
    histories: [History; MAX_COMPONENTS],
    guests: Vec<Guest, MAX_COMPONENTS>,
    frequency: u64,
}

impl System<'_> {
    /// Waits for faults for ever, and does what the policy says. Others go on.
    pub(crate) fn monitor(&self) -> ! {
        let endpoint: cap::Endpoint = self.object(self.spec.monitor_endpoint());
        let reply: cap::Reply = self.object(self.spec.monitor_reply());
        let mut watch = Watch {
            histories: [History::default(); MAX_COMPONENTS],
            guests: self.guests().take(MAX_COMPONENTS).collect(),
            frequency: counter::frequency(),
        };
        loop {
            let (info, badge) =
                if self.start_what_is_due(&mut watch) { endpoint.nb_recv(reply) } else { endpoint.recv(reply) };
            let sender = Sender::of(badge);
            let index = sender.component().unwrap_or(usize::MAX);
            let component = self.spec.components.get(index);
            // A component beyond those that are remembered is answered all the same.
            let mut spare = History::default();
            let history = watch.histories.get_mut(index).unwrap_or(&mut spare);
            match (sender, component) {
                (Sender::Nobody, _) => sel4::r#yield(),
                (Sender::Ticker, _) => self.look_after_guests(&mut watch),
                (Sender::Passive(_), Some(component)) => self.make_passive(component, history),
                (Sender::Faulted(_), Some(component)) => {
                    self.fault(component, history, watch.frequency, info, reply);
                }
                _ => sel4::debug_println!("{FATAL}MON|ERROR: a message from nobody: badge {badge:#x}"),
            }
        }
    }

    /// Starts what waits for its time; whether something still does.
    fn start_what_is_due(&self, watch: &mut Watch) -> bool {
        let mut waiting = false;
        for (component, history) in self.spec.components.iter().zip(&mut watch.histories) {
            let Some(due) = history.due else { continue };
            if due <= counter::now() {
                history.due = None;
                self.start_again(component, history);
            } else {
                waiting = true;
            }
        }
        waiting
    }

    fn look_after_guests(&self, watch: &mut Watch) {
        for guest in &mut watch.guests {
            let component = &self.spec.components[guest.machine];
            let history = watch.histories.get_mut(guest.machine).filter(|history| history.runs());
            if let Some((history, neglect)) = history.and_then(|history| Some((history, guest.look_after()?))) {
                // It has not faulted, so nothing has stopped it.
                self.stop(component);
                let name = self.spec.name(component.name);
                self.restart_if_allowed(
                    component,
                    history,
                    watch.frequency,
                    format_args!("MON|WARN: '{name}' {neglect}\n"),
                );
            }
        }
    }

    fn fault(
        &self,
        component: &Component,
        history: &mut History,
        frequency: u64,
        info: sel4::MessageInfo,
        reply: cap::Reply,
    ) {
        let now = counter::now();
        if info.label() == FaultLabel::Timeout as u64 && component.on_fault() == OnFault::Restart {
            if component.passive != 0 && self.has_open_fault(component) {
                // Its guest's budget ended, which says nothing of the component; the watchdog has an eye on that fault.
                return reply.send(sel4::MessageInfo::new(0, 0, 0, 0));
            }
            let period = WATCH_PERIOD_US.max(self.period_us(component)).saturating_mul(frequency) / 1_000_000;
            if !history.timeout(&component.limits, period, now, frequency) {
                return reply.send(sel4::MessageInfo::new(0, 0, 0, 0));
            }
        }
        let facts = self.facts(
            component,
            history.tells_in_full(&component.limits, now, frequency),
            info.label(),
            info.length(),
        );
        let name = self.spec.name(component.name);
        match component.on_fault() {
            OnFault::Stop => {
                self.stop(component);
                sel4::debug_println!("{facts}{FATAL}MON|ERROR: '{name}' is stopped");
            }
            OnFault::Halt => self.halt(&facts, name),
            OnFault::Restart => self.restart_if_allowed(component, history, frequency, format_args!("{facts}")),
        }
    }

    /// `facts` are lines that say why.
    fn restart_if_allowed(
        &self,
        component: &Component,
        history: &mut History,
        frequency: u64,
        facts: fmt::Arguments<'_>,
    ) {
        let (now, name) = (counter::now(), self.spec.name(component.name));
        match history.fault(&component.limits, now, frequency) {
            Verdict::GiveUp => {
                self.stop(component);
                sel4::debug_println!("{facts}{FATAL}MON|ERROR: '{name}' has used up its restarts and is stopped");
            }
            Verdict::Restart(due) if due <= now => {
                self.start_again(component, history);
                self.limit_own_time();
                // It goes on first: the console is slow.
                sel4::r#yield();
                sel4::debug_println!("{facts}MON|WARN: '{name}' was started again");
            }
            Verdict::Restart(due) => {
                self.limit_own_time();
                history.due = Some(due);
                sel4::debug_println!("{facts}MON|WARN: '{name}' will be started again");
            }
        }
    }

    /// A thread that has only faulted waits for an answer, and whoever gets hold of that can let it go on.
    fn stop(&self, component: &Component) {
        let tcb: cap::Tcb = self.object(component.tcb);
        let _ = tcb.tcb_suspend();
    }

    fn start_again(&self, component: &Component, history: &mut History) {
        history.is_passive = false;
        if let Err(error) = self.restart(component) {
            let name = self.spec.name(component.name);
            sel4::debug_println!("{FATAL}MON|ERROR: '{name}' cannot be started again: {error:?}");
        }
    }

    /// No thread of the specification runs any more, nor this one: a restart that is due would start one again.
    fn halt(&self, facts: &FaultReport<'_>, name: &str) -> ! {
        for thread in self.spec.threads {
            let tcb: cap::Tcb = self.object(thread.tcb);
            let _ = tcb.tcb_suspend();
        }
        sel4::debug_println!("{facts}{FATAL}MON|ERROR: '{name}' has faulted: the system is halted");
        sel4::init_thread::suspend_self()
    }

    /// What is to be said of a fault, before anything of it is lost.
    fn facts(&self, component: &Component, in_full: bool, label: u64, length: usize) -> FaultReport<'_> {
        let mut words = [0; sel4_abi::fault::unknown_syscall::LENGTH];
        sel4::with_ipc_buffer(|buffer| {
            let length = length.min(words.len());
            words[..length].copy_from_slice(&buffer.msg_regs()[..length]);
        });
        let tcb: cap::Tcb = self.object(component.tcb);
        let registers = tcb.tcb_read_all_registers(false).ok().filter(|_| in_full).map(|context| Registers {
            pc: *context.pc(),
            sp: *context.sp(),
            spsr: *context.spsr(),
            x: core::array::from_fn(|n| *context.gpr(n)),
        });
        FaultReport {
            name: self.spec.name(component.name),
            label,
            words,
            stack_bottom: component.stack_bottom,
            restarts: component.on_fault() == OnFault::Restart,
            backtrace: registers.map(|registers| self.backtrace(component, &registers)).unwrap_or_default(),
            registers,
        }
    }

    /// What may be return addresses: the link register, and words of the stack that point to code. Which of them are, a
    /// reader with `addr2line` can tell.
    fn backtrace(&self, component: &Component, registers: &Registers) -> Backtrace {
        /// Words of the stack to look at.
        const WORDS: u64 = 512;
        let Some(thread) = self.thread_of(component) else { return Backtrace::new() };
        let stack = (0..WORDS).map_while(|n| self.peek(thread.vspace, registers.sp.wrapping_add(n.wrapping_mul(8))));
        let candidates = [registers.pc, registers.x[30]].into_iter().chain(stack);
        let mut backtrace = Backtrace::new();
        for address in candidates.filter(|&address| address % 4 == 0 && self.is_code(component, address)) {
            if backtrace.push(address).is_err() {
                break;
            }
        }
        backtrace
    }

    fn period_us(&self, component: &Component) -> u64 {
        let mut rows = self.spec.sched_contexts.iter();
        rows.find(|row| row.object == component.sched_context).map_or(0, |row| row.period)
    }

    /// So that a Yield of this task is a pause. A kernel that refuses makes it busy while a restart is due, no more.
    fn limit_own_time(&self) {
        let control = self.boot_info.sched_control().index(0).cap();
        let own = sel4::init_thread::slot::SC.cap();
        let _ = control.sched_control_configure_flags(own, WATCH_BUDGET_US, WATCH_PERIOD_US, 0, 0, 0);
    }

    /// A passive domain has initialised itself and waits: from now on it runs on its callers' time, and on its own
    /// scheduling context only when a notification wakes it.
    fn make_passive(&self, component: &Component, history: &mut History) {
        if component.passive == 0 || core::mem::replace(&mut history.is_passive, true) {
            return;
        }
        let name = self.spec.name(component.name);
        let context: cap::SchedContext = self.object(component.sched_context);
        let bind = || -> sel4::Result<()> {
            context.unbind()?;
            if component.notification != NONE {
                let notification: cap::Notification = self.object(component.notification);
                invoke(context, Invocation::SchedContextBind.label(), &[], &[notification.bits()])?;
            }
            Ok(())
        };
        match bind() {
            Ok(()) => sel4::debug_println!("MON|INFO: '{name}' is now passive"),
            Err(error) => sel4::debug_println!("{FATAL}MON|ERROR: '{name}' cannot be made passive: {error:?}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_kernel_s_badge_is_a_fault() {
        assert_eq!(Sender::of(0), Sender::Nobody);
        assert_eq!(Sender::of(ticker::BADGE), Sender::Ticker);
        assert_eq!(Sender::of(7), Sender::Faulted(6));
        assert_eq!(Sender::of(PASSIVE_BADGE | 7), Sender::Passive(6));
        // Rows that no description has.
        assert_eq!(Sender::of(PASSIVE_BADGE).component(), Some(usize::MAX));
        assert_eq!(Sender::of(u64::MAX), Sender::Passive(!PASSIVE_BADGE as usize - 1));
    }
}
