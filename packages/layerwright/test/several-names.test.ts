/** Commands that take several names do what can be done, report each failure, and end with 1. */
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { commandLine, scratchFolder, writeFiles } from './support.js'

const scratch = scratchFolder()
const layerwright = commandLine(join(scratch, 'store'), scratch)

beforeAll(async () => {
  writeFiles(scratch, { 'context/Dockerfile': 'FROM scratch\nCOPY a /a\nCMD ["/a"]\n', 'context/a': 'a' })
  expect((await layerwright(['build', '-q', '-t', 'one', '-t', 'two', 'context'])).status).toBe(0)
  for (const name of ['first', 'second']) {
    expect((await layerwright(['volume', 'create', name])).status).toBe(0)
    expect((await layerwright(['create', '--name', `c-${name}`, 'one'])).status).toBe(0)
  }
})

describe('a name that is missing among several', () => {
  it('does not keep inspect from showing the others', async () => {
    const { status, stdout, stderr } = await layerwright(['inspect', 'one', 'nothing', 'first'])
    expect(status).toBe(1)
    expect(JSON.parse(stdout)).toMatchObject([{ Os: 'linux' }, { name: 'first' }])
    expect(stderr).toContain('No such object: nothing [NO_SUCH_OBJECT]')
    const volumes = await layerwright(['volume', 'inspect', 'nothing', 'second'])
    expect(volumes.status).toBe(1)
    expect(JSON.parse(volumes.stdout)).toMatchObject([{ Name: 'second' }])
    expect(JSON.parse((await layerwright(['inspect', 'nothing'])).stdout)).toEqual([])
  })

  it('does not keep volume rm, rm and rmi from removing the others', async () => {
    const containers = await layerwright(['rm', 'c-first', 'nothing', 'c-second'])
    expect(containers).toMatchObject({ status: 1, stdout: 'c-first\nc-second\n' })
    expect(containers.stderr.match(/\[NO_SUCH_CONTAINER\]/g)).toHaveLength(1)
    const volumes = await layerwright(['volume', 'rm', 'first', 'nothing', 'second'])
    expect(volumes).toMatchObject({ status: 1, stdout: 'first\nsecond\n' })
    expect(volumes.stderr.match(/\[NO_SUCH_VOLUME\]/g)).toHaveLength(1)
    const images = await layerwright(['rmi', 'one', 'nothing', 'two'])
    expect(images.status).toBe(1)
    expect(images.stdout).toMatch(/^Untagged: one:latest\nUntagged: two:latest\nDeleted: sha256:[0-9a-f]{64}\n$/)
    expect(images.stderr.match(/\[NO_SUCH_IMAGE\]/g)).toHaveLength(1)
  })

  it('is no failure where it was to be removed by force', async () => {
    const { status, stdout, stderr } = await layerwright(['rm', '-f', 'nothing'])
    expect({ status, stdout }).toEqual({ status: 0, stdout: '' })
    expect(stderr).toContain('[NO_SUCH_CONTAINER]')
    expect((await layerwright(['rmi', '-f', 'nothing'])).status).toBe(0)
    expect(await layerwright(['volume', 'rm', '-f', 'nothing'])).toMatchObject({ status: 0, stdout: 'nothing\n' })
  })
})

it('start takes one container where it is attached to it', async () => {
  const { status, stderr } = await layerwright(['start', '-a', 'one', 'two'])
  expect(status).toBe(125)
  expect(stderr).toContain('one container [USAGE]')
})
