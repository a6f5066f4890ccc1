// SPDX-License-Identifier: MIT OR Apache-2.0
//! The parts.

use sel4_microkit::{
    Channel, ChannelSet, Child, Handler, Infallible, MessageInfo, debug_println, get_mr, pd_name, protection_domain,
    set_mr,
};

use crate::{
    echo::Echo,
    fault::{NOWHERE, fault},
    memory, observer, shifter,
};

/// Between `client` and `server`, at both ends; to the debug line.
const CHANNEL: Channel = Channel::new(3);
/// `child`, in `parent`.
const CHILD: Child = Child::new(5);
/// The root CNode of a domain with shared capabilities has 64 slots.
const ROOT_SHIFT: u64 = 64 - 6;
/// Calls that the client makes, and restarts that the child gets.
const CALLS: u64 = 1000;
const RESTARTS: u32 = 3;

enum Role {
    /// Passive: answers calls, then a signal with a signal.
    Server { calls: u64 },
    /// Waits for the signal.
    Client,
    /// Has looked at its memory.
    Reader,
    /// Restarts its child until it has faulted often enough.
    Parent { faults: u32 },
    /// Steps its child over instructions that trap.
    Warden,
    /// Moves its guest's time.
    Shifter,
    /// Says on the debug line what it hears there.
    Echo(Echo),
    /// Is on the debug line and hears nothing.
    Deaf,
}

#[protection_domain]
fn init() -> Role {
    match pd_name() {
        Ok("server") => Role::Server { calls: 0 },
        Ok("client") => client(),
        Ok("parent") => Role::Parent { faults: 0 },
        Ok("reader") => reader(),
        Ok("observer") => observer::run(),
        Ok("warden") => Role::Warden,
        Ok("shifter") => {
            shifter::start();
            Role::Shifter
        }
        Ok("echo_a" | "echo_b") => Role::Echo(Echo::new()),
        Ok("deaf") => Role::Deaf,
        _ => fault(),
    }
}

fn client() -> Role {
    for n in 1..=CALLS {
        set_mr(0, n);
        let reply = CHANNEL.pp_call(MessageInfo::new(7, 1));
        assert_eq!((reply.label(), reply.count(), get_mr(0)), (8, 1, 2 * n));
    }
    CHANNEL.notify();
    Role::Client
}

fn reader() -> Role {
    memory::check();
    let shared = |slot: u64| sel4::CPtr::from_bits(slot << ROOT_SHIFT);
    let context: sel4::cap::SchedContext = shared(2).cast();
    context.consumed().expect("the client's scheduling context");
    let thread: sel4::cap::Tcb = shared(63).cast();
    thread.tcb_read_all_registers(false).expect("the client's TCB");
    debug_println!("reader: PASS");
    Role::Reader
}

impl Handler for Role {
    type Error = Infallible;

    fn protected(&mut self, channel: Channel, message: MessageInfo) -> Result<MessageInfo, Infallible> {
        let Self::Server { calls } = self else { panic!("a call of no server") };
        assert_eq!((channel.index(), message.label(), message.count()), (3, 7, 1));
        *calls += 1;
        set_mr(0, 2 * get_mr(0));
        Ok(MessageInfo::new(8, 1))
    }

    fn notified(&mut self, channels: ChannelSet) -> Result<(), Infallible> {
        assert!(channels.contains(CHANNEL) && channels.iter().count() == 1);
        match self {
            Self::Server { calls } => {
                assert_eq!(*calls, CALLS);
                debug_println!("server: PASS");
                CHANNEL.notify();
            }
            Self::Client => debug_println!("client: PASS"),
            Self::Echo(echo) => {
                if echo.answer() {
                    CHANNEL.notify();
                }
            }
            Self::Deaf => {}
            Self::Parent { .. } | Self::Reader | Self::Warden | Self::Shifter => panic!("nobody signals this one"),
        }
        Ok(())
    }

    fn fault(&mut self, child: Child, message: MessageInfo) -> Result<Option<MessageInfo>, Infallible> {
        if matches!(self, Self::Warden) {
            return Ok(Some(step_over(&message)));
        }
        if matches!(self, Self::Shifter) {
            return Ok(Some(shifter::answer()));
        }
        let Self::Parent { faults } = self else { panic!("a fault without a child") };
        assert_eq!(child.index(), CHILD.index());
        match message.fault() {
            sel4::Fault::VmFault(fault) => assert_eq!(fault.addr(), NOWHERE),
            other => panic!("{other:?}"),
        }
        *faults += 1;
        if *faults <= RESTARTS {
            child.restart(ENTRY).expect("the parent has its child's TCB");
        } else {
            child.stop().expect("the parent has its child's TCB");
            debug_println!("parent: PASS");
        }
        Ok(None)
    }
}

/// The reply to a trapped register access or an undefined instruction: on with the next one. Anything else, a debug
/// exception that a guest has armed for one, is a mistake of the kernel's.
fn step_over(message: &MessageInfo) -> MessageInfo {
    const UNDEFINED: u64 = 0x00;
    const FLOATING_POINT: u64 = 0x07;
    const REGISTER: u64 = 0x18;
    let sel4::Fault::UserException(fault) = message.fault() else { panic!("FAIL {:?}", message.fault()) };
    let class = fault.number() >> 26;
    assert!([UNDEFINED, FLOATING_POINT, REGISTER].contains(&class), "FAIL a native program's exception {class:#x}");
    set_mr(0, fault.fault_ip() + 4);
    MessageInfo::new(0, 1)
}

/// Where every program for Microkit starts.
const ENTRY: u64 = 0x20_0000;
