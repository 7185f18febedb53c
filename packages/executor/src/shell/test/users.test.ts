import { expect, it } from 'vitest'
import { plainTree, tryLine } from './support.js'

it('runs as the user: ids, home, owner of what it makes', async () => {
  const overlay = plainTree()
  overlay.mkdir('/pub', { mode: 0o777 })
  overlay.chmod('/pub', 0o777)
  const { out } = await tryLine('id -u; id -g; id -G; whoami; echo $HOME; echo mine > /pub/f; mkdir /pub/d; ln -s f /pub/l', {
    overlay,
    user: 'app',
  })
  expect(out).toBe('1000\n1000\n1000 2000\napp\n/home/app\n')
  for (const path of ['/pub/f', '/pub/d', '/pub/l']) expect(overlay.lstat(path)).toMatchObject({ uid: 1000, gid: 1000 })
})

it('keeps who is not root out', async () => {
  const overlay = plainTree()
  overlay.writeFile('/work/secret', 'x', { mode: 0o600 })
  const { out } = await tryLine(
    'touch /forbidden 2>/dev/null || echo denied; cat secret 2>/dev/null || echo unread; chmod 777 secret 2>/dev/null || echo kept; rm -f secret 2>/dev/null || echo there',
    { overlay, user: '4242:99' },
  )
  expect(out).toBe('denied\nunread\nkept\nthere\n')
})

it('fails for users that the tree does not have', async () => {
  await expect(tryLine('true', { user: 'stranger' })).rejects.toMatchObject({
    code: 'RUN_UNKNOWN_USER',
    message: 'unable to find user stranger: no matching entries in passwd file',
  })
  await expect(tryLine('true', { user: '4294967295' })).rejects.toMatchObject({ code: 'RUN_INVALID_USER' })
})

it('never puts devices or request files into the tree', async () => {
  const { out, overlay } = await tryLine('', {
    argv: ['bash', '/dev/pipes/EOF'],
    files: [
      {
        path: '/dev/pipes/EOF',
        bytes: new TextEncoder().encode(
          '#!/bin/sh\necho hi > /dev/null; head -c 2 /dev/zero | wc -c; echo err > /dev/stderr; [ -c /dev/null ] && echo dev',
        ),
      },
    ],
  })
  expect(out).toBe('2\ndev\n')
  expect(overlay.diff().map(({ path }) => path)).not.toContain('/dev')
})
