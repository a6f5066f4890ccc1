// SPDX-License-Identifier: MIT OR Apache-2.0
//! arm64 Linux kernels: plain, compressed, or wrapped for EFI.

use std::io::{Read, Write};
use std::process::{Command, Stdio};

use anyhow::{Context, bail};

use lazaret_diagnostic::Problem;

const MAGIC_AT: usize = 56;
const MAGIC: &[u8] = b"ARM\x64";
const GZIP: &[u8] = b"\x1f\x8b";
/// A self-extracting EFI program: the compressed kernel's offset, size and method follow.
const ZBOOT: &[u8] = b"MZ\0\0zimg";

/// A compressed zboot file has a compressed kernel in it; nobody wraps it more often.
const WRAPPINGS: usize = 2;
/// A kernel is some 40 MiB: a small file must not become one that fills the memory.
const MAX_UNPACKED: u64 = 256 << 20;

/// A kernel that can be copied to memory and started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arm64Image {
    /// The file.
    pub bytes: Vec<u8>,
}

impl Arm64Image {
    /// Takes an `Image`, `Image.gz` or EFI zboot file.
    pub fn unpack(mut bytes: Vec<u8>) -> anyhow::Result<Self> {
        for _ in 0..WRAPPINGS {
            if bytes.starts_with(GZIP) {
                bytes = decompress("gzip", &bytes)?;
            } else if bytes.starts_with(ZBOOT) {
                bytes = open_zboot(&bytes)?;
            }
        }
        if bytes.get(MAGIC_AT..MAGIC_AT + MAGIC.len()) != Some(MAGIC) {
            return Err(Problem::new(
                "this is not an arm64 Linux kernel image",
                "a kernel's arch/arm64/boot/Image or Image.gz is one, and so is a distribution's arm64 vmlinuz",
            ));
        }
        Ok(Self { bytes })
    }
}

fn open_zboot(bytes: &[u8]) -> anyhow::Result<Vec<u8>> {
    let word = |at: usize| bytes.get(at..at + 4).map(|b| u32::from_le_bytes([b[0], b[1], b[2], b[3]]) as usize);
    let (Some(offset), Some(size), Some(method)) = (word(8), word(12), bytes.get(24..56)) else {
        bail!("the EFI zboot header is cut off");
    };
    let payload = offset.checked_add(size).and_then(|end| bytes.get(offset..end));
    let payload = payload.context("the EFI zboot header points outside the file")?;
    let end = method.iter().position(|&b| b == 0).unwrap_or(method.len());
    match &method[..end] {
        b"gzip" => decompress("gzip", payload),
        b"zstd" | b"zstd22" => decompress("zstd", payload),
        other => bail!("the kernel is compressed with '{}'", String::from_utf8_lossy(other)),
    }
}

/// Through the program of that name.
pub fn decompress(program: &str, bytes: &[u8]) -> anyhow::Result<Vec<u8>> {
    filter(program, &["-dc"], bytes)
}

/// Feeds a program and takes what it prints.
pub fn filter(program: &str, arguments: &[&str], bytes: &[u8]) -> anyhow::Result<Vec<u8>> {
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|e| Problem::new(format!("cannot run {program}: {e}"), format!("apt-get install {program}")))?;
    let mut stdin = child.stdin.take().context("no pipe")?;
    let input = bytes.to_vec();
    let feeder = std::thread::spawn(move || stdin.write_all(&input));
    let mut output = Vec::new();
    let mut stdout = child.stdout.take().context("no pipe")?.take(MAX_UNPACKED + 1);
    let read = stdout.read_to_end(&mut output);
    // Whoever waits for room in the pipe ends with it.
    drop(stdout);
    let status = child.wait()?;
    // It may stop reading early; its exit status is what counts.
    let _ = feeder.join();
    read?;
    if output.len() as u64 > MAX_UNPACKED {
        bail!("what {program} makes of it is larger than {} MiB", MAX_UNPACKED >> 20);
    }
    if !status.success() {
        let mut why = String::new();
        let _ = child.stderr.take().map(|stderr| stderr.take(1000).read_to_string(&mut why));
        bail!("{program} failed: {}", why.trim());
    }
    Ok(output)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain() -> Vec<u8> {
        let mut image = vec![0; 128];
        image[56..60].copy_from_slice(MAGIC);
        image
    }

    #[test]
    fn takes_plain_and_compressed_images() {
        assert_eq!(Arm64Image::unpack(plain()).unwrap().bytes, plain());
        let packed = filter("gzip", &["-nc"], &plain()).unwrap();
        assert_eq!(Arm64Image::unpack(packed.clone()).unwrap().bytes, plain());
        let mut zboot = b"MZ\0\0zimg".to_vec();
        zboot.extend_from_slice(&64u32.to_le_bytes());
        zboot.extend_from_slice(&(packed.len() as u32).to_le_bytes());
        zboot.resize(24, 0);
        zboot.extend_from_slice(b"gzip");
        zboot.resize(64, 0);
        zboot.extend_from_slice(&packed);
        assert_eq!(Arm64Image::unpack(zboot.clone()).unwrap().bytes, plain());
        zboot[12..16].copy_from_slice(&u32::MAX.to_le_bytes());
        assert!(Arm64Image::unpack(zboot).is_err());
    }

    #[test]
    fn refuses_anything_else() {
        // Nothing but what it unpacks to.
        let bomb = filter("gzip", &["-9nc"], &vec![0; (MAX_UNPACKED + 1) as usize]).unwrap();
        assert!(Arm64Image::unpack(bomb).unwrap_err().to_string().contains("larger than 256 MiB"));
        for bad in [b"".to_vec(), vec![0; 60], b"\x7fELF".to_vec(), b"MZ\0\0zimg".to_vec(), b"\x1f\x8bnot".to_vec()] {
            assert!(Arm64Image::unpack(bad).is_err());
        }
    }
}
