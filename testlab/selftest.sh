#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Checks every fault against this machine. Needs root, about 35 s. Exit 0: all passed.
set -u
here=$(cd "$(dirname "$0")" && pwd)
export TESTLAB_DIR=$(mktemp -d)
t=$TESTLAB_DIR.tmp; mkdir "$t"
stick() { timeout 30 "$here/stick" "$@"; }
cleanup() { stick rm --all; rm -rf "$TESTLAB_DIR" "$t"; }
trap cleanup EXIT
trap 'exit 130' INT TERM
bad=0
ok() { # ok TEXT COMMAND...
  local text=$1; shift
  if "$@" >"$t/out" 2>&1; then echo "ok    $text"; else echo "FAIL  $text"; sed 's/^/      /' "$t/out" | head -5; bad=1; fi
}
no() { ! "$@"; }
rd() { dd if="$1" bs=1M iflag=direct status=none; }                            # whole device
wr() { dd if="$2" of="$1" bs=1M oflag=direct conv=fsync status=none; }
rs() { dd if="$1" of=/dev/null bs=512 skip="$2" count="${3:-1}" iflag=direct status=none; }   # sectors
ws() { dd if=/dev/zero of="$1" bs=512 seek="$2" count="${3:-1}" oflag=direct conv=notrunc status=none; }
msg() { local want=$1; shift; "$@" 2>&1 | grep -q "$want"; }
within() { # within MIN MAX COMMAND...: succeeds, in that many ms
  local lo=$1 hi=$2 ms t0; shift 2; t0=$(date +%s%N); "$@" || return
  ms=$((($(date +%s%N) - t0) / 1000000)); echo "$ms ms"; [ $ms -ge "$lo" ] && [ $ms -le "$hi" ]
}
same() { cmp <(rd "$1") "$2"; }
diffs() { [ "$(cmp -l <(rd "$1") "$2" | wc -l)" = "$3" ]; }
field() { stick stat "$1" | python3 -c 'import json,sys; print(json.load(sys.stdin)[sys.argv[1]])' "$2"; }
is() { local v; v=$(field "$1" "$2"); echo "$2=$v, want $3"; [ "$v" = "$3" ]; }
M=2048 # sectors in a MiB
dd if=/dev/urandom of="$t/r" bs=1M count=64 status=none

D=$(stick new a --size 64M) || exit 1
ok "write and read back" eval 'wr $D $t/r && same $D $t/r'
ok "stat counts, flush seen" is a unflushed_bytes 0
stick fault a --read-error 1M:512 --write-error 2M:4K
ok "read error: exact sector" eval 'rs $D $((M-1)) && no rs $D $M && rs $D $((M+1))'
ok "write error: exact range" eval 'ws $D $((2*M-1)) && no ws $D $((2*M)) && no ws $D $((2*M+7)) && ws $D $((2*M+8))'
stick fault a --clear --read-error 3M:512 --times 2
ok "transient: two failures, then good" eval 'no rs $D $((3*M)) && no rs $D $((3*M)) && rs $D $((3*M))'
stick fault a --clear --read-error 3M:512 --skip 1
ok "good once, then bad" eval 'rs $D $((3*M)) && no rs $D $((3*M))'
for e in "ENODATA:No data" "ENOSPC:No space" "ENODEV:No such device" "ETIMEDOUT:timed out"; do
  stick fault a --clear --read-error 3M:512 --errno "${e%%:*}"
  ok "errno ${e%%:*} arrives" msg "${e#*:}" rs "$D" $((3 * M))
done
stick fault a --clear --flush-error --times 1
ok "flush error once" eval 'no wr $D $t/r && wr $D $t/r'
stick fault a --clear --corrupt 10M:3
ok "bit rot: 3 bytes differ, twice" eval 'diffs $D $t/r 3 && diffs $D $t/r 3'
stick fault a --clear --flaky 20M:1K
ok "flaky: every second read differs" eval 'same $D $t/r && diffs $D $t/r 1024 && same $D $t/r && diffs $D $t/r 1024'
stick fault a --clear --drop 30M:4K
dd if=/dev/urandom of="$t/x" bs=1M count=64 status=none
cp "$t/x" "$t/mix"; dd if="$t/r" of="$t/mix" bs=4K skip=7680 seek=7680 count=1 conv=notrunc status=none
ok "dropped write: only there the old data stays" eval 'wr $D $t/x && same $D $t/mix'
stalled() { stick fault a --clear --stall 1; rs "$D" 0; } # the clock runs from before the stall: no race on a busy machine
ok "stall holds requests 1 s" within 1000 2500 stalled
stick fault a --stall 60
rs "$D" 0 & p=$!
sleep 0.2; stick fault a --clear
ok "clear ends a stall" within 0 1000 wait $p
stick fault a --stall 60
rs "$D" 0 2>/dev/null & p=$!
sleep 0.2
ok "rm frees a stalled reader" within 0 5000 stick rm a
ok "and the reader got an error" no wait $p

D=$(stick new y --size 64M --bps 20MB)
ok "20 MB/s held (42 MB in 2.1 s)" within 2000 2500 dd if=/dev/zero of="$D" bs=1M count=40 oflag=direct status=none
dd if=/dev/zero of="$D" bs=1M oflag=direct status=none 2>"$t/yank" & p=$!
sleep 0.5; stick yank y
ok "yank: writer fails within 1 s" within 0 1000 no wait $p
stick plug y >/dev/null; stick yank y --after 5M
ok "yank after 5M more" eval 'no dd if=/dev/zero of=$D bs=1M count=6 oflag=direct status=none'
ok "after plug it works again" eval 'stick plug y && ws $D 0'
exec 7<"$D"; stick yank y --gone
ok "gone: node removed, open handle dead" eval '[ ! -e $D ] && no dd of=/dev/null bs=4k count=1 iflag=direct <&7'
D2=$(stick plug y)
ok "replug: works, old handle stays dead" eval 'rs $D2 0 && no dd of=/dev/null bs=4k count=1 iflag=direct <&7'
exec 7<&-
gone() { local i b=/sys/block/${1##*/}; for i in $(seq 50); do # or somebody else has that number by now
  [ ! -e "$b" ] || { [ -e "$b/loop" ] && ! grep -q "$TESTLAB_DIR" "$b/loop/backing_file"; } && return; sleep 0.1; done; return 1; }
ok "old number gone at last close" gone "$D"

E=(); for i in 1 2 3 4 5 6 7 8; do E+=("$(stick new e$i --size 64M --bps 20MB)"); done
eight() { local e p=(); for e in "${E[@]}"; do
  dd if=/dev/zero of="$e" bs=1M count=40 oflag=direct status=none & p+=($!); done; wait "${p[@]}"; }
ok "eight at once: each 20 MB/s" within 2000 3000 eight
for i in 1 2 3 4 5 6 7 8; do stick rm e$i; done

D=$(stick new f --size 256M --real 64M --past drop)
dd if=/dev/urandom of="$t/r4" bs=1M count=256 status=none
ok "fake (drop): first 64M good, rest lost" eval 'wr $D $t/r4 && cmp <(rd $D | head -c 64M) <(head -c 64M $t/r4) && [ $(rd $D | tail -c 192M | tr -d "\0" | wc -c) = 0 ]'
if command -v f3probe >/dev/null; then
  ok "f3probe: limbo, 64 MB usable" eval 'timeout 60 f3probe --destructive --reset-type=2 $D | tee $t/f3; grep -q "type limbo" $t/f3 && grep -q "64.00 MB" $t/f3'
fi
stick rm f; D=$(stick new f --size 256M --real 64M --past wrap)
ok "fake (wrap): last 64M show up first" eval 'wr $D $t/r4 && cmp <(rd $D | head -c 64M) <(tail -c 64M $t/r4)'

D=$(stick new s --size 32M --cache 8M --drain 4M)
ok "cache: first 8M fast" within 0 1000 dd if=/dev/zero of="$D" bs=1M count=8 oflag=direct status=none
ok "cache: fsync waits for the rest" within 1200 3500 dd if=/dev/zero of="$D" bs=4k count=1 oflag=direct conv=fsync status=none
D=$(stick new k --size 16M --sector 4096 --ro --fill "$t/r")
ok "4096-byte sectors, read-only, filled" eval '[ $(blockdev --getss $D) = 4096 ] && no ws $D 0 8 && cmp <(rd $D) <(head -c 16M $t/r)'
D=$(stick new d --size 16M --discard)
ok "discard works where asked for" blkdiscard "$D"
ok "and only there" no blkdiscard "$D2"
ok "lsblk shows them as USB disks" eval 'stick lsblk -J -p -o NAME,TRAN,SIZE,TYPE | grep -A3 "\"$D\"" | grep -q usb'

stick new g1 g2 --size 8M --serial SAME --model "M x" --label L1 >/dev/null
ok "two sticks with one serial, model and label" eval '[ "$(stick lsblk -J -o NAME,SERIAL,MODEL,LABEL | grep -c "\"SAME\"")" = 2 ] && stick lsblk -J -o NAME,LABEL | grep -q "\"L1\""'
ok "new --json" eval 'stick new g3 --size 8M --json | python3 -c "import json,sys; d=json.load(sys.stdin); assert d[\"serial\"]==\"TL-g3\" and d[\"size\"]==8<<20"'
W=$(echo h{1..16})
ok "16 sticks within 10 s" within 0 10000 stick new $W --size 8M
stick rm g1 g2 g3 $W
sleep 300 & p=$!
stick new o --size 8M --owner $p >/dev/null; stick new o2 --plain --size 8M --owner $p >/dev/null
kill $p; wait $p 2>/dev/null; sleep 2.5
ok "owner dead: the stick removes itself" [ ! -e "$TESTLAB_DIR/o" ]
ok "sweep removes a plain one" eval 'stick sweep | grep -q "o2.*owner is dead" && [ ! -e $TESTLAB_DIR/o2 ] && [ -e $TESTLAB_DIR/k ]'

ok "killat: random SIGKILL" "$here/killat" --between 0 0.1 -- sleep 5
ok "killat: hits a named child" "$here/killat" --child sleep --between 0 0.1 -- bash -c 'sleep 5; true'
ok "killat: too late is told (3)" eval '"$here"/killat --between 0.5 0.6 -- true; [ $? = 3 ]'
ok "killat: survivors told and killed (124)" eval '"$here"/killat --between 0 0.1 --limit 1 -- bash -c "sleep 77 & wait"; [ $? = 124 ]'
ok "killat: stop and continue" within 900 3000 "$here/killat" --sig STOP --cont 0.8 --between 0 0.1 -- sleep 0.2

stick new z --size 16M --ttl 1 >/dev/null; sleep 2.5
ok "ttl removes a stick" [ ! -e "$TESTLAB_DIR/z" ]
D=$(stick new q --size 16M); kill -9 "$(python3 -c 'import json,sys; print(json.load(open(sys.argv[1]))["pid"][0])' "$TESTLAB_DIR/q/config.json")"
ok "daemon killed: rm still cleans up" eval 'no rs $D 0; stick rm q && [ ! -e $D ]'
ok "rm --all leaves nothing" eval 'stick rm --all && ! grep -q "$TESTLAB_DIR" /proc/self/mountinfo && ! losetup -a | grep -q "$TESTLAB_DIR" && [ -z "$(pgrep -f "stick _daemon" | xargs -r -I{} grep -sl "$TESTLAB_DIR" /proc/{}/environ)" ]'
[ $bad = 0 ] && echo "all passed"
exit $bad
