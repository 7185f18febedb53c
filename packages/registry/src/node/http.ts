/**
 * The gate to the network under Node: requests over node:http and node:https.
 *
 * It must never follow a redirect, never send cookies or credentials of its own, and never read the environment for where to connect.
 */
import { type ClientRequest, type IncomingMessage, Agent as PlainAgent, request as plainRequest } from 'node:http'
import { Agent as TlsAgent, request as tlsRequest } from 'node:https'
import type { HttpBody, HttpHeaders, HttpRequest, HttpResponse, Transport } from '../http/transport.js'

/** Bytes of an unwanted body that are read away to keep the connection; more than that is not worth the way. */
const DRAINED = 64 * 1024

/**
 * Requests by node:http, connections kept for the next ones. Uploads are streamed: `fetch` takes twice the processor time for a body, and holds a streamed one in memory
 * where the peer is slower than the disk.
 */
export function nodeTransport(): Transport {
  const agents = { 'http:': new PlainAgent({ keepAlive: true }), 'https:': new TlsAgent({ keepAlive: true }) }
  const attempt = (url: URL, request: HttpRequest): Promise<HttpResponse> =>
    new Promise((resolve, reject) => {
      const { method, signal, body } = request
      const headers = body === undefined ? request.headers : { ...request.headers, 'content-length': String(lengthOf(body)) }
      const [open, agent] = url.protocol === 'https:' ? [tlsRequest, agents['https:']] : [plainRequest, agents['http:']]
      const asked = open(url, { method, headers, signal, agent })
      let answered = false
      asked.once('response', (message) => {
        answered = true
        // an answer to half a body: the rest is not sent, and the connection is of no more use
        message.once('close', () => asked.writableFinished || asked.destroy())
        resolve(responseOf(message))
      })
      asked.on('error', (error: NodeJS.ErrnoException) => {
        // the peer closed a kept connection just when it was used again: that says nothing about this request
        const stale = !answered && asked.reusedSocket && (error.code === 'ECONNRESET' || error.code === 'EPIPE')
        if (stale && !signal.aborted) resolve(attempt(url, request))
        else reject(error)
      })
      void send(asked, body, () => answered)
    })
  return { streams: true, request: attempt }
}

const lengthOf = (body: NonNullable<HttpRequest['body']>): number => (body instanceof Uint8Array ? body.length : body.size)

/** Sends the body. What goes wrong ends the request, whose `error` tells of it. */
async function send(asked: ClientRequest, body: HttpRequest['body'], answered: () => boolean): Promise<void> {
  if (body === undefined || body instanceof Uint8Array) {
    asked.end(body)
    return
  }
  try {
    for await (const chunk of body.stream()) {
      if (answered() || asked.destroyed) return
      // the memory of the chunk may be used again for the next one: wait until it has gone. A request that is destroyed never calls back.
      await new Promise<void>((resolve) => {
        asked.once('close', resolve)
        asked.write(chunk, () => {
          asked.off('close', resolve)
          resolve()
        })
      })
    }
    asked.end()
  } catch (error) {
    asked.destroy(error instanceof Error ? error : new Error(String(error)))
  }
}

function responseOf(message: IncomingMessage): HttpResponse {
  const headers = headersOf(message.rawHeaders)
  return {
    status: message.statusCode ?? 0,
    type: 'basic',
    headers,
    body: bodyOf(message, Number(headers.get('content-length') ?? Number.NaN)),
  }
}

/** Not `Headers`, for which Node loads all of its `fetch`. */
function headersOf(raw: readonly string[]): HttpHeaders {
  const all = new Map<string, string>()
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = raw[i]!.toLowerCase()
    const before = all.get(name)
    all.set(name, before === undefined ? raw[i + 1]! : `${before}, ${raw[i + 1]}`)
  }
  return { get: (name) => all.get(name.toLowerCase()) ?? null, has: (name) => all.has(name.toLowerCase()) }
}

function bodyOf(message: IncomingMessage, length: number): HttpBody {
  const cancel = async () => {
    // it may still end with an error that nobody waits for
    message.on('error', () => {})
    if (message.complete || !(length > DRAINED)) message.resume()
    else message.destroy()
  }
  return {
    cancel,
    getReader() {
      const chunks = message[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>
      return {
        async read() {
          const { done, value } = await chunks.next()
          return done ? { done: true } : { done: false, value }
        },
        cancel,
      }
    },
  }
}
