/** S21 (CVE-2024-11218): steps see frozen snapshots; what runs beside a step can never change what it sees. */
import type { Executor } from '@layerwright/executor'
import { layerSnapshot } from '@layerwright/layer'
import { treeDigest } from '@layerwright/vfs'
import { expect, it } from 'vitest'
import { buildFiles } from '../../packages/build/test/support.js'
import { guarded, paths } from './support.js'

it('S21 two steps over one root, each of which tries to change what the other sees', () =>
  guarded(async () => {
    let arrived = 0
    let meet: () => void = () => {}
    const both = new Promise<void>((resolve) => {
      meet = resolve
    })
    const seen: string[] = []
    const executor: Executor = {
      class: 'test',
      simulated: false,
      async run({ overlay, filesystem, lower, argv }) {
        const me = argv[0]!
        const before = await treeDigest(lower.snapshot, 'exact')
        filesystem.rm('/shared', { recursive: true })
        filesystem.symlink(`/${me}`, '/shared')
        filesystem.mkdir(`/${me}`)
        if (++arrived === 2) meet()
        await both
        // Both have written by now.
        seen.push(
          filesystem
            .readdir('/')
            .map(({ name }) => name)
            .join(),
        )
        filesystem.writeFile('/shared/file', me)
        expect(await treeDigest(lower.snapshot, 'exact')).toBe(before)
        expect(() => (lower.snapshot.entries as Map<string, never>).get('shared')).not.toThrow()
        expect(overlay.lower).toBe(lower.snapshot)
        return { exitCode: 0 }
      },
    }
    const result = await buildFiles(
      {
        'ctx/shared/old': 'old',
        Dockerfile:
          'FROM scratch AS base\nCOPY ctx/ /\nFROM base AS a\nRUN ["a"]\nFROM base AS b\nRUN ["b"]\nFROM scratch\nCOPY --from=a / /a\nCOPY --from=b / /b\nCOPY --from=base / /base\n',
      },
      { executor, concurrency: 4 },
    )
    // The mount points that a RUN has are there for both; what the other one wrote is not.
    expect(seen.sort()).toEqual(['a,dev,etc,proc,shared,sys', 'b,dev,etc,proc,shared,sys'])
    expect(paths(layerSnapshot(result.image.unpacked)).filter((path) => /file$|old$/.test(path))).toEqual([
      'a/a/file',
      'b/b/file',
      'base/shared/old',
    ])
  }))

it('S21 a step whose command goes on behind its end changes nothing', () =>
  guarded(async () => {
    let later: () => void = () => {}
    const executor: Executor = {
      class: 'test',
      simulated: false,
      async run({ filesystem, argv }) {
        filesystem.writeFile(`/${argv[0]}`, 'in time')
        // A hostile executor, or a process that outlives its RUN, keeps the filesystem and writes again.
        if (argv[0] === 'first') later = () => filesystem.writeFile('/first', 'too late')
        else later()
        return { exitCode: 0 }
      },
    }
    const result = await buildFiles({ Dockerfile: 'FROM scratch\nRUN ["first"]\nRUN ["second"]\n' }, { executor })
    const tree = layerSnapshot(result.image.unpacked)
    const text = async (name: string) => {
      const inode = tree.entries.get(name)
      if (inode?.type !== 'file') return undefined
      let found = ''
      for await (const chunk of inode.content.stream()) found += new TextDecoder().decode(chunk)
      return found
    }
    expect([await text('first'), await text('second')]).toEqual(['in time', 'in time'])
  }))
