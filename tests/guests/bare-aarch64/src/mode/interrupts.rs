// SPDX-License-Identifier: MIT OR Apache-2.0
//! Random programs for the interrupt controller: `HASHES first h h ...` has a hash of each program's observations; of the programs
//! `picks=number:keep,...` (hexadecimal) each observation is told, in lines `SEEN n operation:value ...` of the `n`th pick.

use interrupt_programs::generate::program;
use interrupt_programs::observation::{Digest, Observation};
use interrupt_programs::program::{KEEP_ALL, Keep, Timer};
use interrupt_programs::register::{Register, Size};
use interrupt_programs::run::{Machine, Signal, clean_all, run};

use crate::options::Options;
use crate::runtime::console::{self, print, println};
use crate::runtime::{counter, gic, interrupt};

/// Hashes in a line.
const IN_LINE: u32 = 8;
/// Observations in a line.
const SEEN_IN_LINE: u32 = 8;
/// CNTV_CTL: on, masked, its time is over.
const ENABLE: u64 = 1;
const IMASK: u64 = 2;
const ISTATUS: u64 = 4;
/// Ticks beyond a timer's end after which it is given up: a second where a tick is a nanosecond.
const PATIENCE: u64 = 1_000_000_000;

/// Runs them.
pub fn run_programs(options: &Options<'_>) -> &'static str {
    let mut core = Core { end: 0 };
    clean_all(&mut core);
    if options.picks.is_empty() {
        hashes(options, &mut core);
    } else {
        for (number, pick) in options.picks.split(',').enumerate() {
            match parse(pick) {
                Some((index, keep)) => tell(options.seed, number, index, keep, &mut core),
                None => println!("FAIL picks: '{pick}' means nothing"),
            }
        }
    }
    "interrupts"
}

/// `number:keep`, or `number` for all of it.
fn parse(pick: &str) -> Option<(u32, Keep)> {
    let hexadecimal = |text| Keep::from_str_radix(text, 16).ok();
    let (index, keep) = match pick.split_once(':') {
        Some((index, keep)) => (index, hexadecimal(keep)?),
        None => (pick, KEEP_ALL),
    };
    Some((hexadecimal(index)?.try_into().ok()?, keep))
}

fn hashes(options: &Options<'_>, core: &mut Core) {
    for number in 0..options.count {
        let index = options.first + number;
        if number % IN_LINE == 0 {
            print!("HASHES {index:x}");
        }
        let mut digest = Digest::default();
        run(&program(options.seed, index), KEEP_ALL, core, |observation| digest.add(observation));
        print!(" {:x}", digest.value());
        if number % IN_LINE == IN_LINE - 1 || number == options.count - 1 {
            println!();
        }
    }
}

fn tell(seed: u64, number: usize, index: u32, keep: Keep, core: &mut Core) {
    let mut seen = heapless::Vec::<Observation, { interrupt_programs::observation::LIMIT }>::new();
    run(&program(seed, index), keep, core, |observation| _ = seen.push(observation));
    for line in seen.chunks(SEEN_IN_LINE as usize) {
        print!("SEEN {number:x}");
        line.iter().for_each(|observation| print!(" {observation}"));
        println!();
    }
    println!("SEEN {number:x} all");
}

/// This core, its interrupt controller and its timer.
struct Core {
    /// When the timer ends.
    end: u64,
}

impl Machine for Core {
    fn load(&mut self, register: Register, size: Size) -> u64 {
        gic::load(register, size)
    }

    fn store(&mut self, register: Register, size: Size, value: u64) {
        gic::store(register, size, value);
    }

    fn take(&mut self) -> Option<Signal> {
        interrupt::take_one().map(|is_fiq| if is_fiq { Signal::Fiq } else { Signal::Irq })
    }

    fn signals(&mut self) -> u64 {
        interrupt::pending()
    }

    fn set_timer(&mut self, state: Timer) {
        match state {
            Timer::Off => interrupt::set_timer(u64::MAX, 0),
            Timer::Over => interrupt::set_timer(0, ENABLE),
            Timer::Far => interrupt::set_timer(u64::MAX, ENABLE),
            Timer::Masked => interrupt::set_timer(0, ENABLE | IMASK),
        }
    }

    fn start_timer(&mut self, ticks: u32) {
        self.end = counter::now() + u64::from(ticks);
        interrupt::set_timer(self.end, ENABLE);
    }

    fn await_timer(&mut self, with_wfi: bool) -> bool {
        while interrupt::timer_control() & ISTATUS == 0 {
            if counter::now() > self.end + PATIENCE {
                return false;
            }
            if with_wfi {
                interrupt::wait();
            }
        }
        true
    }

    fn set_line(&mut self, high: bool) {
        console::set_line(high);
    }
}
