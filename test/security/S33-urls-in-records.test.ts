/** S33: URLs are stripped of userinfo and of every parameter before they reach a message or an event (CVE-2023-26054). */
import { openRegistry, openRegistryImage, type RegistryEvent, redactUrl } from '@layerwright/registry'
import { holdBlob, memoryRegistry } from '@layerwright/registry/testing'
import { expect, it } from 'vitest'

it('S33: strips userinfo, query and fragment of a URL', () => {
  expect(redactUrl('https://me:secret@registry.test:5000/v2/a/blobs/x?token=secret&X-Amz-Signature=secret#secret')).toBe(
    'https://registry.test:5000/v2/a/blobs/x',
  )
  expect(redactUrl('me:secret@nowhere')).not.toContain('secret')
})

it('S33: no error and no event of a pull holds a password, a token, or the signature of a redirect', async () => {
  const events: RegistryEvent[] = []
  const registry = memoryRegistry({
    auth: { kind: 'token', username: 'me', password: 'secret' },
    blobOrigin: 'https://cdn.test',
    fault: ({ host }) => (host === 'cdn.test' ? { kind: 'status', status: 503 } : undefined),
  })
  const client = openRegistry({
    fetch: registry.fetch,
    credentials: () => ({ username: 'me', password: 'secret' }),
    sleep: async () => {},
    onEvent: (event) => events.push(event),
  })
  const digest = holdBlob(registry.repository('app'), new Uint8Array(100))
  const read = async () => {
    for await (const _ of client.repository('registry.test/app').blobs.open({ digest, size: 100 }).stream());
  }
  const error = await read().then(
    () => expect.unreachable(),
    (thrown: Error) => thrown,
  )
  const record = JSON.stringify([{ ...error }, error.message, events])
  expect(record).toContain('cdn.test')
  expect(events.filter(({ type }) => type === 'retry').length).toBeGreaterThan(0)
  for (const word of ['secret', 'signature', 'memory-token']) expect(record).not.toContain(word)
})

it('S33: a reference with a password in it is refused', async () => {
  await expect(openRegistryImage('me:secret@registry.test/app')).rejects.toMatchObject({ code: 'REFERENCE_INVALID' })
})
