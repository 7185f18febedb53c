/** What is made of the lines that strace writes, for programs that no machine needs to have. */
import type { FileAccess } from '@layerwright/executor'
import { createOverlay, emptySnapshot } from '@layerwright/vfs'
import { describe, expect, it } from 'vitest'
import { CommandTrace, type TraceEnd } from './trace.js'
import { TreeNode } from './tree.js'

/** A header of a program for this machine without an interpreter. */
function elf(): Uint8Array {
  const bytes = new Uint8Array(64)
  const view = new DataView(bytes.buffer)
  bytes.set([0x7f, 0x45, 0x4c, 0x46, 2, 1])
  view.setUint16(16, 2, true)
  view.setUint16(18, { x64: 62, arm64: 183, ppc64: 21, riscv64: 243, s390x: 22 }[process.arch as string] ?? 0, true)
  return bytes
}

/** A trace of `/bin/tool` with process 7; each line is prefixed with 7 where it has no number. */
async function trace(...lines: string[]): Promise<TraceEnd & { told: string[] }> {
  const fs = createOverlay(emptySnapshot())
  for (const dir of ['/bin', '/app/d/e', '/app/f']) fs.mkdir(dir, { recursive: true })
  for (const name of ['tool', 'other']) fs.writeFile(`/bin/${name}`, elf(), { mode: 0o755 })
  fs.writeFile('/bin/script', '#!/bin/other -x\n', { mode: 0o755 })
  for (const name of ['a', 'd/a', 'd/e/a', 'f/a']) fs.writeFile(`/app/${name}`, name)
  fs.symlink('d', '/app/l')
  const root = TreeNode.root(fs.freeze(), '')
  for (const name of ['proc', 'dev']) root.put(name, new TreeNode('dir', { unknown: 'kernel' }))
  const told: string[] = []
  const reader = new CommandTrace(
    { argv: ['/bin/tool'], path: '/bin', cwd: '/app', superuser: true, root: true },
    root,
    (access: FileAccess) => {
      if (access.kind !== 'env' && access.kind !== 'untraced') told.push(`${access.kind} ${access.path}`)
    },
  )
  const all = [
    '5 execve("/usr/bin/runc", ["runc"], 0x1 /* 2 vars */) = 0',
    'execve("/bin/tool", ["/bin/tool"], 0x1 /* 2 vars */) = 0',
    ...lines,
  ]
  const text = all.map((line) => `${/^[\d/]/.test(line) ? line : `7 ${line}`}\n`).join('')
  for (let at = 0; at < text.length; at += 10) reader.push(new TextEncoder().encode(text.slice(at, at + 10)))
  return { ...(await reader.end(async () => undefined)), told }
}

/** What is told of one trace that is whole. */
async function told(...lines: string[]): Promise<string[]> {
  const { lost, told } = await trace(...lines)
  expect(lost).toBeUndefined()
  return told
}

const AT = 'AT_FDCWD</app>'

describe('the trace of a command', () => {
  it('begins with the command, and has its program', async () => {
    expect(await told()).toEqual(['mode /', 'mode /bin', 'mode /bin/tool', 'stat /bin/tool', 'read /bin/tool'])
    expect((await trace('5 +++ exited with 0 +++')).lost).toBeUndefined()
  })

  it('tells each name on the way, and those that are missing', async () => {
    const all = await told(
      `openat(${AT}, "l/e/../a", O_RDONLY) = 3</app/d/a>`,
      'access("/app/x/y", R_OK) = -1 ENOENT (No such file or directory)',
    )
    for (const look of ['mode /app/l', 'mode /app/d', 'mode /app/d/e', 'read /app/d/a', 'stat /app/d/a', 'lookup /app/x'])
      expect(all).toContain(look)
    expect(all).not.toContain('lookup /app/x/y')
  })

  it('reads names as bytes', async () => {
    const all = await told('access("/app/\\303\\244\\"\\n\\377", R_OK) = -1 ENOENT (No such file or directory)')
    expect(all).toContain('lookup /app/ä"\n\udcff')
  })

  it('takes descriptors as directories, and what they were opened as for what they are', async () => {
    const all = await told(
      'openat(AT_FDCWD</app>, "d", O_RDONLY|O_PATH) = 3</app/d>',
      'openat(3</app/d>, "a", O_RDONLY) = 4</app/d/a>',
      'fchdir(3</app/d>) = 0',
      'open("e/a", O_RDONLY) = 5</app/d/e/a>',
      'newfstatat(4</app/d/a>, "", 0x1, AT_EMPTY_PATH) = 0',
    )
    for (const look of ['readdir /app/d', 'read /app/d/a', 'read /app/d/e/a']) expect(all).toContain(look)
  })

  it('goes where a process goes, and where its threads take it', async () => {
    const all = await told(
      'clone(child_stack=0x1, flags=CLONE_VM|CLONE_FS|CLONE_FILES|CLONE_THREAD <unfinished ...>',
      '8 chdir("d") = 0',
      '<... clone resumed>) = 2',
      'open("e/a", O_RDONLY) = 5</app/d/e/a>',
      'vfork( <unfinished ...>',
      '9 chdir("..") = 0',
      '9 open("f/a", O_RDONLY) = 5</app/f/a>',
      '9 +++ exited with 0 +++',
      '<... vfork resumed>) = 3',
      'open("a", O_RDONLY) = 5</app/d/a>',
    )
    for (const look of ['read /app/d/e/a', 'read /app/f/a', 'read /app/d/a']) expect(all).toContain(look)
    expect(all).not.toContain('read /app/a')
  })

  it('knows a process by the directory in which it was begun', async () => {
    const all = await told(
      'clone(child_stack=NULL, flags=SIGCHLD) = 2',
      'chdir("d") = 0',
      'clone(child_stack=NULL, flags=SIGCHLD) = 3',
      'open("e/a", O_RDONLY) = 3</app/d/e/a>',
      // One of two: the tracer has to say where it is.
      '8 access("/app/x", R_OK) = -1 ENOENT (No such file or directory)',
      '8 openat(AT_FDCWD</app>, "a", O_RDONLY) = 3</app/a>',
      '8 open("f/a", O_RDONLY) = 3</app/f/a>',
      '9 openat(AT_FDCWD</app/d>, "a", O_RDONLY) = 3</app/d/a>',
    )
    for (const look of ['read /app/a', 'read /app/f/a', 'read /app/d/a', 'read /app/d/e/a']) expect(all).toContain(look)
    const { lost } = await trace(
      'clone(child_stack=NULL, flags=SIGCHLD) = 2',
      'chdir("d") = 0',
      'clone(child_stack=NULL, flags=SIGCHLD) = 3',
      '8 open("a", O_RDONLY) = 3</app/a>',
    )
    expect(lost).toBe('a relative path of a process whose directory is not known')
  })

  it('leaves out what the runtime goes on to do', async () => {
    const all = await told(
      '5 openat(AT_FDCWD</>, "/app/a", O_RDONLY) = 3</host>',
      '5 clone(child_stack=0x1, flags=CLONE_VM|CLONE_FS) = 12',
      '12 openat(AT_FDCWD</>, "/app/f/a", O_RDONLY) = -1 ENOENT (No such file or directory)',
    )
    expect(all.filter((look) => look.includes('/app'))).toEqual([])
  })

  it('has what a program was before it was written to, moved or removed', async () => {
    const all = await told(
      'openat(AT_FDCWD</app>, "a", O_WRONLY|O_CREAT|O_TRUNC, 0666) = 3</app/a>',
      'rename("f/a", "f/b") = 0',
      'open("f/b", O_RDONLY) = 3</app/f/b>',
      'unlink("d/a") = 0',
      'open("d/a", O_RDONLY) = -1 ENOENT (No such file or directory)',
      'symlink("/app/d", "new") = 0',
      'open("new/e/a", O_RDONLY) = 3</app/d/e/a>',
    )
    for (const look of ['read /app/a', 'tree /app/f/a', 'tree /app/d/a', 'read /app/d/e/a', 'lookup /app/new']) expect(all).toContain(look)
  })

  it('reads who interprets a program', async () => {
    expect(await told('execve("/bin/script", ["script"], 0x1 /* 0 vars */) = 0')).toEqual(
      expect.arrayContaining(['read /bin/script', 'read /bin/other']),
    )
  })

  it('has both what was before and what was behind a change that went on at the same time', async () => {
    const all = await told(
      'clone(child_stack=0x1, flags=CLONE_VM|CLONE_FS|CLONE_THREAD) = 2',
      '8 symlink("f", "new" <unfinished ...>',
      'open("new/a", O_RDONLY) = 3</app/f/a>',
      '8 <... symlink resumed>) = 0',
    )
    expect(all).toContain('read /app/f/a')
    const missing = await told(
      'clone(child_stack=0x1, flags=CLONE_VM|CLONE_FS|CLONE_THREAD) = 2',
      '8 symlink("f", "new" <unfinished ...>',
      'access("new/z", R_OK) = -1 ENOENT (No such file or directory)',
      '8 <... symlink resumed>) = 0',
    )
    expect(missing).toContain('lookup /app/f/z')
  })

  it.each([
    ['io_uring_setup(4, 0x1) = 3', 'it called io_uring_setup'],
    ['syscall_0x1f4(0x1, 0x2) = 0', 'it called syscall_0x1f4'],
    ['unshare(CLONE_NEWNS) = 0', 'it called unshare'],
    ['open("/app/a"..., O_RDONLY) = 3</app/a>', 'a path that the tracer did not write out'],
    ['open("/app/none", O_RDONLY) = 3</app/none>', 'what open of "/app/none" gave does not fit the tree that is known'],
    ['open("/app/a", O_RDONLY) = -1 ENOENT (No such file or directory)', 'what open of "/app/a" gave does not fit the tree that is known'],
    ['open("/proc/12/cwd/a", O_RDONLY) = 3</x>', 'a path through /proc/12/cwd'],
    ['execve("/proc/self/fd/3", ["x"], 0x1 /* 0 vars */) = 0', 'a program that lies in no folder'],
    [
      'sendmsg(3<socket:[1]>, {msg_name={sa_family=AF_UNIX, sun_path="/app/s"}, msg_namelen=9}, 0) = 1',
      'a message to a socket by its path',
    ],
    ['bind(3<socket:[1]>, 0x7ffe, 110) = 0', 'an address that the tracer did not write out'],
    ['openat2(AT_FDCWD</app>, "a", {flags=O_RDONLY, resolve=RESOLVE_IN_ROOT}, 24) = 3</app/a>', 'openat2 with a root of its own'],
    ['strange line', 'the tracer wrote "strange line"'],
    ['99 open("/app/a", O_RDONLY) = 3</app/a>', 'a process came of nowhere'],
  ])('is lost behind %s', async (line, why) => {
    expect((await trace(line)).lost).toBe(why)
  })

  it('is lost where it was cut, or nothing was seen', async () => {
    const reader = new CommandTrace(
      { argv: ['/bin/tool'], path: '/bin', cwd: '/', superuser: true, root: true },
      TreeNode.root(emptySnapshot(), ''),
      () => undefined,
    )
    expect(await reader.end(async () => undefined)).toMatchObject({ lost: 'the tracer did not see it begin', disturbed: true })
  })

  it('takes the end of a process that it hears of twice for one, but not the end of one that was never seen', async () => {
    const again = '/usr/bin/strace: Exit of unknown pid 5 ignored'
    for (const lines of [
      ['5 +++ exited with 0 +++', again],
      [again, '5 +++ exited with 0 +++'],
    ])
      expect((await trace(...lines)).lost).toBeUndefined()
    expect((await trace(again)).lost).toBe('a process ended that the tracer did not follow')
  })

  it('says where a tracer changes what a command does', async () => {
    expect(await trace('ptrace(PTRACE_TRACEME) = -1 EPERM (Operation not permitted)')).toMatchObject({ disturbed: true })
    expect(await trace('clone(child_stack=0x1, flags=CLONE_UNTRACED|SIGCHLD) = 3')).toMatchObject({ disturbed: true })
    expect(await trace('ptrace(PTRACE_TRACEME) = -1 EPERM (Operation not permitted)', '99 nonsense')).toMatchObject({ disturbed: true })
  })

  it('goes on where calls failed that would have led out of sight', async () => {
    expect((await trace('io_uring_setup(4, 0x1) = -1 EPERM (Operation not permitted)', 'setuid(0) = 0')).lost).toBeUndefined()
  })

  it('knows sockets, the kernel’s folders and what is named by a descriptor', async () => {
    const all = await told(
      'connect(3<socket:[1]>, {sa_family=AF_UNIX, sun_path="/app/sock"}, 110) = -1 ENOENT (No such file or directory)',
      'connect(3<socket:[1]>, {sa_family=AF_UNIX, sun_path=@"abstract"}, 12) = -1 ECONNREFUSED (Connection refused)',
      'connect(3<socket:[1]>, {sa_family=AF_INET, sin_port=htons(53), sin_addr=inet_addr("10.0.0.1")}, 16) = 0',
      'openat(AT_FDCWD</app>, "/dev/null", O_RDWR) = 3</dev/null>',
      'openat(AT_FDCWD</app>, "/proc/self/fd/3", O_RDWR) = 3</dev/null>',
      'readlink("/proc/self/exe", "/bin/tool", 4096) = 9',
      'execve("/proc/self/exe", ["x"], 0x1 /* 0 vars */) = 0',
      'open("/proc/self/cwd/a", O_RDONLY) = 3</app/a>',
    )
    expect(all).toContain('lookup /app/sock')
    expect(all).toContain('read /app/a')
    expect(all.filter((look) => look.includes('/dev') || look.includes('/proc'))).toEqual([])
  })
})
