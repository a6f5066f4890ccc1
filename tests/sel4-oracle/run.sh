#!/bin/bash
# SPDX-License-Identifier: MIT OR Apache-2.0
# Runs the kernel tests and the random invocations on a real seL4 as well, and compares.
#
#   tests/sel4-oracle/run.sh KERNEL_ELF KERNEL_DTB [IMAGE]
#
# KERNEL_ELF and KERNEL_DTB are of an installed seL4 for qemu-arm-virt (cortex-a57, 2 GiB): MCS, hypervisor support, debug
# build, printing, root CNode of 17 bits, counters exported to EL0; kernel-config/qemu_virt_aarch64 has the keys. With
# IMAGE (of `tools/lazaret build`), the root task and the system of that image run on seL4, on this terminal, and nothing
# is compared.
set -euo pipefail

usage='usage: run.sh KERNEL_ELF KERNEL_DTB [IMAGE]'
kernel=$(readlink -f "${1:?$usage}")
tree=$(readlink -f "${2:?$usage}")
image=${3:+$(readlink -f "$3")}
here=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")" && pwd)
root=$(cd "$here/../.." && pwd)
out=${CARGO_TARGET_DIR:-$root/target}/sel4-oracle
triple=aarch64-unknown-none-softfloat
prefix=aarch64-linux-gnu-
mkdir -p "$out"
cd "$out"
cp "$tree" kernel.dtb
${prefix}objcopy -O binary "$kernel" kernel.bin
read -r kernel_phys kernel_size < <(${prefix}readelf -lW "$kernel" | awk '$1 == "LOAD" { print $4, $6; exit }')
kernel_entry=$(${prefix}readelf -hW "$kernel" | awk '/Entry point/ { print $4 }')
round() { echo $((($1 + 4095) / 4096 * 4096)); }
tree_phys=$((kernel_phys + $(round "$kernel_size")))
task_phys=$((tree_phys + $(round "$(stat -c %s kernel.dtb)") + 4096))

# --- Our images, and the same root tasks behind seL4 ---------------------------------------------------------------
word() { od -An -t u8 -j "$2" -N 8 "$1" | tr -d ' '; } # file, offset

on_sel4() { # image of ours, image with seL4
    local at # of the page with the root task's size, address and entry
    at=$(LC_ALL=C grep -abo 'LAZARET' "$1" | cut -d: -f1 | awk '$1 % 4096 == 0 { print; exit }')
    tail -c +$((at + 4097)) "$1" | head -c "$(word "$1" $((at + 16)))" >task.bin
    ${prefix}gcc -c "$here/loader.S" -o loader.o -Wa,-I. -DKERNEL_PHYS="$kernel_phys" -DTREE_PHYS="$tree_phys" \
        -DTASK_PHYS="$task_phys" -DTASK_VADDR="$(word "$1" $((at + 24)))" -DTASK_ENTRY="$(word "$1" $((at + 32)))" \
        -DKERNEL_ENTRY="$kernel_entry"
    ${prefix}ld -Ttext=0x40200000 loader.o -o loader.elf
    ${prefix}objcopy -O binary loader.elf "$2"
}

machine=(qemu-system-aarch64 -M virt,virtualization=on,gic-version=2 -cpu cortex-a57 -m 2G -nographic)

if [[ -n $image ]]; then
    on_sel4 "$image" sel4.img
    exec "${machine[@]}" -kernel sel4.img
fi

until_line() { # pattern, seconds, image, transcript
    : >"$4"
    timeout -s KILL "$2" "${machine[@]}" -kernel "$3" </dev/null >"$4" 2>&1 &
    local qemu=$!
    while kill -0 $qemu 2>/dev/null && ! grep -aq "$1" "$4"; do sleep 1; done
    kill -KILL $qemu 2>/dev/null || true
    wait $qemu 2>/dev/null || true
    grep -aq "$1" "$4" || { echo "$4: no line '$1' in $2 s"; exit 1; }
}

cd "$root"
build=(build --release --target $triple -p microkernel -p kernel-tests -p sel4-oracle)
if [[ -d $(rustc --print target-libdir --target $triple) ]]; then
    CARGO_TARGET_DIR=$out/rust cargo "${build[@]}"
else
    CARGO_TARGET_DIR=$out/rust RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1 CARGO_TARGET_AARCH64_UNKNOWN_NONE_SOFTFLOAT_LINKER=ld.lld \
        /usr/bin/cargo "${build[@]}" -Zbuild-std=core -Zbuild-std-features=compiler-builtins-mem
fi
for program in kernel-tests sel4-oracle; do
    programs=$out/rust/$triple/release
    cargo run -q -p lazaret-cli -- pack --kernel "$programs/microkernel" --root-task "$programs/$program" -o "$out/$program.img"
done
cd "$out"

# --- The kernel tests on seL4: all but what is ours alone ----------------------------------------------------------
on_sel4 kernel-tests.img sel4.img
# The last group, exits with their context, is an extension.
until_line 'CASE exit::' 180 sel4.img kernel-tests.sel4
# So are the debug invocations, and a guest's HVC is a fault here and a system call there.
outcomes=$(tr -d "\r" <kernel-tests.sel4 | sed '/CASE exit::/,$d' | grep -ao "CASE [a-z_:]*\|PASS$\|FAIL: .*")
unexpected=$(grep -B1 "^FAIL" <<<"$outcomes" | grep "^CASE" |
    grep -v 'vcpu::hypercall_is_a_fault\|vcpu::debug_extension' || true)
[[ -z $unexpected ]] || { echo "not as on seL4: $unexpected"; exit 1; }
echo "$(grep -c PASS <<<"$outcomes") kernel tests pass on seL4 as well"

# --- Random invocations on both ------------------------------------------------------------------------------------
on_sel4 sel4-oracle.img sel4.img
until_line 'ORACLE end' 300 sel4-oracle.img oracle.ours
until_line 'ORACLE end' 300 sel4.img oracle.sel4
answers() { # without seL4's own remarks, and without two differences that are meant:
    # list registers of the interrupts 1020 to 1023, which no interrupt has; VMPIDR_EL2, which starts with its RES1 bit.
    tr -d '\r' <"$1" | grep -a '^[DS] ' | grep -v ' label 56 .*3ff caps \| label 57 10 caps '
}
answers oracle.ours >ours.txt
answers oracle.sel4 >sel4.txt
diff ours.txt sel4.txt >differences.txt || { head -20 differences.txt; echo "see $out/differences.txt"; exit 1; }
echo "$(wc -l <ours.txt) answers are the same"
