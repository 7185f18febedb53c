/**
 * What is known of the kernel's calls. Everything else is met with suspicion: strace is asked for all calls but the harmless ones, and a call that no
 * table has makes a step untraced, as do those that newer kernels have and the strace of this machine does not know.
 */

/**
 * Calls that look at no path and change none. What they do with a descriptor was told when that was opened: opening tells of everything that can be read
 * through it.
 */
export const HARMLESS: readonly string[] = `
read write readv writev pread64 pwrite64 preadv pwritev preadv2 pwritev2 close close_range lseek fstat fstat64 fstatfs fstatfs64 fcntl fcntl64 ioctl dup dup2 dup3
pipe pipe2 poll ppoll ppoll_time64 select pselect6 pselect6_time64 _newselect epoll_create epoll_create1 epoll_ctl epoll_wait epoll_pwait epoll_pwait2 eventfd eventfd2
signalfd signalfd4 timerfd_create timerfd_settime timerfd_gettime timerfd_settime64 timerfd_gettime64 fsync fdatasync sync syncfs sync_file_range ftruncate ftruncate64 fallocate
fadvise64 fadvise64_64 readahead sendfile sendfile64 splice tee vmsplice copy_file_range flock getdents getdents64 fchmod fchown fchown32 fsetxattr fgetxattr flistxattr
fremovexattr cachestat getcwd umask
mmap mmap2 munmap mprotect mremap msync mlock mlock2 munlock mlockall munlockall madvise process_madvise mincore brk remap_file_pages mbind get_mempolicy set_mempolicy
set_mempolicy_home_node migrate_pages move_pages pkey_mprotect pkey_alloc pkey_free memfd_create memfd_secret membarrier map_shadow_stack mseal process_mrelease
shmget shmat shmctl shmdt semget semop semctl semtimedop semtimedop_time64 msgget msgsnd msgrcv msgctl ipc
mq_open mq_unlink mq_timedsend mq_timedreceive mq_notify mq_getsetattr mq_timedsend_time64 mq_timedreceive_time64
exit exit_group wait4 waitid waitpid kill tkill tgkill pidfd_open pidfd_send_signal pidfd_getfd rt_sigaction rt_sigprocmask rt_sigreturn rt_sigpending rt_sigtimedwait
rt_sigtimedwait_time64 rt_sigqueueinfo rt_tgsigqueueinfo rt_sigsuspend sigaltstack sigaction sigprocmask sigreturn sigpending sigsuspend signal pause alarm
getitimer setitimer nanosleep clock_nanosleep clock_nanosleep_time64 restart_syscall sched_yield sched_setaffinity sched_getaffinity sched_setscheduler sched_getscheduler
sched_setparam sched_getparam sched_setattr sched_getattr sched_get_priority_max sched_get_priority_min sched_rr_get_interval sched_rr_get_interval_time64
getpid getppid gettid getpgid getpgrp setpgid getsid setsid getuid geteuid getgid getegid getuid32 geteuid32 getgid32 getegid32 getresuid getresgid getresuid32 getresgid32
getgroups getgroups32 capget set_tid_address set_robust_list get_robust_list set_thread_area get_thread_area modify_ldt arch_prctl rseq futex futex_time64 futex_waitv
futex_wake futex_wait futex_requeue getrlimit setrlimit ugetrlimit prlimit64 getrusage times getpriority setpriority ioprio_get ioprio_set personality prctl kcmp
time gettimeofday clock_gettime clock_getres clock_gettime64 clock_getres_time64 timer_create timer_settime timer_gettime timer_getoverrun timer_delete timer_settime64 timer_gettime64
adjtimex sysinfo uname sethostname setdomainname getcpu getrandom process_vm_readv process_vm_writev vhangup landlock_create_ruleset landlock_add_rule landlock_restrict_self
socket socketpair listen accept accept4 shutdown getsockname getpeername getsockopt setsockopt recv recvfrom recvmsg recvmmsg recvmmsg_time64 send
io_setup io_destroy io_submit io_cancel io_getevents io_pgetevents io_pgetevents_time64 inotify_init inotify_init1 inotify_rm_watch rseq_slice_yield uretprobe uprobe
_llseek llseek nice ustat sysfs ftime sgetmask ssetmask olduname oldolduname sync_file_range2 oldfstat readdir idle arm_fadvise64_64 arm_sync_file_range cacheflush
breakpoint set_tls get_tls usr26 usr32 riscv_flush_icache riscv_hwprobe s390_guarded_storage s390_pci_mmio_read s390_pci_mmio_write s390_runtime_instr s390_sthyi
switch_endian swapcontext subpage_prot rtas lsm_get_self_attr lsm_set_self_attr lsm_list_modules statmount listmount`
  .trim()
  .split(/\s+/)

/** What is done with a path. Where the last link is followed, and by which flag not, stands with it. */
export type Action =
  | 'open'
  | 'stat'
  | 'mode'
  | 'readlink'
  | 'chdir'
  | 'execute'
  | 'mkdir'
  | 'rmdir'
  | 'unlink'
  | 'rename'
  | 'link'
  | 'symlink'
  | 'mknod'
  | 'change'
  | 'address'

export interface PathCall {
  readonly action: Action
  /** Positions of the path, and of the directory that it is relative to; without `dir` that is the working directory. */
  readonly path: number
  readonly dir?: number
  /** Of a second path: where it is moved or linked to. */
  readonly to?: number
  readonly toDir?: number
  /** Position of flags. */
  readonly flags?: number
  /** The last link is not followed, whatever the flags. */
  readonly nofollow?: true
}

const of = (action: Action, path: number, more: Omit<PathCall, 'action' | 'path'> = {}): PathCall => ({ action, path, ...more })
const at = (action: Action, more: Omit<PathCall, 'action' | 'path' | 'dir'> = {}): PathCall => ({ action, path: 1, dir: 0, ...more })
const own = { nofollow: true } as const

/** Calls that take paths, by name. */
export const PATH_CALLS: ReadonlyMap<string, PathCall> = new Map([
  ['open', of('open', 0, { flags: 1 })],
  ['creat', of('open', 0)],
  ['openat', at('open', { flags: 2 })],
  ['openat2', at('open', { flags: 2 })],
  ...['stat', 'stat64', 'statfs', 'statfs64', 'getxattr', 'listxattr', 'oldstat'].map((name) => [name, of('stat', 0)] as const),
  ...['lstat', 'lstat64', 'lgetxattr', 'llistxattr', 'oldlstat'].map((name) => [name, of('stat', 0, own)] as const),
  ['newfstatat', at('stat', { flags: 3 })],
  ['fstatat64', at('stat', { flags: 3 })],
  ['statx', at('stat', { flags: 2 })],
  ['getxattrat', at('stat', { flags: 2 })],
  ['listxattrat', at('stat', { flags: 2 })],
  ['file_getattr', at('stat', { flags: 4 })],
  ['name_to_handle_at', at('stat', { flags: 4, nofollow: true })],
  ['inotify_add_watch', of('stat', 1)],
  ['access', of('mode', 0)],
  ['faccessat', at('mode')],
  ['faccessat2', at('mode', { flags: 3 })],
  ['readlink', of('readlink', 0, own)],
  ['readlinkat', at('readlink', own)],
  ['chdir', of('chdir', 0)],
  ['execve', of('execute', 0)],
  ['execveat', at('execute', { flags: 4 })],
  ['mkdir', of('mkdir', 0, own)],
  ['mkdirat', at('mkdir', own)],
  ['rmdir', of('rmdir', 0, own)],
  ['unlink', of('unlink', 0, own)],
  ['unlinkat', at('unlink', { flags: 2, nofollow: true })],
  ['rename', of('rename', 0, { to: 1, nofollow: true })],
  ['renameat', at('rename', { toDir: 2, to: 3, nofollow: true })],
  ['renameat2', at('rename', { toDir: 2, to: 3, flags: 4, nofollow: true })],
  ['link', of('link', 0, { to: 1, nofollow: true })],
  ['linkat', at('link', { toDir: 2, to: 3, flags: 4, nofollow: true })],
  ['symlink', of('symlink', 1, own)],
  ['symlinkat', of('symlink', 2, { dir: 1, nofollow: true })],
  ['mknod', of('mknod', 0, own)],
  ['mknodat', at('mknod', own)],
  ...['truncate', 'truncate64', 'chmod', 'chown', 'chown32', 'utime', 'utimes', 'setxattr', 'removexattr'].map(
    (name) => [name, of('change', 0)] as const,
  ),
  ...['lchown', 'lchown32', 'lsetxattr', 'lremovexattr'].map((name) => [name, of('change', 0, own)] as const),
  ['fchmodat', at('change')],
  ['fchmodat2', at('change', { flags: 3 })],
  ['fchownat', at('change', { flags: 4 })],
  ['futimesat', at('change')],
  ['utimensat', at('change', { flags: 3 })],
  ['utimensat_time64', at('change', { flags: 3 })],
  ['setxattrat', at('change', { flags: 2 })],
  ['removexattrat', at('change', { flags: 2 })],
  ['file_setattr', at('change', { flags: 4 })],
  ['bind', of('address', 1)],
  ['connect', of('address', 1)],
  ['sendto', of('address', 4)],
])

/** Messages may name a socket by its path: where one does, it is not read. */
export const MESSAGES: ReadonlySet<string> = new Set(['sendmsg', 'sendmmsg'])
/** Calls that start a process or a thread. */
export const CLONES: ReadonlySet<string> = new Set(['clone', 'clone3', 'fork', 'vfork'])
/** Calls that change who a process is: programs that give rights away do other things then. */
export const IDENTITIES: ReadonlySet<string> = new Set(
  'setuid setgid setreuid setregid setresuid setresgid setfsuid setfsgid setgroups setuid32 setgid32 setreuid32 setregid32 setresuid32 setresgid32 setgroups32 setfsuid32 setfsgid32'.split(
    ' ',
  ),
)
/** Calls that do something else where a tracer is: the command is run again without. */
export const DISTURBED: ReadonlySet<string> = new Set(['ptrace', 'capset'])
/** Calls behind which nothing can be followed, where they succeed. The rest of what is not in a table is one of them. */
export const OPAQUE: readonly string[] = (
  'chroot pivot_root mount umount umount2 setns unshare open_by_handle_at io_uring_setup io_uring_enter io_uring_register fsopen fsconfig fsmount fspick move_mount ' +
  'open_tree open_tree_attr mount_setattr bpf fanotify_init fanotify_mark userfaultfd perf_event_open seccomp uselib swapon swapoff acct quotactl quotactl_fd ' +
  'add_key request_key keyctl syslog reboot settimeofday stime clock_settime clock_settime64 clock_adjtime clock_adjtime64 vm86 vm86old init_module finit_module delete_module kexec_load kexec_file_load ' +
  'iopl ioperm lookup_dcookie nfsservctl socketcall'
).split(' ')

/**
 * Calls that take paths and are younger than some strace that is in use, which would let them pass unseen. A traced command gets none of them, and none
 * that is younger still: to it the kernel is an older one (ENOSYS), as it may be on another machine too.
 */
const YOUNG = new Set('fchmodat2 setxattrat getxattrat listxattrat removexattrat open_tree_attr file_getattr file_setattr'.split(' '))
/** The last call before the first of them, on every architecture. */
export const LAST_CALL = 450

/** What a traced command may call. */
export const CALLABLE: readonly string[] = [
  ...[...HARMLESS, ...PATH_CALLS.keys(), ...MESSAGES, ...CLONES, ...IDENTITIES, ...DISTURBED, ...OPAQUE, 'fchdir'].filter(
    (name) => !YOUNG.has(name),
  ),
]
