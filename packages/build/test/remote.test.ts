import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { memoryContext } from '@layerwright/build'
import { layerSnapshot } from '@layerwright/layer'
import { memoryStore } from '@layerwright/store'
import { lookup } from '@layerwright/vfs'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { buildFiles, outcomes, pathsOf, textOf } from './support.js'

const BODY = 'from the web\n'
const SHA256 = `sha256:${createHash('sha256').update(BODY).digest('hex')}`
const SHA512 = `sha512:${createHash('sha512').update(BODY).digest('hex')}`
const LAST_MODIFIED = 'Wed, 21 Oct 2015 07:28:00 GMT'

let server: Server
let base: string
let requests: { path: string; status: number; authorization: string | undefined }[]
let body = BODY

function answer(request: IncomingMessage, response: ServerResponse): void {
  const path = request.url ?? ''
  const send = (status: number, headers: Record<string, string> = {}, text = '') => {
    requests.push({ path, status, authorization: request.headers.authorization })
    response.writeHead(status, headers).end(text)
  }
  const etag = `"${body.length}"`
  if (path === '/loop') send(302, { location: '/loop' })
  else if (path === '/moved') send(301, { location: '/dir/file.txt' })
  else if (path === '/elsewhere') send(302, { location: base.replace('127.0.0.1', 'localhost').concat('/dir/file.txt') })
  else if (path === '/out') send(302, { location: 'file:///etc/passwd' })
  else if (path === '/') send(200, { 'content-disposition': 'attachment; filename="../../evil.txt"' }, body)
  else if (path === '/short') {
    requests.push({ path, status: 200, authorization: undefined })
    response.writeHead(200, { 'content-length': '100' })
    response.write('part')
    setTimeout(() => response.destroy(), 20)
  } else if (path.startsWith('/dir/file.txt') || path === '/private') {
    if (path === '/private' && !request.headers.authorization) send(401)
    else if (request.headers['if-none-match'] === etag) send(304)
    else send(200, { etag, 'last-modified': LAST_MODIFIED }, body)
  } else send(404)
}

beforeAll(async () => {
  server = createServer(answer)
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => new Promise((closed) => server.close(closed)))
beforeEach(() => {
  requests = []
  body = BODY
})

const add = (text: string, options: Parameters<typeof buildFiles>[1] = {}) =>
  buildFiles({ Dockerfile: `FROM scratch\nADD ${text}\n` }, options)
const inodeOf = (result: Awaited<ReturnType<typeof add>>, path: string) => lookup(layerSnapshot(result.image.unpacked), path)

describe('ADD of a file from the web', () => {
  it('takes the name from the address, mode 0600, and a fixed time', async () => {
    const result = await add(`${base}/dir/file.txt?query=1#part /into/`)
    expect(await textOf(result, '/into/file.txt')).toBe(BODY)
    expect(inodeOf(result, '/into/file.txt')).toMatchObject({ mode: 0o600, uid: 0, mtimeNs: 315_532_800n * 1_000_000_000n })
  })

  it('takes the server’s time where times are kept', async () => {
    const result = await add(`${base}/dir/file.txt /f`, { timestamps: 'source' })
    expect(inodeOf(result, '/f')?.mtimeNs).toBe(BigInt(Date.parse(LAST_MODIFIED)) * 1_000_000n)
  })

  it('honours --chmod and --chown', async () => {
    const result = await add(`--chmod=755 --chown=3:4 ${base}/dir/file.txt /`)
    expect(inodeOf(result, '/file.txt')).toMatchObject({ mode: 0o755, uid: 3, gid: 4 })
  })

  it('asks again only whether it changed', async () => {
    const store = memoryStore()
    await add(`${base}/dir/file.txt /`, { store })
    const second = await add(`${base}/dir/file.txt /`, { store })
    expect(requests.map(({ status }) => status)).toEqual([200, 304])
    expect(second.steps[0]?.outcome).toBe('cached')
    body = 'something else\n'
    const third = await add(`${base}/dir/file.txt /`, { store })
    expect(outcomes(third)).toEqual([`ran: ADD ${base}/dir/file.txt /`])
    expect(third.steps[0]?.reason).toBe('`file.txt` changed')
  })

  it('verifies --checksum, and with it asks for nothing that is there', async () => {
    const store = memoryStore()
    await add(`--checksum=${SHA256} ${base}/dir/file.txt /`, { store })
    await add(`--checksum=${SHA256} ${base}/dir/file.txt /`, { store })
    expect(requests).toHaveLength(1)
    await add(`--checksum=${SHA512} ${base}/dir/file.txt /`)
    const wrong = `sha256:${'0'.repeat(64)}`
    await expect(add(`--checksum=${wrong} ${base}/dir/file.txt /`)).rejects.toMatchObject({ code: 'CHECKSUM_MISMATCH' })
  })

  it('follows redirects, but not for ever and not off the web', async () => {
    expect(await textOf(await add(`${base}/moved /`), '/moved')).toBe(BODY)
    await expect(add(`${base}/loop /`)).rejects.toMatchObject({ code: 'REMOTE_FAILED', message: expect.stringContaining('redirects') })
    await expect(add(`${base}/out /`)).rejects.toMatchObject({ code: 'REMOTE_FAILED', message: expect.stringContaining('file:') })
  })

  it('sends a name and password to their own server only, and keeps them out of messages and records', async () => {
    const store = memoryStore()
    const secret = base.replace('//', '//user:pass%20word@')
    await add(`${secret}/private /`, { store })
    expect(requests[0]?.authorization).toBe(`Basic ${btoa('user:pass word')}`)
    expect(await store.recordKeys('http-source')).toEqual([`${base}/private`])
    requests = []
    await add(`${secret}/elsewhere /`)
    expect(requests.map(({ authorization }) => authorization !== undefined)).toEqual([true, false])
    await expect(add(`${secret}/missing /`)).rejects.toMatchObject({ message: expect.not.stringContaining('pass') })
  })

  it('never takes a path from a server', async () => {
    expect(pathsOf(await add(`${base}/ /into/`))).toEqual(['into', 'into/evil.txt'])
  })

  it('fails on a missing file, a broken connection, and a server that is not there', async () => {
    await expect(add(`${base}/missing /`)).rejects.toMatchObject({ code: 'REMOTE_FAILED', message: expect.stringContaining('404') })
    await expect(add(`${base}/short /`)).rejects.toThrow()
    await expect(add('http://127.0.0.1:1/x /')).rejects.toMatchObject({ code: 'REMOTE_FAILED' })
  })

  it('is not unpacked unless --unpack asks for it, and needs no context', async () => {
    const context = {
      ...memoryContext({ Dockerfile: `FROM scratch\nADD ${base}/dir/file.txt /\n` }),
      snapshot: () => Promise.reject(new Error('read')),
    }
    const { build } = await import('@layerwright/build')
    expect((await build({ context, store: memoryStore() })).steps[0]?.outcome).toBe('ran')
  })

  it('uses the fetch it is given', async () => {
    const asked: string[] = []
    const result = await add('https://example.com/a.txt /', {
      fetch: async (url) => {
        asked.push(url)
        return new Response('given')
      },
    })
    expect(asked).toEqual(['https://example.com/a.txt'])
    expect(await textOf(result, '/a.txt')).toBe('given')
  })
})
