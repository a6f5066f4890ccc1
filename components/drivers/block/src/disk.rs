// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a disk must be able to do.

/// What is done to the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// From the disk to memory.
    Read,
    /// From memory to the disk.
    Write,
    /// All that was written before stays, whatever happens to the power.
    Flush,
}

/// A request that was checked: nothing in it has to be looked at again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Job {
    /// What.
    pub operation: Operation,
    /// The first block, counted from the disk's start.
    pub block: u64,
    /// Where the data is in physical memory; any alignment.
    pub paddr: u64,
    /// Bytes, a multiple of a block; 0 for a flush.
    pub length: usize,
}

/// A disk that works on its own once it was told what to do. It has room for one job of each client.
pub trait Disk {
    /// Whether what was written may be lost until a flush. If not, flushes are answered without it.
    fn has_cache(&self) -> bool;

    /// Begins a job; no other with this tag is under way. False if the disk cannot, and will not begin it.
    fn submit(&mut self, tag: usize, job: &Job) -> bool;

    /// A job that came to its end since the last call: its tag, and whether all of it was done. The disk will not touch the
    /// job's memory any more.
    fn completed(&mut self) -> Option<(usize, bool)>;
}

/// Where there is none, nothing can be done.
impl<D: Disk> Disk for Option<D> {
    fn has_cache(&self) -> bool {
        self.as_ref().is_some_and(D::has_cache)
    }

    fn submit(&mut self, tag: usize, job: &Job) -> bool {
        self.as_mut().is_some_and(|disk| disk.submit(tag, job))
    }

    fn completed(&mut self) -> Option<(usize, bool)> {
        self.as_mut()?.completed()
    }
}
