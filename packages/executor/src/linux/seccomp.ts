/**
 * System calls that a command of a container is not given. Most of them need a capability that it has not anyway; what is left are parts of
 * the kernel that builds have no use for and that have let containers out before. Everything else is allowed: a list of what is allowed goes out of date
 * with each kernel and libc, and would break builds for it.
 */

import { CALLABLE } from './trace/syscalls.js'

const DENIED = [
  // the machine itself: modules, another kernel, its clock, its swap, its accounting
  ...['init_module', 'finit_module', 'delete_module', 'create_module', 'kexec_load', 'kexec_file_load', 'reboot', 'acct', 'syslog'],
  ...['settimeofday', 'stime', 'clock_settime', 'clock_adjtime', 'swapon', 'swapoff', 'quotactl', 'quotactl_fd', 'nfsservctl'],
  // mounts and namespaces
  ...['mount', 'umount', 'umount2', 'pivot_root', 'move_mount', 'open_tree', 'fsopen', 'fsconfig', 'fsmount', 'fspick', 'mount_setattr'],
  ...['setns', 'unshare'],
  // by the handle of a file one reaches what lies outside of the root
  ...['open_by_handle_at'],
  // keys have no namespaces
  ...['keyctl', 'add_key', 'request_key'],
  // programs in the kernel, and other processes' memory by way of the kernel
  ...['bpf', 'perf_event_open', 'userfaultfd', 'lookup_dcookie', 'io_uring_setup', 'io_uring_enter', 'io_uring_register'],
  // ports and the memory of devices
  ...['iopl', 'ioperm', 'vm86', 'vm86old', 'uselib'],
]

/** Each makes a namespace, as a flag of clone(2): mount, cgroup, uts, ipc, user, pid, network. */
const NAMESPACES = [0x00020000, 0x02000000, 0x04000000, 0x08000000, 0x10000000, 0x20000000, 0x40000000]
const EPERM = 1
const ENOSYS = 38

/** The architectures of this machine's programs, the own first. */
const ARCHITECTURES: Readonly<Record<string, readonly string[]>> = {
  x64: ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86', 'SCMP_ARCH_X32'],
  arm64: ['SCMP_ARCH_AARCH64', 'SCMP_ARCH_ARM'],
  arm: ['SCMP_ARCH_ARM'],
  ppc64: ['SCMP_ARCH_PPC64LE'],
  riscv64: ['SCMP_ARCH_RISCV64'],
  s390x: ['SCMP_ARCH_S390X', 'SCMP_ARCH_S390'],
}

/** The `linux.seccomp` of a container (runtime-spec, config-linux.md). What is not known under a tracer is not there: see `CALLABLE`. */
export const seccompFilter = ({ insecure, traced }: { readonly insecure: boolean; readonly traced: boolean }): unknown => ({
  ...(traced ? { defaultAction: 'SCMP_ACT_ERRNO', defaultErrnoRet: ENOSYS } : { defaultAction: 'SCMP_ACT_ALLOW' }),
  architectures: ARCHITECTURES[process.arch] ?? [],
  syscalls: [
    // A rule that says what is the default is an error.
    ...(insecure ? [] : traced ? denied() : [...denied(), NO_CLONE3]),
    ...(traced
      ? [{ names: CALLABLE.filter((name) => insecure || !RULED.has(name)), action: 'SCMP_ACT_ALLOW' }, ...(insecure ? [] : [CLONE])]
      : []),
  ],
})

/** Those that have a rule already. */
const RULED = new Set([...DENIED, 'clone', 'clone3'])

const NEW_ANYTHING = NAMESPACES.reduce((all, flag) => all | flag, 0)
/** Clone without a namespace of its own. */
const CLONE = {
  names: ['clone'],
  action: 'SCMP_ACT_ALLOW',
  args: [{ index: flagsIndex(), value: NEW_ANYTHING, valueTwo: 0, op: 'SCMP_CMP_MASKED_EQ' }],
}

const denied = (): unknown[] => [
  { names: DENIED, action: 'SCMP_ACT_ERRNO', errnoRet: EPERM },
  ...NAMESPACES.map((flag) => ({
    names: ['clone'],
    action: 'SCMP_ACT_ERRNO',
    errnoRet: EPERM,
    // `value` says which bits to look at, `valueTwo` what they are.
    args: [{ index: flagsIndex(), value: flag, valueTwo: flag, op: 'SCMP_CMP_MASKED_EQ' }],
  })),
]

/** Its flags lie in memory, where a filter cannot look: libraries take clone instead where it is not there. */
const NO_CLONE3 = { names: ['clone3'], action: 'SCMP_ACT_ERRNO', errnoRet: ENOSYS }

/** Where the flags are among the arguments of clone. */
function flagsIndex(): number {
  return process.arch === 's390x' ? 1 : 0
}
