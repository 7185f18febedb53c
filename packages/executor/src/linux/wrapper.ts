/**
 * The process that everything of a run hangs on, of one command or of several (a keeper). `setpriv` ties it to this process' life, `unshare` gives it a mount and a PID
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
  if [ -n "$4" ]; then cp -a "$4/." "$2"; fi
  shift 4
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

/**
 * What a keeper runs (see `keeper.ts`); a constant, too. Arguments: the program `mount`, whether it hides the control groups, and the runtime with
 * its own arguments. Requests come on descriptor 0, line by line: the run's folder, the mount options of its root, a mark, how many words follow, and for each how many lines it has and these.
 * Answers go to descriptor 1: `started` and `exit CODE`. In the file `args` of the folder are further arguments, on descriptor 3. Each command prints to two descriptors of its
 * own, from 2 on: what one sets of them is not the next one's. A shell knows of no more than nine. `unshare` holds them, too: that all has been printed is said by the mark, on both.
 */
const KEEPER = `
mount=$1
if [ "$2" = no-cgroups ]; then "$mount" -t tmpfs layerwright /sys/fs/cgroup 2>/dev/null || exit; fi
shift 2
out=2
run() {
  while [ "$words" -gt 0 ]; do
    read -r lines && IFS= read -r word || return
    while [ "$lines" -gt 1 ]; do
      IFS= read -r line || return
      word="$word
$line"
      lines=$((lines - 1))
    done
    set -- "$@" "$word"
    words=$((words - 1))
  done
  cd "$id" || return
  "$mount" -t overlay -o "$options" layerwright root </dev/null 2>/dev/null || return
  echo started
  if [ -f args ]; then
    "$@" </dev/null >&"$out" 2>&"$((out + 1))" 4>&- 5>&- 6>&- 7>&- 8>&- 9>&- 3<args
  else
    "$@" </dev/null >&"$out" 2>&"$((out + 1))" 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&-
  fi
  code=$?
  # All others that there are in this namespace: a runtime that was killed may have left its container, and who waits for the end of the output waits for it.
  kill -9 -1 2>/dev/null
  echo "exit $code"
  # A command may have made them such that they take nothing while they are full.
  until echo "$mark" >&"$out" 2>/dev/null; do sleep 0.01; done
  until echo "$mark" >&"$((out + 1))" 2>/dev/null; do sleep 0.01; done
  case $out in
  2) exec 2>/dev/null 3>&- ;;
  4) exec 4>&- 5>&- ;;
  6) exec 6>&- 7>&- ;;
  *) exec 8>&- 9>&- ;;
  esac
  out=$((out + 2))
  cd ..
}
while [ "$out" -lt 10 ] && read -r id && IFS= read -r options && read -r mark && read -r words; do run "$@" || exit; done
`

/** Descriptors of a keeper for what its commands print; two for each. */
export const KEEPER_OUTPUTS = 8

/** Programs of the machine that a run needs beside its runtime, and the Debian package that has each. */
export const TOOLS: readonly (readonly [program: string, debianPackage: string])[] = [
  ['setpriv', 'util-linux'],
  ['unshare', 'util-linux'],
  ['mount', 'mount'],
  ['umount', 'mount'],
  ['sh', 'dash'],
  ['tar', 'tar'],
  ['cp', 'coreutils'],
  ['stat', 'coreutils'],
  ['sync', 'coreutils'],
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

/** What a keeper is started with. */
export interface KeeperStart {
  /** The folder of all runs. */
  readonly cwd: string
  readonly ids: Ids
  readonly programs: WrapperPrograms
  readonly withoutControlGroups: boolean
  /** The runtime, and its arguments for whatever command. */
  readonly runtime: readonly string[]
}

export const keeperArgv = ({ ids, programs, withoutControlGroups, runtime }: Omit<KeeperStart, 'cwd'>): string[] => [
  ...namespacesPrefix(ids, programs),
  ...[programs.sh, '-c', KEEPER, 'layerwright', programs.mount, withoutControlGroups ? 'no-cgroups' : 'cgroups', ...runtime],
]
