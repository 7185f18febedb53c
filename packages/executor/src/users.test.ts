import { createOverlay, emptySnapshot } from '@layerwright/vfs'
import { expect, it } from 'vitest'
import { lookupUser, readGroup, readPasswd } from './index.js'

function tree(passwd: string, group: string) {
  const overlay = createOverlay(emptySnapshot())
  overlay.mkdir('/etc')
  overlay.writeFile('/etc/passwd', passwd)
  overlay.writeFile('/etc/group', group)
  return overlay
}

const fs = tree(
  'root:x:0:0:root:/root:/bin/sh\napp:x:1000:1001::/home/app:/bin/sh\nbad line\n12:x:5:6::/h:\n',
  'root:x:0:\napp:x:1001:\ndeploy:x:2000:app,other\n',
)

it('reads names, ids, and both', async () => {
  expect(await lookupUser(fs, '')).toEqual({ uid: 0, gid: 0, groups: [], home: '/root' })
  expect(await lookupUser(fs, 'app')).toEqual({ uid: 1000, gid: 1001, groups: [2000], home: '/home/app' })
  expect(await lookupUser(fs, '1000')).toEqual({ uid: 1000, gid: 1001, groups: [2000], home: '/home/app' })
  expect(await lookupUser(fs, 'app:deploy')).toEqual({ uid: 1000, gid: 2000, groups: [], home: '/home/app' })
  expect(await lookupUser(fs, '4242:99')).toEqual({ uid: 4242, gid: 99, groups: [], home: '/' })
  expect(await lookupUser(fs, '4242')).toEqual({ uid: 4242, gid: 0, groups: [], home: '/' })
  expect(await lookupUser(fs, '12')).toMatchObject({ uid: 5, gid: 6 })
})

it('S17: ids end at 2^32-2', async () => {
  expect(await lookupUser(fs, '4294967294')).toMatchObject({ uid: 4294967294 })
  for (const user of ['4294967295', '99999999999', 'app:4294967295'])
    await expect(lookupUser(fs, user)).rejects.toMatchObject({ code: 'RUN_INVALID_USER' })
  await expect(lookupUser(fs, 'nobody')).rejects.toMatchObject({ code: 'RUN_UNKNOWN_USER' })
  await expect(lookupUser(fs, 'app:nogroup')).rejects.toMatchObject({ code: 'RUN_UNKNOWN_USER' })
})

it('S16: only regular files count, links stay inside, and a large one is refused', async () => {
  const odd = createOverlay(emptySnapshot())
  odd.mkdir('/etc')
  odd.mknod('/etc/passwd', { type: 'fifo', mode: 0o644 })
  odd.symlink('../../outside', '/etc/group')
  expect(await readPasswd(odd)).toEqual([])
  expect(await readGroup(odd)).toEqual([])
  await expect(readPasswd(fs, 30)).rejects.toMatchObject({ code: 'RUN_ACCOUNT_FILE_TOO_LARGE' })
  expect(await lookupUser(odd, 'root')).toMatchObject({ uid: 0, gid: 0 })
})
