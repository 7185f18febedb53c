/**
 * The one process that everything of a run hangs on. `setpriv` ties it to this process' life, `unshare` gives it a mount and a PID
 * namespace of its own and takes all processes with it when it dies: after a kill -9 no mount and no process is left, because the
 * kernel takes namespaces away with their last process.
 */

import { type Ids, namespaceOf } from './ids.js'

/**
 * A constant: all that differs comes as `$1` (mount options of the root) and as arguments behind it, read in order.
 * Its own complaints go to the file `wrapper.log`; the file `mounted` says that the runtime was reached.
 */
export const SCRIPT = `
set -e
network=
exec 9>&2 2>wrapper.log
if [ "$1" != none ]; then
  mount -t tmpfs -o mode=700 layerwright s
  if [ "$1" = files ]; then tar -xpf - -C s <&3; else tar -xpf - --no-same-owner -C s <&3; fi
fi
exec 3<&-
shift
mount -t overlay -o "$1" layerwright root
shift
while [ "$1" = overlay ]; do
  mount -t overlay -o "$3" layerwright "$2"
  shift 3
done
while [ "$1" = scratch ]; do
  mount -t tmpfs -o "$3" tmpfs "$2"
  shift 3
done
while [ "$1" = bind ]; do
  mount --rbind "$3" "$2"
  if [ "$(stat -c %d:%i "$2")" != "$4" ]; then echo "$3 is not what it was" >&2; exit 1; fi
  shift 4
done
while [ "$1" = noexec ]; do
  mount --bind "$2" "$2"
  mount -o remount,bind,noexec "$2"
  shift 2
done
if [ "$1" = network ]; then
  network=own
  mount -t tmpfs -o mode=700 layerwright n
  : >n/net
  # As engines have it: a server need not be root for port 80.
  unshare --net=n/net sh -c 'echo 0 >/proc/sys/net/ipv4/ip_unprivileged_port_start || true'
  # The options are words without blanks. Either helper says at n/ready that it is.
  "$2" $3 8>n/ready 4<&- 9>&- </dev/null >net.log 2>&1 &
  while [ ! -s n/ready ]; do
    if ! kill -0 $! 2>/dev/null; then : >no-network; exit 1; fi
    sleep 0.01
  done
  if [ "$4" = ask ]; then
    echo ready >&4
    read -r answer <&4 || { : >no-network; exit 1; }
  fi
  exec 4<&-
  shift 4
fi
if [ "$1" = no-cgroups ]; then
  # What a namespace got from the one above it cannot be taken away there: it is covered.
  umount -R /sys/fs/cgroup 2>/dev/null || true
  mount -t tmpfs layerwright /sys/fs/cgroup
fi
shift
: >mounted
exec 2>&9 9>&-
# The helper is a child of this process: a runtime in its place would wait for it.
if [ "$network" = own ]; then "$@"; exit; fi
exec "$@"
`

/** Programs of the machine that a run needs beside its runtime, and the Debian package that has each. */
export const TOOLS: readonly (readonly [program: string, debianPackage: string])[] = [
  ['setpriv', 'util-linux'],
  ['unshare', 'util-linux'],
  ['mount', 'mount'],
  ['umount', 'mount'],
  ['sh', 'dash'],
  ['tar', 'tar'],
  ['stat', 'coreutils'],
  ['mknod', 'coreutils'],
  ['xargs', 'findutils'],
  ['rm', 'coreutils'],
  ['prlimit', 'util-linux'],
  ['nsenter', 'util-linux'],
  ['sleep', 'coreutils'],
]

/** What goes in front of the script: `unshare` with the namespaces. */
export function wrapperPrefix(ids: Ids): string[] {
  return [
    'setpriv',
    '--pdeathsig',
    'KILL',
    'unshare',
    ...namespaceOf(ids),
    '--mount',
    '--pid',
    '--fork',
    '--kill-child=KILL',
    '--mount-proc',
    '--propagation',
    'private',
    'sh',
    '-c',
    SCRIPT,
    'layerwright',
  ]
}
