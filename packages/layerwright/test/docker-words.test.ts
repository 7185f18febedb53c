/** Words of Docker's that this command line has not: each is refused with a code, the reason and what to do, before anything happens. */
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { commandLine, listing, scratchFolder, writeFiles } from './support.js'

const scratch = scratchFolder()
const store = join(scratch, 'store')
const layerwright = commandLine(store, scratch)
writeFiles(scratch, { 'context/Dockerfile': 'FROM scratch AS build\nFROM scratch AS test\n' })

describe('what Docker has', () => {
  it.each([
    [['run', '--restart=always', 'app'], 125, 'run --restart: there are no restart policies', 'layerwright start NAME'],
    [['run', '--cap-add', 'NET_ADMIN', 'app'], 125, 'run --cap-add', '--executor'],
    [['create', '--link', 'other', 'app'], 1, 'create --link: there are no networks', '--network'],
    [['exec', '-d', 'box', 'true'], 125, 'exec -d', 'background'],
    [['build', '--squash', 'context'], 1, 'build --squash', 'layerwright flatten'],
    [['stats'], 1, 'stats: what a container uses is not measured', 'top'],
    [['network', 'ls'], 1, 'network: there are no networks', '--publish'],
  ])('%j', async (args, status, message, hint) => {
    const outcome = await layerwright(args)
    expect(outcome).toMatchObject({ status, stdout: '', stderr: expect.stringContaining(`error: ${message}`) })
    expect(outcome.stderr).toMatch(/\[NOT_SUPPORTED\]\nnext: .*\n$/)
    expect(outcome.stderr).toContain(hint)
  })

  it('is told from what nobody has', async () => {
    expect((await layerwright(['run', '--nmae', 'x', 'app'])).stderr).toBe(
      "error: unknown option '--nmae'\n(Did you mean --name?)\n(add --help for the flags)\n",
    )
    expect(await layerwright(['frobnicate'])).toMatchObject({ status: 1, stderr: expect.stringContaining("unknown command 'frobnicate'") })
    expect((await layerwright(['system'])).stderr).toContain('Usage: layerwright system')
  })
})

describe('what can be seen before a build', () => {
  it.each([
    [['build', '--mirror', 'foo', 'context'], '[USAGE]', 'HOST=MIRROR'],
    [['plan', '--mirror', 'foo', 'context'], '[USAGE]', 'HOST=MIRROR'],
    [['copy', '--mirror', 'foo', 'oci:a', 'oci:b'], '[USAGE]', 'HOST=MIRROR'],
    [['build', '--platform', 'linux/amd64,linux/arm64', '-o', 'type=tar,dest=x', 'context'], '[USAGE]', 'takes one image, the build has 2'],
    [['build', '--target', 'build', '--target', 'test', '-o', 'x', 'context'], '[USAGE]', 'takes one image, the build has 2'],
    [['build', '--target', 'tset', 'context'], '[TARGET_NOT_FOUND]', 'name one of the stages: test, build'],
  ])('%j', async (args, code, text) => {
    const { status, stderr } = await layerwright(args)
    expect(status).toBe(1)
    expect(stderr).toContain(code)
    expect(stderr).toContain(text)
    expect(listing(store).filter((file) => file.includes('blobs'))).toEqual([])
  })
})
