// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the commands do with a file.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use lazaret_board::Board;
use lazaret_build::sel4::Installed;
use lazaret_guests::Arm64Image;
use lazaret_inject::result::Campaign;
use lazaret_plan::Program;
use lazaret_sdf::SearchPath;
use lazaret_sdf::image::ProgramElf;
use lazaret_trace::{Counters, Table, Trace};

use crate::sample::{self, root};

static BOARD: LazyLock<Board> = LazyLock::new(|| {
    Board::load(&root().join("kernel-config"), "qemu_virt_aarch64").unwrap_or_else(|error| panic!("{error}"))
});

/// A folder with a whole system, one file of which is the changed one.
static FOLDER: LazyLock<PathBuf> = LazyLock::new(|| {
    let folder = std::env::temp_dir().join(format!("lazaret-inputs-{}", std::process::id()));
    let files = folder.join("files");
    let made = std::fs::create_dir_all(&files);
    let copies = ["program.elf", "guest.img", "guest32.img", "guest.vmmcfg"]
        .map(|file| std::fs::copy(root().join("tests/sdf/files").join(file), files.join(file)).map(drop));
    copies.into_iter().chain([made]).for_each(|result| result.unwrap_or_else(|error| panic!("{error}")));
    folder
});

/// Writes the file, checks the system as `check` does, and prints what it says to nobody.
fn check_with(file: &str, bytes: &[u8]) {
    let path = FOLDER.join(file);
    let old = std::fs::read(&path);
    std::fs::write(&path, bytes).unwrap_or_else(|error| panic!("{error}"));
    // As text or as JSON: each takes its time.
    let json = bytes.len().is_multiple_of(2);
    let options = lazaret_check::Options {
        system: FOLDER.join("guest.system"),
        board: BOARD.clone(),
        files: SearchPath::new([] as [PathBuf; 0]),
        json,
        colour: !json,
    };
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let _ = lazaret_check::run(&options, &mut out, &mut err);
    assert!(!out.is_empty() || !err.is_empty(), "refused without a word");
    match old {
        Ok(old) => _ = std::fs::write(&path, old),
        Err(_) => _ = std::fs::remove_file(&path),
    }
}

/// The system of the tests' good guest, with an initrd; in 32 bits if that is asked for.
fn guest(narrow: bool) {
    let text = std::fs::read_to_string(root().join("tests/sdf/good_guest.system")).unwrap_or_default();
    let region = "<memory_region name=\"initrd\" prefill_path=\"files/initrd.img\" />";
    let map = "<map mr=\"initrd\" vaddr=\"0x4_000_000\" perms=\"r\" setvar_vaddr=\"initrd_vaddr\" \
               setvar_prefill_size=\"initrd_size\" />";
    let text = text.replace("    <protection_domain", &format!("    {region}\n    <protection_domain"));
    let text = text.replace("        <virtual_machine", &format!("        {map}\n        <virtual_machine"));
    let text = if narrow { text.replace("guest.img", "guest32.img") } else { text };
    let initrd = FOLDER.join("files/initrd.img");
    if !initrd.exists() {
        let _ = std::fs::write(initrd, "initrd");
    }
    let _ = std::fs::write(FOLDER.join("guest.system"), text);
}

pub fn description(bytes: &[u8]) {
    check_with("guest.system", bytes);
}

pub fn vmmcfg(bytes: &[u8]) {
    guest(false);
    check_with("files/guest.vmmcfg", bytes);
}

pub fn policy(bytes: &[u8]) {
    guest(false);
    check_with("guest.policy", bytes);
}

pub fn program(bytes: &[u8]) {
    guest(false);
    check_with("files/program.elf", bytes);
    let _ = ProgramElf::parse(bytes);
    let _ = Program::parse(bytes);
    let _ = lazaret_image::flatten(bytes, "program");
    let _ = lazaret_programs::sizes::text(bytes);
}

/// The file that `path_for_symbols` names.
pub fn symbols(bytes: &[u8]) {
    guest(false);
    let text = std::fs::read_to_string(FOLDER.join("guest.system")).unwrap_or_default();
    let text =
        text.replace("path=\"files/program.elf\"", "path=\"files/program.elf\" path_for_symbols=\"files/symbols.elf\"");
    let _ = std::fs::write(FOLDER.join("guest.system"), text);
    check_with("files/symbols.elf", bytes);
}

pub fn packed(bytes: &[u8]) {
    let Some((head, rest)) = bytes.split_first_chunk() else { return };
    let (kernel, task) = rest.split_at((u64::from_le_bytes(*head) as usize).min(rest.len()));
    let _ = lazaret_image::pack(kernel, task, None);
    let _ = lazaret_image::pack(kernel, task, Some(b"spec"));
    for (kernel, loader) in [(kernel, task), (task, kernel)] {
        let tree = &sample::page();
        let parts =
            lazaret_image::sel4::Parts { loader, kernel, device_tree: tree, root_task: task, spec: None, uart: 0 };
        let _ = lazaret_image::sel4::pack(&parts);
    }
}

pub fn image(bytes: &[u8]) {
    guest(false);
    check_with("files/guest.img", bytes);
}

pub fn zimage(bytes: &[u8]) {
    guest(true);
    let config = std::fs::read_to_string(root().join("tests/sdf/files/guest.vmmcfg")).unwrap_or_default();
    let _ = std::fs::write(FOLDER.join("files/guest.vmmcfg"), config.replace("linux64", "linux32"));
    check_with("files/guest32.img", bytes);
    let _ = std::fs::write(FOLDER.join("files/guest.vmmcfg"), config);
}

pub fn guest_kernel(bytes: &[u8]) {
    let _ = Arm64Image::unpack(bytes.to_vec());
}

pub fn initrd(bytes: &[u8]) {
    guest(false);
    check_with("files/initrd.img", bytes);
}

pub fn trace(bytes: &[u8]) {
    if let Ok(trace) = Trace::read(bytes) {
        assert!(!format!("{}{}", Counters(&trace), Table(&trace, 40)).is_empty());
        let _ = lazaret_trace::timeline(&[trace]).to_string();
    }
}

pub fn shard(bytes: &[u8]) {
    let Ok(campaign) = serde_json::from_slice::<Campaign>(bytes) else { return };
    let _ = lazaret_inject::page(&campaign);
    let _ = Campaign::merge(vec![campaign]);
}

pub fn prefix(bytes: &[u8]) {
    static PREFIX: LazyLock<PathBuf> = LazyLock::new(|| FOLDER.join("prefix"));
    let Some((which, contents)) = bytes.split_first() else { return };
    let write = |name: &str, contents: &[u8]| {
        let path = PREFIX.join(name);
        let _ = path.parent().map(std::fs::create_dir_all);
        let _ = std::fs::write(path, contents);
    };
    sample::PREFIX.iter().for_each(|(name, text)| write(name, text.as_bytes()));
    for same in ["object-api-sel4-arch.xml", "object-api-arch.xml"] {
        write(&format!("libsel4/include/interfaces/{same}"), sample::PREFIX[1].1.as_bytes());
    }
    write("libsel4/include/sel4/gen_config.json", b"{}");
    write("support/kernel.dtb", b"");
    write(sample::PREFIX[usize::from(*which) % sample::PREFIX.len()].0, contents);
    let _ = Installed::load(&PREFIX, &BOARD);
}

pub fn board(bytes: &[u8]) {
    let folder = FOLDER.join("boards/qemu_virt_aarch64");
    let _ = std::fs::create_dir_all(&folder);
    let config = Path::new("kernel-config/qemu_virt_aarch64/gen_config.json");
    let _ = std::fs::copy(root().join(config), folder.join("gen_config.json"));
    let _ = std::fs::write(folder.join("board.toml"), bytes);
    let _ = Board::load(&FOLDER.join("boards"), "qemu_virt_aarch64");
}
