import { ImageError, parseConfig } from '@layerwright/image'
import { describe, expect, it } from 'vitest'

const config = (run: unknown) =>
  new TextEncoder().encode(JSON.stringify({ os: 'linux', architecture: 'amd64', rootfs: { type: 'layers', diff_ids: [] }, config: run }))

describe('the run configuration of an image from outside', () => {
  it.each([
    [{ Env: 'A=1' }, 'Env is not a list of texts'],
    [{ Cmd: [1] }, 'Cmd is not a list of texts'],
    [{ User: 0 }, 'User is not a text'],
    [{ Labels: { a: 1 } }, 'Labels is not an object of texts'],
    [{ ExposedPorts: ['80'] }, 'ExposedPorts is not an object of objects'],
    ['sh', 'config is no object'],
  ])('%j is refused by name', (run, message) => {
    expect(() => parseConfig(config(run), 'config')).toThrowError(ImageError)
    expect(() => parseConfig(config(run), 'config')).toThrowError(message)
  })

  it('keeps null fields, unknown fields and everything that is right', () => {
    const run = { Env: ['A=1'], Cmd: null, Volumes: { '/data': {} }, Healthcheck: { Test: ['NONE'] }, Memory: 5 }
    expect(parseConfig(config(run), 'config').config).toEqual(run)
  })
})
