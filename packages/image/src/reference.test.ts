import { findImage, listImages, makeImage, parseReference, removeImage, tagImage, untag } from '@layerwright/image'
import { storeLayer } from '@layerwright/layer'
import { memoryStore } from '@layerwright/store'
import { fileInode, textContent } from '@layerwright/vfs'
import { describe, expect, it } from 'vitest'

const digest = `sha256:${'ab'.repeat(32)}`

describe('image references', () => {
  it.each([
    ['alpine', 'docker.io/library/alpine:latest', 'alpine:latest'],
    ['alpine:3.20', 'docker.io/library/alpine:3.20', 'alpine:3.20'],
    ['me/app', 'docker.io/me/app:latest', 'me/app:latest'],
    ['docker.io/alpine', 'docker.io/library/alpine:latest', 'alpine:latest'],
    ['index.docker.io/library/alpine', 'docker.io/library/alpine:latest', 'alpine:latest'],
    ['localhost/x', 'localhost/x:latest', 'localhost/x:latest'],
    ['localhost:5000/a/b/c:v1', 'localhost:5000/a/b/c:v1', 'localhost:5000/a/b/c:v1'],
    ['ghcr.io/o/r.n__x-y:T_1.2-3', 'ghcr.io/o/r.n__x-y:T_1.2-3', 'ghcr.io/o/r.n__x-y:T_1.2-3'],
    ['HOST/x', 'HOST/x:latest', 'HOST/x:latest'],
    ['[::1]:5000/x', '[::1]:5000/x:latest', '[::1]:5000/x:latest'],
    [`alpine@${digest}`, `docker.io/library/alpine@${digest}`, `alpine@${digest}`],
    [`alpine:3@${digest}`, `docker.io/library/alpine:3@${digest}`, `alpine:3@${digest}`],
  ])('%s', (text, full, familiar) => {
    expect(parseReference(text)).toMatchObject({ full, familiar })
    expect(parseReference(full).full).toBe(full)
  })
  it.each([
    '',
    ':',
    'a:',
    '@',
    'a@',
    'a@sha256:1',
    'UPPER',
    'a/UPPER',
    'a//b',
    '/a',
    'a/',
    'a b',
    'a:b:c',
    '-a',
    'a-',
    'a..b',
    'a___b',
    'a/../b',
    `a:${'x'.repeat(129)}`,
    'a'.repeat(256),
    'ab'.repeat(32),
    'http://x/y',
    'a:.x',
    'ü',
  ])('refuses %j', (text) => {
    expect(() => parseReference(text)).toThrow(expect.objectContaining({ code: 'REFERENCE_INVALID' }))
  })
})

describe('images of a store', () => {
  const make = async (store: ReturnType<typeof memoryStore>, text: string) => {
    const layer = await storeLayer(store, [{ path: 'x', inode: fileInode(textContent(text)) }])
    return makeImage({ config: { os: 'linux', architecture: 'amd64' }, layers: [layer] })
  }
  it('are found by name, digest and beginning; a name moves', async () => {
    const store = memoryStore()
    const one = await make(store, 'one')
    const two = await make(store, 'two')
    await tagImage(store, 'app', one)
    await tagImage(store, 'app:1', one)
    await tagImage(store, 'app', two)
    expect((await findImage(store, 'app'))?.digest).toBe(two.digest)
    expect((await findImage(store, `app@${one.digest}`))?.digest).toBe(one.digest)
    expect((await findImage(store, one.digest.slice(7, 30)))?.digest).toBe(one.digest)
    expect((await findImage(store, one.digest.slice(0, 30)))?.digest).toBe(one.digest)
    expect(await findImage(store, digest)).toBeUndefined()
    await expect(findImage(store, 'NO')).rejects.toMatchObject({ code: 'REFERENCE_INVALID' })
    expect((await listImages(store)).map(({ refs }) => refs)).toEqual([['docker.io/library/app:1'], ['docker.io/library/app:latest']])
    expect(await untag(store, 'app:1')).toBe(true)
    expect(await untag(store, 'app:1')).toBe(false)
    expect((await listImages(store)).map((image) => [image.digest, image.refs.length])).toEqual([
      [two.digest, 1],
      [one.digest, 0],
    ])
    await removeImage(store, two.digest)
    expect(await findImage(store, 'app')).toBeUndefined()
    expect((await listImages(store)).length).toBe(1)
  })
  it('say what is missing', async () => {
    const store = memoryStore()
    const image = await make(store, 'x')
    await tagImage(store, 'app', image)
    await store.collect(new Set([image.digest, image.manifest.config.digest]))
    await expect(findImage(store, 'app')).rejects.toMatchObject({ code: 'BLOB_MISSING', subject: image.unpacked[0]!.diffId })
    await store.collect(new Set())
    await expect(findImage(store, 'app')).rejects.toMatchObject({ code: 'BLOB_MISSING', subject: image.digest })
    expect(await listImages(store)).toEqual([])
  })
})
