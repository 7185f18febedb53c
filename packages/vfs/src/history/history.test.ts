import {
  createOverlay,
  emptySnapshot,
  fileInode,
  History,
  mountView,
  type Snapshot,
  snapshotDriver,
  snapshotView,
  textContent,
} from '@layerwright/vfs'
import { describe, expect, it } from 'vitest'

/** Four layers: make, change, remove and replace, put back. */
function story(): History {
  const next = (from: Snapshot, work: (fs: ReturnType<typeof createOverlay>) => void) => {
    const overlay = createOverlay(from)
    work(overlay)
    return overlay.freeze()
  }
  const one = next(emptySnapshot(), (fs) => {
    fs.mkdir('/app/conf', { recursive: true })
    fs.writeFile('/app/main', 'one')
    fs.writeFile('/app/conf/a', 'a')
    fs.writeFile('/app/conf/b', 'b')
  })
  const two = next(one, (fs) => {
    fs.writeFile('/app/main', 'second')
    fs.chmod('/app/conf/a', 0o644)
  })
  const three = next(two, (fs) => {
    fs.rm('/app/conf', { recursive: true })
    fs.unlink('/app/main')
  })
  const four = next(three, (fs) => {
    fs.mkdir('/app/conf')
    fs.writeFile('/app/conf/b', 'again')
  })
  return History.from(one, 'one').commit(two, 'two').commit(three, 'three').commit(four, 'four')
}
const lines = (history: History, path: string) => history.log(path).map(({ version, kind }) => `${version} ${kind}`)

describe('History', () => {
  it('logs what happened to a path, without copy-ups that changed nothing', () => {
    const history = story()
    expect(lines(history, '/app/main')).toEqual(['0 A', '1 C', '2 D'])
    expect(lines(history, 'app/conf/a')).toEqual(['0 A', '2 D'])
    expect(lines(history, '/app/conf/b')).toEqual(['0 A', '2 D', '3 A'])
    expect(lines(history, '/app/conf')).toEqual(['0 A', '2 D', '3 A'])
    expect(lines(history, '/none')).toEqual([])
  })

  it('blames the version that a path is from', () => {
    const history = story()
    expect([history.blame('/app/conf/b'), history.blame('/app/main'), history.rewind(1).blame('/app/main')]).toEqual([3, undefined, 1])
    expect([...history.blameAll()]).toEqual([['app/conf/b', 3]])
    expect([...history.rewind(1).blameAll()].sort()).toEqual([
      ['app/conf/a', 0],
      ['app/conf/b', 0],
      ['app/main', 1],
    ])
  })

  it('explains which layer shows a path, what it shadows and what hides it', () => {
    const history = story()
    const said = (path: string, upTo = 3) =>
      history
        .rewind(upTo)
        .explain(path)
        .map(({ version, what, at, visible }) => `${version} ${what} ${at}${visible ? '' : ' (hidden)'}`)
    expect(said('/app/main')).toEqual(['2 whiteout app/main', '1 entry app/main (hidden)', '0 entry app/main (hidden)'])
    expect(said('/app/conf/b')).toEqual(['3 entry app/conf/b', '2 whiteout app/conf (hidden)', '0 entry app/conf/b (hidden)'])
    expect(said('/app/conf', 1)).toEqual(['1 entry app/conf', '0 entry app/conf'])
    expect(history.copyUpCost('/app/main', 1)).toEqual({ bytes: 6, directories: 1 })
    expect(history.copyUpCost('/none')).toBeUndefined()
  })

  it('lists each layer, shows each version, forks and rewinds without touching anything', () => {
    const history = story()
    expect(history.layer(2).map(({ path, inode }) => `${path} ${inode?.type}`)).toEqual([
      'app dir',
      'app/conf undefined',
      'app/main undefined',
    ])
    const fork = history.fork(1)
    fork.writeFile('/app/main', 'forked')
    expect([history.at(1).stat('/app/main').size, history.at(0).stat('/app/main').size]).toEqual([6, 3])
    expect(() => history.at(0).unlink('/app/main')).toThrow('EROFS')
    expect(() => history.at(9)).toThrow('EINVAL')
    expect(history.rewind(0).versions.map(({ label }) => label)).toEqual(['one'])
  })
})

describe('a snapshot as a filesystem', () => {
  it('can be read and mounted, not written', () => {
    const overlay = createOverlay(emptySnapshot())
    overlay.graft('/f', fileInode(textContent('x')))
    const snapshot = overlay.freeze()
    expect(snapshotView(snapshot).stat('/f').size).toBe(1)
    const view = mountView(createOverlay(emptySnapshot()), [{ target: '/m', source: snapshotDriver(snapshot) }])
    expect(() => view.writeFile('/m/f', '')).toThrow('EROFS')
    expect(overlay.freeze()).toBe(snapshot)
  })
})

describe('options of an overlay', () => {
  it('umask, owner and clock', () => {
    const overlay = createOverlay(emptySnapshot(), { umask: 0o027, owner: { uid: 5, gid: 6 }, now: () => 99n })
    overlay.writeFile('/f', '', { mode: 0o666 })
    overlay.mkdir('/d', { mode: 0o777 })
    overlay.symlink('f', '/l')
    expect(['/f', '/d', '/l'].map((path) => overlay.lstat(path)).map(({ mode, uid, gid, mtimeNs }) => [mode, uid, gid, mtimeNs])).toEqual([
      [0o640, 5, 6, 99n],
      [0o750, 5, 6, 99n],
      [0o777, 5, 6, 99n],
    ])
  })
})
