/**
 * The one process that everything of a run hangs on. `setpriv` ties it to this process' life, `unshare` gives it a mount and a PID
 * namespace of its own and takes all processes with it when it dies: after a kill -9 no mount and no process is left, because the
 * kernel takes namespaces away with their last process.
 */

import { findProgram } from './gate.js'
import { type Ids, namespaceOf } from './ids.js'

/** The last line of `wrapper.log` once everything is mounted. */
export const REACHED = 'mounted'

/**
 * A constant: all that differs comes as arguments, read in order: the program `mount`, whether files come on descriptor 3, the mount options
 * of the root, and the steps that follow. Its own complaints go to the file `wrapper.log`; `REACHED` there says that the runtime was reached.
 */
export const SCRIPT = `
set -e
network=
exec 9>&2 2>wrapper.log
mount=$1
shift
if [ "$1" != none ]; then
  "$mount" -t tmpfs -o mode=700 layerwright s
  if [ "$1" = files ]; then tar -xpf - -C s <&3; else tar -xpf - --no-same-owner -C s <&3; fi
fi
exec 3<&-
shift
"$mount" -t overlay -o "$1" layerwright root
shift
while [ "$1" = overlay ]; do
  "$mount" -t overlay -o "$3" layerwright "$2"
  shift 3
done
while [ "$1" = scratch ]; do
  "$mount" -t tmpfs -o "$3" tmpfs "$2"
  shift 3
done
while [ "$1" = bind ]; do
  "$mount" --rbind "$3" "$2"
  if [ "$(stat -c %d:%i "$2")" != "$4" ]; then echo "$3 is not what it was" >&2; exit 1; fi
  shift 4
done
while [ "$1" = noexec ]; do
  "$mount" --bind "$2" "$2"
  "$mount" -o remount,bind,noexec "$2"
  shift 2
done
if [ "$1" = network ]; then
  network=own
  "$mount" -t tmpfs -o mode=700 layerwright n
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
  # Covered, not unmounted: what a user namespace got from the one above it cannot be taken away there, and one program does it.
  "$mount" -t tmpfs layerwright /sys/fs/cgroup
fi
shift
echo ${REACHED} >&2
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

/** Where the programs are that each run starts: a search in all folders of PATH, by each of them, is what they would cost else. */
export type WrapperPrograms = Readonly<Record<'setpriv' | 'unshare' | 'sh' | 'mount', string>>

export function findWrapperPrograms(): WrapperPrograms {
  const found = (name: string) => findProgram(name) ?? name
  return { setpriv: found('setpriv'), unshare: found('unshare'), sh: found('sh'), mount: found('mount') }
}

/** What makes the namespaces; a program and its arguments come behind it. */
export function namespacesPrefix(ids: Ids, { setpriv, unshare }: WrapperPrograms): [string, ...string[]] {
  return [
    ...([setpriv, '--pdeathsig', 'KILL', unshare, ...namespaceOf(ids)] as const),
    ...['--mount', '--pid', '--fork', '--kill-child=KILL', '--mount-proc', '--propagation', 'private'],
  ]
}

/** What goes in front of the script's steps. */
export const wrapperPrefix = (ids: Ids, programs: WrapperPrograms): [string, ...string[]] => [
  ...namespacesPrefix(ids, programs),
  ...[programs.sh, '-c', SCRIPT, 'layerwright', programs.mount],
]
