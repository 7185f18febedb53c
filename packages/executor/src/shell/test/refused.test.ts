/** What commands say and give where they may not write, and where their arguments make no sense. Compared with GNU's tools, mawk, dash and shadow. */
import { expect, it } from 'vitest'
import { plainTree, tryLine } from './support.js'

/** Runs a line as a user who may write to `rw` and not to `ro`. */
function asUser(line: string) {
  const overlay = plainTree()
  for (const folder of ['/work/ro', '/work/rw']) overlay.mkdir(folder)
  overlay.writeFile('/work/ro/f', 'one\n', { mode: 0o666 })
  overlay.writeFile('/work/rw/a', 'a\n')
  for (const path of ['/work/rw', '/work/rw/a']) overlay.chown(path, 1000, 1000)
  return tryLine(line, { overlay, user: 'app', argv: ['sh', '-c', line] })
}

const denied = 'Permission denied'
const over = 'tar: Error is not recoverable: exiting now'
const cases: readonly (readonly [line: string, out: string, complaints: readonly string[]])[] = [
  ['cd ro; sed -i s/one/1/ f', '4', [`sed: couldn't open temporary file ./sedXXXXXX: ${denied}`]],
  ['sed -i.bak s/one/1/ ro/f', '4', [`sed: couldn't open temporary file ro/sedXXXXXX: ${denied}`]],
  ['sed -n "w ro/new" rw/a', '4', [`sed: couldn't open file ro/new: ${denied}`]],
  ['sed "s/a/b/w ro/new" rw/a', '4', [`sed: couldn't open file ro/new: ${denied}`]],
  ['tar -cf ro/x.tar rw', '2', [`tar: ro/x.tar: Cannot open: ${denied}`, over]],
  [
    'tar -czf ro/x.tgz rw',
    '2',
    [
      `tar (child): ro/x.tgz: Cannot open: ${denied}`,
      'tar (child): Error is not recoverable: exiting now',
      'tar: Child returned status 2',
      over,
    ],
  ],
  ['tar -cf rw/none/x.tar rw', '2', ['tar: rw/none/x.tar: Cannot open: No such file or directory', over]],
  ['tar -rf ro/x.tar rw', '2', ['tar: ro/x.tar: Cannot read: Bad file descriptor', 'tar: At beginning of tape, quitting now', over]],
  ['sort -o ro/x rw/a', '2', [`sort: open failed: ro/x: ${denied}`]],
  ['split rw/a ro/s', '1', [`split: ro/saa: ${denied}`]],
  ['csplit -s -f ro/c rw/a 1', '1', [`csplit: ro/c00: ${denied}`]],
  ['uniq rw/a ro/u', '1', [`uniq: ro/u: ${denied}`]],
  ['xxd rw/a ro/u', '3', [`xxd: ro/u: ${denied}`]],
  ['find rw -fprint ro/u', '1', [`find: 'ro/u': ${denied}`]],
]
it.each(cases)('%s', async (line, status, complaints) => {
  const { out, err, exit } = await asUser(`${line}; echo $?`)
  expect([out, err.trimEnd().split('\n'), exit]).toEqual([`${status}\n`, complaints, 0])
})

it('an error that a command has no words of its own for does not end the script', async () => {
  const { out, exit } = await asUser(
    'sed -i s/a/b/ rw/a; patch ro/f <<E\n--- f\n+++ f\n@@ -1 +1 @@\n-one\n+two\nE\nchmod 444 rw/a; gzip -k rw/a; echo on',
  )
  expect([out.endsWith('on\n'), exit]).toEqual([true, 0])
})

const usermod: readonly (readonly [args: string, status: number, said: string])[] = [
  ['', 2, 'usage: usermod [options] LOGIN'],
  ['app', 2, 'no options'],
  ['app root', 2, 'usage: usermod [options] LOGIN'],
  ['-a app', 2, '-a flag is only allowed with the -G flag'],
  ['-L -U app', 2, 'the -L, -p, and -U flags are exclusive'],
  ['-o app', 2, '-o flag is only allowed with the -u flag'],
  ['-u xx app', 3, "invalid user ID 'xx'"],
  ['-c a:b app', 3, "invalid field 'a:b'"],
  ['-s nope app', 3, "invalid shell 'nope'"],
  ['-d rel app', 3, 'homedir must be an absolute path'],
  ['-u 0 app', 4, "UID '0' already exists"],
  ['-aG root,none app', 6, "group 'none' does not exist"],
  ['-g none app', 6, "group 'none' does not exist"],
  ['-s /bin/x nobody-here', 6, "user 'nobody-here' does not exist"],
  ['-u 1000 app', 0, 'no changes'],
  ['-s /bin/bash app', 0, ''],
  ['-ou 0 app', 0, ''],
  ['-aG root app', 0, ''],
]
it.each(usermod)('usermod %s', async (args, status, said) => {
  const { out, err, overlay } = await tryLine(`usermod ${args}; echo $?`)
  expect([out, err]).toEqual([`${status}\n`, said === '' ? '' : expect.stringContaining(`usermod: ${said}\n`)])
  if (status !== 0) expect(overlay.diff().filter(({ path }) => /passwd|group/.test(path) && path.endsWith('-'))).toEqual([])
})

it('usermod locks and unlocks a password', async () => {
  const line = 'printf "root:*:1::::::\\napp:x:1::::::\\n" > /etc/shadow; usermod -L app; cat /etc/shadow; usermod -U app; cat /etc/shadow'
  expect((await tryLine(line)).out).toBe('root:*:1::::::\napp:!x:1::::::\nroot:*:1::::::\napp:x:1::::::\n')
})

it('what awk calls no number has its sign, and is equal to all', async () => {
  const program =
    'BEGIN { x = log(-1); printf "%f %d %s %g %e|%8.2f\\n", x, x, x, x, x, x; print (x!=x)(x<=1)(x==1)(1<x); OFMT = "%.2f"; print x }'
  expect((await tryLine(`mawk '${program}'`)).out).toBe('-nan -2147483647 -nan -nan -nan|    -nan\n0110\n-nan\n')
})
