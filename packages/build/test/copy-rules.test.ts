/** Rules of COPY, ADD and WORKDIR that the reference's own code has and no recorded case shows. */
import { type BuildOptions, type BuildResult, build, snapshotContext } from '@layerwright/build'
import { layerSnapshot } from '@layerwright/layer'
import { memoryStore } from '@layerwright/store'
import { createOverlay, emptySnapshot, lookup } from '@layerwright/vfs'
import { describe, expect, it } from 'vitest'
import { buildFiles, pathsOf } from './support.js'

const modeOf = (result: BuildResult, path: string): string => {
  const inode = lookup(layerSnapshot(result.image.unpacked), path)!
  return `${inode.mode.toString(8)} ${inode.uid}:${inode.gid}`
}

/** A context made by hand: modes, owners of none, links and times. */
const builtFrom = (make: (fs: ReturnType<typeof createOverlay>) => void, options: Partial<BuildOptions> = {}) => {
  const fs = createOverlay(emptySnapshot(), { now: () => 0n })
  make(fs)
  return build({ context: snapshotContext(fs.freeze()), store: memoryStore(), ...options })
}

describe('--chmod in symbols', () => {
  const chmod = async (symbols: string, file: number, dir = 0o755) => {
    const result = await builtFrom((fs) => {
      fs.mkdir('/d/sub', { recursive: true })
      fs.chmod('/d/sub', dir)
      fs.writeFile('/d/f', 'f')
      fs.chmod('/d/f', file)
      fs.writeFile('/Dockerfile', `FROM scratch\nCOPY --chmod=${symbols} d /out\n`)
    })
    return [modeOf(result, '/out/f').split(' ')[0], modeOf(result, '/out/sub').split(' ')[0]]
  }

  it.each([
    // X looks at what was there before the first clause
    ['u+x,go+X', 0o644, 0o755, ['744', '755']],
    ['a-x,+X', 0o755, 0o700, ['755', '711']],
    // it adds and sets, and takes nothing away
    ['-X', 0o755, 0o755, ['755', '755']],
    // = reaches set-id bits, of directories too, and the sticky bit only where t is named
    ['u=rwx,g=rx', 0o6644, 0o3755, ['754', '1755']],
    ['a=rx', 0o7644, 0o1777, ['1555', '1555']],
    ['o=', 0o1777, 0o1777, ['1770', '1770']],
    // t belongs to the owner and the group, and to all of them
    ['o+t', 0o644, 0o755, ['644', '755']],
    ['u+t', 0o644, 0o755, ['1644', '1755']],
    ['+t', 0o644, 0o755, ['1644', '1755']],
    // a copied class brings no set-id bit and takes none
    ['g=u', 0o2640, 0o2750, ['2660', '2770']],
    ['go=u-w', 0o700, 0o700, ['755', '755']],
    ['+s', 0o644, 0o755, ['6644', '6755']],
    ['o+s', 0o644, 0o755, ['644', '755']],
    ['g=uw', 0o744, 0o700, ['724', '720']],
  ] as const)('%s', async (symbols, file, dir, expected) => {
    expect(await chmod(symbols, file, dir)).toEqual(expected)
  })
})

describe('--parents', () => {
  it('gives a directory on the way that exists its mode and leaves it its owner; one that is named gets both', async () => {
    const make = (source: string) =>
      builtFrom((fs) => {
        fs.mkdir('/a/b', { recursive: true })
        fs.writeFile('/a/b/f', 'f')
        fs.chmod('/a', 0o711)
        fs.chmod('/a/b', 0o750)
        fs.mkdir('/there/a/b', { recursive: true })
        fs.writeFile('/Dockerfile', `FROM scratch\nCOPY --chown=7:7 --chmod=0700 there /out/\nCOPY --parents ${source} /out/\n`)
      })
    const onTheWay = await make('a/b/f')
    expect(modeOf(onTheWay, '/out/a')).toBe('711 7:7')
    expect(modeOf(onTheWay, '/out/a/b')).toBe('750 7:7')
    const named = await make('a/b')
    expect(modeOf(named, '/out/a')).toBe('711 7:7')
    expect(modeOf(named, '/out/a/b')).toBe('750 0:0')
  })

  it('makes no directory on the way to what --exclude leaves out, but the destination always', async () => {
    const files = { 'a/b/f.md': '', 'c/g.txt': '' }
    const left = await buildFiles({ ...files, Dockerfile: 'FROM scratch\nCOPY --parents --exclude=**/*.md a/b/*.md c/g.txt /x/\n' })
    expect(pathsOf(left)).toEqual(['x', 'x/c', 'x/c/g.txt'])
    const nothing = await buildFiles({ ...files, Dockerfile: 'FROM scratch\nCOPY --parents a/*.zip /x/\n' })
    expect(pathsOf(nothing)).toEqual(['x'])
  })

  it.each(['.', './', '/', 'a/./'])('takes nothing of a directory that no pattern names anything in: %s', async (source) => {
    const result = await buildFiles({ 'a/f': '', Dockerfile: `FROM scratch\nCOPY --parents ${source} /x/\n` })
    expect(pathsOf(result)).toEqual(['x'])
  })

  it('takes patterns in front of the pivot', async () => {
    const result = await buildFiles({ 'one/x/f': '', 'two/x/g': '', Dockerfile: 'FROM scratch\nCOPY --parents [ot]*/./x /out/\n' })
    expect(pathsOf(result)).toEqual(['out', 'out/x', 'out/x/f', 'out/x/g'])
  })

  it('fails for a plain name that is not there, also behind the pivot', async () => {
    await expect(buildFiles({ 'a/f': '', Dockerfile: 'FROM scratch\nCOPY --parents a/./g /x/\n' })).rejects.toMatchObject({
      code: 'SOURCE_NOT_FOUND',
      path: '/a/g',
    })
  })
})

describe('destinations', () => {
  it('give a file where a directory is needed an error of its own', async () => {
    const context = { f: '', 'd/g': '' }
    for (const [line, message] of [
      ['COPY f /f/', 'mkdir /f: not a directory'],
      ['COPY f /f/sub/name', 'mkdir /f: not a directory'],
      ['COPY d /f', 'cannot copy to non-directory: /f'],
      ['WORKDIR /f/sub', 'mkdir /f: not a directory'],
    ]) {
      const built = buildFiles({ ...context, Dockerfile: `FROM scratch\nCOPY f /f\n${line}\n` })
      await expect(built, line).rejects.toMatchObject({ code: 'CANNOT_REPLACE', message, lines: { startLine: 3 } })
    }
  })

  it('end in a directory with /. too', async () => {
    expect(pathsOf(await buildFiles({ f: '', Dockerfile: 'FROM scratch\nCOPY f /x/.\n' }))).toEqual(['x', 'x/f'])
  })

  it('that exist get the time of the directory that is merged into them, with times as in the source', async () => {
    const second = 1_000_000_000n
    const result = await builtFrom(
      (fs) => {
        fs.mkdir('/one')
        fs.mkdir('/two')
        fs.writeFile('/one/f', '')
        fs.writeFile('/two/g', '')
        fs.writeFile('/Dockerfile', 'FROM scratch\nCOPY one /out\nCOPY two /out\n')
        fs.utimes('/one', 1000n * second)
        fs.utimes('/two', 2000n * second)
      },
      { timestamps: 'source' },
    )
    expect(lookup(layerSnapshot(result.image.unpacked), '/out')!.mtimeNs).toBe(2000n * second)
  })
})

describe('directories that have to be made', () => {
  it.each(['COPY f /shared/group/shared/new/f', 'WORKDIR /shared/group/shared/new'])(
    'get the group of a setgid directory: %s',
    async (line) => {
      const result = await builtFrom((fs) => {
        fs.writeFile('/f', '')
        fs.mkdir('/there/shared', { recursive: true })
        fs.chmod('/there/shared', 0o2775)
        fs.writeFile('/Dockerfile', `FROM scratch\nCOPY --chown=0:50 there /shared/group/\n${line}\n`)
      })
      expect([modeOf(result, '/shared/group/shared'), modeOf(result, '/shared/group/shared/new')]).toEqual(['2775 0:50', '755 0:50'])
    },
  )

  it('take only the permissions of an octal --chmod', async () => {
    const result = await buildFiles({
      f: '',
      'd/e/g': '',
      Dockerfile: 'FROM scratch\nCOPY --chmod=2750 f /new/f\nCOPY --chmod=1777 d /top\n',
    })
    expect(['/new', '/new/f', '/top', '/top/e'].map((path) => modeOf(result, path).split(' ')[0])).toEqual(['750', '2750', '777', '1777'])
  })
})

it.each(['COPY Dockerfile /a', 'COPY there/a /x', 'COPY there/a/* /x'])('links that lead in a circle are an error: %s', async (line) => {
  const built = builtFrom((fs) => {
    fs.mkdir('/there')
    fs.symlink('b', '/there/a')
    fs.symlink('a', '/there/b')
    fs.writeFile('/Dockerfile', `FROM scratch\nCOPY there /\n${line}\n`)
  })
  await expect(built).rejects.toMatchObject({ code: 'TOO_MANY_LINKS', message: 'too many links', lines: { startLine: 3 } })
})

it('a link’s target is taken by its text, in sources and in destinations', async () => {
  const result = await builtFrom((fs) => {
    fs.writeFile('/f', 'f')
    fs.symlink('gone/../f', '/l')
    fs.mkdir('/there/deep/er', { recursive: true })
    fs.symlink('deep/er', '/there/side')
    fs.symlink('side/../out', '/there/to')
    fs.writeFile('/Dockerfile', 'FROM scratch\nCOPY there /\nCOPY l /to\n')
  })
  expect(pathsOf(result)).toEqual(['deep', 'deep/er', 'out', 'side', 'to'])
})

describe('names of users', () => {
  it.each([
    ['COPY --chown=root f /f', '644 0:0'],
    ['COPY --chown=7:root f /f', '644 7:0'],
    ['COPY --chown=7: f /f', '644 7:0'],
    ['COPY --chown=:8 f /f', '644 0:8'],
    ['COPY f /\nCOPY --link --chown=root:root f /f', '644 0:0'],
  ])('need no look at any file for root, or for nothing: %s', async (lines, expected) => {
    expect(modeOf(await buildFiles({ f: '', Dockerfile: `FROM scratch\n${lines}\n` }), '/f')).toBe(expected)
  })
  it.each(['COPY --chown=app f /f', 'USER app\nWORKDIR /x', 'USER 1:app\nWORKDIR /x', 'COPY f /f\nCOPY --link --chown=app f /g'])(
    'cannot be looked up without a root file system: %s',
    async (lines) => {
      const built = buildFiles({ f: '', Dockerfile: `FROM scratch\n${lines}\n` })
      await expect(built).rejects.toMatchObject({ code: 'INVALID_OWNER', message: 'invalid user index: -1' })
    },
  )
  it('are root where there is a root file system that does not know them', async () => {
    const result = await buildFiles({ f: '', Dockerfile: 'FROM scratch\nCOPY f /f\nUSER app\nWORKDIR /x\nCOPY --chown=app f /g\n' })
    expect([modeOf(result, '/x'), modeOf(result, '/g')]).toEqual(['755 0:0', '644 0:0'])
  })
})

it('a pattern may name nothing, but the directory that it begins with has to be there', async () => {
  const files = { 'd/f': '' }
  expect(pathsOf(await buildFiles({ ...files, Dockerfile: 'FROM scratch\nCOPY d/*.none none* /x/\n' }))).toEqual([])
  for (const source of ['gone/*', 'd/gone/f?', '--parents gone/*/./f']) {
    const built = buildFiles({ ...files, Dockerfile: `FROM scratch\nCOPY ${source} /x/\n` })
    await expect(built, source).rejects.toMatchObject({
      code: 'SOURCE_NOT_FOUND',
      message: expect.stringMatching(/^lstat \/.*gone: no such file or directory$/),
    })
  }
})

it('a pattern with a syntax error is one, in the reference’s words', async () => {
  await expect(buildFiles({ f: '', Dockerfile: 'FROM scratch\nCOPY [a /x/\n' })).rejects.toMatchObject({
    code: 'BAD_PATTERN',
    message: expect.stringMatching(/^failed to compute cache key: .*: syntax error in pattern$/),
  })
})

it.each([
  ['--exclude=[a f', 'excludepatterns: [[a]: syntax error in pattern'],
  ['--exclude=x --exclude=! d', 'excludepatterns: [x !]: illegal exclusion pattern: "!"'],
  ['--parents [a', 'includepatterns: [[a]: syntax error in pattern'],
])('so is one behind a flag: %s', async (line, message) => {
  await expect(buildFiles({ f: '', 'd/f': '', Dockerfile: `FROM scratch\nCOPY ${line} /x/\n` })).rejects.toMatchObject({
    code: 'BAD_PATTERN',
    message: expect.stringMatching(/^failed to compute cache key: failed to calculate checksum of ref [^ ]+: invalid /),
  })
  await expect(buildFiles({ f: '', 'd/f': '', Dockerfile: `FROM scratch\nCOPY ${line} /x/\n` })).rejects.toThrow(message)
})
