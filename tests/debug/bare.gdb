# SPDX-License-Identifier: MIT OR Apache-2.0
# The bare-metal guest, which sets breakpoints and watchpoints of its own without end, stopped a hundred times in its
# vector for exceptions from EL1. Followed by `tools/lazaret debug bare --batch tests/debug/bare.gdb`.
set pagination off
set confirm off
set $count = 0

hbreak *0x40081200
continue
set $vector = $pc
if $VBAR_EL1 + 0x200 != $vector
  printf "stopped at %#lx, with vectors at %#lx\n", $vector, $VBAR_EL1
  quit 1
end
while $count < 100
  stepi
  continue
  if $pc != $vector
    printf "stopped at %#lx\n", $pc
    quit 1
  end
  set $count = $count + 1
end
monitor guest
delete
detach
quit 0
