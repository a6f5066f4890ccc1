// SPDX-License-Identifier: MIT OR Apache-2.0
//! Every crash point of every kind of exit: the VMM is killed there, another one takes over, and the guest finds what it
//! finds without that.

mod debugger;
mod disk;
mod events;
mod network;
mod rng;
mod several;
mod virtio;
mod world;

use super::*;
use crate::fake::{Killed, kill_after};
use crate::guest_map::{RAM, VIRTIO_BLOCK, VIRTIO_CONSOLE, VIRTIO_NET, VIRTIO_RNG};
use crate::vcpu::VcpuReg;
use core::sync::atomic::Ordering::Relaxed;
use events::*;
use std::boxed::Box;
use std::format;
use std::string::String;
use std::vec::Vec;
use world::*;

/// The events before one, as the common history. `prepares`: the kernel can have the timer's interrupt.
fn before(index: usize, prepares: bool) -> World {
    after(&EVENTS[..index], prepares)
}

/// After these events.
fn after(events: &[(&str, Event)], prepares: bool) -> World {
    let mut world = World::new(prepares);
    assert!(world.with(|vm, vcpu| vm.start(vcpu).expect("it starts")));
    world.vcpu.system.insert(VcpuReg::Vbar as u64, 0x4000_8000);
    (world.vcpu.interface.control, world.vcpu.interface.mask) = (1, 0xf8);
    events.iter().for_each(|(_, event)| assert!(!world.happen(*event, &[])));
    world
}

/// A VMM that is killed says nothing.
fn hush() {
    std::panic::set_hook(Box::new(|info| {
        if !info.payload().is::<Killed>() {
            std::eprintln!("{info}");
        }
    }));
}

#[test]
fn no_crash_point_is_visible() {
    kill_everywhere(&EVENTS, false);
}

#[test]
fn no_crash_point_is_visible_where_the_kernel_has_the_timer() {
    kill_everywhere(&EVENTS, true);
}

/// Kills a VMM at each crash point of each event, and its successor at some: what the guest finds is the same. How many
/// points there were.
fn kill_everywhere(events: &[(&str, Event)], prepares: bool) -> usize {
    hush();
    let (mut points, mut twice, mut differ) = (0, 0, Vec::new());
    let mut before = after(&[], prepares);
    for (name, event) in events {
        let mut next = before.copy();
        assert!(!next.happen(*event, &[]));
        let good = next.copy().view();
        for point in 0.. {
            let mut world = before.copy();
            if !world.happen(*event, &[point]) {
                break;
            }
            points += 1;
            let view = world.view();
            if view != good {
                let lines = view.lines().zip(good.lines()).filter(|(a, b)| a != b);
                differ.push(format!("{name} at {point}: {lines:?}", lines = lines.collect::<Vec<_>>()));
            }
            for again in [0, 1, 3, 7, 15] {
                let mut world = before.copy();
                world.happen(*event, &[point, again]);
                twice += 1;
                if world.view() != good {
                    differ.push(format!("{name} at {point}, and in the recovery at {again}"));
                }
            }
        }
        before = next;
    }
    std::println!(
        "{} kinds of exit, {points} crash points, {twice} with another crash: {} differ",
        events.len(),
        differ.len()
    );
    assert!(differ.is_empty(), "{differ:#?}");
    points
}

#[test]
fn no_lost_reply_is_visible() {
    let lost = [false, true].map(lose_each_reply);
    std::println!("{lost:?} lost replies");
    assert!(lost.iter().all(|&lost| lost > EVENTS.len()));
}

/// How many there were.
fn lose_each_reply(prepares: bool) -> usize {
    hush();
    let mut lost = 0;
    let mut next = after(&[], prepares);
    for (name, event) in &EVENTS {
        let before = next.copy();
        next.happen(*event, &[]);
        let good = next.copy().view();
        for point in 0.. {
            let mut world = before.copy();
            let Some(was_killed) = world.lose_reply(*event, point) else { break };
            lost += 1;
            assert!(world.view() == good, "{name}, its reply lost, and the recovery killed at {point}");
            if !was_killed {
                break;
            }
        }
    }
    lost
}

/// A VMM that is killed while it waits for a message.
#[test]
fn a_vcpu_is_left_as_it_is_while_nobody_handles_an_exit() {
    hush();
    for (index, (name, event)) in EVENTS.iter().enumerate() {
        let mut world = before(index, true);
        world.happen(*event, &[]);
        let (good, restarts) = (world.view(), world.vcpu.restarts);
        for kill in 0.. {
            kill_after(Some(kill));
            let result = world.recover(*event, false);
            kill_after(None);
            if let Some(result) = result {
                assert_eq!(result, (Next::Stay, None), "{name}");
                break;
            }
        }
        assert_eq!((world.view(), world.vcpu.restarts), (good, restarts), "{name}");
    }
}

/// Whichever instruction a VMM dies at, and whichever its successor does: a vCPU for which there is input runs. The signals
/// that told of the input died with them.
#[test]
fn no_wake_up_is_lost() {
    hush();
    let index = EVENTS.iter().position(|(name, _)| *name == WAITS).expect("it is there");
    let mut deaths = 0;
    let mut runs = |mut world: World, kills: &[u32], what: &str| {
        let mut kills = kills.iter().copied();
        loop {
            kill_after(kills.next());
            let result = world.recover(WFI, false);
            kill_after(None);
            deaths += 1;
            if let Some(result) = result {
                world.vcpu.conclude(result);
                break;
            }
        }
        assert!(!world.vcpu.stopped && !world.vcpu.has_fault, "{what}");
    };
    // It dies in the exit, and the input comes then.
    for (point, again) in (0..40).flat_map(|point| [0, 1, 2, 3, 5, 8, 13, 99].map(|again| (point, again))) {
        let mut world = before(index, false);
        let message = world.prepare(WFI);
        kill_after(Some(point));
        let result = world.handle(&message);
        kill_after(None);
        if let Some(result) = result {
            assert_eq!(result.0, Next::Wait, "it waits");
            assert!(point > 5, "there are points in it");
            world.vcpu.conclude(result);
        }
        world.prepare(Event::Input(b"w"));
        runs(world, &[again], &format!("killed at {point}, then at {again}"));
    }
    // It dies while it takes the input.
    for (point, again) in (0..40).flat_map(|point| [0, 1, 2, 3, 5, 8, 13, 99].map(|again| (point, again))) {
        let mut world = before(index, false);
        world.happen(WFI, &[]);
        assert!(world.vcpu.stopped);
        world.prepare(Event::Input(b"w"));
        kill_after(Some(point));
        world.handle(&None);
        kill_after(None);
        runs(world, &[again], &format!("killed at {point} of the input, then at {again}"));
    }
    assert!(deaths > 1000, "{deaths}");
}

/// The VMM is killed in a reset, and its successor at each of its crash points. `lost`: the fault in which the guest asked
/// for the reset can get no reply from the first death on.
#[test]
fn a_reset_is_finished_whoever_dies_in_it() {
    for lost in [false, true] {
        killed_in_a_reset(lost, 0, &[0, 30, 60, 80, 110, u32::MAX]);
        // One that waits.
        killed_in_a_reset(lost, crate::vm::phase::FREE, &[0, 5, 10, 15, u32::MAX]);
    }
}

/// After so many resets in a row.
fn killed_in_a_reset(lost: bool, resets: u64, points: &[u32]) {
    hush();
    let index = EVENTS.iter().position(|(name, _)| *name == "SYSTEM_RESET").expect("it is there");
    let event = EVENTS[index].1;
    let before = || {
        let mut world = before(index, false);
        (0..resets).for_each(|_| assert!(!world.happen(event, &[])));
        world
    };
    let mut good = before();
    good.happen(event, &[]);
    assert_eq!(good.vcpu.stopped, resets > 0);
    let good = good.view();
    for &point in points {
        for again in 0.. {
            let mut world = before();
            let message = world.prepare(event);
            kill_after(Some(point));
            let result = world.handle(&message);
            kill_after(None);
            assert_eq!(result.is_none(), point != u32::MAX);
            kill_after(Some(again));
            let mut result = world.recover(event, lost);
            kill_after(None);
            let was_killed = result.is_none();
            if was_killed {
                result = world.recover(event, lost);
            }
            result.into_iter().for_each(|result| world.vcpu.conclude(result));
            assert_eq!(world.view(), good, "killed at {point}, then at {again}, lost {lost}");
            assert_eq!((world.vcpu.stopped, world.vcpu.has_fault), (resets > 0, false));
            if !was_killed {
                break;
            }
        }
    }
}
