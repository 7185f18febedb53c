import { createOverlay } from '@layerwright/vfs'
import { equal, type Part } from './harness.js'

/** What a command leaves in the tree. */
export function filesPart({ name, fixture: { owners = true, base }, run, runner: { describe, it } }: Part): void {
  describe(`${name}: files`, () => {
    it('leaves nothing where nothing was changed', async () => {
      equal((await run('cat /etc/passwd >/dev/null; ls -lR /bin >/dev/null')).diff, [], 'diff')
    })
    it('takes over what was made, changed and removed', async () => {
      const { diff, overlay, text } = await run(
        'mkdir -p /a/b && echo one > /a/b/f && chmod 640 /a/b/f && ln /a/b/f /a/g && ln -s ../nowhere /a/l && mkfifo /a/p && ' +
          'rm /etc/motd && echo more >> /etc/issue && touch -d @1000000000 /a/b/f',
      )
      equal(diff, ['A /a', 'A /a/b', 'A /a/b/f', 'A /a/g', 'A /a/l', 'A /a/p', 'C /etc', 'C /etc/issue', 'D /etc/motd'], 'diff')
      const { mode, uid, gid, mtimeNs, nlink } = overlay.stat('/a/g')
      equal([mode.toString(8), uid, gid, mtimeNs, nlink], ['640', 0, 0, 1_000_000_000_000_000_000n, 2], 'attributes of a linked file')
      equal([overlay.readlink('/a/l'), overlay.lstat('/a/p').type], ['../nowhere', 'fifo'], 'a link and a fifo')
      equal([text.get('/a/b/f'), text.get('/etc/issue')], ['one\n', 'issue\nmore\n'], 'contents')
    })
    it('takes over what its owner may not look into', async () => {
      const { diff, text, overlay } = await run('mkdir /shut && echo inside > /shut/f && chmod 0 /shut/f /shut')
      equal([diff, text.get('/shut/f')], [['A /shut', 'A /shut/f'], 'inside\n'], 'diff and content')
      equal([overlay.stat('/shut').mode, overlay.stat('/shut/f').mode], [0, 0], 'modes')
    })
    if (owners) {
      it('takes over who owns what', async () => {
        const { overlay } = await run(
          'mkdir /a && touch /a/f && ln -s f /a/l && chown 5:6 /a/f && chown -h 7:8 /a/l && chown 9 /a && chown 10 /etc/motd',
        )
        const owner = (path: string) => [overlay.lstat(path).uid, overlay.lstat(path).gid]
        equal(
          [owner('/a'), owner('/a/f'), owner('/a/l')],
          [
            [9, 0],
            [5, 6],
            [7, 8],
          ],
          'owners of what was made',
        )
        equal(
          [owner('/etc/motd'), owner('/etc/issue')],
          [
            [10, 0],
            [0, 0],
          ],
          'owners of what was there',
        )
      })
    }
    it('sees a directory made anew as one without what was in it', async () => {
      const { diff } = await run('rm -rf /dir && mkdir /dir && echo new > /dir/new')
      equal(diff, ['C /dir', 'D /dir/deep', 'D /dir/file', 'A /dir/new'].sort(byPath), 'diff')
    })
    it('keeps the contents where only attributes changed', async () => {
      const { overlay } = await run('chmod 600 /etc/issue')
      const before = (await base()).snapshot
      const [now] = overlay.changes().filter(({ path }) => path === 'etc/issue')
      const etc = before.entries.get('etc')
      const old = etc?.type === 'dir' ? etc.entries.get('issue') : undefined
      equal(now?.inode?.mode.toString(8), '600', 'mode')
      equal(now?.inode?.type === 'file' && old?.type === 'file' && now.inode.content === old.content, true, 'the same content')
      equal(now?.inode?.mtimeNs, old?.mtimeNs, 'time')
    })
    it('replaces a file by a directory and the reverse', async () => {
      const { overlay } = await run('rm /etc/motd && mkdir /etc/motd && touch /etc/motd/x && rm -r /dir && echo f > /dir')
      equal([overlay.stat('/etc/motd').type, overlay.stat('/dir').type], ['dir', 'file'], 'types')
    })
    it('goes on from what an overlay has already', async () => {
      const overlay = createOverlay((await base()).snapshot)
      overlay.writeFile('/before', 'before\n')
      overlay.rm('/dir', { recursive: true })
      const { stdout } = await run('cat /before; ls /dir 2>/dev/null; echo after > /after', { overlay })
      equal(stdout, 'before\n', 'what it saw')
      equal([overlay.exists('/before'), overlay.exists('/after'), overlay.exists('/dir')], [true, true, false], 'what is there')
    })
  })
}

const byPath = (a: string, b: string): number => (a.slice(2) < b.slice(2) ? -1 : 1)
