// SPDX-License-Identifier: MIT OR Apache-2.0
// Puts a seL4 kernel, its device tree and a root task where seL4 wants them, and enters it, in QEMU's virt machine.
// An arm64 Image; run.sh makes the three files and defines KERNEL_PHYS, TREE_PHYS, TASK_PHYS, TASK_VADDR, TASK_ENTRY
// and KERNEL_ENTRY.

#define TABLE   3
#define BLOCK   (1 | 4 << 2 | 1 << 10)          // normal memory (MAIR entry 4), accessed

        .section .text
        .global _start
_start: b       start
        .long   0
        .quad   0x200000                        // text_offset
        .quad   end - _start                    // image_size
        .quad   0xa
        .quad   0, 0, 0
        .ascii  "ARM\x64"
        .long   0

start:  msr     daifset, #0xf
        ldr     x0, =KERNEL_PHYS
        ldr     x1, =kernel
        ldr     x2, =kernel_end
        bl      copy
        ldr     x0, =TREE_PHYS
        ldr     x1, =tree
        ldr     x2, =tree_end
        bl      copy
        ldr     x0, =TASK_PHYS
        ldr     x1, =task
        ldr     x2, =task_end
        bl      copy

        // Level 0: this loader's gigabyte as it is, and the kernel's last gigabyte of the first terabyte.
        ldr     x0, =level0
        ldr     x1, =identity
        orr     x2, x1, #TABLE
        str     x2, [x0]
        ldr     x3, =level1
        orr     x2, x3, #TABLE
        str     x2, [x0, #8]
        mov     x2, #0x40000000
        mov     x4, #BLOCK
        orr     x2, x2, x4
        str     x2, [x1, #8]
        ldr     x1, =level2
        orr     x2, x1, #TABLE
        str     x2, [x3, #(511 * 8)]
        ldr     x2, =KERNEL_PHYS
        mov     x5, #0
1:      orr     x6, x2, x4
        str     x6, [x1, x5, lsl #3]
        add     x2, x2, #0x200000
        add     x5, x5, #1
        cmp     x5, #512
        b.ne    1b
        dsb     sy

        // The kernel takes MAIR_EL2 and TCR_EL2 over from its loader.
        ldr     x1, =0x0000aaff440c0400
        msr     mair_el2, x1
        ldr     x1, =(16 | 1 << 8 | 1 << 10 | 3 << 12 | 4 << 16 | 1 << 23 | 1 << 31)
        msr     tcr_el2, x1
        msr     ttbr0_el2, x0
        isb
        tlbi    alle2
        dsb     sy
        isb
        mrs     x0, sctlr_el2
        mov     x1, #0x1005                     // MMU and both caches
        orr     x0, x0, x1
        msr     sctlr_el2, x0
        isb
        ic      iallu
        dsb     sy
        isb

        ldr     x0, =TASK_PHYS
        ldr     x1, =task_end
        ldr     x2, =task
        sub     x1, x1, x2
        add     x1, x1, x0
        ldr     x2, =(TASK_PHYS - TASK_VADDR)
        ldr     x3, =TASK_ENTRY
        ldr     x4, =TREE_PHYS
        ldr     x5, =tree_end
        ldr     x6, =tree
        sub     x5, x5, x6
        ldr     x6, =KERNEL_ENTRY
        br      x6

copy:   ldp     x3, x4, [x1], #16
        stp     x3, x4, [x0], #16
        cmp     x1, x2
        b.lo    copy
        ret
        .ltorg

        .balign 4096
level0: .space  4096
identity: .space 4096
level1: .space  4096
level2: .space  4096
kernel: .incbin "kernel.bin"
        .balign 16
kernel_end:
tree:   .incbin "kernel.dtb"
        .balign 16
tree_end:
task:   .incbin "task.bin"
        .balign 16
task_end:
end:
