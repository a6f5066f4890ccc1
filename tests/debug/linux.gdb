# SPDX-License-Identifier: MIT OR Apache-2.0
# A Linux from its first instruction on. Followed by `tools/lazaret debug linux --batch tests/debug/linux.gdb`: the first
# error, or the first thing that is not as it should be, ends gdb with another exit code than 0.
set pagination off
set confirm off

# The header of an arm64 Image, which the guest begins with, and the first steps.
set $entry = $pc
if *(unsigned int *) ($entry + 56) != 0x644d5241
  printf "no Image at %#lx\n", $entry
  quit 1
end
stepi
if $pc == $entry
  printf "it does not step\n"
  quit 1
end

# Its second instruction goes to its first function. From there on a hundred more.
stepi
set $start = $pc
stepi 100
if $pc == $start
  printf "it stands still at %#lx\n", $pc
  quit 1
end

# The device tree, which is big-endian.
if *(unsigned int *) $x0 != 0xedfe0dd0 && *(unsigned int *) $x21 != 0xedfe0dd0
  printf "no device tree at %#lx or %#lx\n", $x0, $x21
  quit 1
end
info registers pc SCTLR_EL1 TTBR1_EL1 VBAR_EL1
monitor guest
monitor traps
detach
quit 0
