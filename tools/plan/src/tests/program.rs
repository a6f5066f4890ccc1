// SPDX-License-Identifier: MIT OR Apache-2.0
//! A tiny program.

/// A program at 0x20_0000: a page of text, a page with the variables, two pages of bss.
pub fn elf(variables: &[&str]) -> Vec<u8> {
    use ::object::{
        Endianness, elf,
        write::elf::{FileHeader, ProgramHeader, Sym, Writer},
    };
    let mut bytes = Vec::new();
    let mut writer = Writer::new(Endianness::Little, true, &mut bytes);
    writer.reserve_file_header();
    writer.reserve_program_headers(2);
    let text = writer.reserve(0x100, 0x1000);
    let data = writer.reserve(0x1000, 0x1000);
    writer.reserve_null_section_index();
    writer.reserve_null_symbol_index();
    let names: Vec<_> = variables.iter().map(|name| writer.add_string(name.as_bytes())).collect();
    variables.iter().for_each(|_| {
        writer.reserve_symbol_index(None);
    });
    writer.reserve_symtab_section_index();
    writer.reserve_symtab();
    writer.reserve_strtab_section_index();
    writer.reserve_strtab().unwrap();
    writer.reserve_shstrtab_section_index();
    writer.reserve_shstrtab().unwrap();
    writer.reserve_section_headers();

    let header = FileHeader {
        os_abi: elf::ELFOSABI_NONE,
        abi_version: 0,
        e_type: elf::ET_EXEC,
        e_machine: elf::EM_AARCH64,
        e_entry: 0x20_0000,
        e_flags: elf::FileFlags(0),
    };
    writer.write_file_header(&header).unwrap();
    writer.write_align_program_headers();
    let load = |flags, offset, vaddr, filesz, memsz| ProgramHeader {
        p_type: elf::PT_LOAD,
        p_flags: flags,
        p_offset: offset,
        p_vaddr: vaddr,
        p_paddr: vaddr,
        p_filesz: filesz,
        p_memsz: memsz,
        p_align: 0x1000,
    };
    writer.write_program_header(&load(elf::PF_R | elf::PF_X, text, 0x20_0000, 0x100, 0x100));
    writer.write_program_header(&load(elf::PF_R | elf::PF_W, data, 0x20_1000, 0x1000, 0x3000));
    writer.pad_until(text);
    writer.write(&[0xd5; 0x100]);
    writer.pad_until(data);
    writer.write(&[0; 0x1000]);
    writer.write_null_symbol();
    for (index, name) in names.into_iter().enumerate() {
        writer.write_symbol(&Sym {
            st_name: writer.string_offset(Some(name)),
            section: None,
            st_info: elf::SymbolInfo(0x11),
            st_other: elf::SymbolOther(0),
            st_shndx: elf::SHN_ABS,
            st_value: 0x20_1000 + 64 * index as u64,
            st_size: match variables[index] {
                "microkit_name" => 64,
                "vmm_seed" => 32,
                _ => 8,
            },
        });
    }
    writer.write_strtab();
    writer.write_shstrtab();
    writer.write_null_section_header();
    writer.write_symtab_section_header(1);
    writer.write_strtab_section_header();
    writer.write_shstrtab_section_header();
    bytes
}
