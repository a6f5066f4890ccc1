// SPDX-License-Identifier: MIT OR Apache-2.0
//! Makes a disk image with a Debian on it, which a VM has as its root file system.
//!
//! The host fetches the packages and makes an empty file system; a guest installs them. So nobody needs to be root on the host,
//! nor to run programs of another architecture there.
#![forbid(unsafe_code)]

mod contents;
mod deb;
mod image;
mod install;
mod packages;
mod size;

use std::path::{Path, PathBuf};

use anyhow::Context;
use lazaret_diagnostic::Problem;
use lazaret_programs::lock::FolderLock;
use lazaret_programs::workspace::Workspace;

pub use size::Size;

use contents::Contents;
use image::Image;
use packages::Packages;

/// A disk to make.
#[derive(Debug, Clone)]
pub struct Request {
    /// The image's file, which must not be there yet.
    pub output: PathBuf,
    /// How large the file system is.
    pub size: Size,
    /// A public key whose owner may log in as root by ssh.
    pub ssh_key: Option<PathBuf>,
    /// Packages beside those that every such disk has.
    pub more: Vec<String>,
}

/// What is being done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Packages are fetched.
    Fetch,
    /// So many are written where the guest finds them.
    Unpack(usize),
    /// The guest is built and started.
    Start,
    /// It has installed so many of so many.
    Install(usize, usize),
}

/// Makes the disk; `tell` hears what is being done.
pub fn make(workspace: &Workspace, request: &Request, tell: fn(Step)) -> anyhow::Result<()> {
    if request.output.exists() {
        let what = format!("{} is there already", request.output.display());
        return Err(Problem::new(what, "give another name, or remove it"));
    }
    let key = request.ssh_key.as_deref().map(read_key).transpose()?;
    let folder = workspace.target().join("disk");
    let _lock = FolderLock::wait(&folder)?;
    tell(Step::Fetch);
    let packages = Packages::fetch(&folder, &request.more)?;
    let image = Image::create(&request.output, request.size)?;
    let count = packages.all.len();
    tell(Step::Unpack(count));
    Contents { packages: &packages, key: key.as_deref() }.write(image.behind()?)?;
    tell(Step::Start);
    install::run(workspace, &folder, &image, Box::new(move |done| tell(Step::Install(done.min(count), count))))?;
    image.finish()
}

/// One that looks like a public key: whoever gives the private one by mistake would publish it.
fn read_key(path: &Path) -> anyhow::Result<String> {
    let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
    let is_key = |line: &str| line.split(' ').count() >= 2 && !line.starts_with('-');
    if text.trim().is_empty() || !text.trim().lines().all(is_key) {
        let what = format!("{} is no public key", path.display());
        return Err(Problem::new(what, "it is the file whose name ends in .pub; ssh-keygen makes one"));
    }
    Ok(format!("{}\n", text.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_be_a_mistake_is_refused_before_anything_is_fetched() {
        let folder = std::env::temp_dir().join(format!("lazaret-disk-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let file = |name: &str, text: &str| {
            std::fs::write(folder.join(name), text).unwrap();
            folder.join(name)
        };
        let size = "1G".parse().unwrap();
        let request = Request { output: file("there.img", ""), size, ssh_key: None, more: Vec::new() };
        let refused = |request: &Request| make(&Workspace::find(), request, |_| {}).unwrap_err().to_string();
        assert!(refused(&request).contains("is there already"));
        for (name, text) in [
            ("private", "-----BEGIN OPENSSH PRIVATE KEY-----\nb3Bl bnNz\n-----END OPENSSH PRIVATE KEY-----\n"),
            ("empty", " \n"),
            ("other", "hello\n"),
        ] {
            let key = Some(file(name, text));
            let request = Request { output: folder.join("new.img"), ssh_key: key, ..request.clone() };
            assert!(refused(&request).contains("is no public key"), "{name}");
            assert!(!folder.join("new.img").exists());
        }
        assert_eq!(read_key(&file("key.pub", "ssh-ed25519 AAAA me\n\n")).unwrap(), "ssh-ed25519 AAAA me\n");
        std::fs::remove_dir_all(folder).unwrap();
    }
}
