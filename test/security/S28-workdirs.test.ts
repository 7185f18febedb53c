/** S28 (CVE-2024-21626): a working directory is a path of the tree, whatever it is called; no handle of the host is in it. */
import { layerSnapshot } from '@layerwright/layer'
import { lookup, readAll } from '@layerwright/vfs'
import { expect, it } from 'vitest'
import { BASE_STAGE, buildFiles, pathsOf, SHELL_BASE, textOf } from '../../packages/build/test/support.js'
import { codeOf as containerCode, fixture, output, putImage } from '../../packages/container/test/fixture.js'
import { rawTar } from '../../packages/layer/test/support.js'
import { guarded, link, SECRET } from './support.js'

const FOLDERS = ['/proc/self/fd/7', '/proc/self/cwd', '/proc/1/root', '/dev/fd/3', '/tmp/../../proc/self/fd/8', '../../../proc/self/fd/9']

it.each(FOLDERS)('S28 WORKDIR %s and a RUN in it', (folder) =>
  guarded(async ({ outside }) => {
    const result = await buildFiles({
      ...SHELL_BASE,
      Dockerfile: `${BASE_STAGE}FROM base\nWORKDIR ${folder}\nRUN cat ../../../..${outside}/secret ../secret > /got 2>/dev/null; pwd > /pwd\n`,
    })
    const clean = new URL(folder, 'file:///').pathname
    const { WorkingDir } = result.image.config.config as { WorkingDir: string }
    // The text may stay as it was written; what it stands for is a path inside.
    expect(new URL(WorkingDir, 'file:///').pathname).toBe(clean)
    expect(await textOf(result, '/got')).not.toContain(SECRET.trim())
    expect(await textOf(result, '/pwd')).toBe(`${clean}\n`)
    expect(pathsOf(result)).toContain(clean.slice(1))
  }),
)

it('S28 a working directory that a link of the image leads to the host lies inside', () =>
  guarded(async ({ outside }) => {
    const result = await buildFiles({
      ...SHELL_BASE,
      'evil.tar': new TextDecoder('latin1').decode(rawTar(link('w', outside), link('fd', '/proc/self/fd'))),
      Dockerfile: `${BASE_STAGE}FROM base\nADD evil.tar /\nWORKDIR /w\nRUN touch planted\nWORKDIR /fd/3\nRUN touch planted\n`,
    })
    const tree = layerSnapshot(result.image.unpacked)
    expect(lookup(tree, `${outside}/planted`)?.type).toBe('file')
    expect(lookup(tree, '/proc/self/fd/3/planted')?.type).toBe('file')
  }))

it.each(FOLDERS.slice(0, 5))('S28 a container in %s', (folder) =>
  guarded(async ({ outside }) => {
    const { engine, store } = await fixture()
    await putImage(store, 'hostile', {}, (fs) => fs.symlink(outside, '/w'))
    for (const workdir of [folder, '/w']) {
      const seen = output()
      const box = await engine.containers.create({
        image: 'hostile',
        workdir,
        entrypoint: ['cat'],
        command: [`../../../../../..${outside}/secret`, 'secret'],
      })
      // The engine's own /proc is read-only: what is not in it cannot be made there.
      expect(await containerCode(box.start({ onOutput: seen.onOutput }))).toMatch(/^(no error|READ_ONLY_FILESYSTEM)$/)
      expect(seen.text()).not.toContain(SECRET.trim())
      const tree = await box.snapshot()
      for (const name of ['outside', 'secret']) {
        const inode = lookup(tree, `${outside}/${name}`)
        expect(inode?.type === 'file' && (await readAll(inode.content))).toBe(false)
      }
    }
  }),
)
