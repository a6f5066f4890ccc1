// SPDX-License-Identifier: MIT OR Apache-2.0
//! Entry and system calls.
#![allow(unsafe_code)]

use core::arch::{asm, global_asm};

const IOCTL: u64 = 29;
const OPENAT: u64 = 56;
const READ: u64 = 63;
const WRITE: u64 = 64;
const EXIT: u64 = 93;
const NANOSLEEP: u64 = 101;
const REBOOT: u64 = 142;
const CLONE: u64 = 220;
const MMAP: u64 = 222;
const WAIT4: u64 = 260;

/// What a parent hears when its child ends.
const SIGCHLD: u64 = 17;
const AT_FDCWD: u64 = -100i64 as u64;
const O_RDWR: u64 = 2;
const PROT_READ_WRITE: u64 = 3;
const MAP_SHARED: u64 = 1;
const MAP_PRIVATE_ANONYMOUS: u64 = 0x22;
/// What `reboot` wants to see, and what it shall do.
const REBOOT_MAGIC: [u64; 2] = [0xfee1_dead, 672_274_793];
const POWER_OFF: u64 = 0x4321_fedc;

/// What a system call answered with: minus its number.
#[derive(Clone, Copy, Debug)]
pub struct Errno(pub i64);

/// An open file.
#[derive(Clone, Copy)]
pub struct File(u64);

/// Memory of our own.
pub struct Memory {
    /// Its first byte.
    pub start: *mut u8,
    size: usize,
}

global_asm!(".global _start", "_start:", "mov x29, xzr", "bl main", "b .");

#[unsafe(no_mangle)]
extern "C" fn main() -> ! {
    crate::machine::run_all(|what, Errno(number)| {
        print(b"LAUNCHER FAIL ");
        print(what.as_bytes());
        print_number(number);
    });
    print(b"LAUNCHER done\n");
    power_off()
}

impl File {
    /// Standard output.
    pub const OUTPUT: Self = Self(1);

    /// Opens a file; the path ends with a zero.
    pub fn open(path: &[u8]) -> Result<Self, Errno> {
        assert!(path.ends_with(&[0]));
        call(OPENAT, [AT_FDCWD, path.as_ptr() as u64, O_RDWR, 0, 0, 0]).map(Self)
    }

    /// Reads until there is no more, or no more room.
    pub fn read_all(self, to: &mut [u8]) -> Result<usize, Errno> {
        let mut done = 0;
        loop {
            let rest = &mut to[done..];
            match call(READ, [self.0, rest.as_mut_ptr() as u64, rest.len() as u64, 0, 0, 0])? {
                0 => return Ok(done),
                count => done += count as usize,
            }
        }
    }

    /// Writes.
    pub fn write(self, text: &[u8]) {
        let _ = call(WRITE, [self.0, text.as_ptr() as u64, text.len() as u64, 0, 0, 0]);
    }

    /// An ioctl whose argument is a number.
    pub fn control(self, request: u64, argument: u64) -> Result<u64, Errno> {
        call(IOCTL, [self.0, request, argument, 0, 0, 0])
    }

    /// An ioctl whose argument is a structure.
    pub fn control_with<T>(self, request: u64, argument: &mut T) -> Result<u64, Errno> {
        self.control(request, core::ptr::from_mut(argument) as u64)
    }

    /// The file that a number names: KVM gives such numbers.
    pub fn of(number: u64) -> Self {
        Self(number)
    }

    /// Maps it.
    pub fn map(self, size: usize) -> Result<Memory, Errno> {
        map(size, MAP_SHARED, self.0)
    }
}

impl Memory {
    /// Zeroed memory.
    pub fn new(size: usize) -> Result<Self, Errno> {
        map(size, MAP_PRIVATE_ANONYMOUS, u64::MAX)
    }

    /// Bytes from an offset to the end.
    pub fn from(&mut self, offset: usize) -> &mut [u8] {
        assert!(offset <= self.size);
        // SAFETY: inside of what mmap gave, which nobody else names while it is borrowed.
        unsafe { core::slice::from_raw_parts_mut(self.start.add(offset), self.size - offset) }
    }

    /// A number that the kernel writes there.
    pub fn load<T: Copy>(&self, offset: usize) -> T {
        assert!(offset + size_of::<T>() <= self.size && offset.is_multiple_of(align_of::<T>()));
        // SAFETY: inside, aligned, and used for plain numbers.
        unsafe { self.start.add(offset).cast::<T>().read_volatile() }
    }

    /// A number that the kernel reads there.
    pub fn store<T: Copy>(&mut self, offset: usize, value: T) {
        assert!(offset + size_of::<T>() <= self.size && offset.is_multiple_of(align_of::<T>()));
        // SAFETY: as above.
        unsafe { self.start.add(offset).cast::<T>().write_volatile(value) };
    }
}

/// Another process with the same memory of its own; true in the new one.
pub fn fork() -> Result<bool, Errno> {
    call(CLONE, [SIGCHLD, 0, 0, 0, 0, 0]).map(|child| child == 0)
}

/// Until the child has ended.
pub fn wait() {
    let _ = call(WAIT4, [u64::MAX, 0, 0, 0, 0, 0]);
}

/// Ends this process.
pub fn exit() -> ! {
    let _ = call(EXIT, [0, 0, 0, 0, 0, 0]);
    loop {}
}

/// Nothing for that long.
pub fn sleep(seconds: u64) {
    let time = [seconds, 0u64];
    let _ = call(NANOSLEEP, [time.as_ptr() as u64, 0, 0, 0, 0, 0]);
}

fn map(size: usize, flags: u64, file: u64) -> Result<Memory, Errno> {
    let start = call(MMAP, [0, size as u64, PROT_READ_WRITE, flags, file, 0])?;
    Ok(Memory { start: start as *mut u8, size })
}

fn print(text: &[u8]) {
    File::OUTPUT.write(text);
}

fn print_number(number: i64) {
    let mut digits = [b' '; 8];
    let mut rest = number.unsigned_abs();
    for digit in digits[1..].iter_mut().rev() {
        *digit = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
    print(&digits);
    print(b"\n");
}

fn power_off() -> ! {
    let _ = call(REBOOT, [REBOOT_MAGIC[0], REBOOT_MAGIC[1], POWER_OFF, 0, 0, 0]);
    let _ = call(EXIT, [1, 0, 0, 0, 0, 0]);
    loop {}
}

fn call(number: u64, [x0, x1, x2, x3, x4, x5]: [u64; 6]) -> Result<u64, Errno> {
    let result: i64;
    // SAFETY: the addresses in it are of live memory of the size that the call is told; only x0 changes.
    unsafe {
        asm!("svc #0", in("x8") number, inout("x0") x0 => result, in("x1") x1, in("x2") x2, in("x3") x3, in("x4") x4,
             in("x5") x5, options(nostack));
    }
    if result < 0 { Err(Errno(-result)) } else { Ok(result as u64) }
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    print(b"LAUNCHER FAIL panic\n");
    power_off()
}
