import { describe, expect, it } from 'vitest'
import { RunAbortedError, RunLimitError, SimulationUnsupportedError } from '../../errors.js'
import { plainTree, tryLine } from './support.js'

it('ends an endless loop when the signal fires', async () => {
  const controller = new AbortController()
  setTimeout(() => controller.abort(), 20)
  await expect(tryLine('while true; do :; done', { signal: controller.signal })).rejects.toBeInstanceOf(RunAbortedError)
})

it('ends before it begins when the signal fires while it gets ready', async () => {
  const controller = new AbortController()
  const running = tryLine('while true; do :; done', { signal: controller.signal })
  controller.abort()
  await expect(running).rejects.toBeInstanceOf(RunAbortedError)
})

it('ends an endless loop at its own limit', async () => {
  await expect(tryLine('while true; do :; done', {}, { limits: { commands: 5000 } })).rejects.toBeInstanceOf(RunLimitError)
})

it('ends endless output and endless recursion', async () => {
  await expect(tryLine('yes > f', {}, { limits: { writtenBytes: 1e6 } })).rejects.toMatchObject({
    code: 'RUN_LIMIT',
    limit: 'writtenBytes',
  })
  await expect(tryLine('f() { f; }; f')).rejects.toMatchObject({ code: 'RUN_LIMIT', limit: 'depth' })
})

it('refuses what it cannot do, whatever the script makes of it', async () => {
  for (const line of [
    'apt-get update',
    'apt-get update || true',
    'false || npm ci; echo ok',
    'x=$(pip list); echo',
    'if curl x; then :; fi',
    'apt-get -y install x | tail -1',
    '(gcc x) & wait',
  ]) {
    await expect(tryLine(line), line).rejects.toMatchObject({ code: 'SIMULATION_UNSUPPORTED' })
  }
  await expect(tryLine('echo a\necho b\nmake all')).rejects.toMatchObject({
    command: 'make all',
    line: 3,
    hint: expect.stringContaining('--executor linux'),
  })
})

it('finds commands by the files of the tree', async () => {
  const overlay = plainTree()
  const elf = new Uint8Array([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1])
  overlay.writeFile('/bin/busybox', elf, { mode: 0o755 })
  for (const applet of ['sh', 'ls', 'echo']) overlay.symlink('busybox', `/bin/${applet}`)
  overlay.writeFile('/bin/tool', elf, { mode: 0o755 })
  overlay.writeFile('/bin/script', '#!/usr/bin/env node\n', { mode: 0o755 })
  const strict = (line: string) => tryLine('', { overlay, argv: ['/bin/sh', '-c', line] }, { everyCommand: false })
  expect((await strict('ls /bin | head -1; echo $?')).out).toContain('127')
  expect((await strict('apt-get update; echo $?')).out).toBe('127\n')
  expect((await strict('busybox echo hi')).out).toBe('hi\n')
  await expect(strict('tool || true')).rejects.toBeInstanceOf(SimulationUnsupportedError)
  expect((await strict('script; echo $?')).out).toBe('127\n')
  await expect(tryLine('', { overlay, argv: ['/bin/bash', '-c', 'true'] }, { everyCommand: false })).rejects.toMatchObject({
    code: 'RUN_COMMAND_NOT_FOUND',
    message: 'exec: "/bin/bash": stat /bin/bash: no such file or directory',
  })
})

describe('a busybox that is its own path', () => {
  const binary = (text: string) => new TextEncoder().encode(`\x7fELF\0${text}\0[\0[[\0base64\0sh\0svlogd\0tac\0\0`)
  const inTree = (text: string) => (line: string) => {
    const overlay = plainTree()
    overlay.writeFile('/bin/busybox', binary(text), { mode: 0o755 })
    for (const applet of ['sh', 'printf', 'echo']) overlay.symlink('busybox', `/bin/${applet}`)
    return tryLine('', { overlay, argv: ['/bin/sh', '-c', line] }, { everyCommand: false })
  }

  it('has the applets of its table without files of their name', async () => {
    const strict = inTree('/proc/self/exe')
    expect((await strict('printf "a\\nb\\n" | tac; echo -n hi | base64; command -v tac')).out).toBe('b\na\naGk=\ntac\n')
    expect((await strict('rev x; echo $?')).out).toBe('127\n')
    await expect(strict('svlogd || true')).rejects.toMatchObject({ code: 'SIMULATION_UNSUPPORTED', command: 'svlogd' })
  })

  it('is one that says so: another has what has a file', async () => {
    expect((await inTree('/bin/busybox')('printf x | tac; echo $?')).out).toBe('127\n')
  })
})

it('a script is told the name that it was called by, or the place where it was found', async () => {
  const overlay = plainTree()
  overlay.writeFile('/bin/found', '#!/bin/sh\necho "$0 $1"\n', { mode: 0o755 })
  const { out } = await tryLine('mkdir d; printf \'#!/bin/sh\\necho "$0 $1"\\n\' > d/s; chmod 755 d/s; d/s 1; cd d; ./s 2; found 3', {
    overlay,
  })
  expect(out).toBe('d/s 1\n./s 2\n/bin/found 3\n')
})

describe('applets of busybox', () => {
  const ofBusybox = (line: string) => {
    const overlay = plainTree()
    overlay.mkdir('/usr/bin', { recursive: true })
    overlay.writeFile('/bin/busybox', '\x7fELF', { mode: 0o755 })
    for (const applet of 'sh ls wc diff chmod stat mkdir touch printf echo expand'.split(' ')) overlay.symlink('busybox', `/bin/${applet}`)
    return tryLine('', { overlay, argv: ['/bin/sh', '-c', line] }, { everyCommand: false })
  }

  // What Debian's busybox 1.35 does, where GNU's tools do something else.
  it.each([
    ['mkdir d; chmod 2775 d; chmod 755 d; stat -c %a d', '755\n'],
    ['mkdir d; chmod 6775 d; chmod u=rwx,g=rx d; stat -c %a d', '755\n'],
    ['mkdir d; chmod 1777 d; chmod o= d; stat -c %a d; chmod o-t d; stat -c %a d; chmod a-t d; stat -c %a d', '1770\n1770\n770\n'],
    ['umask 077; touch f; chmod 1744 f; chmod =r f; stat -c %a f', '400\n'],
    ["printf 'a b\\nc' | wc", '        1         3         5\n'],
    ['ls nope 2>&-; echo $?', '1\n'],
    ["printf 'a\\nb\\n' > 1; printf 'a\\nc\\n' > 2; diff 1 2", '--- 1\n+++ 2\n@@ -1,2 +1,2 @@\n a\n-b\n+c\n'],
  ])('have their own ways: %s', async (line, expected) => {
    expect((await ofBusybox(line)).out).toBe(expected)
  })

  it('run where another program lends its command, too', async () => {
    expect((await ofBusybox("printf 'a\\tb\\n' | expand")).out).toBe('a       b\n')
  })
})

// As dash 0.5.12, Debian's busybox 1.35 and bash 5.2 end.
it.each([
  ['cd /nope', 2, 2, 1],
  ['readonly R=1; (R=2)', 2, 2, 1],
  ['readonly R=1; (unset R; echo on)', 2, 2, 0],
  ['readonly R=1; (export R=3)', 2, 2, 1],
  ['(shift 5)', 2, 1, 1],
  ['(echo $((1/0)))', 2, 2, 1],
  ['set -u; (: $X)', 2, 2, 1],
  ['(umask zz)', 2, 2, 1],
  ['(read) < /dev/null', 2, 1, 1],
  ['(kill)', 2, 1, 2],
  ['(getopts)', 2, 2, 2],
])('%s ends with %i in dash, %i in ash, %i in bash', async (line, ...expected) => {
  const statuses: number[] = []
  for (const shell of ['dash', 'ash', 'bash']) {
    const { out } = await tryLine('', { overlay: plainTree(), argv: [`/bin/${shell}`, '-c', `{ ${line}; } > /dev/null 2>&1; echo $?`] })
    statuses.push(Number(out))
  }
  expect(statuses).toEqual(expected)
})
